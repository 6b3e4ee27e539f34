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

"""Connectivity checks to addresses that a peer names."""

import re
import socket

import pytest
from rtc_bridge.core.limits.ice_check_limits import (
    MAX_PRIVATE_ADDRESSES, MAX_ROLE_CONFLICTS, RESERVED_PRIVATE_ADDRESSES,
)
from rtc_bridge.core.protocol.ice import Candidate
from rtc_bridge.core.protocol.signaling_messages import Offer
from rtc_bridge.peer.aiortc_compat import host_addresses
from rtc_bridge.peer.remote_description import only_sha256
from support.proving import Page
from support.viewer import until

pytestmark = pytest.mark.asyncio


async def test_checks_go_to_few_addresses(robot):
    """One offer made a robot send 1,319 packets to 300 addresses."""
    address = next(a for a in host_addresses() if ':' not in a)
    sockets = []
    for _ in range(60):
        victim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        victim.setblocking(False)
        victim.bind((address, 0))
        sockets.append(victim)
    named = [f'candidate:{n} 1 udp {2 ** 31 - n} {address} {s.getsockname()[1]} typ host'
             for n, s in enumerate(sockets)]
    lines = ''.join(f'a={candidate}\r\n' for candidate in named[:30])
    page = await robot.page(change=lambda sdp: re.sub(
        r'a=end-of-candidates\r\n', '', re.sub(
            r'(m=.*\r\n)', lambda m: m[1] + lines,
            re.sub(r'a=candidate:.*\r\n', '', sdp))))
    for candidate in named[30:]:
        await robot.link.add_candidate(page.id, Candidate(candidate, '0', 0))
    # Its own checks come from an address that was not named.
    await page.challenge()

    def heard(victim):
        try:
            return bool(victim.recv(2000))
        except BlockingIOError:
            return False
    asked = [victim for victim in sockets if heard(victim)]
    assert 0 < len(asked) <= MAX_PRIVATE_ADDRESSES - RESERVED_PRIVATE_ADDRESSES
    for victim in sockets:
        victim.close()


async def test_endless_role_conflicts_end(robot):
    """To each check the peer says that both ends have the same role: ask again, please."""
    page = Page()
    robot.pages.append(page)
    sdp = only_sha256(await page.offer())
    told = []
    for transport in page.pc._RTCPeerConnection__iceTransports:
        def refuse(message, addr, protocol, connection=transport._connection):
            told.append(addr)
            connection.respond_error(message, addr, protocol, (487, 'Role Conflict'))

        transport._connection.request_received = refuse
    await robot.link.answer(Offer(page.id, sdp, 'v1'))
    session = robot.sessions.sessions[page.id]
    checks = session.limits.ice_checks
    await until(lambda: checks._role_conflicts > MAX_ROLE_CONFLICTS or session.ending)
    assert 0 < len(told) <= 2 * MAX_ROLE_CONFLICTS
