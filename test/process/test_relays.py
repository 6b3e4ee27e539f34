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

"""Several relays that share a Redis: robots and viewers at different ones."""

import asyncio
from contextlib import asynccontextmanager, AsyncExitStack
import json
import logging
import os
import subprocess
import sys
from unittest.mock import AsyncMock

from aiohttp import WSServerHandshakeError
import pytest
from redis.asyncio import Redis
from rtc_bridge.core.access.robot_identity import IdentityProver
from rtc_bridge.core.errors import REFUSED
from rtc_bridge.relay.directory import redis_connection
from rtc_bridge.relay.directory.redis_connection import RedisConnection
from rtc_bridge.relay.directory.redis_directory import RedisDirectory
from rtc_bridge.relay.directory.shared_registry import SharedRegistry
from support.patience import PATIENCE
from support.redis_server import RedisServer
from support.relay_server import closed, get, make_offer, relay, send
from support.whep_player import session_path

WHEP = {'Content-Type': 'application/sdp'}
SDP = 'v=0\r\na=ice-ufrag:abcd\r\n'
FRAGMENT = 'a=ice-ufrag:abcd\r\na=mid:0\r\na=candidate:1 1 udp 1 10.0.0.1 9 typ host\r\n'


@pytest.fixture(scope='module')
def server():
    """Run a Redis."""
    server = RedisServer()
    yield server
    server.close()


@pytest.fixture(autouse=True)
def logs(caplog):
    """Let tests read what relays log."""
    caplog.set_level(logging.INFO, 'rtc_bridge.relay')
    return caplog


@asynccontextmanager
async def relays(server, number=2, **limits):
    """Serve relays that share a Redis, and wait until they do."""
    async with AsyncExitStack() as stack:
        all_of_them = [await stack.enter_async_context(
            relay(SharedRegistry(server.url), **limits)) for _ in range(number)]
        await until_shared(*all_of_them)
        yield all_of_them


async def until_shared(*all_of_them, state='ok'):
    """Wait until relays say what they think of Redis."""
    async with asyncio.timeout(PATIENCE):
        for r in all_of_them:
            while (await health(r))['redis'] != state:
                await asyncio.sleep(0.02)


async def health(r):
    """Return what a relay says of itself."""
    async with r.http.get('/healthz') as response:
        return await response.json()


async def answer(robot, sdp='s=a', door=None):
    """Let a robot answer the next offer; return that."""
    while (offer := await get(robot))['type'] == 'renew':
        # Its servers have passwords, which are for one viewer only.
        pass
    assert offer['type'] == 'offer', offer
    assert door in (None, offer['door'])
    await send(robot, type='answer', session=offer['session'], sdp=sdp)
    return offer


async def ready(page):
    """Return the next ``ready``; errors before it are about the robot's absence."""
    while (message := await get(page))['type'] != 'ready':
        assert message['code'] in ('no-robot', 'robot-gone')
    return message


@pytest.mark.asyncio
async def test_page_and_robot_at_different_relays(server):
    async with relays(server) as (a, b):
        page = await b.page('/r1')
        assert (await get(page, 'error'))['code'] == 'no-robot'
        robot = await a.robot('/r1')
        first = await get(page, 'ready')
        assert (first['kind'], first['trickle']) == ('v1', True)
        assert first['ice_servers'] == [{'urls': ['stun:stun.example.org']}]
        await send(robot, type='servers', ice_servers=[{'urls': 'turn:new.example.org'}])
        other = await ready(await b.page('/r1'))
        while other['ice_servers'] != [{'urls': ['turn:new.example.org']}]:
            other = await ready(await b.page('/r1'))
        session = first['session']
        await send(page, type='offer', session=session, sdp='s=o', trickle=True, camera='front')
        for number in range(20):
            await send(page, type='candidate', session=session, candidate=f'c{number}')
        offer = await get(robot, 'offer')
        assert (offer['session'], offer['sdp'], offer['door'], offer['source'], offer['camera']
                ) == (session, 's=o', 'v1', '127.0.0.1', 'front')
        assert 'origin' not in offer
        for number in range(20):
            assert (await get(robot, 'candidate'))['candidate'] == f'c{number}'
        await send(robot, type='answer', session=session, sdp='s=a')
        assert await get(page, 'answer') == {'type': 'answer', 'session': session, 'sdp': 's=a'}
        await send(page, type='close', session=session)
        assert (await get(robot, 'close'))['session'] == session
        # A robot may end what it has just answered.
        await send(page, type='renew')
        session = await make_offer(page)
        await answer(robot)
        await send(robot, type='close', session=session)
        assert (await get(page, 'answer'))['session'] == session
        assert (await get(page, 'close'))['session'] == session
        await robot.close()
        assert (await get(page, 'error'))['code'] == 'robot-gone'
        robot = await a.robot('/r1')
        await get(page, 'ready')


