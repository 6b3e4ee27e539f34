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
Congestion control of one viewer's path by the arrival times of its packets.

After draft-ietf-rmcat-gcc-02: delay variation of packet groups, trendline filter, adaptive
threshold, overuse detector, and a rate control of multiplicative increase with
multiplicative decrease below the measured receive rate. It differs in three points. A growing
delay is overuse only if every packet has to wait (:class:`StandingQueue`), as Wi-Fi and busy hosts
hold single ones back. Loss up to a tenth is no congestion without a queue: section 6 of the
draft would stop the growth at 2 %, and chance would decide the rate. And the increase is
multiplicative throughout, faster the longer nothing speaks against it, but soon after an overuse
hardly beyond what has been received. Numbers without another
source were found with the simulated paths of ``test_delay_based_control.py``, and with
``benchmarks/links.py``.
"""

from collections.abc import Callable, Sequence
import logging

from .bitrate_meters import SendRateMeter
from .path_controller import PathController, RECENT_S
from .path_loss import PathLoss
from .probe_schedule import ProbeSchedule
from .probe_train import PACKET_BYTES, ProbeTrain, TRAIN_PACKETS
from .pushback import Pushback
from .queue_decrease import LONG_QUEUE_S, QueueDecrease
from .rate_growth import growth_per_second
from ..clock import boot_time, Clock
from ..feedback.arrivals import Arrivals
from ..feedback.delay_trend import Usage
from ..feedback.sent_packets import PacketResult
from ..recovery.retransmission import PACKET_BITS

logger = logging.getLogger(__name__)

# Seconds of feedback that count for growth at most: silence tells nothing about the path.
_MAX_GROWTH_INTERVAL_S = 0.5
# Seconds over which the receive rate is measured where a long queue shows that the path has just
# become narrow: a longer time has some of what it carried before.
_NARROW_WINDOW_S = 0.12
# Seconds in which a decrease does not show in the feedback yet, besides the round trip and a
# pushback: a browser's interval of feedback, up to 0.1 s, and the frames that it tells of.
_FEEDBACK_DELAY_S = 0.25
# Seconds after which a queue that stands still is a reason for another decrease: it may be that of
# others.
_STANDING_INTERVAL_S = 3.0
# The bitrate grows to this multiple of what is received (section 5.5).
_APP_LIMIT = 1.5
# For so many seconds after an overuse it grows to these multiples of what the path carried then
# and carries now: a viewer who moves up to a better tier on no more than a guess has a full queue,
# and moves down.
_KNOWN_S, _KNOWN_LIMIT, _KNOWN_APP_LIMIT = 10.0, 1.1, 1.25
# Seconds from an overuse to the next train.
_SETTLE_S = 3.0
# A path that carries less than this share of the bitrate has collapsed: no jitter is as bad. The
# share of what it carries that is sent then, as its queue has to drain.
_COLLAPSED, _COLLAPSE_BETA = 0.5, 0.76
# Seconds for which an overuse tells how much may be sent at once: on a path that stays narrow,
# growth leads to another one within that time, or a train shows it.
_KNOWN_RATE_S = 30.0
# Beyond this multiple of what it carried at the last overuse a path has changed since then.
_CHANGED_FACTOR = 1.2
# While much less is sent than may be, the queue is hardly ours: one decrease goes down to this
# share of the bitrate at most.
_APP_LIMITED_BETA = 0.85
# Seconds after which a path without feedback is stale: ten intervals of it.
_STALE_AFTER_S = 1.0
# Seconds after which slow start is over even if nothing was found, where enough was sent to see.
_SLOW_START_S = 5.0


class DelayBasedController(PathController):
    """
    Finds what a path carries from feedback on each packet. Belongs to the event loop.

    Round trips and receiver reports decide nothing. Parameters and members besides those of
    :class:`PathController`:

    :param apart: measures what of that has no feedback
    :param waits_since: returns when the first packet was sent that waits for feedback, in seconds;
        ``None``: none does
    :ivar fraction_lost: the share of packets lost by the newest receiver report, 0 to 1
    """

    def __init__(self, start: int, min_bitrate: int, max_bitrate: float,
                 clock: Clock = boot_time, sent: SendRateMeter | None = None,
                 apart: SendRateMeter | None = None,
                 waits_since: Callable[[], float | None] = lambda: None) -> None:
        super().__init__(start, min_bitrate, max_bitrate, clock, sent)
        now = clock()
        self.fraction_lost = 0.0
        self._apart = apart or SendRateMeter(now)
        self._waits_since = waits_since
        self._arrivals = Arrivals()
        self._queue = self._arrivals.queue
        self._loss = PathLoss(now)
        self._lowering = QueueDecrease()
        # The shortest queue since the last overuse, in seconds.
        self._lowest_queue = 0.0
        self._pushback = Pushback()
        self._train = ProbeTrain()
        self._probes = ProbeSchedule(_SETTLE_S)

    # State

    @property
    def in_slow_start(self) -> bool:
        """Tell whether the path's bitrate is still being found for the first time."""
        # Where there is little to send, time proves nothing.
        idle = self.bitrate >= _APP_LIMIT * self.send_rate()
        return self.overuse_at is None and self.bitrate < self.max_bitrate and (
            idle or self._clock() - self._began < _SLOW_START_S)

    @property
    def stale(self) -> bool:
        """Tell whether feedback has stopped: the viewer may be gone."""
        since = self.silent_since
        return since is not None and self._clock() - since > _STALE_AFTER_S

    @property
    def random_loss(self) -> bool:
        """Tell whether packets are lost although none has to wait."""
        return self._loss.is_random(self._clock())

    @property
    def average_loss(self) -> float:
        """Return the share of packets lost of late without a queue, 0 to 1."""
        return self._loss.unqueued_share

    @property
    def overuse(self) -> bool:
        """Tell whether packets queue up on the path."""
        return self._queue_length > self._queue.threshold

    @property
    def underuse(self) -> bool:
        """Tell whether neither a queue nor loss speaks against a higher bitrate."""
        return (self._queue_length < self._queue.threshold / 2
                and not self._loss.excess())

    @property
    def _queue_length(self) -> float:
        """Return for how many seconds packets wait, besides for one other packet."""
        length = max(0.0, self._queue.length - PACKET_BITS / self.bitrate)
        # While nothing is sent, nothing tells that it has drained.
        drained = self._waits_since() is None and self._clock() - self._heard > length
        return 0.0 if drained else length

    @property
    def known_rate(self) -> float:
        """Return what the path carries by an overuse or a train of late, in bit/s; 0: by none."""
        at, now = self.overuse_at, self._clock()
        if at is None:
            return 0.0
        recent = now - at < _KNOWN_RATE_S or self._train.limit(now) < float('inf')
        return max(self.bitrate, self.capacity) if recent else 0.0

    @property
    def silent_since(self) -> float | None:
        """Return since when feedback is missing, in seconds; ``None``: no packet waits for any."""
        waits = self._waits_since()
        return None if waits is None else max(self._heard, waits)

    def _carried(self, window: float) -> float:
        """Return what got through in the last seconds, up to 1, in bit/s."""
        # What has no feedback is counted a few times a second only.
        return self._arrivals.rate.rate(window) + self._apart.rate(max(window, RECENT_S))

    def _app_limit(self) -> float:
        """Return up to where what is received lets the bitrate grow, in bit/s."""
        # What is lost at random has been carried, too: it was sent by a path without a queue.
        carried = max(self._carried(1.0), self._carried(RECENT_S)) / (
            1 - min(self._loss.share, 0.5))
        if self.overuse_at is None:
            return max(self._start, _APP_LIMIT * carried)
        # What may be too much again is tried by padding, where more would be of use.
        now = self._clock()
        recent = now - self.overuse_at < _KNOWN_S
        return max(_KNOWN_LIMIT * self.capacity, _KNOWN_APP_LIMIT * carried,
                   0.0 if recent else min(_APP_LIMIT * carried, self._train.limit(now)))

    # Feedback

    def on_round_trip(self, rtt: float) -> None:
        """Take a round trip, in seconds; it decides nothing."""
        self.rtt, self.outstanding_rtt = rtt, 0.0

    def on_loss_report(self, fraction_lost: float) -> None:
        """Take a receiver report's share of lost packets, 0 to 1; it decides nothing."""
        self.fraction_lost = fraction_lost

    def on_remb(self, bitrate: float) -> None:
        """Take a receiver's estimate in bit/s; feedback on each packet tells better."""

    def on_feedback(self, results: Sequence[PacketResult], in_flight: int) -> None:
        """
        Take what became of packets.

        :param results: in the order of sending
        :param in_flight: bytes sent since the newest of them
        """
        now = self._heard = self._clock()
        summary = self._arrivals.take(results)
        for packet in results:
            if self._train.add(now, packet):
                self._follow_train()
        settled = now >= self._settled_at
        if settled:
            # What was lost before a decrease shows has led to it.
            self._loss.add(now, summary.received, summary.lost, self.overuse)
        else:
            settled = self._pushback.possible(now, self._queue_length)
        if settled and not self._back_off(now, summary.usage, 8 * in_flight):
            self._increase(now)
        else:
            self._grown = now

    # Probing

    def probe_bitrate(self, wanted: float) -> float:
        """
        Return how much to send besides what there is to send, in bit/s.

        :param wanted: the bitrate that would be of use, in bit/s
        """
        # Half a second of padding is a queue of its own where the path has no more to give.
        worth = self.overuse_at is None or self._train.allows_probing(self._clock())
        return super().probe_bitrate(wanted if worth else 0.0)

    def train_bytes(self, wanted: float) -> int:
        """
        Return how many bytes to send at once, of which :meth:`on_train` is then to be told.

        :param wanted: the bitrate that would be of use, in bit/s
        """
        now = self._clock()
        due = self.overuse_at is not None and self._probes.is_due(now) and self._train.is_due(now)
        return TRAIN_PACKETS * PACKET_BYTES if due and self._is_useful(wanted) else 0

    def on_train(self, sequences: range, wanted: float) -> None:
        """
        Note what was sent at once.

        :param sequences: transport-wide, without wrap-around
        :param wanted: as for :meth:`train_bytes`
        """
        self._train.begin(self._clock(), sequences, wanted, self.rtt)

    def _follow_train(self) -> None:
        """Take over what a train has found: at once, but for a rest that padding tries."""
        logger.debug('a train of packets came at %.0f kbit/s, wanted are %.0f',
                     self._train.carries / 1000, self._train.wanted / 1000)
        bitrate, self.capacity = self._train.outcome(
            self.bitrate, self.capacity, self._carried(1.0))
        self._set(bitrate)

    # Rate control

    def _back_off(self, now: float, usage: Usage, in_flight: float) -> bool:
        """
        Lower the bitrate if packets queue up, or too many are lost; tell whether that was so.

        :param usage: by the trend of the delays
        :param in_flight: bits
        """
        queue = self._queue_length
        self._lowest_queue = min(self._lowest_queue, queue)
        collapsed = self._arrivals.bursts.collapsed(_COLLAPSED * self.bitrate)
        if collapsed:
            self._drain(now, queue, in_flight, collapsed)
            self._decrease(now, _COLLAPSE_BETA * collapsed, collapsed,
                           f'a collapse to {collapsed / 1000:.0f} kbit/s')
            return True
        if self.overuse:
            stands = now - (self.overuse_at or self._began) > _STANDING_INTERVAL_S
            # The trend is that of half a second: it may be from before the last decrease.
            grows = queue > self._lowest_queue + self._queue.threshold and (
                usage is Usage.OVERUSE or queue > LONG_QUEUE_S)
            if grows or (stands and queue > LONG_QUEUE_S / 2):
                self._decrease_for_queue(now, queue, in_flight)
                return True
        excess = self._loss.excess()
        received = self._carried(RECENT_S)
        if not excess or self._loss.explains(now, self.bitrate, received):
            return False
        self._loss.note_cut(now, self.bitrate, received)
        # The draft's decrease (section 6).
        self._decrease(now, self.bitrate * (1 - excess / 2), self.bitrate * (1 - excess),
                       f'{excess * 100:.0f} % of loss')
        return True

    def _decrease_for_queue(self, now: float, queue: float, in_flight: float) -> None:
        through = self._carried(RECENT_S)
        long = queue > LONG_QUEUE_S
        if long:
            through = min(through, self._carried(_NARROW_WINDOW_S))
        bitrate = self._lowering.bitrate(now, queue, through, self.bitrate,
                                         may_be_jitter=not self.in_slow_start)
        capacity = through
        if max(self.send_rate(), self.send_rate(RECENT_S)) * _APP_LIMIT < self.bitrate:
            # What got through is not what the path carries.
            capacity = max(through, self.bitrate)
            bitrate = max(bitrate, _APP_LIMITED_BETA * self.bitrate)
        self._drain(now, queue, in_flight if long else 0.0, through)
        self._decrease(now, bitrate, capacity, f'a queue of {queue * 1000:.0f} ms')

    def _drain(self, now: float, queue: float, in_flight: float, through: float) -> None:
        """
        Let nothing be sent until a queue has drained, if it is long.

        :param queue: that the newest packet has found, in seconds
        :param in_flight: what was sent since then and waits behind it, in bits
        :param through: what the path carries, in bit/s
        """
        waits = max(queue, in_flight / max(through, self._min_bitrate) - self.rtt)
        self.pushback = self._pushback.begin(now, waits)
        if self.pushback:
            self._arrivals.rate.restart()

    def _decrease(self, now: float, bitrate: float, capacity: float, reason: str) -> None:
        """Lower the bitrate for an overuse; all in bit/s, the reason is for the log."""
        self._probes.on_decrease(now)
        self._train.refute()
        before = self.bitrate
        self.overuse_at, self.capacity = now, capacity
        self._lowest_queue = self._queue_length
        self._settled_at = now + self.rtt + self.pushback + _FEEDBACK_DELAY_S
        self._set(min(self.bitrate, bitrate))
        logger.debug('overuse by %s: %.0f -> %.0f kbit/s, pushback %.0f ms', reason,
                     before / 1000, self.bitrate / 1000, self.pushback * 1000)

    def _increase(self, now: float) -> None:
        """Raise the bitrate by the time since the last feedback, unless a queue is left."""
        seconds = min(now - self._grown, _MAX_GROWTH_INTERVAL_S)
        self._grown = now
        if self._queue_length > self._queue.threshold / 2:
            return
        limit = self._app_limit()
        if self.bitrate < limit:
            since = None if self.overuse_at is None else now - self.overuse_at
            growth = growth_per_second(self.bitrate / max(self.capacity, 1.0), since)
            before = self.bitrate
            self._set(min(limit, self.bitrate * (1 + growth * seconds)))
            if before < _CHANGED_FACTOR * max(self.capacity, self._train.carries) <= self.bitrate:
                # It is no longer the path of the last overuse.
                self._train.renew()
