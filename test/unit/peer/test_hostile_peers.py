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
"""Peers that send what no browser does: real aiortc clients, an honest one beside them."""

import asyncio
import logging
import re
import socket
from struct import pack

from aioice import stun
import pytest
import pytest_asyncio
from rtc_bridge.core.failure_log import FailureLog
from rtc_bridge.core.limits.ice_check_limits import (
    MAX_PRIVATE_ADDRESSES, MAX_ROLE_CONFLICTS, RESERVED_PRIVATE_ADDRESSES,
)
from rtc_bridge.core.limits.peer_limits import MAX_QUEUED_BEFORE_ICE
from rtc_bridge.core.limits.refusals import Refusals
from rtc_bridge.core.limits.sctp_limits import (
    MAX_CHANNELS, MAX_MISORDERED, MAX_UNFINISHED_CHUNKS, tsns_ahead, UNPROVEN_CHUNKS,
)
from rtc_bridge.core.protocol.ice import Candidate
from rtc_bridge.core.protocol.signaling_messages import Offer
from rtc_bridge.peer.aiortc_compat import host_addresses, peer_limits
from rtc_bridge.peer.remote_description import only_sha256
from support.proving import Door, Page
from support.raw_sctp import (
    chunk, COOKIE_ECHO, data, DCEP, ERROR, forward_tsn, HEARTBEAT, init, next_tsn, open_channel,
    packet, parameter, RECONFIG, sack, send, SHUTDOWN, UNORDERED,
)
from support.viewer import until

pytestmark = pytest.mark.asyncio
# So far before the newest TSN that nothing else is in the way.
FAR = 1000


@pytest_asyncio.fixture
async def door(tmp_path, caplog):
    """Return a robot; nothing that comes from a peer may be logged as a fault of ours."""
    caplog.set_level(logging.ERROR)
    robot = Door(tmp_path)
    yield robot
    await robot.close()
    assert not [record.getMessage() for record in caplog.records]


async def pings(page, number):
    page.send('control', type='ping', id=number)
    await page.until(lambda: any(pong['id'] == number for pong in page.got('control', 'pong')))


async def stranger(door, source='10.0.0.9'):
    page = await door.page(source=source)
    await page.challenge()
    return page


async def driver(door):
    page = await door.page(source='10.0.0.1')
    page.prove(await page.challenge(), door.invite())
    await page.until(lambda: page.got('control', 'hello'))
    return page


@pytest.mark.parametrize('make', [
    lambda sctp: sack(sctp._last_received_tsn, [(1, 65535)] * 285),
    lambda sctp: sack(sctp._last_received_tsn, [(n, 65535) for n in range(1, 286)]),
    lambda sctp: sack(sctp._last_received_tsn, [], [7] * 285),
    lambda sctp: sack(sctp._last_received_tsn - 1, [(65535, 1)] * 285),
    lambda sctp: init(), lambda sctp: chunk(COOKIE_ECHO, b'x' * 24), lambda sctp: chunk(ERROR),
    lambda sctp: chunk(77, b'x' * 1000), lambda sctp: forward_tsn(sctp._local_tsn - FAR),
    lambda sctp: data(sctp._local_tsn + 100_000, b'far ahead'),
    lambda sctp: data(sctp._local_tsn - FAR, b'old'),
    lambda sctp: chunk(HEARTBEAT, parameter(1, b'x' * 1000))])
@pytest.mark.parametrize('proven', [False, True])
async def test_what_asks_for_much_work_gets_little(door, make, proven):
    """A SACK of 285 gap blocks cost 3 s; the association goes on."""
    page = await (driver if proven else stranger)(door)
    odd = make(page.pc.sctp)
    for number in range(5):
        await send(page, odd, tag=0 if odd == init() else None)
        await pings(page, number)
    assert page.id in door.sessions.sessions


@pytest.mark.parametrize('make', [
    lambda tsn: data(tsn, b''), lambda tsn: chunk(HEARTBEAT, parameter(1, length=0)),
    lambda tsn: chunk(99, length=0), lambda tsn: data(tsn, b'x') + chunk(1, bytes(16)),
    lambda tsn: chunk(RECONFIG, parameter(17, bytes(8)) * 3),
    lambda tsn: chunk(RECONFIG, parameter(13, b'x')),
    lambda tsn: chunk(0, b'short'), lambda tsn: chunk(3, pack('!LLHH', 1, 1, 65535, 0)),
    lambda tsn: sack(tsn - (1 << 30), [(1, 1)]) + sack(1 << 31),
    lambda tsn: forward_tsn(tsn + (1 << 24), [(n, n) for n in range(280)]),
    lambda tsn: data(tsn, open_channel('again'), protocol=DCEP),
    lambda tsn: data(tsn, b'\x02', stream=999, protocol=DCEP),
    lambda tsn: data(tsn, open_channel('x') + b'\xff', stream=77, protocol=DCEP)[:-1] + b'\xff',
    lambda tsn: data(tsn, b'\xff\xfe'), lambda tsn: chunk(SHUTDOWN, b'x')])
