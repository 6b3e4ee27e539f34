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

"""Consent checks (RFC 7675): signs of life and round trips."""

import contextlib
from typing import Any

from aioice import stun
import aioice.ice
from aiortc import RTCPeerConnection

from ...core.clock import boot_time


def _install_consent_clock() -> bool:
    """
    Ask each peer for consent (RFC 7675) five times a second, and note its answers.

    The answer echoes a random transaction id, so it is a sign of life that nobody off the path
    can forge, and it comes even when a viewer sends nothing else. Its time is the round trip.
    """
    protocol = getattr(aioice.ice, 'StunProtocol', None)
    if not hasattr(protocol, 'request'):
        return False
    request = protocol.request

    async def request_and_note(self, *args, **kwargs):
        consent = kwargs.get('retransmissions') == 0
        if consent:
            # aioice waits half a second for each try, and longer for the second one: the answer
            # to the first may take as long as both.
            kwargs['retransmissions'] = 1
        began = boot_time()
        if consent:
            self.receiver.asked = began
        result = await request(self, *args, **kwargs)
        self.receiver.last_answer = now = boot_time()
        if consent:
            self.receiver.round_trip = now, now - began
            if self.receiver.asked == began:
                self.receiver.asked = None
        return result

    protocol.request = request_and_note
    if hasattr(aioice.ice, 'CONSENT_INTERVAL') and hasattr(aioice.ice, 'CONSENT_FAILURES'):
        aioice.ice.CONSENT_INTERVAL = 0.2
        aioice.ice.CONSENT_FAILURES = 6
    return True


def _connections(pc: RTCPeerConnection) -> set[Any]:
    transports = [s.transport for s in (*pc.getSenders(), pc.sctp) if s is not None]
    return {getattr(t.transport, '_connection', None) for t in transports if t is not None}


def _noted(pc: RTCPeerConnection, name: str) -> list[Any]:
    return [value for c in _connections(pc) if (value := getattr(c, name, None)) is not None]


def last_answer(pc: RTCPeerConnection) -> float | None:
    """Return the boot-time clock when the peer last answered a check, ``None`` if never."""
    return max(_noted(pc, 'last_answer'), default=None)


def round_trip(pc: RTCPeerConnection) -> tuple[float, float] | None:
    """Return when the newest round trip ended, and its time in seconds; ``None`` before one."""
    return max(_noted(pc, 'round_trip'), default=None)


async def check(pc: RTCPeerConnection) -> None:
    """Ask for consent once more, between the regular times: one more round trip is noted."""
    for connection in _connections(pc):
        password = getattr(connection, 'remote_password', None)
        for pair in list(getattr(connection, '_nominated', {}).values()) if password else ():
            with contextlib.suppress(stun.TransactionError, ConnectionError):
                await pair.protocol.request(
                    connection.build_request(pair, nominate=False), pair.remote_addr,
                    integrity_key=password.encode(), retransmissions=0)


def waiting(pc: RTCPeerConnection) -> float:
    """Return for how many seconds the newest check has been without an answer, 0 if it is not."""
    return boot_time() - max(_noted(pc, 'asked'), default=boot_time())


HAS_CONSENT_CLOCK = _install_consent_clock()
