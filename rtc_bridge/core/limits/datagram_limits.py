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
"""What one peer may cost the robot, before its proof and after."""

from collections.abc import Callable

from .ice_check_limits import IceCheckLimits
from .rate_limit import RateLimiter
from .sctp_limits import SctpLimits
from ..clock import boot_time, Clock

# WebRTC keeps to 1200 bytes and some; a longer datagram holds many DTLS records, of which OpenSSL
# is asked for one and keeps the rest.
MAX_DATAGRAM_BYTES = 2048
# What may wait for the DTLS handshake, and behind it: the queue is emptied without a pause.
MAX_WAITING_BEFORE, MAX_WAITING = 32, 256
# Datagrams of DTLS and SRTP before the proof, a second and at once. Our page sends about 40.
_DATAGRAMS_HZ, _DATAGRAMS = 50.0, 150.0
# RTCP packets after it. A browser sends some ten a second for each stream, and 16 may be there.
_REPORTS_HZ, _REPORTS = 300.0, 600.0


class PeerLimits:
    """
    Everything that is counted for one peer.

    ``trusted`` is set for a role that needs no proof, or by :meth:`prove`.

    :param on_breach: called with a reason when the peer's association is ended
    """

    def __init__(self, on_breach: Callable[[str], None], trusted: bool,
                 clock: Clock = boot_time) -> None:
        self.on_breach = on_breach
        self.trusted = trusted
        self.association = SctpLimits(clock)
        self.addresses = IceCheckLimits()
        # Set once its association has been ended.
        self.over = False
        self._datagrams = RateLimiter(_DATAGRAMS_HZ, _DATAGRAMS, clock)
        self._reports = RateLimiter(_REPORTS_HZ, _REPORTS, clock)

    def prove(self) -> None:
        """Lift what holds only before a proof."""
        self.trusted = self.addresses.lifted = True

    def take_report(self) -> bool:
        """Tell whether an RTCP packet is to be read."""
        return self.trusted and not self.over and self._reports.allow()

    def take_datagram(self, size: int, waiting: int, connected: bool) -> bool:
        """
        Tell whether a datagram that is no STUN message is to be kept.

        :param waiting: how many wait already
        :param connected: ICE has an address to answer to
        """
        if not 0 < size <= MAX_DATAGRAM_BYTES or self.over:
            return False
        if waiting >= (MAX_WAITING if connected else MAX_WAITING_BEFORE):
            return False
        return self.trusted or self._datagrams.allow()
