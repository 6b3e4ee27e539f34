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

"""
Congestion control of one viewer's path: how much may be sent there.

It has the structure and the words of Google Congestion Control (draft-ietf-rmcat-gcc-02) and meets
RFC 8836: a delay-based part (:class:`OveruseDetector`), a loss-based part (:class:`LossMonitor`),
and slow start, multiplicative decrease, app-limited periods and probing here. It is for viewers
without transport-wide feedback: round trips of ICE consent checks stand for the gradient of
arrival times. Numbers without another source were found with ``benchmarks/links.py`` (paths of 0.3
to 20 Mbit/s, 0 to 400 ms, 0 to 15 % of loss; November 2026), and
``test_congestion_control.py`` holds them to it.
"""

import logging

from .bitrate_meters import SendRateMeter
from .loss_monitor import HIGH_LOSS, LossMonitor, LOW_LOSS, MAX_RANDOM_LOSS
from .overuse_detector import OveruseDetector
from .path_controller import PathController, RECENT_S
from ..clock import boot_time, Clock

logger = logging.getLogger(__name__)

# Growth of the bitrate per second, as a share of it, in four states. Slow start nearly doubles it
# each second (RFC 5681, section 3.1 doubles each round trip, which would fill a mobile uplink's
# queue before the first sign of it).
_SLOW_START_GROWTH = 0.7
# The way back to what the path was found to carry: known, but perhaps no longer so.
_RECOVERY_GROWTH = 0.35
# Beyond that, slow at first and then faster, as CUBIC does (RFC 9438, 4.4 and 4.5): growth, its
# increase per second, and the seconds for which it stays slow.
_PROBING_GROWTH, _PROBING_ACCELERATION, _PROBING_DELAY_S = 0.02, 0.04, 4.0
# While packets are lost and it is not known whether that is random loss.
_LOSSY_GROWTH = 0.15
# Seconds of feedback that count for growth at most: silence tells nothing about the path.
_MAX_GROWTH_INTERVAL_S = 0.5
# Multiplicative decrease: the share of what went through that is sent after an overuse, so that
# the queue drains (draft-ietf-rmcat-gcc-02, section 5.5: beta). Recovery ends at the same share.
_BETA = 0.85
# The longer the queue, the less is sent: one second of queue takes all of beta, down to this
# share.
_MIN_BETA = 0.4
# While much less is sent than may be, the queue is hardly ours: one decrease goes down to this
# share of the bitrate at most.
_APP_LIMITED_BETA = 0.85
# Seconds in which a decrease does not show in the feedback yet, besides the round trip and a
# pushback: a browser's next receiver report.
_FEEDBACK_DELAY_S = 0.3
# The bitrate grows to this multiple of what is sent, as a path that is not used proves nothing
# (draft-ietf-rmcat-gcc-02, section 5.5: 1.5); to less once an overuse has shown the path's limit.
_APP_LIMIT, _APP_LIMIT_AFTER_OVERUSE = 1.5, 1.2
# Seconds after which a path without feedback is stale: five consent checks.
_STALE_AFTER_S = 1.0
# Seconds after which slow start is over even if nothing was found, where enough was sent to see.
_SLOW_START_S = 5.0
# Bits lost since the last report that are congestion, not chance: five packets.
_MANY_LOST_BITS = 50_000
# A receiver's estimate below this share of what is sent is a sign of overuse: what is sent is
# measured over a second and varies by a tenth.
_REMB_SHARE = 0.85
# A queue longer than this, in seconds, may run over, so nothing is sent until it has drained
# (pushback), at most for the second time and not again within the third, as a picture has to come.
_PUSHBACK_QUEUE_S, _MAX_PUSHBACK_S, _PUSHBACK_INTERVAL_S = 0.25, 0.5, 1.5


