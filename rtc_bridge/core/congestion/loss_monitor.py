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

"""How many packets are lost on a viewer's path, and how many of them without our doing."""

import logging
import math

logger = logging.getLogger(__name__)

# The loss-based part of congestion control, after draft-ietf-rmcat-gcc-02, section 6.

# Shares of packets lost: below the first the bitrate may grow, above the second it shrinks.
LOW_LOSS, HIGH_LOSS = 0.02, 0.10
# Share of packets that a path may lose of itself; what is above is congestion.
MAX_RANDOM_LOSS = 0.3
# Seconds over which losses are averaged: browsers report up to several times a second, of few
# packets each.
_AVERAGING_S = 0.8
# Seconds that one report counts for at most, as a report after a silence is of its end.
_MAX_REPORT_INTERVAL_S = 0.5
# Seconds of loss without a queue after which it is random: the losses of an overuse are reported
# within a second or two of it.
_RANDOM_AFTER_S = 2.0
# Seconds for which random loss is expected again.
_RANDOM_FOR_S = 10.0
# Share of the path's own loss that is kept from report to report, where less is lost: half of it
# is forgotten after 140 reports, a minute or two.
_FORGETTING = 0.995
# After the bitrate was cut to this share for losses, and if still this share of them is seen, they
# did not come from our bitrate.
_CUT_SHARE, _SAME_LOSS_SHARE = 0.75, 0.6


class LossMonitor:
    """
    Averages receiver reports (RFC 3550, section 6.4.1), and finds out which loss is random.

    :ivar fraction_lost: by the newest report, 0 to 1
    :ivar average: of the last reports, 0 to 1
    """

    def __init__(self, now: float) -> None:
        self.fraction_lost = 0.0
        self.average = 0.0
        # Seconds that the newest report stands for.
        self.interval = 0.0
        # What the path loses of itself, 0 to 1.
        self._random_share = 0.0
        self._random_until = 0.0
        self._reported = self._lossless_at = now
        # Bitrate and average loss when the bitrate was first cut for losses.
        self._cut: tuple[float, float] | None = None

    def add(self, now: float, fraction_lost: float, overuse: bool,
            last_overuse: float | None) -> None:
        """
        Take a receiver report.

        :param now: in seconds
        :param fraction_lost: the share of packets lost since the last report, 0 to 1
        :param overuse: whether packets queue up now
        :param last_overuse: when they did last, in seconds
        """
        self.interval = min(now - self._reported, _MAX_REPORT_INTERVAL_S)
        self._reported = now
        self.fraction_lost = fraction_lost
        weight = 1 - math.exp(-self.interval / _AVERAGING_S)
        self.average += weight * (fraction_lost - self.average)
        if self.average < LOW_LOSS or overuse:
            self._lossless_at = now
        elif now - max(self._lossless_at, last_overuse or 0.0) > _RANDOM_AFTER_S:
            if not self.is_random(now):
                logger.debug('%.0f %% of packets are lost without a queue: random loss',
                             self.average * 100)
            self._random_until = now + _RANDOM_FOR_S
        self._random_share = min(
            self._random_share, max(self.average, self._random_share * _FORGETTING))

    def is_random(self, now: float) -> bool:
        """Tell whether packets are lost although none has to wait."""
        return now < self._random_until

    @property
    def excess(self) -> float:
        """Return the average loss above the path's own, 0 to 1."""
        return self.average - self._random_share

    @property
    def newest_excess(self) -> float:
        """Return the loss of the newest report above the path's own, 0 to 1."""
        return self.fraction_lost - self._random_share

    def is_unchanged_by_cut(self, bitrate: float) -> bool:
        """
        Tell whether much less is sent than at the first cut, and as much is lost.

        From then on that loss is the path's own.

        :param bitrate: in bit/s
        """
        if self._cut is None or bitrate >= _CUT_SHARE * self._cut[0]:
            return False
        worst = max(self.average, self.fraction_lost)
        if not _SAME_LOSS_SHARE * self._cut[1] < worst < MAX_RANDOM_LOSS:
            return False
        logger.debug('%.0f %% of packets are lost at any bitrate', self.average * 100)
        self._random_share, self._cut = self.average, None
        return True

    def note_cut(self, bitrate: float) -> None:
        """Note that a bitrate, in bit/s, is about to be cut for losses."""
        if self._cut is None:
            self._cut = bitrate, self.average
