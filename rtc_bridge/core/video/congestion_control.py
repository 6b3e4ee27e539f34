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
"""How much a viewer's path takes: from round trips, losses and the viewer's own estimate."""

from collections import deque
import math

from .bandwidth_estimate import BandwidthEstimate
from ..clock import boot_time, Clock

# A queue this long is of our making. Where round trips vary by themselves it may be longer by so
# many times their change from one to the next, each of which counts up to the third.
_QUEUE_S, _JITTER, _MAX_JITTER_S = 0.02, 1.5, 0.05
# So many round trips in a row tell of a queue.
_LATE = 2
# The shortest round trip of so long is that of the path without a queue.
_BASE_S = 10.0
# Losses below the first let grow, those above the second make shrink, as in libwebrtc.
_CLEAN, _BAD = 0.02, 0.10
# More than this no path loses of itself.
_MAX_PATH_LOSS = 0.3
# Losses are averaged over the first, and expected again for the second, where they last for the
# third without a queue.
_LOSS_S, _LOSSY_S, _AFTER_S = 0.8, 10.0, 2.0
# So much lost since the last report, in bits, is more than chance.
_MANY = 50_000
# What is sent is measured over a while and varies: an estimate this far below it is meant.
_OVERUSE = 0.85
# What is sent after a cut, and up to where the way back is fast, of what went through.
_DRAIN = _RETURN = 0.85
# At most this far down at once while much less is sent than the path was found to take.
_IDLE_CUT = 0.85
_QUIET_S = 1.0
_RAMP_S = 5.0
# Growth per second, as a factor's logarithm: for the first time, back to where the path was full,
# and beyond, where it is slow for a while and then faster and faster.
_FIRST, _BACK, _BEYOND, _FASTER, _PATIENCE_S = 0.7, 0.35, 0.02, 0.04, 4.0
# While packets are lost and it is not known why.
_LOSSY = 0.15
# After padding that was too much the next is tried so much later, each time twice as long.
_PAUSE_S, _MAX_PAUSE_S = 10.0, 120.0
# Nothing is sent for the length of a queue that is longer than the first, at most for the second,
# and not again within the third.
_LONG_S, _PAUSE_MOST_S, _BETWEEN_S = 0.25, 0.5, 1.5
# What has not been sent has proved nothing; less so where the path was full before.
_UNPROVEN, _UNPROVEN_AFTER = 1.5, 1.2
_SENT_WINDOW_S = 1.0


