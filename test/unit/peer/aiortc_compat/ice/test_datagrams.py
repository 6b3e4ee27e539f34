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

"""Datagrams that reach the port of a session."""

import socket
from struct import pack

from aioice import stun
import pytest
from rtc_bridge.core.limits.peer_limits import MAX_QUEUED_BEFORE_ICE
from rtc_bridge.core.limits.sctp_limits import tsns_ahead
from support.proving import InviteRobot

pytestmark = pytest.mark.asyncio


async def test_datagrams_of_third_hosts_end_no_session(robot):
    """Anybody can send to the port of a driver's session: empty ones ended it."""
    honest, page = await robot.driver(), await robot.stranger()
    session = robot.sessions.sessions[honest.id]
    connection = session._pc.sctp.transport.transport._connection
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        for candidate in connection.local_candidates:
            if ':' in candidate.host:
                continue
            for datagram in (b'', b'x' * 5000, bytes(20), b'\0\1\0\4\x21\x12\xa4\x42' + bytes(12)
                             + b'\0\x24\0\1', pack('!HHL12sHH', 1, 4, 0x2112A442, bytes(12),
                                                   0x0020, 0)):
                other.sendto(datagram, (candidate.host, candidate.port))
    await honest.ping(1)
    await page.ping(2)


async def test_unreadable_stun_is_refused(tmp_path, monkeypatch, noted):
    """Unless it is code of ours that fails at it."""
    robot = InviteRobot(tmp_path)
    failures, refusals = noted
    try:
        page = await robot.driver()
        connection = robot.sessions.sessions[page.id]._pc.sctp.transport.transport._connection
        protocol = connection._protocols[0]
        cut = b'\0\1\0\4\x21\x12\xa4\x42' + bytes(12) + b'\0\x24\0\1'
        protocol.datagram_received(cut, ('192.0.2.1', 1))
        assert refusals.by_reason['STUN'].source == '192.0.2.1' and not failures.counts
        monkeypatch.setattr(connection, 'request_received', lambda *a: tsns_ahead(None, None))
        check = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        protocol.datagram_received(bytes(check), ('192.0.2.1', 1))
        assert failures.counts == {'STUN': 1} and refusals.total == 1
    finally:
        await robot.close()


async def test_few_datagrams_wait_for_the_handshake(robot):
    page = await robot.page()
    connection = robot.sessions.sessions[page.id]._pc.sctp.transport.transport._connection
    for _ in range(10 * MAX_QUEUED_BEFORE_ICE):
        connection.data_received(b'x' * 100, 1)
    assert connection._queue.qsize() <= MAX_QUEUED_BEFORE_ICE
    await page.challenge()
