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

"""Pictures that take too long are made smaller, and larger again when there is time."""

import pytest
from rtc_bridge.core.video.size_limit import MIN_PIXELS, SizeLimit

HUGE, UHD, FULL_HD, HD = 7680 * 4320, 3840 * 2160, 1920 * 1080, 1280 * 720


def play(limit, pixels, ns_per_pixel, seconds, now=0.0):
    """Encode pictures for some seconds; return the divisors used, and the time."""
    used, end = [], now + seconds
    while now < end:
        divisor = limit.divisor(pixels)
        used.append(divisor)
        shown = pixels // divisor ** 2
        took = shown * ns_per_pixel * 1e-9
        now += max(took, 1 / 30)
        limit.on_encoded(shown, took, now)
    return used, now


@pytest.mark.parametrize('pixels, ns_per_pixel, divisor', [
    (FULL_HD, 15, 1), (UHD, 15, 1), (UHD, 40, 2), (HUGE, 15, 2), (HUGE, 60, 4), (HUGE, 300, 8),
    (FULL_HD, 300, 2), (HD, 1000, 1)])
def test_pictures_get_as_small_as_their_time_asks_for(pixels, ns_per_pixel, divisor):
    limit = SizeLimit()
    used, now = play(limit, pixels, ns_per_pixel, 20.0)
    assert used[-1] == divisor and used == sorted(used)
    assert divisor == 1 or pixels / divisor ** 2 >= MIN_PIXELS


def test_one_slow_picture_changes_nothing():
    limit = SizeLimit()
    for number in range(20):
        limit.on_encoded(UHD, 0.5 if number % 3 == 0 else 0.05, number / 10)
    assert limit.divisor(UHD) == 1


def test_a_host_that_has_time_again_shows_all_again():
    limit = SizeLimit()
    used, now = play(limit, UHD, 80, 5.0)
    assert used[-1] == 2
    used, now = play(limit, UHD, 5, 30.0, now)
    assert used[0] == 2 and used[-1] == 1


def test_the_size_does_not_go_to_and_fro():
    """A size that is too large once the others are quick is tried ever more seldom."""
    limit, now, changes = SizeLimit(), 0.0, 0
    before = limit.divisor(UHD)
    for _ in range(30 * 600):
        divisor = limit.divisor(UHD)
        changes += divisor != before
        before = divisor
        # Four times the pixels take twenty times as long.
        took = 0.4 if divisor == 1 else 0.02
        now += max(took, 1 / 30)
        limit.on_encoded(UHD // divisor ** 2, took, now)
    assert 3 <= changes <= 13 and before == 2


@pytest.mark.parametrize('pixels, max_bitrate, divisor', [
    (FULL_HD, 2_500_000, 1), (2560 * 1440, 2_500_000, 1), (UHD, 2_500_000, 2), (UHD, 8_000_000, 1),
    (HUGE, 2_500_000, 4), (HD, 100_000, 1)])
def test_a_keyframe_has_bits_enough_from_the_start(pixels, max_bitrate, divisor):
    assert SizeLimit().divisor(pixels, max_bitrate / 8) == divisor


def test_another_camera_size_is_judged_by_its_pixels():
    limit = SizeLimit()
    play(limit, HUGE, 60, 10.0)
    assert (limit.divisor(HUGE), limit.divisor(UHD), limit.divisor(HD)) == (4, 2, 1)
