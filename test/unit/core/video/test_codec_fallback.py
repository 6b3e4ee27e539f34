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

"""When a viewer decodes nothing, and which profile is sent then."""

import pytest
from rtc_bridge.core.video.codec_fallback import choose_profile, DecodeMonitor, FALLBACK_S


@pytest.mark.parametrize('profiles, preferred, failed, chosen', [
    (['h264', 'vp8'], 'auto', '', 'h264'), (['vp8', 'h264'], 'auto', '', 'vp8'),
    (['h264', 'vp8'], 'vp8', '', 'vp8'), (['h264-main', 'h264', 'vp8'], 'h264', '', 'h264-main'),
    (['vp8'], 'h264', '', 'vp8'), (['h264-main', 'h264', 'vp8'], 'auto', 'h264', 'vp8'),
    (['h264', 'vp8'], 'h264', 'h264', 'vp8'), (['h264', 'vp8'], 'auto', 'h264 vp8', 'h264'),
    (['h264'], 'auto', 'h264', 'h264'),
])
def test_order_preference_and_failures_choose_the_profile(profiles, preferred, failed, chosen):
    assert choose_profile(profiles, preferred, set(failed.split())) == chosen


def run(monitor, *, seconds=30, page=True, reports=lambda t: None, requests=(), lost=0.0,
        sends=lambda t: True):
    """Play a viewer, in tenths of a second; return when it failed, or ``None``."""
    for tenth in range(seconds * 10):
        t = 1000 + tenth / 10
        if sends(t - 1000):
            monitor.on_sent(t)
        if tenth / 10 in requests:
            monitor.on_keyframe_request(t)
        report = reports(tenth // 10) if tenth % 10 == 0 else None
        if report is not None:
            monitor.on_report(t, *report)
        if monitor.has_failed(t, lost, page):
            return tenth / 10
    return None


def test_a_page_that_decodes_nothing():
    failed = run(DecodeMonitor(), reports=lambda t: (0, 100 * t))
    assert FALLBACK_S <= failed <= FALLBACK_S + 1


def test_frames_of_the_previous_codec_do_not_count():
    monitor = DecodeMonitor()
    assert run(monitor, reports=lambda t: (77, 100 * t)) is not None
    monitor.restart()
    assert not monitor.has_failed(1030, 0, True)
    # A frame of the last codec that comes out late is in the first report after the change.
    assert run(monitor, reports=lambda t: (78, 100 * t)) is not None


@pytest.mark.parametrize('reports, sends', [
    (lambda t: (t, 100 * t), lambda t: True),
    # Decoded once and then the path got worse: not the codec's fault.
    (lambda t: (min(t, 2), 100 * t), lambda t: True),
    # Hidden: nothing is reported.
    (lambda t: None, lambda t: True),
    # Seen for a second now and then.
    (lambda t: (0, 100 * t) if t % 4 == 0 else None, lambda t: True),
    # Nothing arrives, or nothing is sent.
    (lambda t: (0, 0), lambda t: True), (lambda t: (0, 9), lambda t: False),
])
def test_pages_that_must_not_fall_back(reports, sends):
    assert run(DecodeMonitor(), reports=reports, sends=sends) is None


def test_a_player_that_keeps_asking_for_keyframes():
    assert run(DecodeMonitor(), page=False, requests=(0.3, 3.3, 6.3)) == 6.3


@pytest.mark.parametrize('requests, lost', [
    ((), 0.0), ((0.1, 0.2, 0.3, 0.4), 0.0), ((0.3, 3.3, 6.3, 9.3), 0.1),
    # Later requests are for what was lost or for another size.
    ((0.3, 18.0, 20.0, 22.0, 24.0, 26.0), 0.0),
])
def test_players_that_must_not_fall_back(requests, lost):
    assert run(DecodeMonitor(), page=False, requests=requests, lost=lost) is None


def test_a_page_is_not_judged_by_its_requests():
    assert run(DecodeMonitor(), requests=(0.3, 3.3, 6.3, 9.3)) is None
