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

"""SCTP that no browser sends, with an honest peer beside it."""

import asyncio
import logging
from struct import pack

import pytest
from rtc_bridge.core.limits.sctp_limits import (
    MAX_MISORDERED, MAX_PROVEN_CHANNELS, MAX_UNFINISHED_BYTES, MAX_UNFINISHED_CHUNKS,
    UNPROVEN_CHUNKS,
)
from support.raw_sctp import (
    chunk, COOKIE_ECHO, data, DCEP, ERROR, forward_tsn, HEARTBEAT, init, next_tsn, open_channel,
    packet, parameter, RECONFIG, sack, send, SHUTDOWN, UNORDERED,
)
from support.viewer import make_sessions, until

pytestmark = pytest.mark.asyncio
# So far before the newest TSN that nothing else is in the way.
FAR = 1000


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
async def test_chunks_that_cost_much_work_are_cut_down(robot, make, proven):
    """A SACK of 285 gap blocks cost 3 s; the association goes on."""
    page = await (robot.driver() if proven else robot.stranger())
    odd = make(page.pc.sctp)
    for number in range(5):
        await send(page, odd, tag=0 if odd == init() else None)
        await page.ping(number)
    assert page.id in robot.sessions.sessions


@pytest.mark.parametrize('make', [
    lambda tsn: data(tsn, b''), lambda tsn: chunk(HEARTBEAT, parameter(1, length=0)),
    lambda tsn: chunk(99, length=0), lambda tsn: data(tsn, b'x') + chunk(1, bytes(16)),
    lambda tsn: chunk(RECONFIG, parameter(17, bytes(8)) * 3),
    lambda tsn: chunk(RECONFIG, parameter(13, b'x')),
    lambda tsn: chunk(0, b'short'), lambda tsn: chunk(3, pack('!LLHH', 1, 1, 65535, 0)),
    # TSNs count in a circle: one of the two was not sent.
    lambda tsn: sack(0, [(1, 1)]) + sack(1 << 31),
    lambda tsn: forward_tsn(tsn + (1 << 24), [(n, n) for n in range(280)]),
    lambda tsn: data(tsn, open_channel('again'), protocol=DCEP),
    lambda tsn: data(tsn, b'\x02', stream=999, protocol=DCEP),
    lambda tsn: data(tsn, open_channel('x') + b'\xff', stream=77, protocol=DCEP)[:-1] + b'\xff',
    lambda tsn: data(tsn, b'\xff\xfe'), lambda tsn: chunk(SHUTDOWN, b'x')])
async def test_malformed_chunks_end_the_association_at_once(robot, make):
    page = await robot.stranger()
    honest = await robot.driver()
    control = page.channels['control'].id
    odd = make(next_tsn(page))
    if odd[0] == 0 and len(odd) > 16:
        odd = odd[:8] + (odd[8:10] if odd[8:10] != b'\0\0' else pack('!H', control)) + odd[10:]
    await send(page, odd)
    await until(lambda: page.id not in robot.sessions.sessions)
    await honest.ping(1)


async def test_chunks_before_the_proof_are_limited(robot):
    page = await robot.stranger()
    tsn = next_tsn(page)
    # Every second one is missing: whole messages that wait.
    for number in range(0, UNPROVEN_CHUNKS + 50, 50):
        await send(page, *(data(tsn + 2 * n, b'x', flags=3 | UNORDERED, stream=999)
                           for n in range(number, number + 50)))
    assert await page.bye() == 'denied'
    await until(lambda: page.id not in robot.sessions.sessions)


async def test_other_channels_count_before_the_proof(robot):
    page = await robot.stranger()
    channel = page.pc.createDataChannel('more')
    channel.on('open', lambda: [channel.send('x' * 10_000) for _ in range(20)])
    assert await page.bye() == 'denied'
    session, = [*robot.sessions.sessions.values()] or [None]
    assert session is None or session.state == 'closed'


async def test_channels_are_limited(robot, caplog):
    caplog.set_level(logging.INFO)
    page = await robot.driver()
    for number in range(MAX_PROVEN_CHANNELS + 1):
        page.pc.createDataChannel(f'more {number}')
    assert await page.bye() == 'internal'
    told = [r for r in caplog.records if 'is not used' in r.getMessage()]
    assert len(told) == 1
    caplog.clear()


async def test_misordered_chunks_are_limited(robot):
    page = await robot.driver()
    tsn, control = next_tsn(page), page.channels['control'].id
    for first in range(0, 3000, 50):
        await send(page, *(data(tsn + 2 * n, b'x', stream=control, flags=3 | UNORDERED)
                           for n in range(first + 1, first + 51)))
        await asyncio.sleep(0)
    session = robot.sessions.sessions[page.id]
    sctp = session._pc.sctp
    await until(lambda: len(sctp._sack_misordered) == MAX_MISORDERED)
    assert await asyncio.sleep(0.2) is None and len(sctp._sack_misordered) == MAX_MISORDERED


async def test_unfinished_fragments_are_limited(robot):
    page = await robot.driver()
    tsn, control = next_tsn(page), page.channels['control'].id
    for first in range(0, MAX_UNFINISHED_CHUNKS + 50, 50):
        await send(page, *(data(tsn + n, b'x', stream=control, flags=2 if n == 0 else 0,
                                sequence=0) for n in range(first, first + 50)))
        await asyncio.sleep(0)
    assert await page.bye() == 'internal'


async def test_packets_of_another_association_are_dropped(robot):
    page = await robot.stranger()
    sctp = page.pc.sctp
    await sctp.transport._send_data(packet(sctp, data(next_tsn(page), b'x'), tag=12345))
    await page.ping(1)


async def test_bytes_before_the_proof_are_limited(robot):
    page = await robot.page()
    await page.challenge()
    for _ in range(5):
        page.send('control', type='x' * 15_000)
    assert await page.bye() == 'denied'


async def test_a_message_without_an_end_ends_the_session(connect):
    sessions = make_sessions()
    viewer = await connect(sessions)
    await viewer.until(lambda: viewer.got('control', 'hello'))
    # aiortc's own limit for what it sends is not in the way of others.
    await viewer.pc.sctp._send(viewer.channels['control'].id, 51,
                               b'x' * (MAX_UNFINISHED_BYTES + 10_000))
    await until(lambda: not sessions.sessions)
