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
Consent checks (RFC 7675): signs of life, and round-trip times.

Private parts used (aioice, as of aiortc 1.14 to 1.16): ``StunProtocol.request`` and its
``receiver``, ``CONSENT_INTERVAL`` and ``CONSENT_FAILURES`` of the module, ``remote_password`` and
``build_request`` of ``Connection``, and those of ``ice_connections.py``. Without them no round
trip is measured and a dead peer is noticed only when aiortc notices it.
"""

import contextlib
from typing import Any

from aioice import stun
import aioice.ice
from aiortc import RTCPeerConnection

from .ice_connections import ice_connections, nominated_pairs
from ..hooks import available
from ....core.clock import boot_time

# Seconds between two consent checks of a connection, and how many may fail in a row. aioice waits
# 5 s, which would notice a dead peer after half a minute.
_CONSENT_INTERVAL_S = 0.2
_CONSENT_FAILURES = 6


def _install_consent_clock() -> None:
    """
    Check consent five times a second, and note each answer on the connection.

    An answer echoes a random transaction id, so nobody off the path can forge this sign of life,
    and it comes even when a viewer sends nothing else. Its time is the round trip.
    """
    protocol: Any = getattr(aioice.ice, 'StunProtocol', None)
    if not available('the sign of life', (protocol, ['request'])):
        return
    request = protocol.request

    async def request_and_note(self: Any, *args: Any, **kwargs: Any) -> Any:
        # Of all requests only consent checks are sent without repetition.
        is_consent_check = kwargs.get('retransmissions') == 0
        if is_consent_check:
            # aioice waits half a second for an answer to each try, and longer for the second: the
            # answer to the first one counts if it comes while the second one waits.
            kwargs['retransmissions'] = 1
        began = boot_time()
        if is_consent_check:
            self.receiver.asked = began
        result = await request(self, *args, **kwargs)
        self.receiver.last_answer = now = boot_time()
        if is_consent_check:
            self.receiver.round_trip = now, now - began
            if self.receiver.asked == began:
                self.receiver.asked = None
        return result

    protocol.request = request_and_note
    module: Any = aioice.ice
    if hasattr(module, 'CONSENT_INTERVAL') and hasattr(module, 'CONSENT_FAILURES'):
        module.CONSENT_INTERVAL = _CONSENT_INTERVAL_S
        module.CONSENT_FAILURES = _CONSENT_FAILURES


def _noted(pc: RTCPeerConnection, name: str) -> list[Any]:
    return [value for connection in ice_connections(pc)
            if (value := getattr(connection, name, None)) is not None]


def last_answer(pc: RTCPeerConnection) -> float | None:
    """Return the boot-time clock when the peer last answered a check, ``None`` if never."""
    return max(_noted(pc, 'last_answer'), default=None)


def round_trip(pc: RTCPeerConnection) -> tuple[float, float] | None:
    """Return when the newest round trip ended, and its time in seconds; ``None`` before one."""
    return max(_noted(pc, 'round_trip'), default=None)


def unanswered_for(pc: RTCPeerConnection) -> float:
    """Return for how many seconds the newest check has waited for its answer, 0 if it has one."""
    asked: float = max(_noted(pc, 'asked'), default=boot_time())
    return boot_time() - asked


async def check_consent(pc: RTCPeerConnection) -> None:
    """Check consent once more, between the regular checks: one more round trip is noted."""
    for connection in ice_connections(pc):
        password = getattr(connection, 'remote_password', None)
        if not password:
            continue
        for pair in nominated_pairs(connection):
            with contextlib.suppress(stun.TransactionError, ConnectionError):
                await pair.protocol.request(
                    connection.build_request(pair, nominate=False), pair.remote_addr,
                    integrity_key=password.encode(), retransmissions=0)


_install_consent_clock()
