# Copyright 2026 The rtc_bridge authors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""The numbers of samples."""

from rtc_bridge.core.audio.sample_clock import SampleClock


def test_samples_are_counted_however_late_their_blocks_come():
    clock = SampleClock()
    assert clock.note_block(10.0, 0.02)
    assert clock.take(960) == 0
    # Late, then two at once: the host is busy.
    for now in (10.3, 10.3):
        assert not clock.note_block(now, 0.02)
    assert [clock.take(960), clock.take(960)] == [960, 1920]


def test_time_goes_on_in_a_pause():
    clock = SampleClock()
    clock.note_block(10.0, 0.02)
    clock.take(960)
    assert clock.note_block(12.02, 0.02)
    assert clock.take(960) == 960 + 2 * 48000


def test_a_pause_is_longer_after_a_long_block():
    clock = SampleClock()
    clock.note_block(10.0, 1.0)
    clock.take(48000)
    assert not clock.note_block(11.4, 1.0)
    assert clock.take(48000) == 48000
