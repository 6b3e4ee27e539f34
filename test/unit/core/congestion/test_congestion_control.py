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
"""Congestion control over a simulated path: no sockets, no time that passes."""

import random

import pytest
from rtc_bridge.core.congestion.congestion_control import CongestionController
from support.fake_clock import FakeClock

FPS = 30
MAX = 2_500_000


class SimulatedPath:
    """
    A sender of video, a link with a queue, and a viewer that reports as browsers do.

    :param rate: bit/s
    :param delay: one way, seconds
    :param queue: seconds that packets wait at most; more are dropped
    :param loss: share of packets that is lost anywhere
    :param demand: what the encoder makes at most, bit/s
    """

    def __init__(self, rate, delay=0.05, queue=0.4, loss=0.0, demand=MAX):
        self.rate, self.delay, self.queue, self.loss, self.demand = (
            rate, delay, queue, loss, demand)
        self.jitter = 0.0
        self.clock = FakeClock()
        self.controller = CongestionController(600_000, 150_000, MAX, self.clock)
        self.random = random.Random(1)
        self.free_at = self.clock.now
        self.bits = 0.0
        self.counts = [0, 0]
        self.later = []
        # Time, delay of the frame in seconds or None where a packet of it was lost, estimate.
        self.frames = []
        self.due = {'frame': 0.0, 'rtt': 0.0, 'report': 0.0}

    def run(self, seconds):
        """Let time pass; return the frames of it."""
        first, end = len(self.frames), self.clock.now + seconds
        while self.clock.now < end:
            self.clock.now += 0.005
            now = self.clock.now
            for call in [c for at, c in self.later if at <= now]:
                call()
            self.later = [(at, c) for at, c in self.later if at > now]
            for name, period in (('frame', 1 / FPS), ('rtt', 0.2), ('report', 0.33)):
                if now >= self.due[name]:
                    self.due[name] = now + period - 0.0025
                    getattr(self, name)(now)
        return self.frames[first:]

    def packet(self, now, bits):
        """Return when a packet arrives, None if it does not."""
        wait = max(0.0, self.free_at - now)
        if wait > self.queue or self.random.random() < self.loss:
            return None
        self.free_at = now + wait + bits / self.rate
        return self.free_at + self.delay

    def frame(self, now):
        left = min(self.controller.bitrate, self.demand) / FPS * self.random.uniform(0.7, 1.3)
        self.bits += left
        arrived = []
        while left > 0:
            arrived.append(self.packet(now, min(left, 9600)))
            left -= 9600
            self.counts[0] += 1
            self.counts[1] += arrived[-1] is None
        self.frames.append((now, None if None in arrived else max(arrived) - now,
                            self.controller.bitrate))

    def rtt(self, now):
        self.controller.on_sent(self.bits)
        arrived = self.packet(now, 800)
        if arrived is not None:
            back = self.delay + self.random.uniform(0, self.jitter)
            self.later.append((arrived + back, lambda: self.controller.on_round_trip(
                self.clock.now - now)))

    def report(self, now):
        (sent, lost), self.counts = self.counts, [0, 0]
        if sent:
            self.later.append((now + self.delay,
                               lambda: self.controller.on_loss_report(lost / sent)))


def p95(frames):
    """Return the 95th percentile of what arrived, in seconds."""
    delays = sorted(delay for _, delay, _ in frames if delay is not None)
    return delays[int(len(delays) * 0.95)]


def rate(frames):
    """Return the mean estimate."""
    return sum(bitrate for _, _, bitrate in frames) / len(frames)


def whole(frames):
    """Return the share of frames that arrived whole."""
    return sum(delay is not None for _, delay, _ in frames) / len(frames)


@pytest.mark.parametrize('delay', [0.0, 0.02, 0.1])
def test_slow_start_fills_a_clean_path_within_five_seconds(delay):
    path = SimulatedPath(20e6, delay)
    path.run(5)
    assert path.controller.bitrate > 0.9 * MAX and not path.controller.random_loss


@pytest.mark.parametrize('capacity', [0.3e6, 0.6e6, 1.2e6, 2e6])
def test_a_narrow_path_is_filled_without_a_queue(capacity):
    path = SimulatedPath(capacity)
    path.run(8)
    frames = path.run(40)
    assert p95(frames) < 0.15
    assert whole(frames) > 0.98
    assert 0.65 * capacity < rate(frames) < capacity


