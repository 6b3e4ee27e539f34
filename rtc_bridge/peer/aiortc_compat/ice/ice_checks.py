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
Bounds on the connectivity checks (RFC 8445) that a peer makes the robot send.

aioice checks whatever candidates a peer names, and believes every role conflict. Here
:class:`~rtc_bridge.core.limits.ice_check_limits.IceCheckLimits` decides first.

Private parts used (aioice, as of aiortc 1.14 to 1.16): ``Connection.check_incoming``,
``StunProtocol.send_stun``, ``request`` and ``receiver``; ``add_remote_candidate`` is public.
Without them, or if a release checks candidates by another way, a viewer without a proof can make
the robot send checks to any address: its tests fail then.
"""

from typing import Any

from aioice import stun
import aioice.ice

from ..hooks import available
from ..peer_limits import limits_of

# The STUN error "Role Conflict", RFC 8445, section 7.2.5.1.
ROLE_CONFLICT = 487


def _install_check_limits() -> None:
    connection: Any = getattr(aioice.ice, 'Connection', None)
    protocol: Any = getattr(aioice.ice, 'StunProtocol', None)
    if available("the limit of a peer's addresses",
                 (connection, ['add_remote_candidate', 'check_incoming']),
                 (protocol, ['send_stun', 'request'])):
        _limit_candidates(connection)
        _limit_requests(protocol)


def _limit_candidates(connection: Any) -> None:
    """Keep out candidates, and addresses that checks come from, beyond the limits."""
    add, check = connection.add_remote_candidate, connection.check_incoming

    async def add_within_limits(self: Any, candidate: Any) -> None:
        limits = limits_of(self)
        if limits is not None and candidate is not None and (
                candidate.component != 1 or candidate.transport.lower() != 'udp'
                or not limits.ice_checks.allow_address(candidate.host, candidate.port)):
            # A host name is refused as well: the robot resolves no name of a stranger's choice.
            return
        await add(self, candidate)

    def check_within_limits(self: Any, message: Any, addr: Any, protocol: Any) -> None:
        limits = limits_of(self)
        if limits is not None:
            limits.ice_checks.received += 1
        if limits is None or limits.ice_checks.allow_address(*addr[:2], sends_checks=True):
            check(self, message, addr, protocol)

    connection.add_remote_candidate = add_within_limits
    connection.check_incoming = check_within_limits


def _limit_requests(protocol: Any) -> None:
    """Send no more checks than the limits allow, and end an endless role conflict."""
    send, request = protocol.send_stun, protocol.request

    def send_within_limits(self: Any, message: Any, addr: Any) -> None:
        limits = limits_of(self.receiver)
        # A request without USERNAME goes to a STUN or TURN server, while candidates are gathered.
        if limits is None or message.message_class != stun.Class.REQUEST or (
                'USERNAME' not in message.attributes) or limits.ice_checks.allow_check(*addr[:2]):
            send(self, message, addr)

    async def request_within_limits(self: Any, message: Any, addr: Any, *args: Any,
                                    **kwargs: Any) -> Any:
        limits = limits_of(self.receiver)
        is_check = 'USERNAME' in message.attributes
        if limits is not None:
            limits.ice_checks.sent += is_check
        try:
            result = await request(self, message, addr, *args, **kwargs)
        except stun.TransactionFailed as failed:
            if limits is not None and failed.response.error_code == ROLE_CONFLICT and (
                    not limits.ice_checks.allow_role_conflict()):
                # aioice repeats the check at once, one call deeper, as often as a peer claims a
                # conflict.
                raise stun.TransactionTimeout() from None
            raise
        if limits is not None:
            limits.ice_checks.answered += is_check
            limits.ice_checks.note_answer(*addr[:2])
        return result

    protocol.send_stun, protocol.request = send_within_limits, request_within_limits


_install_check_limits()