async def test_what_cannot_be_read_ends_the_association_at_once(door, make):
    page = await stranger(door)
    honest = await driver(door)
    control = page.channels['control'].id
    odd = make(next_tsn(page))
    if odd[0] == 0 and len(odd) > 16:
        odd = odd[:8] + (odd[8:10] if odd[8:10] != b'\0\0' else pack('!H', control)) + odd[10:]
    await send(page, odd)
    await until(lambda: page.id not in door.sessions.sessions)
    await pings(honest, 1)


async def test_who_proved_nothing_has_so_many_chunks(door):
    page = await stranger(door)
    tsn = next_tsn(page)
    # Every second one is missing: whole messages that wait.
    for number in range(0, UNPROVEN_CHUNKS + 50, 50):
        await send(page, *(data(tsn + 2 * n, b'x', flags=3 | UNORDERED, stream=999)
                           for n in range(number, number + 50)))
    assert await page.bye() == 'denied'
    await until(lambda: page.id not in door.sessions.sessions)


async def test_another_channel_before_the_proof_counts_as_well(door):
    page = await stranger(door)
    channel = page.pc.createDataChannel('more')
    channel.on('open', lambda: [channel.send('x' * 10_000) for _ in range(20)])
    assert await page.bye() == 'denied'
    session, = [*door.sessions.sessions.values()] or [None]
    assert session is None or session.state == 'closed'


async def test_channels_have_a_number(door, caplog):
    caplog.set_level(logging.INFO)
    page = await driver(door)
    for number in range(MAX_CHANNELS + 1):
        page.pc.createDataChannel(f'more {number}')
    assert await page.bye() == 'internal'
    told = [r for r in caplog.records if 'is not used' in r.getMessage()]
    assert len(told) == 1
    caplog.clear()


async def test_misordered_chunks_of_a_driver_are_few_and_forgotten_for_none(door):
    page = await driver(door)
    tsn, control = next_tsn(page), page.channels['control'].id
    for first in range(0, 3000, 50):
        await send(page, *(data(tsn + 2 * n, b'x', stream=control, flags=3 | UNORDERED)
                           for n in range(first + 1, first + 51)))
        await asyncio.sleep(0)
    session = door.sessions.sessions[page.id]
    sctp = session._pc.sctp
    await until(lambda: len(sctp._sack_misordered) == MAX_MISORDERED)
    assert await asyncio.sleep(0.2) is None and len(sctp._sack_misordered) == MAX_MISORDERED


async def test_fragments_without_an_end_are_bounded_in_number(door):
    page = await driver(door)
    tsn, control = next_tsn(page), page.channels['control'].id
    for first in range(0, MAX_UNFINISHED_CHUNKS + 50, 50):
        await send(page, *(data(tsn + n, b'x', stream=control, flags=2 if n == 0 else 0,
                                sequence=0) for n in range(first, first + 50)))
        await asyncio.sleep(0)
    assert await page.bye() == 'internal'


async def test_datagrams_of_nobody_reach_no_session(door):
    """Anybody can send to the port of a driver's session: empty ones ended it."""
    honest, page = await driver(door), await stranger(door)
    session = door.sessions.sessions[honest.id]
    connection = session._pc.sctp.transport.transport._connection
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        for candidate in connection.local_candidates:
            if ':' in candidate.host:
                continue
            for datagram in (b'', b'x' * 5000, bytes(20), b'\0\1\0\4\x21\x12\xa4\x42' + bytes(12)
                             + b'\0\x24\0\1', pack('!HHL12sHH', 1, 4, 0x2112A442, bytes(12),
                                                   0x0020, 0)):
                other.sendto(datagram, (candidate.host, candidate.port))
    await pings(honest, 1)
    await pings(page, 2)


@pytest.fixture
def noted(monkeypatch):
    """Return logs of failures and refusals that begin empty."""
    logs = FailureLog(), Refusals()
    monkeypatch.setattr(peer_limits, 'failures', logs[0])
    monkeypatch.setattr(peer_limits, 'refusals', logs[1])
    return logs


