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

"""Capture times from stamps, and the arrival of frames that were sent."""

from rtc_bridge.core.video.frame_times import CaptureDelay, CaptureTime, SentFrameTimes


def test_the_delay_is_the_median_of_plausible_stamps():
    delay = CaptureDelay()
    assert delay.seconds is None and delay.capture_time(9, 5.0) == CaptureTime(9, 5.0, False)
    delay.add(0.1)
    assert delay.seconds == 0.1
    for _ in range(100):
        delay.add(0.2)
    # A single delayed frame does not change the median.
    delay.add(3.0)
    assert delay.seconds == 0.2
    assert delay.capture_time(9, 5.0) == CaptureTime(9, 4.8, True)
    # Slightly ahead is clock error, far off is another clock.
    for _ in range(8):
        delay.add(-0.01)
    assert delay.seconds == 0
    for implausible in (None, -0.2, 11.0, 1.7e9):
        delay.add(0.1)
        delay.add(implausible)
        assert delay.seconds is None


def test_sent_frames_are_found_by_their_timestamp():
    times = SentFrameTimes()
    times.restart(CaptureDelay())
    assert times.newest is None and times.arrival_of(6) is None and times.arrival_of(None) is None

    def send(rtp_timestamp, arrival):
        times.on_sent(rtp_timestamp, arrival + 0.5, arrival)

    send(7, 1.0)
    assert times.newest == CaptureTime(7, 1.5, False)
    # The same frame again, as a keyframe for a viewer that came late, is as old as before.
    send(7, 2.0)
    assert times.arrival_of(7) == 1.0
    for rtp_timestamp in range(1000, 1127):
        send(rtp_timestamp, 3.0)
    assert times.arrival_of(7) == 1.0
    send(0, 4.0)
    assert times.arrival_of(7) is None
    assert times.arrival_of(1000) == 3.0 and times.arrival_of(0) == 4.0
    times.restart(None)
    assert times.newest is None and times.arrival_of(0) is None