class CongestionController:
    """
    Starts low, doubles every second on a clean path, and backs off before its queue is long.

    Three signs of too much: round trips that grow, losses above a tenth that shrink with the
    rate, and, where round trips say the same or nothing, a viewer's estimate (REMB) below what is
    sent. Losses that remain however little is sent belong to the path.

    :param start: bit/s at the start
    :param low: never less, bit/s
    :param high: never more, bit/s
    """

    def __init__(self, start: int, low: int, high: int, clock: Clock = boot_time) -> None:
        """Start at ``start``."""
        self.bitrate = float(min(start, high))
        self.fraction_lost = 0.0
        # May be moved while running, as cameras come and go.
        self.max_bitrate = high
        # The newest round trip in seconds, 0 before the first.
        self.rtt = 0.0
        # For how many seconds an answer is outstanding: its round trip will be no less.
        self.outstanding_rtt = 0.0
        # For how many seconds nothing is to be sent; whoever does that sets it back to 0.
        self.pushback, self._pushback_at = 0.0, float('-inf')
        self._min_bitrate = low
        self._start = start
        self._clock = clock
        self._began = self._heard = self._grown = self._reported = clock()
        self._sent: deque[tuple[float, float]] = deque([(self._began, 0.0)])
        self._rtts: deque[tuple[float, float]] = deque()
        self._jitter = 0.0
        # When the path was last found full, and what it took then.
        self._full_at: float | None = None
        self._capacity = 0.0
        # When the last cut shows in what is heard.
        self._settled_at = self._began
        # Smoothed losses; what of them is the path's; rate and losses at the last cut for them.
        self._loss = self._path_loss = self._random_loss_until = 0.0
        self._lost_since = self._began
        self._cut: tuple[float, float] | None = None
        self._padded, self._pad_from, self._pad_pause = False, 0.0, _PAUSE_S

    @property
    def estimate(self) -> BandwidthEstimate:
        """Return the state of the path now."""
        return BandwidthEstimate(self.bitrate, self.rtt, self.stale, self.in_slow_start,
                                 self.overuse, self.random_loss)

    @property
    def in_slow_start(self) -> bool:
        """Tell whether the path's rate is still being found out for the first time."""
        # Where there is little to send nothing speaks against the path.
        idle = self.bitrate >= _UNPROVEN * self.send_rate() and not self.random_loss
        return self._full_at is None and self.bitrate < self.max_bitrate and (
            idle or self._clock() - self._began < _RAMP_S)

    @property
    def app_limited(self) -> bool:
        """Tell whether less is sent than the rate needs to grow."""
        return self.bitrate < self.max_bitrate and self._app_limit() <= self.bitrate

    def _app_limit(self) -> float:
        """Return how far what is sent lets the rate grow, bit/s."""
        margin = _UNPROVEN if self._full_at is None else _UNPROVEN_AFTER
        return max(self._start, margin * max(self.send_rate(), self.send_rate(0.5)))

    @property
    def stale(self) -> bool:
        """Tell whether answers have stopped: the viewer may be gone."""
        return self._clock() - self._heard > _QUIET_S

    @property
    def random_loss(self) -> bool:
        """Tell whether packets are lost although none has to wait."""
        return self._clock() < self._random_loss_until

    @property
    def overuse(self) -> bool:
        """Tell whether what is sent has to wait on the path."""
        return self._queue() > self._limit()

    @property
    def underuse(self) -> bool:
        """Tell whether there is no sign of too much."""
        return self._queue() < self._limit() / 2 and self._loss - self._path_loss < _CLEAN

    def probe_bitrate(self, wanted: float) -> float:
        """
        Return how much to send besides what there is to send, in bit/s.

        A path proves no more than what is sent on it.

        :param wanted: bit/s that would be of use
        """
        now = self._clock()
        if wanted <= self.bitrate or not self.underuse or self.stale or now < self._pad_from:
            self._padded = False
            return 0.0
        self._padded = True
        return max(0.0, self.bitrate - self.send_rate(0.5))

    def on_sent(self, bits: float) -> None:
        """Take how many bits have been sent in all, several times a second."""
        now = self._clock()
        self._sent.append((now, bits))
        while len(self._sent) > 2 and now - self._sent[1][0] >= _SENT_WINDOW_S:
            self._sent.popleft()

    def send_rate(self, window: float = _SENT_WINDOW_S) -> float:
        """Return what was sent of late, in bit/s."""
        end, bits = self._sent[-1]
        for since, before in self._sent:
            if end - since <= window + 1e-6:
                break
        return (bits - before) / max(end - since, 0.1)

    def on_round_trip(self, rtt: float) -> None:
        """Take a round trip, in seconds."""
        now = self._clock()
        self._heard, self.rtt, self.outstanding_rtt = now, rtt, 0.0
        before = self._queue()
        if self._rtts:
            change = min(abs(rtt - self._rtts[-1][1]), _MAX_JITTER_S)
            self._jitter += 0.1 * (change - self._jitter)
        self._rtts.append((now, rtt))
        while now - self._rtts[0][0] > _BASE_S:
            self._rtts.popleft()
        queue = self._queue()
        if not self.overuse:
            self._grow(now)
        elif queue > before - 0.01 and not self._just_cut(now):
            # It does not get shorter: more goes in than comes out.
            since = self._rtts[-2][0] if len(self._rtts) > 1 else now - 0.2
            filling = max(0.0, queue - before) / max(now - since, 0.05)
            through = self.send_rate(0.5) * (1 - self.fraction_lost) / (1 + min(filling, 3.0))
            bitrate = through * max(0.4, _DRAIN - queue)
            if self.send_rate() * _UNPROVEN < self.bitrate:
                # So little is hardly what fills the path, and says little of what it takes.
                bitrate = max(bitrate, _IDLE_CUT * self.bitrate)
            self._on_overuse(now, through, bitrate)

    def on_loss_report(self, fraction_lost: float) -> None:
        """Take a receiver report: the share of packets lost since the last one, 0 to 1."""
        now = self._clock()
        # Browsers report more often while packets are lost: a report counts for its time.
        since = min(now - self._reported, 0.5)
        weight = 1 - math.exp(-since / _LOSS_S)
        self._heard = self._reported = now
        self.fraction_lost = fraction_lost
        self._loss += weight * (fraction_lost - self._loss)
        # Those of a full path come at once, and are heard of for a while after it was.
        if self._loss < _CLEAN or self.overuse:
            self._lost_since = now
        elif now - max(self._lost_since, self._full_at or 0.0) > _AFTER_S:
            self._random_loss_until = now + _LOSSY_S
        self._path_loss = min(self._path_loss, max(self._loss, self._path_loss * 0.995))
        excess = self._loss - self._path_loss
        if excess <= _BAD:
            self._grow(now)
        elif not self._just_cut(now):
            if self._cut is not None and not self.overuse and (
                    self.bitrate < 0.75 * self._cut[0]) and (
                    0.6 * self._cut[1] < max(self._loss, fraction_lost) < _MAX_PATH_LOSS):
                # Much less was sent, and as much was lost.
                self._path_loss, self._cut = self._loss, None
                return
            if self._cut is None:
                self._cut = self.bitrate, self._loss
            share = excess
            if fraction_lost * self.send_rate(0.5) * since > _MANY:
                share = max(share, fraction_lost - self._path_loss)
            # Without a queue it may be the path's own loss: then the way back is short.
            capacity = self.bitrate * (1 - share if self.overuse else 1)
            self._on_overuse(now, capacity, self.bitrate * (
                1 - share / 2 if share < _MAX_PATH_LOSS else _DRAIN * (1 - share)))

    def on_remb(self, bitrate: float) -> None:
        """
        Take a receiver's estimate (draft-alvestrand-rmcat-remb), in bit/s.

        Browsers never estimate much more than they receive, so an estimate above what is being
        sent says nothing; one below it is a sign of overuse.
        """
        # Round trips tell better, where there are any: this one is slow to rise again.
        if bitrate < _OVERUSE * min(self.send_rate(), self.bitrate) and (
                self.overuse or not self.rtt):
            self._on_overuse(self._clock(), bitrate, _DRAIN * bitrate)

    def _limit(self) -> float:
        """Return how long a queue is too long, in seconds."""
        return _QUEUE_S + _JITTER * self._jitter

    def _queue(self) -> float:
        """Return how long packets wait on the path, in seconds; one late answer is chance."""
        if len(self._rtts) < _LATE:
            return 0.0
        # Unless much is lost at the same time.
        late = 1 if self.fraction_lost > _BAD else _LATE
        newest = min(self._rtts[-n][1] for n in range(1, late + 1))
        return newest - min(rtt for _, rtt in self._rtts)

    def _just_cut(self, now: float) -> bool:
        """Tell whether the last cut may not be seen in what is heard yet."""
        return now < self._settled_at

    def _on_overuse(self, now: float, capacity: float, bitrate: float) -> None:
        if self._padded:
            self._padded, self._pad_from = False, now + self._pad_pause
            self._pad_pause = min(2 * self._pad_pause, _MAX_PAUSE_S)
        self._full_at, self._capacity = now, capacity
        base = min((rtt for _, rtt in self._rtts), default=0.0)
        outstanding_rtt = max(self.rtt, self.outstanding_rtt) - base
        if outstanding_rtt > _LONG_S and now - self._pushback_at > _BETWEEN_S:
            # The queue may run over: what is sent before it is empty comes late or never.
            self.pushback, self._pushback_at = min(outstanding_rtt, _PAUSE_MOST_S), now
        self._settled_at = now + base + self.pushback + 0.3
        self._set(min(self.bitrate, bitrate))

    def _grow(self, now: float) -> None:
        # Silence tells nothing about the path: only time that was heard of counts for growth.
        seconds = min(now - self._grown, 0.5)
        self._grown = now
        if self._just_cut(now) or self._queue() > self._limit() / 2:
            return
        if self._loss - self._path_loss > _CLEAN:
            # Whether that is the path's own or ours shows in what follows.
            speed = _LOSSY
        elif self._full_at is None:
            speed = _FIRST
        elif self.bitrate < _RETURN * self._capacity:
            speed = _BACK
        else:
            speed = _BEYOND + _FASTER * max(0.0, now - self._full_at - _PATIENCE_S)
        proven = self._app_limit()
        if self.bitrate < proven:
            self._set(min(proven, self.bitrate * (1 + speed * seconds)))

    def _set(self, bitrate: float) -> None:
        self.bitrate = max(self._min_bitrate, min(self.max_bitrate, bitrate))