def test_a_path_that_becomes_narrow_and_wide_again():
    path = SimulatedPath(4e6)
    path.run(8)
    path.rate = 0.6e6
    path.run(3)
    frames = path.run(17)
    assert p95(frames) < 0.4 and whole(frames) > 0.98
    assert 0.35e6 < rate(frames) < 0.6e6
    path.rate = 4e6
    path.run(15)
    assert path.controller.bitrate > 0.8 * MAX


def test_a_long_queue_is_drained_by_pushback():
    path = SimulatedPath(4e6)
    path.run(8)
    assert not path.controller.pushback
    path.rate = 0.6e6
    path.run(2)
    assert 0.25 < path.controller.pushback <= 0.5


@pytest.mark.parametrize('loss', [0.01, 0.03, 0.1, 0.15])
def test_random_loss_does_not_starve_the_viewer(loss):
    path = SimulatedPath(20e6, 0.1, loss=loss)
    path.run(20)
    assert path.controller.bitrate > 500_000
    assert path.controller.random_loss or loss < 0.02
    assert not path.controller.pushback


def test_loss_without_a_queue_lowers_the_bitrate():
    """As of a policer, which drops the excess and delays nothing."""
    path = SimulatedPath(1e6, queue=0.0)
    path.run(20)
    assert path.run(10)[-1][2] < 1.3e6


def test_the_bitrate_does_not_grow_while_app_limited():
    path = SimulatedPath(20e6, demand=200_000)
    path.run(20)
    assert path.controller.bitrate == 600_000


@pytest.mark.parametrize('jitter', [0.03, 0.06])
def test_jitter_of_round_trips_is_no_overuse(jitter):
    path = SimulatedPath(20e6)
    path.jitter = jitter
    path.run(15)
    assert rate(path.run(40)) > 0.5 * MAX


def test_a_single_late_round_trip_is_no_overuse():
    path = SimulatedPath(20e6)
    path.run(5)
    path.controller.on_round_trip(0.9)
    assert path.controller.bitrate > 0.9 * MAX


def test_a_long_round_trip_is_no_overuse():
    path = SimulatedPath(20e6, 0.8)
    path.run(10)
    assert path.controller.bitrate > 0.9 * MAX


def test_a_queue_of_other_traffic_becomes_the_new_base():
    """The bitrate does not shrink for ever where others keep the path full."""
    path = SimulatedPath(20e6)
    path.run(5)
    path.delay = 0.2
    path.run(30)
    assert path.controller.bitrate > 0.9 * MAX


def test_remb_counts_only_below_the_send_rate():
    path = SimulatedPath(20e6)
    path.run(5)
    path.controller.on_remb(MAX)
    assert path.controller.bitrate > 0.9 * MAX
    # Where nothing waits it is wrong; where nothing is known it counts.
    path.controller.on_remb(1_000_000)
    assert path.controller.bitrate > 0.9 * MAX
    path.controller.rtt = 0.0
    path.controller.on_remb(1_000_000)
    assert path.controller.bitrate == 850_000


def test_without_feedback_the_estimate_is_stale_and_does_not_grow():
    path = SimulatedPath(20e6)
    path.run(0.5)
    before = path.controller.bitrate
    assert not path.controller.stale
    path.clock.now += 60
    assert path.controller.stale
    path.controller.on_loss_report(0.0)
    assert path.controller.bitrate < 1.5 * before and not path.controller.stale


def test_the_bitrate_has_a_minimum():
    path = SimulatedPath(20e6)
    for number in range(50):
        path.clock.now += 1
        path.controller.on_sent(path.clock.now * 1_000_000)
        path.controller.on_round_trip(0.01 * number)
        path.controller.on_loss_report(0.9)
    assert path.controller.bitrate == 150_000


def test_slow_start_ends_with_the_first_overuse():
    path = SimulatedPath(0.5e6)
    assert path.controller.in_slow_start
    path.run(5)
    assert not path.controller.in_slow_start


def test_a_still_scene_does_not_end_slow_start():
    path = SimulatedPath(20e6, demand=20_000)
    path.run(30)
    assert path.controller.in_slow_start and path.controller.bitrate == 600_000
    # The robot is busy, and answers are late.
    for _ in range(5):
        path.clock.now += 0.2
        path.controller.on_round_trip(0.4)
    assert not path.controller.in_slow_start
    assert path.controller.bitrate > 300_000


def test_the_narrow_path_of_a_still_scene_is_found():
    path = SimulatedPath(0.1e6, demand=180_000)
    path.run(30)
    assert rate(path.run(10)) < 200_000
