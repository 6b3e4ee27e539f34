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

"""The delay-based controller over simulated paths: no sockets, no time that passes."""

from collections import deque
import random
import statistics

from hypothesis import given, strategies as st
import pytest
from rtc_bridge.core.congestion.delay_based_control import DelayBasedController
from rtc_bridge.core.feedback.sent_packets import Fate, PacketResult, SentPackets
from rtc_bridge.core.feedback.transport_feedback import TICK_S, TransportFeedback
from support.fake_clock import FakeClock

FPS = 30
MAX = 2_500_000
# Seconds between two messages of feedback, as Chromium has them.
FEEDBACK_S = 0.1
# Seconds between two looks whether padding is of use.
PROBE_S = 0.2
PACKET = 1100


class SimulatedPath:
    """
    A sender of video, a bottleneck with a queue, and a viewer that gives feedback on each packet.

    :param rate: bit/s
    :param delay: one way, seconds
    :param queue: seconds that packets wait at most; more are dropped
    :param loss: share of packets that is lost anywhere, feedback too
    :param demand: what the encoder makes at most, bit/s
    :param paced: packets of a frame are spread at 2.5 times the rate
    """

    def __init__(self, rate, delay=0.03, queue=0.4, loss=0.0, demand=MAX, seed=1, paced=False):
        self.rate, self.delay, self.queue, self.loss, self.demand, self.paced = (
            rate, delay, queue, loss, demand, paced)
        # Takes the time at which a packet would arrive; returns when it does.
        self.jitter = lambda arrival: arrival
        # The share of its bitrate that the encoder makes.
        self.makes = 1.0
        # A bitrate that would be of use, bit/s; times at which trains of packets were sent.
        self.wanted, self.trains = 0.0, []
        self.clock = FakeClock()
        self.controller = DelayBasedController(
            600_000, 150_000, MAX, self.clock, waits_since=lambda: self.history.waits_since)
        self.controller.rtt = 2 * delay
        self.history = SentPackets()
        self.random = random.Random(seed)
        self.free_at = self.clock.now
        self.last_arrival = 0.0
        self.bits = 0.0
        self.paused_until = 0.0
        self.keyframe = True
        # Time and transport-wide number of what has not arrived yet; what no feedback has told.
        self.under_way, self.arrived = deque(), {}
        self.pacer, self.feedback = deque(), deque()
        self.reported = 0
        # Time, the queue in seconds, the bitrate.
        self.samples = []
        self.due = dict.fromkeys(('frame', 'report', 'sample', 'probe'), 0.0)

    def run(self, seconds):
        """Let time pass; return the samples of it."""
        first, end = len(self.samples), self.clock.now + seconds
        while self.clock.now < end:
            self.clock.now += 0.002
            now = self.clock.now
            for name, period in (('frame', 1 / FPS), ('report', FEEDBACK_S), ('sample', 0.01),
                                 ('probe', PROBE_S)):
                if now >= self.due[name]:
                    self.due[name] = max(self.due[name], now - period) + period
                    getattr(self, name)(now)
            while self.pacer and self.pacer[0][0] <= now:
                self.packet(now, self.pacer.popleft()[1])
            while self.feedback and self.feedback[0][0] <= now:
                results = self.history.take(self.feedback.popleft()[1])
                self.controller.on_feedback(results, self.history.in_flight)
                if self.controller.pushback:
                    self.paused_until = now + self.controller.pushback
                    self.controller.pushback, self.keyframe = 0.0, True
                    self.pacer.clear()
        return self.samples[first:]

    def sample(self, now):
        self.controller.on_sent(self.bits)
        self.samples.append((now, max(0.0, self.free_at - now), self.controller.bitrate))

    def frame(self, now):
        if now < self.paused_until:
            return
        rate = min(self.makes * self.controller.bitrate, self.demand)
        left = int(rate / FPS / 8 * self.random.uniform(0.7, 1.3))
        if self.keyframe:
            left, self.keyframe = 3 * left, False
        at = now
        while left > 0:
            size = min(left, PACKET) + 40
            self.pacer.append((at, size))
            left -= PACKET
            if self.paced:
                at += 8 * size / (2.5 * rate)

    def probe(self, now):
        if not self.wanted:
            return
        size = self.controller.probe_bitrate(self.wanted) * PROBE_S / 8
        if size:
            parts = [(now + 0.8 * PROBE_S * part / 10, int(size / 10)) for part in range(10)]
            self.pacer = deque(sorted([*self.pacer, *parts]))
        elif train := self.controller.train_bytes(self.wanted):
            first = self.history.next_sequence
            for _ in range(train // PACKET):
                self.packet(now, PACKET)
            self.controller.on_train(range(first, self.history.next_sequence), self.wanted)
            self.trains.append(now)

    def packet(self, now, size):
        self.bits += 8 * size
        sequence = self.history.add(now, size)
        wait = max(0.0, self.free_at - now)
        if wait > self.queue:
            return
        self.free_at = now + wait + 8 * size / self.rate
        if self.random.random() < self.loss:
            return
        arrival = max(self.jitter(self.free_at + self.delay), self.last_arrival + 1e-5)
        self.last_arrival = arrival
        self.under_way.append((arrival, sequence))

    def report(self, now):
        while self.under_way and self.under_way[0][0] <= now:
            arrival, sequence = self.under_way.popleft()
            self.arrived[sequence] = arrival
        if not self.arrived:
            return
        # Sequence numbers of a test's time do not reach their end.
        base, count = self.reported, max(self.arrived) + 1 - self.reported
        arrivals = [(sequence - base, int((arrival + 1000) / TICK_S))
                    for sequence, arrival in sorted(self.arrived.items())]
        self.reported, self.arrived = base + count, {}
        if self.random.random() >= self.loss:
            self.feedback.append((now + self.delay, TransportFeedback(base, count, 0, arrivals)))


def rate(samples):
    """Return the mean bitrate."""
    return statistics.fmean(bitrate for _, _, bitrate in samples)


def stands_above(samples, limit):
    """Return the longest time for which the queue stands above a limit, both in seconds."""
    longest, since = 0.0, None
    for now, queue, _ in samples:
        if queue <= limit:
            since = None
            continue
        since = now if since is None else since
        longest = max(longest, now - since)
    return longest


@pytest.fixture(params=[False, True], ids=['bursts', 'paced'])
def paced(request):
    """Frames go out at once, as they are encoded, or spread."""
    return request.param


@pytest.mark.parametrize('delay', [0.0, 0.03, 0.1])
def test_slow_start_fills_a_clean_path_within_five_seconds(delay, paced):
    path = SimulatedPath(20e6, delay, paced=paced)
    path.run(5)
    assert path.controller.bitrate > 0.9 * MAX
    assert not path.controller.random_loss and not path.controller.overuse


@pytest.mark.parametrize('capacity', [0.6e6, 1.2e6, 2e6])
def test_a_narrow_path_is_filled_without_a_queue(capacity, paced):
    path = SimulatedPath(capacity, paced=paced)
    start = path.run(5)
    samples = path.run(30)
    assert stands_above(start, 0.11) < 0.8
    assert stands_above(samples, 0.11) < 0.8 and stands_above(samples, 0.2) == 0
    # Of the queue that a packet finds.
    queues = sorted(queue for _, queue, _ in samples)
    assert queues[int(0.95 * len(queues))] < 0.11
    assert 0.85 * capacity < rate(samples) < capacity


def test_the_narrowest_path_is_used(paced):
    path = SimulatedPath(0.3e6, paced=paced)
    path.run(5)
    samples = path.run(30)
    assert stands_above(samples, 0.2) < 0.4
    assert 0.8 * 0.3e6 < rate(samples) < 0.3e6


@pytest.mark.parametrize('loss', [0.03, 0.1])
@pytest.mark.parametrize('capacity', [1.2e6, 20e6])
def test_random_loss_costs_no_rate(loss, capacity, paced):
    clean, lossy = (SimulatedPath(capacity, loss=share, paced=paced) for share in (0.0, loss))
    for path in (clean, lossy):
        path.run(8)
    assert rate(lossy.run(20)) > 0.93 * rate(clean.run(20))
    assert lossy.controller.random_loss and not clean.controller.random_loss


@pytest.mark.parametrize('capacity', [1.2e6, 20e6])
@pytest.mark.parametrize('loss', [0.03, 0.1])
def test_what_decides_is_no_chance(loss, capacity):
    rates = []
    for seed in range(10):
        path = SimulatedPath(capacity, loss=loss, seed=seed)
        path.run(8)
        rates.append(rate(path.run(20)))
    assert max(rates) < 1.1 * min(rates)


@pytest.mark.parametrize('loss', [0.15, 0.2])
def test_more_random_loss_does_not_starve_the_viewer(loss):
    path = SimulatedPath(20e6, loss=loss)
    path.run(10)
    assert rate(path.run(30)) > 0.4 * MAX


def uniform(chance):
    """Hold each packet back for a time of its own."""
    return lambda arrival: arrival + chance.uniform(0, 0.08)


def late(chance):
    """Hold all packets back for the same time."""
    return lambda arrival: arrival + 0.08


def bunched(chance):
    """Let packets go every 80 ms, as a busy Wi-Fi does."""
    return lambda arrival: (arrival // 0.08 + 1) * 0.08


@pytest.mark.parametrize('seed', range(3))
@pytest.mark.parametrize('kind', [uniform, late, bunched])
def test_jitter_that_is_no_queue_costs_little(kind, seed, paced):
    path = SimulatedPath(20e6, seed=seed, paced=paced)
    path.run(8)
    assert path.controller.bitrate == MAX
    path.jitter = kind(random.Random(seed))
    samples = path.run(2)
    path.jitter = lambda arrival: arrival
    samples += path.run(3)
    assert min(bitrate for _, _, bitrate in samples) >= 0.8 * MAX
    assert path.controller.bitrate > 0.9 * MAX


@pytest.mark.parametrize('kind', [uniform, late, bunched])
def test_a_jittery_path_is_used(kind):
    path = SimulatedPath(20e6)
    path.jitter = kind(random.Random(1))
    path.run(10)
    assert rate(path.run(20)) > 0.5 * MAX


@pytest.mark.parametrize('seed', range(3))
def test_a_path_that_becomes_narrow_and_wide_again(seed, paced):
    path = SimulatedPath(4e6, seed=seed, paced=paced)
    path.run(8)
    assert path.controller.bitrate == MAX
    path.rate = 0.6e6
    fall = path.run(3)
    # The queue has drained, and does not come back.
    assert all(queue < 0.1 for now, queue, _ in fall if 1.1 < now - fall[0][0] < 2.0)
    samples = path.run(17)
    assert stands_above(samples, 0.11) < 0.8 and rate(samples) > 0.8 * 0.6e6
    path.rate = 4e6
    back = path.run(10)
    assert next(now for now, _, bitrate in back if bitrate > 0.8 * MAX) - back[0][0] < 8
    assert path.controller.bitrate > 0.9 * MAX


@pytest.mark.parametrize('rate, demand, settles, most', [
    # A better tier would begin at 1.56 Mbit/s.
    (1.2e6, 0.95e6, 3, 1.5e6),
    (0.33e6, 0.3e6, 1, 0.45e6),
])
def test_after_an_overuse_more_is_not_believed_without_being_tried(rate, demand, settles, most):
    path = SimulatedPath(rate)
    path.run(6)
    assert path.controller.overuse_at is not None
    path.demand = demand
    path.run(settles)
    assert max(bitrate for _, _, bitrate in path.run(5)) < most


@pytest.mark.parametrize('seed', range(3))
def test_a_narrow_path_is_probed_without_a_queue(seed, paced):
    path = SimulatedPath(1.2e6, seed=seed, paced=paced)
    path.run(6)
    path.demand, path.wanted = 1e6, 1.56e6
    samples = path.run(60)
    assert 3 <= len(path.trains) <= 20
    queues = sorted(queue for _, queue, _ in samples)
    # Six packets take 45 ms.
    assert queues[int(0.95 * len(queues))] < 0.045 and queues[-1] < 0.11
    # Nobody is moved up to a picture that is too much.
    assert max(bitrate for _, _, bitrate in samples) < path.wanted + 0.2e6
    assert sum(bitrate > path.wanted for _, _, bitrate in samples) < 0.05 * len(samples)


@pytest.mark.parametrize('seed', range(3))
@pytest.mark.parametrize('loss', [0.0, 0.1])
def test_probing_finds_that_a_path_has_become_wide(seed, loss, paced):
    path = SimulatedPath(4e6, seed=seed, loss=loss, paced=paced)
    path.run(8)
    path.rate = 0.6e6
    path.run(1)
    path.demand, path.wanted = 1.075e6, 1.56e6
    path.run(12)
    path.rate = 4e6
    back = path.run(8)
    assert next(now for now, _, bitrate in back if bitrate > path.wanted) - back[0][0] < 7


@pytest.mark.parametrize('kind', [uniform, late, bunched])
def test_jitter_does_not_keep_probes_from_what_a_path_carries(kind):
    path = SimulatedPath(20e6, demand=1e6)
    path.run(5)
    path.rate = 0.6e6
    path.run(1)
    path.rate, path.wanted = 20e6, 1.56e6
    path.jitter = kind(random.Random(1))
    path.run(30)
    assert path.controller.bitrate > path.wanted


def test_a_dip_while_little_is_sent_says_little_of_the_path():
    path = SimulatedPath(5e6)
    path.run(8)
    path.demand = 0.3e6
    path.run(3)
    path.rate = 0.1e6
    path.run(0.5)
    path.rate = 5e6
    path.run(2)
    assert path.controller.overuse_at is not None
    path.run(5)
    assert path.controller.bitrate > 0.93 * MAX


def test_a_calm_scene_does_not_keep_the_bitrate_low_after_a_dip():
    path = SimulatedPath(5e6)
    path.run(8)
    path.makes = 0.72
    path.run(3)
    for _ in range(3):
        path.rate = 0.5e6
        path.run(0.4)
        path.rate = 5e6
        path.run(20)
    assert path.controller.bitrate > 0.8 * MAX


@pytest.mark.parametrize('seed', range(3))
def test_a_collapse_is_known_before_the_queue_is_long(seed):
    path = SimulatedPath(4e6, seed=seed)
    path.run(8)
    assert path.controller.overuse_at is None
    path.rate = 0.6e6
    # The first frame takes 0.14 s, then come the way and feedback.
    path.run(0.35)
    assert path.controller.overuse_at is not None
    assert path.controller.capacity == pytest.approx(0.6e6, rel=0.1)


def test_how_narrow_a_path_is_stays_known_for_a_while():
    path = SimulatedPath(20e6, demand=1e6)
    path.run(5)
    controller = path.controller
    assert controller.known_rate == 0
    path.rate = 0.3e6
    path.run(0.5)
    path.rate = 20e6
    overuse_at = controller.overuse_at
    assert controller.known_rate >= controller.bitrate
    path.run(29 - (path.clock.now - overuse_at))
    assert controller.overuse_at == overuse_at and controller.known_rate
    path.run(2)
    assert controller.known_rate == 0
    # A train that shows it is enough.
    first = path.history.next_sequence
    controller.on_train(range(first, first + 5), 2e6)
    controller.on_feedback([
        PacketResult(first + number, path.clock.now, 1200, Fate.ARRIVED, 1000 + 0.01 * number)
        for number in range(5)], 0)
    assert controller.overuse_at == overuse_at and controller.known_rate


def test_a_long_queue_is_drained_by_pushback():
    path = SimulatedPath(4e6)
    path.run(8)
    assert not path.paused_until
    path.rate = 0.6e6
    path.run(1)
    assert path.paused_until
    # Nothing is sent for 0.35 s at most, and then pictures come for a second.
    first = path.paused_until
    path.run(1)
    assert path.paused_until == first


@pytest.mark.parametrize('queue', [0.0, 0.02, 0.05])
def test_a_path_without_room_to_wait_is_not_flooded(queue, paced):
    """As of a policer, which drops the excess and delays nothing."""
    path = SimulatedPath(1e6, queue=queue, paced=paced)
    path.run(15)
    assert 0.2e6 < rate(path.run(20)) < 1.3e6


def test_the_bitrate_does_not_grow_while_app_limited():
    path = SimulatedPath(20e6, demand=200_000)
    path.run(20)
    assert path.controller.bitrate == 600_000
    assert path.controller.app_limited and path.controller.in_slow_start


def test_a_queue_of_other_traffic_becomes_the_new_base():
    """The bitrate does not shrink for ever where others keep the path full."""
    path = SimulatedPath(20e6)
    path.run(5)
    path.delay = 0.2
    path.run(30)
    assert path.controller.bitrate > 0.9 * MAX


def test_a_long_way_is_no_queue():
    path = SimulatedPath(20e6, 0.4)
    path.run(10)
    assert path.controller.bitrate > 0.9 * MAX


def test_without_feedback_the_estimate_is_stale_and_does_not_grow():
    path = SimulatedPath(20e6)
    path.run(1)
    before = path.controller.bitrate
    assert not path.controller.estimate.stale
    path.clock.now += 60
    assert path.controller.estimate.stale
    path.controller.on_feedback([], 0)
    assert path.controller.bitrate < 1.5 * before and not path.controller.stale


def test_a_queue_is_gone_once_nothing_is_sent():
    clock, waits = FakeClock(), [0.0]
    controller = DelayBasedController(600_000, 150_000, MAX, clock, waits_since=lambda: waits[0])
    for sequence in range(60):
        clock.now += 0.02
        waits[0] = clock.now
        late = max(0, sequence - 30) * 0.005
        controller.on_feedback([PacketResult(sequence, clock.now, 1200, Fate.ARRIVED,
                                             clock.now + late)], 1200)
    assert controller.overuse
    clock.now += 0.3
    assert controller.overuse, 'a packet waits for feedback'
    waits[0] = None
    assert not controller.overuse and not controller.stale


def test_what_else_a_viewer_reports_decides_nothing():
    path = SimulatedPath(20e6)
    path.run(5)
    before = path.controller.bitrate
    for _ in range(10):
        path.controller.on_loss_report(0.9)
        path.controller.on_remb(50_000)
        path.controller.on_round_trip(2.0)
    assert path.controller.bitrate == before and path.controller.estimate.rtt == 2.0
    assert path.controller.fraction_lost == 0.9


def test_probes_stop_when_they_are_too_much():
    path = SimulatedPath(20e6, demand=400_000)
    path.run(3)
    wanted = path.controller.probe_bitrate(MAX)
    assert wanted == path.controller.bitrate - path.controller.send_rate(0.5)
    assert path.controller.probe_bitrate(path.controller.bitrate) == 0
    assert path.controller.probe_bitrate(MAX)
    # A queue of something that comes now.
    path.rate, path.demand = 0.2e6, MAX
    path.run(1)
    assert path.controller.estimate.bitrate < 600_000
    path.rate = 20e6
    path.run(3)
    assert path.controller.probe_bitrate(MAX) == 0


@given(st.lists(st.tuples(
    st.floats(-1e3, 1e9), st.floats(0, 3), st.sampled_from(Fate), st.none() | st.just(Fate.LOST)),
    max_size=60))
def test_whatever_a_viewer_claims_the_bitrate_keeps_its_bounds(claims):
    clock = FakeClock()
    controller = DelayBasedController(600_000, 150_000, MAX, clock)
    for sequence, (arrived_at, pause, fate, before) in enumerate(claims):
        clock.now += pause
        controller.on_sent(10_000 * sequence)
        controller.on_feedback([PacketResult(sequence, clock.now, 1200, fate, arrived_at, before)],
                               1200)
        assert 150_000 <= controller.bitrate <= MAX
        assert 0 <= controller.pushback <= 0.35
        assert controller.estimate.bitrate == controller.bitrate