@pytest.mark.asyncio
@pytest.mark.parametrize('page', ['same', 'https://evil.example.org', None])
async def test_a_robot_hears_which_page_came_to_another_relay(server, page):
    async with relays(server) as (a, b):
        robot = await a.robot('/r1')
        headers = {} if page is None else {'Origin': b.url if page == 'same' else page}
        for door in ('rtcbot', 'whep'):
            posted = asyncio.create_task(b.http.post(
                '/r1' if door == 'rtcbot' else '/whep/r1', headers=headers | (
                    {'Content-Type': 'application/sdp'} if door == 'whep' else {}),
                data='{"sdp":"s=o","type":"offer"}' if door == 'rtcbot' else SDP))
            assert (await answer(robot, door=door)).get('origin') == page
            (await posted).close()
        ws = await b.http.ws_connect('/r1', protocols=['rtc-bridge.v1'], headers=headers)
        await send(ws, type='watch')
        session = (await ready(ws))['session']
        await send(ws, type='offer', session=session, sdp='s=o', origin='same')
        assert (await answer(robot, door='v1')).get('origin') == page


@pytest.mark.asyncio
async def test_refusals_reach_the_other_relay(server):
    async with relays(server, answer_timeout=3.0) as (a, b):
        robot = await a.robot('/r1')
        page = await b.page('/r1')
        session = (await ready(page))['session']
        await send(page, type='offer', session=session, sdp='s=o')
        await get(robot, 'offer')
        await send(robot, type='error', session=session, code='no-codec', message='None fits')
        error = await get(page, 'error')
        assert (error['code'], error['message']) == ('no-codec', 'None fits')
        # No answer at all: the robot's relay is the one that says so.
        assert (await b.post('/r1'))[:2] == (504, 'The robot did not answer within 3 s')
        lost = await get(robot, 'offer')
        assert (await get(robot, 'close'))['session'] == lost['session']


@pytest.mark.asyncio
async def test_rtcbot_over_two_relays(server):
    async with relays(server) as (a, b):
        robot, nameless = await a.rtcbot('/room'), await a.rtcbot('/ws')
        for ws, path in ((robot, '/room'), (nameless, '/connect')):
            posted = asyncio.create_task(b.post(path))
            assert json.loads((await ws.receive()).data) == {'sdp': 's=o', 'type': 'offer'}
            await ws.send_str('{"sdp":"s=a", "type": "answer"}')
            status, text, headers = await posted
            assert (status, json.loads(text)) == (200, {'sdp': 's=a', 'type': 'answer'})
        # A room is free after its answer, at both.
        await closed(robot)
        async with asyncio.timeout(PATIENCE):
            while (await b.post('/room'))[:2] != (404, 'No connection is active here'):
                pass
        again = await b.rtcbot('/room')
        assert (await b.post('/nobody'))[0] == 404
        assert not again.closed


