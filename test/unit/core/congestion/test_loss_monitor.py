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

"""Loss by congestion, and random loss."""

from rtc_bridge.core.congestion.loss_monitor import HIGH_LOSS, LossMonitor


def reported(share, seconds, monitor=None, start=100.0, overuse=False):
    """Return a monitor that was given reports of one share of loss, and the time."""
    monitor, now = monitor or LossMonitor(start), start
    for _ in range(round(seconds / 0.25)):
        now += 0.25
        monitor.add(now, share, overuse, None)
    return monitor, now


def test_reports_are_averaged_over_a_second():
    monitor, now = reported(0.0, 5)
    monitor, now = reported(0.2, 0.5, monitor, now)
    assert 0.05 < monitor.average < HIGH_LOSS and monitor.fraction_lost == 0.2
    monitor, now = reported(0.2, 3, monitor, now)
    assert monitor.average > 0.19


def test_loss_without_a_queue_becomes_random_after_two_seconds():
    monitor, now = reported(0.05, 1.5)
    assert not monitor.is_random(now)
    monitor, now = reported(0.05, 2, monitor, now)
    assert monitor.is_random(now) and not monitor.is_random(now + 11)


def test_loss_with_a_queue_is_not_random():
    monitor, now = reported(0.05, 10, overuse=True)
    assert not monitor.is_random(now)


def test_loss_that_a_cut_does_not_change_is_the_path_s_own():
    monitor, now = reported(0.15, 5)
    monitor.note_cut(1_000_000)
    assert not monitor.is_unchanged_by_cut(900_000)
    assert monitor.is_unchanged_by_cut(700_000)
    assert monitor.excess == 0
    # It is forgotten slowly once less is lost.
    monitor, now = reported(0.0, 120, monitor, now)
    monitor, now = reported(0.15, 3, monitor, now)
    assert monitor.excess > 0.1


def test_loss_that_follows_the_bitrate_is_congestion():
    monitor, now = reported(0.2, 5)
    monitor.note_cut(1_000_000)
    monitor, now = reported(0.02, 5, monitor, now)
    assert not monitor.is_unchanged_by_cut(700_000)
