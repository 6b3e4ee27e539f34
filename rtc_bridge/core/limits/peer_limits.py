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
What one peer of a robot may send and ask for: datagrams, RTCP, and messages by kind.

:class:`PeerLimits` counts below the session: datagrams before DTLS reads them, ICE checks
(:mod:`.ice_check_limits`) and the SCTP association (:mod:`.sctp_limits`). :class:`SessionBudgets`
counts what messages ask for.
"""

from collections.abc import Callable

from .ice_check_limits import IceCheckLimits
from .rate_limit import RateLimiter
from .sctp_limits import SctpLimits
from ..clock import boot_time, Clock

# WebRTC's datagrams have little more than 1200 bytes. A longer one holds many DTLS records:
# OpenSSL returns one and keeps the rest, without a bound.
MAX_DATAGRAM_BYTES = 2048
# Datagrams in the queue of a DTLS transport, before and after ICE has an address to answer to. The
# event loop empties the queue without a pause.
MAX_QUEUED_BEFORE_ICE, MAX_QUEUED = 32, 256
# DTLS and SRTP datagrams before the proof, per second and at once. Our page sends about 40.
_UNPROVEN_DATAGRAMS_HZ, _UNPROVEN_DATAGRAMS_BURST = 50.0, 150.0
# RTCP packets after the proof. A browser sends some ten per second for each of up to 16 streams.
_RTCP_HZ, _RTCP_BURST = 300.0, 600.0

# Keyframes that one viewer may request, at once and per second: all viewers of the same stream
# pay for each of them.
KEYFRAME_DEMANDS, KEYFRAME_DEMANDS_HZ = 3, 0.5


class PeerLimits:
    """
    The limits of one peer connection.

    ``trusted`` is true for a role that needs no proof, and from :meth:`prove` on. ``ended`` is
    true once the peer's association was aborted: everything after that is dropped.

    :param on_breach: called with the reason when the peer's association is aborted
    """

    def __init__(self, on_breach: Callable[[str], None], trusted: bool,
                 clock: Clock = boot_time) -> None:
        self.on_breach = on_breach
        self.trusted = trusted
        self.ended = False
        # Takes RTP of the peer; None: it is dropped.
        self.on_rtp: Callable[[bytes], object] | None = None
        self.sctp = SctpLimits(clock)
        self.ice_checks = IceCheckLimits()
        self._datagrams = RateLimiter(_UNPROVEN_DATAGRAMS_HZ, _UNPROVEN_DATAGRAMS_BURST, clock)
        self._rtcp = RateLimiter(_RTCP_HZ, _RTCP_BURST, clock)

    def prove(self) -> None:
        """Lift the limits that hold only before a proof."""
        self.trusted = self.ice_checks.proven = True

    def allow_rtcp(self) -> bool:
        """Return whether to read an RTCP packet."""
        return self.trusted and not self.ended and self._rtcp.allow()

    def allow_datagram(self, size: int, queued: int, ice_connected: bool) -> bool:
        """
        Return whether to queue a datagram other than STUN.

        :param size: bytes
        :param queued: how many datagrams wait already
        :param ice_connected: whether ICE has an address to answer to
        """
        if not 0 < size <= MAX_DATAGRAM_BYTES or self.ended:
            return False
        if queued >= (MAX_QUEUED if ice_connected else MAX_QUEUED_BEFORE_ICE):
            return False
        return self.trusted or self._datagrams.allow()


class SessionBudgets:
    """
    The rate limiters of one session, by what a message asks for.

    Our page sends per second 25 commands, as many gamepad states and as many stops, and a few
    other messages; an application may send 50.
    """

    def __init__(self, clock: Clock = boot_time) -> None:
        # All messages on the control channel, or the texts of K-Scale's clients.
        self.messages = RateLimiter(100.0, 200.0, clock)
        # Texts of RTCBot's clients. Its gamepad sends each change of an axis, 250 per second.
        self.rtcbot = RateLimiter(500.0, 1000.0, clock)
        # The part of all these messages that goes on to the application.
        self.app_messages = RateLimiter(50.0, 100.0, clock)
        # Commands and gamepad states. Stops are not limited.
        self.commands = RateLimiter(100.0, 200.0, clock)
        # Answers to stops that are in force already: each writes to the disk until that succeeds.
        self.confirmations = RateLimiter(40.0, 80.0, clock)
        # Selections of a camera: each may start or end an encoder and a subscription.
        self.selects = RateLimiter(2.0, 20.0, clock)
        # Choices of a quality: each may start or end an encoder.
        self.qualities = RateLimiter(1.0, 10.0, clock)
        # Requests for the lease and answers to them: each change goes to all sessions and the log.
        self.leases = RateLimiter(2.0, 12.0, clock)
        # Releases of the emergency stop: each writes to the disk and goes to all sessions.
        self.releases = RateLimiter(5.0, 30.0, clock)
        # Connections to local services.
        self.services = RateLimiter(5.0, 20.0, clock)
        # Keyframes: they cost the other viewers of the same stream.
        self.keyframes = RateLimiter(KEYFRAME_DEMANDS_HZ, KEYFRAME_DEMANDS, clock)
        # The same for slot 0 of the driver: other slots must not use up what that frame needs.
        self.driving_keyframes = RateLimiter(KEYFRAME_DEMANDS_HZ, KEYFRAME_DEMANDS, clock)