@pytest.mark.asyncio
async def test_whep_sessions_are_the_same_at_each_relay(server):
    async with relays(server, 3) as (a, b, c):
        robot = await a.robot('/r1')
        for r, others in ((b, (c, a, b)), (a, (b, c, a)), (c, (a, b, c))):
            posting = asyncio.create_task(r.http.post(
                '/whep/r1/front', data=SDP, headers={**WHEP, 'Authorization': 'Bearer secret'}))
            offer = await answer(robot, door='whep')
            assert (offer['bearer'], offer['camera']) == ('secret', 'front')
            async with await posting as response:
                assert response.status == 201
                assert 'stun:stun.example.org' in response.headers['Link']
                session = session_path(response)
            for other in others:
                async with other.http.head(session) as response:
                    assert response.status == 200
                async with other.http.patch(session, data=FRAGMENT, headers={
                        'Content-Type': 'application/trickle-ice-sdpfrag'}) as response:
                    assert response.status == 204, await response.text()
                candidate = await get(robot, 'candidate')
                assert candidate['session'] == offer['session']
                assert candidate['candidate'].startswith('candidate:1 1 udp')
                async with other.http.patch(session, data=FRAGMENT.replace('abcd', 'efgh'),
                                            headers={'Content-Type':
                                                     'application/trickle-ice-sdpfrag'}) as bad:
                    assert bad.status == 422
            async with others[0].http.delete(session) as response:
                assert response.status == 200
            assert (await get(robot, 'close'))['session'] == offer['session']
            async with asyncio.timeout(PATIENCE):
                for other in others:
                    while (await other.http.get(session)).status != 404:
                        pass
            # Nobody's session, a relay that is none, and a session of another robot.
            for path in ('x', 'a.b.c', session.rpartition('.')[0].rpartition('/')[2] + '.x'):
                async with b.http.delete(f'/whep/-/{path}') as response:
                    assert response.status == 404


@pytest.mark.asyncio
async def test_session_ended_by_its_robot_is_over_at_all_relays(server):
    async with relays(server, 3) as (a, b, c):
        robot = await a.robot('/r1')
        posting = asyncio.create_task(b.http.post('/whep/r1', data=SDP, headers=WHEP))
        offer = await answer(robot)
        session = session_path(await posting)
        await send(robot, type='close', session=offer['session'])
        async with asyncio.timeout(PATIENCE):
            for r in (a, b, c):
                while (await r.http.get(session)).status != 404:
                    pass


@pytest.mark.asyncio
async def test_viewers_of_a_robot_are_counted_over_all_relays(server):
    async with relays(server, 3, viewers_per_robot=2) as (a, b, c):
        robot = await a.robot('/r1')
        for r in (b, c):
            posting = asyncio.create_task(r.http.post('/whep/r1', data=SDP, headers=WHEP))
            await answer(robot)
            assert (await posting).status == 201
        assert (await b.post('/r1'))[0] == 503
        async with a.http.get('/metrics') as response:
            text = await response.text()
        assert 'rtc_bridge_relay_offers_total{protocol="relay",result="answered"} 2.0' in text
        assert 'rtc_bridge_relay_offers_total{protocol="relay",result="busy"} 1.0' in text
        assert 'rtc_bridge_relay_redis 1.0' in text


@pytest.mark.asyncio
async def test_a_name_is_one_robots_at_all_relays(server):
    async with relays(server) as (a, b):
        first = await a.robot('/r1')
        second = await b.v1('/r1', {'type': 'register', 'robot_id': 'r1', 'version': ''})
        assert (await get(second, 'error'))['code'] == 'robot-exists'
        assert await closed(second) is not None
        with pytest.raises(WSServerHandshakeError) as error:
            await b.rtcbot('/r1')
        assert error.value.status == 409
        assert not first.closed
        # At once from many sides: one of them.
        sockets = [await r.v1('/r2', {'type': 'register', 'robot_id': 'r2', 'version': ''})
                   for r in (a, b) for _ in range(5)]
        kinds = [(await get(ws))['type'] for ws in sockets]
        assert sorted(kinds) == ['error'] * 9 + ['registered']


@pytest.mark.asyncio
async def test_robot_takes_its_own_place_at_another_relay(server):
    async with relays(server) as (a, b):
        prover, stranger = (IdentityProver(secret, 'wss://x', 'r1')
                            for secret in (b'1' * 32, b'2' * 32))
        page = await a.page('/r1')

        async def register(r, by):
            ws = await r.v1('/r1', {'type': 'register', 'robot_id': 'r1', 'version': '',
                                    'identity': vars(by.new_identity())})
            message = await get(ws)
            if message['type'] == 'challenge':
                await send(ws, type='prove', key=by.key(message['salt']))
                message = await get(ws)
            return ws, message

        first, message = await register(a, prover)
        assert message['type'] == 'registered'
        for r in (a, b):
            _, message = await register(r, stranger)
            assert message['code'] == 'robot-exists'
        # There and back, and anew at the same relay.
        for r in (b, a, a, b):
            await ready(page)
            second, message = await register(r, prover)
            assert message['type'] == 'registered'
            assert (await get(first, 'error'))['code'] == 'replaced'
            await closed(first)
            first = second
        await ready(page)
        posting = asyncio.create_task(a.post('/r1'))
        await answer(first)
        assert (await posting)[0] == 200