class CongestionController(PathController):
    """
    Starts low, nearly doubles every second on a clean path, and backs off before queues are long.

    Three signs mean overuse: round trips that grow, loss above a tenth that follows the bitrate,
    and, where round trips confirm or miss, a viewer's estimate (REMB) below what is sent. Loss
    that stays however little is sent is random. Parameters and members are those of
    :class:`PathController`.
    """

    def __init__(self, start: int, min_bitrate: int, max_bitrate: float,
                 clock: Clock = boot_time, sent: SendRateMeter | None = None) -> None:
        super().__init__(start, min_bitrate, max_bitrate, clock, sent)
        self._pushback_at = float('-inf')
        self._detector = OveruseDetector()
        self._loss = LossMonitor(clock())

    # State

    @property
    def fraction_lost(self) -> float:
        """Return the share of packets lost by the newest report, 0 to 1."""
        return self._loss.fraction_lost

    @property
    def average_loss(self) -> float:
        """Return the share of packets lost by the last reports, 0 to 1."""
        return self._loss.average

    @property
    def in_slow_start(self) -> bool:
        """Tell whether the path's bitrate is still being found for the first time."""
        # Where there is little to send, time proves nothing.
        idle = self.bitrate >= _APP_LIMIT * self.send_rate() and not self.random_loss
        return self.overuse_at is None and self.bitrate < self.max_bitrate and (
            idle or self._clock() - self._began < _SLOW_START_S)

    @property
    def stale(self) -> bool:
        """Tell whether feedback has stopped: the viewer may be gone."""
        return self._clock() - self._heard > _STALE_AFTER_S

    @property
    def random_loss(self) -> bool:
        """Tell whether packets are lost although none has to wait."""
        return self._loss.is_random(self._clock())

    @property
    def overuse(self) -> bool:
        """Tell whether packets queue up on the path."""
        return self._queue() > self._detector.threshold

    @property
    def underuse(self) -> bool:
        """Tell whether neither a queue nor loss speaks against a higher bitrate."""
        return self._queue() < self._detector.threshold / 2 and self._loss.excess < LOW_LOSS

    def _queue(self) -> float:
        return self._detector.queue(single=self._loss.fraction_lost > HIGH_LOSS)

    def _app_limit(self) -> float:
        """Return up to where what is sent lets the bitrate grow, in bit/s."""
        factor = _APP_LIMIT if self.overuse_at is None else _APP_LIMIT_AFTER_OVERUSE
        return max(self._start, factor * max(self.send_rate(), self.send_rate(RECENT_S)))

    # Feedback

    def on_round_trip(self, rtt: float) -> None:
        """Take a round trip, in seconds."""
        now = self._clock()
        self._heard, self.rtt, self.outstanding_rtt = now, rtt, 0.0
        before = self._queue()
        self._detector.add(now, rtt)
        queue = self._queue()
        if not self.overuse:
            self._increase(now)
        elif self._detector.is_filling(before, queue) and not self._is_settling(now):
            # More goes in than comes out.
            filling = self._detector.filling_rate(now, before, queue)
            through = self.send_rate(RECENT_S) * (1 - self.fraction_lost) / (1 + filling)
            bitrate = through * max(_MIN_BETA, _BETA - queue)
            if self.send_rate() * _APP_LIMIT < self.bitrate:
                bitrate = max(bitrate, _APP_LIMITED_BETA * self.bitrate)
            self._decrease(now, bitrate, through, f'a queue of {queue * 1000:.0f} ms')

    def on_loss_report(self, fraction_lost: float) -> None:
        """Take a receiver report: the share of packets lost since the last one, 0 to 1."""
        now, loss = self._clock(), self._loss
        self._heard = now
        overuse = self._detector.queue(fraction_lost > HIGH_LOSS) > self._detector.threshold
        loss.add(now, fraction_lost, overuse, self.overuse_at)
        if loss.excess <= HIGH_LOSS:
            self._increase(now)
        elif not self._is_settling(now) and (
                overuse or not loss.is_unchanged_by_cut(self.bitrate)):
            loss.note_cut(self.bitrate)
            share = loss.excess
            if fraction_lost * self.send_rate(RECENT_S) * loss.interval > _MANY_LOST_BITS:
                share = max(share, loss.newest_excess)
            # The draft's decrease (section 6), and more where more is lost than is ever random.
            factor = 1 - share / 2 if share < MAX_RANDOM_LOSS else _BETA * (1 - share)
            # Without a queue it may be random loss: then the way back is short.
            capacity = self.bitrate * (1 - share if overuse else 1)
            self._decrease(now, factor * self.bitrate, capacity, f'{share * 100:.0f} % of loss')

    def on_remb(self, bitrate: float) -> None:
        """
        Take a receiver's estimate (draft-alvestrand-rmcat-remb-03), in bit/s.

        Browsers never estimate much more than they receive, so an estimate above what is being
        sent says nothing; one below it is a sign of overuse.
        """
        # Round trips tell better, where there are any: this estimate is slow to rise again.
        if bitrate < _REMB_SHARE * min(self.send_rate(), self.bitrate) and (
                self.overuse or not self.rtt):
            self._decrease(self._clock(), _BETA * bitrate, bitrate, 'the estimate of the viewer')

    # Rate control

    def _is_settling(self, now: float) -> bool:
        """Tell whether the last decrease may not show in the feedback yet."""
        return now < self._settled_at

    def _decrease(self, now: float, bitrate: float, capacity: float, reason: str) -> None:
        """Lower the bitrate for an overuse; all in bit/s, the reason is for the log."""
        self._probes.on_decrease(now)
        before = self.bitrate
        self.overuse_at, self.capacity = now, capacity
        base_rtt = self._detector.base_rtt
        queue = max(self.rtt, self.outstanding_rtt) - base_rtt
        if queue > _PUSHBACK_QUEUE_S and now - self._pushback_at > _PUSHBACK_INTERVAL_S:
            # What is sent before the queue has drained arrives late or never.
            self.pushback, self._pushback_at = min(queue, _MAX_PUSHBACK_S), now
        self._settled_at = now + base_rtt + self.pushback + _FEEDBACK_DELAY_S
        self._set(min(self.bitrate, bitrate))
        logger.debug('overuse by %s: %.0f -> %.0f kbit/s, pushback %.0f ms', reason,
                     before / 1000, self.bitrate / 1000, self.pushback * 1000)

    def _increase(self, now: float) -> None:
        seconds = min(now - self._grown, _MAX_GROWTH_INTERVAL_S)
        self._grown = now
        if self._is_settling(now) or self._queue() > self._detector.threshold / 2:
            return
        limit = self._app_limit()
        if self.bitrate < limit:
            self._set(min(limit, self.bitrate * (1 + self._growth(now) * seconds)))

    def _growth(self, now: float) -> float:
        """Return by which share of it the bitrate grows per second."""
        if self._loss.excess > LOW_LOSS:
            return _LOSSY_GROWTH
        if self.overuse_at is None:
            return _SLOW_START_GROWTH
        if self.bitrate < _BETA * self.capacity:
            return _RECOVERY_GROWTH
        return _PROBING_GROWTH + _PROBING_ACCELERATION * max(
            0.0, now - self.overuse_at - _PROBING_DELAY_S)
