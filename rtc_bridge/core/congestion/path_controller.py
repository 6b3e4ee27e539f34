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

"""What the controllers of a viewer's path have in common: its state, and how it is told."""

from abc import ABC, abstractmethod

from .bandwidth_estimate import BandwidthEstimate
from .bitrate_meters import SendRateMeter
from .probe_schedule import ProbeSchedule
from ..clock import Clock

# Seconds over which rates are taken that have to be those of now (draft-ietf-rmcat-gcc-02,
# section 5.5: T).
RECENT_S = 0.5


class PathController(ABC):
    """
    The bitrate of a path and what limits it. Belongs to the event loop.

    :param start: first bitrate, in bit/s
    :param min_bitrate: never less, in bit/s
    :param max_bitrate: never more, in bit/s
    :param sent: measures what is sent; by default one of its own
    :ivar max_bitrate: may be changed, as cameras come and go
    :ivar rtt: the newest round trip in seconds, 0 before the first
    :ivar outstanding_rtt: seconds for which an answer is outstanding: its round trip is no less
    :ivar pushback: seconds for which nothing is to be sent; the sender sets it back to 0
    :ivar overuse_at: when the last overuse was found, in seconds; ``None`` before that
    :ivar capacity: what the path carried then, in bit/s
    """

    def __init__(self, start: int, min_bitrate: int, max_bitrate: float, clock: Clock,
                 sent: SendRateMeter | None) -> None:
        now = clock()
        self.bitrate = float(min(start, max_bitrate))
        self.max_bitrate = float(max_bitrate)
        self.rtt = self.outstanding_rtt = self.pushback = 0.0
        self.overuse_at: float | None = None
        self.capacity = 0.0
        self._start, self._min_bitrate, self._clock = start, min_bitrate, clock
        self._began = self._heard = self._grown = now
        # When the last decrease shows in the feedback.
        self._settled_at = now
        self._sent = sent or SendRateMeter(now)
        self._probes = ProbeSchedule()

    @property
    def estimate(self) -> BandwidthEstimate:
        """Return the state of the path."""
        return BandwidthEstimate(self.bitrate, self.rtt, self.stale, self.in_slow_start,
                                 self.overuse, self.random_loss)

    @property
    @abstractmethod
    def in_slow_start(self) -> bool:
        """Tell whether the path's bitrate is still being found for the first time."""

    @property
    @abstractmethod
    def stale(self) -> bool:
        """Tell whether feedback has stopped: the viewer may be gone."""

    @property
    @abstractmethod
    def random_loss(self) -> bool:
        """Tell whether packets are lost although none has to wait."""

    @property
    def known_rate(self) -> float:
        """Return what the path is known to carry at most, in bit/s; 0: that is not known."""
        return 0.0

    @property
    @abstractmethod
    def overuse(self) -> bool:
        """Tell whether packets queue up on the path."""

    @property
    @abstractmethod
    def underuse(self) -> bool:
        """Tell whether neither a queue nor loss speaks against a higher bitrate."""

    @abstractmethod
    def _app_limit(self) -> float:
        """Return up to where what is sent lets the bitrate grow, in bit/s."""

    @property
    def app_limited(self) -> bool:
        """Tell whether too little is sent for the bitrate to grow (RFC 7661)."""
        return self.bitrate < self.max_bitrate and self._app_limit() <= self.bitrate

    def send_rate(self, window: float = SendRateMeter.WINDOW_S) -> float:
        """Return what was sent in the last seconds, in bit/s."""
        return self._sent.rate(window)

    def probe_bitrate(self, wanted: float) -> float:
        """
        Return how much to send besides what there is to send, in bit/s.

        :param wanted: the bitrate that would be of use, in bit/s
        """
        if not self._probes.probes(self._clock(), self._is_useful(wanted)):
            return 0.0
        return max(0.0, self.bitrate - self.send_rate(RECENT_S))

    def _is_useful(self, wanted: float) -> bool:
        return wanted > self.bitrate and self.underuse and not self.stale

    def on_sent(self, bits: float) -> None:
        """Take how many bits have been sent in all; several times a second."""
        self._sent.add(self._clock(), bits)

    def _set(self, bitrate: float) -> None:
        self.bitrate = max(self._min_bitrate, min(self.max_bitrate, bitrate))