# Settings

@pytest.mark.parametrize('url, code, said', [
    ('http://:my-password@host', '', 'redis must begin with redis:// or rediss:// or unix://'),
    ('redis://:my-password@host:port', '', 'redis is no URL of one'),
    ('redis://:my-password@host', "sys.modules['redis'] = None;", "pip install 'redis>=5'")])
def test_relay_that_cannot_share(url, code, said):
    done = subprocess.run(
        [sys.executable, '-c', f'import sys; {code} from rtc_bridge.nodes.relay import main; '
         'sys.exit(main(["--open"]))'], env={**os.environ, 'RTC_BRIDGE_RELAY_REDIS': url},
        capture_output=True, text=True)
    assert done.returncode == REFUSED, done.stderr
    assert said in done.stderr and 'my-password' not in done.stderr, done.stderr


@pytest.mark.parametrize('url, database', [
    ('redis://h', 0), ('redis://h:1/', 0), ('rediss://:p@h/3', 3), ('redis://h/3?db=2', 2),
    ('unix:///run/redis.sock', 0), ('unix:///run/redis.sock?db=4', 4)])
def test_relays_of_one_database_hear_each_other(url, database):
    assert RedisDirectory(url, AsyncMock()).mailbox.startswith(f'rtc-bridge-{database}:mail:')


# Failures

@pytest.mark.asyncio
async def test_a_quiet_connection_stays(server, monkeypatch):
    monkeypatch.setattr(redis_connection, '_TIMEOUT_S', 0.2)
    monkeypatch.setattr(redis_connection, 'HEARTBEAT_S', 0.3)
    lost, beats = [], asyncio.Queue()

    async def on_heartbeat():
        beats.put_nowait(lost[:])
    listener = AsyncMock(on_heartbeat=on_heartbeat, on_lost=lambda: lost.append('lost'))
    connection = RedisConnection(server.url, ['quiet'], listener)
    running = asyncio.create_task(connection.run())
    try:
        async with asyncio.timeout(PATIENCE):
            assert [await beats.get() for _ in range(3)] == [[], [], []]
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await connection.close()


@pytest.mark.asyncio
async def test_redis_away_and_back(server, logs):
    async with relays(server) as (a, b):
        local = await a.robot('/local')
        page, far = await a.page('/local'), await b.page('/local')
        await ready(page)
        await ready(far)
        server.kill()
        # Its pages learn that they cannot reach it, and those beside it go on.
        assert (await get(far, 'error'))['code'] == 'robot-gone'
        await until_shared(a, b, state='away')
        async with a.http.get('/metrics') as response:
            assert 'rtc_bridge_relay_redis 0.0' in await response.text()
        posting = asyncio.create_task(a.post('/local'))
        await answer(local)
        assert (await posting)[0] == 200
        assert (await b.post('/local'))[0] == 404
        # Robots that come meanwhile are let in, and those that go are forgotten.
        new, short = await b.robot('/new'), await b.robot('/short')
        await short.close()
        server.start()
        await until_shared(a, b)
        await ready(far)
        for r, path, robot in ((b, '/local', local), (a, '/new', new)):
            posting = asyncio.create_task(r.post(path))
            await answer(robot)
            assert (await posting)[0] == 200
        assert (await a.post('/short'))[0] == 404
        text = logs.text
        assert 'Redis is not reached' in text and 'Redis is reached' in text
        assert server.PASSWORD not in text


