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

"""How many packets a path loses, by feedback on each, and whether that is congestion."""

import logging
import math

logger = logging.getLogger(__name__)

# The share of lost packets up to which no loss without a queue is congestion (the draft's high
# limit, draft-ietf-rmcat-gcc-02, section 6; mobile and Wi-Fi links lose as much at random).
MAX_RANDOM_LOSS = 0.10
# Share above which loss is worth a protection, and no chance of single packets.
_LOW_LOSS = 0.02
# Seconds over which packets are counted.
_AVERAGING_S = 1.0
# Standard deviations of the count that are chance: one wrong decision in an hour of ten a second.
_DEVIATIONS = 4.0
# Loss is the path's own if less than this share is sent, and less than this share arrives.
_LESS_SENT, _LESS_RECEIVED = 0.75, 0.85
# Seconds after a cut in which that is looked at: later, the path may be another.
_CUT_WINDOW_S = 5.0
# How much of the path's own loss stays known per second, in case it gets better.
_FORGETTING_PER_S = 0.98
# Seconds in which packets are lost, those with a queue not counted, before the loss is random, and
# for which it then is.
_RANDOM_AFTER_S, _RANDOM_FOR_S = 2.0, 10.0


class PathLoss:
    """Counts lost packets; all times are seconds of one clock."""

    def __init__(self, now: float) -> None:
        self._received = self._lost = 0.0
        # The same of packets that found no queue.
        self._unqueued = self._unqueued_lost = 0.0
        # What the path loses of itself, 0 to 1.
        self._own = 0.0
        # Bitrate and receive rate when the bitrate was first cut for losses of late, in bit/s.
        self._cut: tuple[float, float] | None = None
        self._counted = self._clear_at = self._cut_at = now
        self._random_until = 0.0

    def add(self, now: float, received: int, lost: int, queue: bool) -> None:
        """
        Count what feedback tells.

        :param received: packets that have arrived
        :param lost: packets that are lost, less those that were and have arrived after all
        :param queue: whether packets wait on the path
        """
        since, self._counted = now - self._counted, now
        kept = math.exp(-since / _AVERAGING_S)
        self._received = kept * self._received + received
        self._lost = max(0.0, kept * self._lost + lost)
        if not queue:
            self._unqueued = kept * self._unqueued + received + lost
            self._unqueued_lost = max(0.0, kept * self._unqueued_lost + lost)
        self._own = min(self._own, max(self.share, self._own * _FORGETTING_PER_S ** since))
        if queue:
            # It tells nothing then.
            self._clear_at += since
        elif self.unqueued_share < _LOW_LOSS:
            self._clear_at = now
        elif now - self._clear_at > _RANDOM_AFTER_S:
            self._random_until = now + _RANDOM_FOR_S

    @property
    def share(self) -> float:
        """Return the share of packets lost of late, 0 to 1."""
        return self._lost / max(self._received + self._lost, 1.0)

    @property
    def unqueued_share(self) -> float:
        """Return the share of packets lost of late of those that found no queue, 0 to 1."""
        return self._unqueued_lost / max(self._unqueued, 1.0)

    def is_random(self, now: float) -> bool:
        """Tell whether packets have been lost for a while although none had to wait."""
        return now < self._random_until

    def excess(self) -> float:
        """
        Return the share of packets lost that is congestion, 0 to 1.

        It is 0 as long as the count may be that of a path that loses ``MAX_RANDOM_LOSS``, or what
        this path loses of itself, at random.
        """
        count = self._received + self._lost
        if not count:
            return 0.0
        allowed = max(MAX_RANDOM_LOSS, self._own)
        chance = _DEVIATIONS * math.sqrt(allowed * (1 - allowed) / count)
        return self.share - self._own if self.share > allowed + chance else 0.0

    def explains(self, now: float, bitrate: float, received: float) -> bool:
        """
        Tell whether as much is lost as at a cut of late though much less is sent.

        Then less arrives, too; where a narrow path drops what is too much, as much arrives as
        before. From then on that loss is the path's own.

        :param bitrate: that is sent, in bit/s
        :param received: the receive rate, in bit/s
        """
        if self._cut is None or now - self._cut_at > _CUT_WINDOW_S:
            return False
        if bitrate > _LESS_SENT * self._cut[0] or received > _LESS_RECEIVED * self._cut[1]:
            return False
        logger.debug('%.0f %% of packets are lost at any bitrate', self.share * 100)
        self._own, self._cut = self.share, None
        return True

    def note_cut(self, now: float, bitrate: float, received: float) -> None:
        """Note that a bitrate is about to be cut for losses, and count anew; see above."""
        if self._cut is None or now - self._cut_at > _CUT_WINDOW_S:
            self._cut, self._cut_at = (bitrate, received), now
        self._received = self._lost = 0.0