async def break_at(page, door, monkeypatch, where):
    """Let a robot's code fail at a peer's next ping, below aiortc or in code of ours."""
    association = door.sessions.sessions[page.id]._pc.sctp
    exec(compile("async def fail(*args):\n    raise KeyError('injected')", 'aiortc', 'exec'),
         {'__name__': 'aiortc.fake'}, names := {})
    if where == 'ours':
        monkeypatch.setattr(association.peer_limits.sctp, 'allow_packet',
                            lambda data, trusted: tsns_ahead(None, None))
    else:
        monkeypatch.setattr(association, '_receive_chunk', names['fail'])
    page.send('control', type='ping', id=1)
    await until(lambda: page.id not in door.sessions.sessions)


@pytest.mark.parametrize('who, where, failed', [
    (stranger, 'aiortc', False), (stranger, 'ours', True), (driver, 'aiortc', True),
    (driver, 'ours', True)])
async def test_what_is_ours_or_a_trusted_peer_s_is_a_failure(tmp_path, caplog, monkeypatch, noted,
                                                             who, where, failed):
    door = Door(tmp_path)
    failures, refusals = noted
    try:
        page = await who(door)
        await break_at(page, door, monkeypatch, where)
    finally:
        await door.close()
    assert ('SCTP' in failures.counts) == failed and ('SCTP' in refusals.by_reason) != failed
    assert caplog.text.count('Traceback') == failed


async def test_stun_that_cannot_be_read_is_refused(tmp_path, monkeypatch, noted):
    """Unless it is code of ours that fails at it."""
    door = Door(tmp_path)
    failures, refusals = noted
    try:
        page = await driver(door)
        connection = door.sessions.sessions[page.id]._pc.sctp.transport.transport._connection
        protocol = connection._protocols[0]
        cut = b'\0\1\0\4\x21\x12\xa4\x42' + bytes(12) + b'\0\x24\0\1'
        protocol.datagram_received(cut, ('192.0.2.1', 1))
        assert refusals.by_reason['STUN'].source == '192.0.2.1' and not failures.counts
        monkeypatch.setattr(connection, 'request_received', lambda *a: tsns_ahead(None, None))
        check = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        protocol.datagram_received(bytes(check), ('192.0.2.1', 1))
        assert failures.counts == {'STUN': 1} and refusals.total == 1
    finally:
        await door.close()


async def test_what_comes_before_the_handshake_waits_in_small_numbers(door):
    page = await door.page()
    connection = door.sessions.sessions[page.id]._pc.sctp.transport.transport._connection
    for _ in range(10 * MAX_QUEUED_BEFORE_ICE):
        connection.data_received(b'x' * 100, 1)
    assert connection._queue.qsize() <= MAX_QUEUED_BEFORE_ICE
    await page.challenge()


async def test_checks_go_to_few_addresses_of_a_strangers_choice(door):
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
    page = await door.page(change=lambda sdp: re.sub(
        r'a=end-of-candidates\r\n', '', re.sub(
            r'(m=.*\r\n)', lambda m: m[1] + lines,
            re.sub(r'a=candidate:.*\r\n', '', sdp))))
    for candidate in named[30:]:
        await door.link.add_candidate(page.id, Candidate(candidate, '0', 0))
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


async def test_conflicts_of_roles_without_end_end(door):
    """To each check the peer says that both ends have the same role: ask again, please."""
    page = Page()
    door.pages.append(page)
    sdp = only_sha256(await page.offer())
    told = []
    for transport in page.pc._RTCPeerConnection__iceTransports:
        def refuse(message, addr, protocol, connection=transport._connection):
            told.append(addr)
            connection.respond_error(message, addr, protocol, (487, 'Role Conflict'))

        transport._connection.request_received = refuse
    await door.link.answer(Offer(page.id, sdp, 'v1'))
    session = door.sessions.sessions[page.id]
    checks = session.limits.ice_checks
    await until(lambda: checks._role_conflicts > MAX_ROLE_CONFLICTS or session.ending)
    assert 0 < len(told) <= 2 * MAX_ROLE_CONFLICTS


async def test_media_and_reports_before_the_proof_are_not_read(door):
    page = await stranger(door)
    session = door.sessions.sessions[page.id]
    transport = session._pc.sctp.transport
    seen = []
    transport._rtp_router.route_rtcp = seen.append
    await transport._handle_rtcp_data(pack('!BBHLL', 0x81, 206, 2, 1, 1))
    await transport._handle_rtp_data(bytes(12), 0)
    assert not seen


async def test_packets_of_another_association_are_dropped(door):
    page = await stranger(door)
    sctp = page.pc.sctp
    await sctp.transport._send_data(packet(sctp, data(next_tsn(page), b'x'), tag=12345))
    await pings(page, 1)