@pytest.mark.asyncio
async def test_redis_that_hangs_holds_nobody_up(server):
    async with relays(server) as (a, b):
        local, gone = await a.robot('/local'), await a.robot('/gone')
        await ready(await b.page('/local'))
        await ready(await b.page('/gone'))
        server.stop()
        try:
            posting = asyncio.create_task(a.post('/local'))
            await answer(local)
            assert (await posting)[0] == 200
            # As long as it takes to find out.
            assert (await b.post('/local'))[0] == 404
            assert (await health(b))['redis'] == 'away'
            new = await b.robot('/new')
            await gone.close()
        finally:
            server.go_on()
        await until_shared(a, b)
        await ready(await b.page('/local'))
        await ready(await a.page('/new'))
        assert not new.closed
        assert (await b.post('/gone'))[0] == 404


@pytest.mark.asyncio
async def test_one_name_at_two_relays_while_redis_was_away(server):
    async with relays(server) as (a, b):
        server.kill()
        await until_shared(a, b, state='away')
        robots = [await a.robot('/r1'), await b.robot('/r1'), await b.rtcbot('/r2'),
                  await a.robot('/r2')]
        server.start()
        await until_shared(a, b)
        # One of each has to go.
        for one, other in (robots[:2], robots[2:]):
            done, staying = await asyncio.wait([asyncio.ensure_future(closed(ws)) for ws in (
                one, other)], return_when=asyncio.FIRST_COMPLETED)
            assert len(done) == 1 and done.pop().result() is not None
            staying.pop().cancel()
        for r in (a, b):
            for path in ('/r1', '/r2'):
                await ready(await r.page(path))


@pytest.mark.asyncio
async def test_connection_that_listens_is_lost(server):
    async with relays(server) as (a, b), Redis.from_url(server.url) as redis:
        robot = await a.robot('/r1')
        page = await b.page('/r1')
        await ready(page)
        assert await redis.execute_command('CLIENT', 'KILL', 'TYPE', 'pubsub')
        assert (await get(page, 'error'))['code'] == 'robot-gone'
        await ready(page)
        # An operator who empties it does no lasting harm either.
        await redis.flushall()
        async with asyncio.timeout(PATIENCE):
            while (await get(page := await b.page('/r1')))['type'] != 'ready':
                # Neither b's places nor its patience with requests are to be used up.
                await page.close()
                await asyncio.sleep(0.02)
        posting = asyncio.create_task(b.post('/r1'))
        await answer(robot)
        assert (await posting)[0] == 200


@pytest.mark.asyncio
async def test_what_redis_sees_and_keeps(server):
    async with relays(server) as (a, b), Redis.from_url(server.url, decode_responses=True) as spy:
        robot = await a.v1('/secret-room', {
            'type': 'register', 'robot_id': 'r1', 'version': '', 'ice_servers': [
                {'urls': 'turn:t', 'username': 'u', 'credential': 'turn-password'}]})
        await get(robot, 'registered')
        posting = asyncio.create_task(b.http.post('/whep/secret-room', data=SDP, headers={
            **WHEP, 'Authorization': 'Bearer the-bearer'}))
        await answer(robot)
        assert (await posting).status == 201
        kept = ''
        for key in await spy.keys():
            kind = await spy.type(key)
            kept += key + str(await {'hash': spy.hgetall, 'set': spy.smembers,
                                     'string': spy.get}[kind](key))
        assert 'rtc-bridge' in kept
        for secret in ('secret-room', 'turn-password', 'the-bearer', 'v=0'):
            assert secret not in kept
        await robot.close()
    # Relays that stop leave nothing but a number behind.
    async with Redis.from_url(server.url, decode_responses=True) as spy:
        assert await spy.keys() == ['rtc-bridge-0:count']


@pytest.mark.asyncio
async def test_other_relays_nonsense_is_survived(server):
    async with relays(server) as (a, b), Redis.from_url(server.url) as redis:
        robot = await a.robot('/r1')
        for channel in await redis.pubsub_channels():
            for text in ('', 'x', 'x y\n{', 'x y\n{"type":"watch"}', 'came x y z {}',
                         'came x y 1 {"link":1}', 'gone a b 0 []', b'\xff\xfe',
                         'x y\n{"type":"offer","session":"s","sdp":"s=o"}'):
                await redis.publish(channel, text)
        posting = asyncio.create_task(b.post('/r1'))
        await answer(robot)
        assert (await posting)[0] == 200
        assert (await health(a))['redis'] == (await health(b))['redis'] == 'ok'
