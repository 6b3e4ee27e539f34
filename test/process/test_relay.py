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

"""The native protocol and RTCBot's at the relay, over real sockets."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from urllib.parse import urlsplit

from aiohttp import ClientSession, WSServerHandshakeError
import pytest
from rtc_bridge.core.errors import SignalingError
from rtc_bridge.core.protocol.ice import Candidate, IceServer
from rtc_bridge.core.protocol.robot_link import RobotLink
from rtc_bridge.core.protocol.signaling_messages import SUBPROTOCOL
from rtc_bridge.nodes.relay import main
from rtc_bridge.relay.directory.registry import NAMELESS, Registry
from support.patience import PATIENCE
from support.processes import free_port
from support.relay_server import closed, get, make_offer, relay, send

OFFER = {'sdp': 's=o', 'type': 'offer'}


class LocalRobot(RobotLink):
    """A robot in the relay's own process, which answers when it is let."""

    trickle = True

    def __init__(self):
        """Start with the answer held back."""
        self.go = asyncio.Event()
        self.asked = asyncio.Event()
        self.calls = []
        super().__init__()

    async def ice_servers(self):
        """Return one server with credentials."""
        return [IceServer(('turn:turn.example.org',), 'user', 'password')]

    async def answer(self, offer):
        """Answer with the offer's text."""
        self.asked.set()
        await self.go.wait()
        if offer.sdp == 's=refuse me':
            raise SignalingError('no-codec', 'No codec in common')
        if offer.sdp == 's=break me':
            raise ZeroDivisionError
        self.calls.append(('answer', offer))
        return f'{offer.sdp} answered'

    async def add_candidate(self, session, candidate):
        """Note the call."""
        self.calls.append(('candidate', session, candidate))

    async def close_session(self, session):
        """Note the call."""
        self.calls.append(('close', session))


# Registry

@pytest.mark.asyncio
async def test_name_belongs_to_first_robot():
    registry, seen = Registry(), []
    first, second = LocalRobot(), LocalRobot()
    unwatch = registry.watch('r', seen.append)
    registry.add('r', first)
    with pytest.raises(SignalingError) as error:
        registry.add('r', second)
    assert error.value.code == 'robot-exists'
    registry.remove('r', second)
    assert registry.get('r') is first
    registry.add(NAMELESS, first)
    assert len(registry) == 1
    registry.remove('r', first)
    unwatch()
    registry.add('r', second)
    assert seen == [first, None]


# The page and its files

@pytest.mark.asyncio
async def test_page_and_files(tmp_path):
    (tmp_path / 'web').mkdir()
    (tmp_path / 'web' / 'index.html').write_text('<p>the page</p>')
    (tmp_path / 'web' / 'main.js').write_text('1;')
    (tmp_path / 'web' / '.hidden').write_text('secret')
    (tmp_path / 'secret.txt').write_text('secret')
    async with relay(page_dir=tmp_path / 'web') as r:
        for path in ('/', '/some-room', '/some-room?camera=front'):
            async with r.http.get(path) as response:
                assert await response.text() == '<p>the page</p>'
                assert response.headers['Cache-Control'] == 'no-store'
                assert response.content_type == 'text/html'
        async with r.http.get('/static/main.js') as response:
            assert response.status == 200
            assert response.content_type == 'text/javascript'
            assert response.headers['X-Content-Type-Options'] == 'nosniff'
            assert response.headers['Content-Encoding'] == 'gzip'
            assert await response.text() == '1;'
            tag = response.headers['ETag']
            # Of two forms of a file.
            assert tag.startswith('W/"')
        for coding, packed in (('gzip;q=0', False), ('br, gzip;q=0.000', False), ('', False),
                               ('br;q=1.0, GZIP;q=0.5', True), ('gzip; q=1', True)):
            async with r.http.get('/static/main.js', headers={
                    'Accept-Encoding': coding}) as response:
                assert ('Content-Encoding' in response.headers) is packed, coding
                assert await response.text() == '1;'
        for coding, known, status in (('identity', '"other"', 200), ('gzip', tag, 304)):
            async with r.http.get('/static/main.js', headers={
                    'Accept-Encoding': coding, 'If-None-Match': known}) as response:
                assert (response.status, await response.text()) == (
                    status, '1;' if status == 200 else '')
                assert 'Content-Encoding' not in response.headers
                assert response.headers['ETag'] == tag
        # A new version is a new file, although what was read is kept.
        (tmp_path / 'web' / 'main.js').write_text('22;')
        async with r.http.get('/static/main.js', headers={'If-None-Match': tag}) as response:
            assert await response.text() == '22;'
        for path in ('/static/none.js', '/static/.hidden', '/static/%2e%2e/secret.txt',
                     '/static/..%2fsecret.txt', '/static//etc/passwd', '/static/%2fetc/passwd',
                     '/ws', '/connect', '/whep', '/api', '/favicon.ico', '/-x',
                     '/a%20b', '/a/b', '/' + 'x' * 65):
            # As a string the client would tidy the path up before it is sent.
            status = await raw_get(r.url, path)
            assert status == 404, path
        async with r.http.get('/healthz') as response:
            assert await response.json() == {'status': 'ok', 'program': 'relay', 'robots': 0}


async def raw_get(url, path):
    reader, writer = await asyncio.open_connection(urlsplit(url).hostname, urlsplit(url).port)
    writer.write(f'GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'.encode())
    line = await reader.readline()
    await reader.read()
    writer.close()
    return int(line.split()[1])


@pytest.mark.asyncio
async def test_package_has_page_and_rtcbot_script():
    async with relay() as r:
        async with r.http.get('/') as response:
            assert '<html' in await response.text()
        async with r.http.get('/rtcbot.js') as response:
            assert response.content_type == 'text/javascript'
            assert 'RTCConnection' in await response.text()


# The native protocol

@pytest.mark.asyncio
async def test_page_stays_while_robots_come_and_go():
    async with relay() as r:
        page = await r.page('/r1')
        assert (await get(page, 'error'))['code'] == 'no-robot'
        await send(page, type='renew')
        assert (await get(page, 'error'))['code'] == 'no-robot'
        sessions = set()
        for _ in range(2):
            robot = await r.robot('/r1')
            ready = await get(page, 'ready')
            assert (ready['kind'], ready['trickle']) == ('v1', True)
            assert ready['ice_servers'] == [{'urls': ['stun:stun.example.org']}]
            sessions.add(ready['session'])
            await robot.close()
            assert (await get(page, 'error'))['code'] == 'robot-gone'
        assert len(sessions) == 2


@pytest.mark.asyncio
async def test_nameless_robot_is_at_the_root():
    async with relay() as r:
        robot = await r.v1('/ws', {'type': 'register', 'robot_id': 'r1', 'version': ''})
        assert (await get(robot, 'registered'))['url'] == '/'
        await get(await r.page('/ws'), 'ready')
        named = await r.v1('/r1', {'type': 'register', 'robot_id': 'other', 'version': ''})
        assert (await get(named, 'registered'))['url'] == '/r1'


@pytest.mark.asyncio
async def test_second_robot_is_refused():
    async with relay() as r:
        first = await r.robot('/r1')
        second = await r.v1('/r1', {'type': 'register', 'robot_id': 'r1', 'version': ''})
        assert (await get(second, 'error'))['code'] == 'robot-exists'
        await closed(second)
        with pytest.raises(WSServerHandshakeError) as error:
            await r.rtcbot('/r1')
        assert error.value.status == 409
        assert not first.closed


@pytest.mark.asyncio
async def test_viewers_get_their_own_answers():
    async with relay() as r:
        robot = await r.robot('/r1')
        pages = [await r.page('/r1') for _ in range(3)]
        offers = {}
        for number, page in enumerate(pages):
            await make_offer(page, f's=offer {number}', trickle=True,
                             camera='front', door='whep', source='10.0.0.1')
            offer = await get(robot, 'offer')
            assert offer['sdp'] == f's=offer {number}'
            assert (offer['door'], offer['source'], offer['camera'], offer['trickle']) == (
                'v1', '127.0.0.1', 'front', True)
            offers[number] = offer
        for number in (2, 0, 1):
            await send(robot, type='answer', session=offers[number]['session'],
                       sdp=f's=answer {number}')
        for number, page in enumerate(pages):
            answer = await get(page, 'answer')
            assert answer == {'type': 'answer', 'session': offers[number]['session'],
                              'sdp': f's=answer {number}'}


@pytest.mark.asyncio
async def test_candidates_follow_their_offer_at_once():
    async with relay() as r:
        robot = await r.robot('/r1')
        page = await r.page('/r1')
        session = await make_offer(page, trickle=True)
        await send(page, type='candidate', session=session, candidate='c0', sdpMid='0',
                   sdpMLineIndex=0)
        await send(page, type='candidate', session=session, candidate='')
        await send(page, type='candidate', session='not mine', candidate='c1')
        await send(page, type='close', session=session)
        assert (await get(robot))['type'] == 'offer'
        assert await get(robot) == {'type': 'candidate', 'session': session, 'candidate': 'c0',
                                    'sdpMid': '0', 'sdpMLineIndex': 0}
        assert await get(robot) == {'type': 'candidate', 'session': session, 'candidate': ''}
        assert await get(robot) == {'type': 'close', 'session': session}


@pytest.mark.asyncio
async def test_each_page_gets_credentials_of_its_own():
    """And waits for none: the robot is asked for the next ones when some were given away."""
    def turn(number):
        return [{'urls': ['turn:turn.example.org'], 'username': f'user{number}',
                 'credential': f'password{number}'}]
    async with relay() as r:
        robot = await r.v1('/r1', {'type': 'register', 'robot_id': 'r1', 'version': 'test',
                                   'ice_servers': turn(1)})
        await get(robot, 'registered')
        page = await r.page('/r1')
        assert (await get(page, 'ready'))['ice_servers'] == turn(1)
        await get(robot, 'renew')
        # Until the robot has answered, those of before are better than none; it is asked once.
        await send(page, type='renew')
        assert (await get(page, 'ready'))['ice_servers'] == turn(1)
        await send(robot, type='servers', ice_servers=turn(2))
        await until_servers(page, turn(2))
        await get(robot, 'renew')


async def until_servers(page, servers):
    """Ask for a session until it comes with these servers."""
    async with asyncio.timeout(PATIENCE):
        while True:
            await send(page, type='renew')
            if (await get(page, 'ready'))['ice_servers'] == servers:
                return


@pytest.mark.asyncio
async def test_candidates_wait_for_a_local_robots_answer():
    registry, robot = Registry(), LocalRobot()
    registry.add('r1', robot)
    async with relay(registry, robots=None) as r:
        page = await r.page('/r1')
        ready = await get(page, 'ready')
        assert ready['ice_servers'] == [{'urls': ['turn:turn.example.org'], 'username': 'user',
                                         'credential': 'password'}]
        session = ready['session']
        await send(page, type='offer', session=session, sdp='s=o', trickle=True)
        await send(page, type='candidate', session=session, candidate='c0', sdpMid='0')
        await send(page, type='candidate', session=session, candidate='')
        await robot.asked.wait()
        robot.go.set()
        assert (await get(page, 'answer'))['sdp'] == 's=o answered'
        await send(page, type='renew')
        await get(page, 'ready')
        assert [call[0] for call in robot.calls] == ['answer', 'candidate', 'candidate']
        assert robot.calls[1][2] == Candidate('c0', '0')
        assert robot.calls[2][2] is None


@pytest.mark.asyncio
async def test_errors_of_a_robot_reach_the_page():
    async with relay() as r:
        robot = await r.robot('/r1')
        page = await r.page('/r1')
        session = await make_offer(page)
        await get(robot, 'offer')
        await send(robot, type='error', session=session, code='no-codec', message='None fits')
        error = await get(page, 'error')
        assert (error['code'], error['message'], error['session']) == (
            'no-codec', 'None fits', session)
        # A new session, and this time the robot goes.
        await send(page, type='renew')
        session = await make_offer(page)
        await get(robot, 'offer')
        await robot.close()
        errors = [await get(page, 'error'), await get(page, 'error')]
        assert [error['code'] for error in errors] == ['robot-gone', 'robot-gone']
        assert {error.get('session') for error in errors} == {session, None}


@pytest.mark.asyncio
async def test_failure_of_a_local_robot_has_a_text():
    registry, robot = Registry(), LocalRobot()
    registry.add('r1', robot)
    robot.go.set()
    async with relay(registry) as r:
        page = await r.page('/r1')
        await make_offer(page, 's=break me')
        assert (await get(page, 'error'))['code'] == 'internal'
        status, text, headers = await r.post('/r1', json.dumps({**OFFER, 'sdp': 's=break me'}))
        assert (status, text) == (502, 'The robot failed to answer')
        status, text, headers = await r.post('/r1', json.dumps({**OFFER, 'sdp': 's=refuse me'}))
        assert (status, text) == (502, 'No codec in common')
        assert headers['Access-Control-Allow-Origin'] == '*'


@pytest.mark.asyncio
async def test_robot_that_does_not_answer():
    async with relay(answer_timeout=0.2) as r:
        robot = await r.robot('/r1')
        page = await r.page('/r1')
        session = await make_offer(page)
        assert (await get(page, 'error'))['code'] == 'robot-timeout'
        assert (await get(robot, 'offer'))['session'] == session
        assert (await get(robot, 'close'))['session'] == session
        # Its late answer reaches nobody, and it is still good for the next viewer.
        await send(robot, type='answer', session=session, sdp='s=late')
        await send(page, type='renew')
        assert (await get(page, 'ready'))['session'] != session
        status, text, _ = await r.post('/r1')
        assert (status, text) == (504, 'The robot did not answer within 0.2 s')


@pytest.mark.asyncio
async def test_session_of_a_page_that_left_is_closed():
    async with relay() as r:
        robot = await r.robot('/r1')
        page = await r.page('/r1')
        session = await make_offer(page)
        await get(robot, 'offer')
        await page.close()
        assert (await get(robot, 'close'))['session'] == session


@pytest.mark.asyncio
async def test_a_page_hears_that_the_robot_ended_its_session():
    """While a connection is set up it has no other way to know; it waited for 15 s."""
    async with relay() as r:
        robot = await r.robot('/r1')
        page = await r.page('/r1')
        session = await make_offer(page)
        await get(robot, 'offer')
        await send(robot, type='answer', session=session, sdp='s=a')
        # The end is told behind the answer.
        await send(robot, type='close', session=session)
        await get(page, 'answer')
        assert (await get(page, 'close'))['session'] == session
        # Refused instead of answered, it hears that only.
        await send(page, type='renew')
        session = await make_offer(page)
        await get(robot, 'offer')
        await send(robot, type='close', session=session)
        assert (await get(page, 'error'))['code'] == 'denied'
        # An end that the page itself has brought about is no news.
        await send(page, type='renew')
        session = await make_offer(page)
        await get(robot, 'offer')
        await send(robot, type='answer', session=session, sdp='s=a')
        await get(page, 'answer')
        await send(page, type='close', session=session)
        await get(robot, 'close')
        await send(robot, type='close', session=session)
        await send(page, type='renew')
        # A session may go on without the robot's link to the relay.
        session = await make_offer(page)
        await get(robot, 'offer')
        await send(robot, type='answer', session=session, sdp='s=a')
        await get(page, 'answer')
        await robot.close()
        assert (await get(page, 'error'))['code'] == 'robot-gone'
        await send(page, type='renew')
        assert (await get(page, 'error'))['code'] == 'no-robot'


@pytest.mark.asyncio
async def test_one_offer_a_session():
    async with relay() as r:
        robot = await r.robot('/r1')
        page = await r.page('/r1')
        session = (await get(page, 'ready'))['session']
        for _ in range(2):
            await send(page, type='offer', session=session, sdp='s=o')
        assert (await get(page, 'error'))['code'] == 'bad-message'
        await send(page, type='offer', session='made up', sdp='s=o')
        assert (await get(page, 'error'))['code'] == 'bad-message'
        await get(robot, 'offer')
        await send(robot, type='answer', session=session, sdp='s=a')
        assert (await get(page, 'answer'))['sdp'] == 's=a'


@pytest.mark.asyncio
@pytest.mark.parametrize('answer', [
    {'type': 'answer', 'sdp': '\ud800'}, {'type': 'answer', 'sdp': 7}, {'type': 'answer'},
    {'type': 'error', 'code': 7, 'message': 'no'}])
async def test_nobody_waits_for_an_answer_that_cannot_be_read(answer):
    async with relay(answer_timeout=PATIENCE) as r:
        robot, page = await r.robot('/r1'), await r.page('/r1')
        session = await make_offer(page)
        assert (await get(robot, 'offer'))['session'] == session
        await send(robot, session=session, **answer)
        assert (await get(page, 'error'))['code'] == 'internal'
        told = {message['type']: message['session'] for message in (
            await get(robot), await get(robot))}
        assert told == {'error': session, 'close': session}
        post = asyncio.create_task(r.post('/r1'))
        await send(robot, session=(await get(robot, 'offer'))['session'], **answer)
        status, text, _ = await post
        assert status == 502 and 'bad answer' in text


@pytest.mark.asyncio
async def test_a_candidate_that_cannot_be_read_ends_no_wait_for_the_answer():
    async with relay() as r:
        robot, page = await r.robot('/r1'), await r.page('/r1')
        session = await make_offer(page)
        await get(robot, 'offer')
        await send(robot, type='candidate', session=session, candidate={'candidate': {}})
        assert (await get(robot, 'error'))['session'] == session
        await send(robot, type='answer', session=session, sdp='s=a')
        assert (await get(page, 'answer'))['sdp'] == 's=a'


@pytest.mark.asyncio
@pytest.mark.parametrize('frame', ['', 'nonsense', '[]', '{}', '{"type":"fly"}',
                                   '{"type":"answer","session":"s","sdp":"s=a"}', b'\0\1',
                                   '{"type":"register","robot_id":"r9"}',
                                   '{"type":"offer","session":7,"sdp":"s=o"}'])
async def test_bad_frames_are_answered(frame):
    async with relay() as r:
        robot = await r.robot('/r1')
        page = await r.page('/r1')
        await get(page, 'ready')
        first = await r.http.ws_connect('/r2', protocols=[SUBPROTOCOL])
        sockets = [page, first]
        if not (isinstance(frame, str) and 'answer' in frame):
            sockets.append(robot)
        for ws in sockets:
            if ws is first and isinstance(frame, str) and 'register' in frame:
                continue
            if isinstance(frame, str):
                await ws.send_str(frame)
            else:
                await ws.send_bytes(frame)
            assert (await get(ws, 'error'))['code'] == 'bad-message'
        # The sockets that were in use still work.
        await send(page, type='renew')
        await get(page, 'ready')
        assert (await r.http.get('/healthz')).status == 200


@pytest.mark.asyncio
async def test_frame_that_is_too_long_ends_only_its_sender():
    async with relay() as r:
        robot = await r.robot('/r1')
        page, other = await r.page('/r1'), await r.page('/r1')
        await get(page, 'ready')
        await get(other, 'ready')
        await page.send_str('x' * (256 * 1024 + 1))
        assert await closed(page) == 1009
        await send(other, type='renew')
        await get(other, 'ready')
        assert not robot.closed


@pytest.mark.asyncio
async def test_dead_robot_is_noticed():
    async with relay(heartbeat=1.0) as r:
        page = await r.page('/r1')
        assert (await get(page, 'error'))['code'] == 'no-robot'
        port = urlsplit(r.url).port
        reader, writer = await asyncio.open_connection('127.0.0.1', port)
        writer.write(b'GET /r1 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n'
                     b'Connection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n'
                     b'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n')
        assert b' 101 ' in await reader.readline()
        ready = await get(page, 'ready')
        assert (ready['kind'], ready['trickle']) == ('rtcbot', False)
        # The connection stays open, and nobody answers the pings.
        assert (await get(page, 'error'))['code'] == 'robot-gone'
        writer.close()


@pytest.mark.asyncio
async def test_server_of_one_robot_takes_no_other():
    registry, robot = Registry(), LocalRobot()
    robot.go.set()
    registry.add('r1', robot)
    registry.add(NAMELESS, robot)
    async with relay(registry, robots=None) as r:
        with pytest.raises(WSServerHandshakeError) as error:
            await r.rtcbot('/other')
        assert error.value.status == 403
        ws = await r.v1('/other', {'type': 'register', 'robot_id': 'other', 'version': ''})
        assert (await get(ws, 'error'))['code'] == 'denied'
        await closed(ws)
        for path in ('/connect', '/r1'):
            status, text, _ = await r.post(path)
            assert (status, json.loads(text)) == (200, {'sdp': 's=o answered', 'type': 'answer'})
        await get(await r.page('/ws'), 'ready')


@pytest.mark.asyncio
async def test_local_robot_that_hangs():
    registry, robot = Registry(), LocalRobot()
    registry.add('r1', robot)
    async with relay(registry, answer_timeout=0.1) as r:
        status, text, _ = await r.post('/r1')
        assert (status, text) == (504, 'The robot did not answer within 1.2 s')
        page = await r.page('/r1')
        await make_offer(page)
        assert (await get(page, 'error'))['code'] == 'robot-timeout'
        assert [call[0] for call in robot.calls] == ['close', 'close']


# RTCBot

@pytest.mark.asyncio
async def test_post_without_robot_says_so_to_any_origin():
    async with relay() as r:
        status, text, headers = await r.post('/connect')
        assert (status, text) == (500, 'There is no robot connected')
        assert headers['Access-Control-Allow-Origin'] == '*'
        assert headers['Content-Type'].startswith('text/plain')
        status, text, headers = await r.post('/room7')
        assert (status, text) == (404, 'No connection is active here')
        assert headers['Access-Control-Allow-Origin'] == '*'
        status, text, headers = await r.post('/no/such/path')
        assert (status, headers['Access-Control-Allow-Origin']) == (404, '*')
        async with r.http.options('/room7', headers={
                'Origin': 'http://elsewhere', 'Access-Control-Request-Method': 'POST',
                'Access-Control-Request-Headers': 'content-type'}) as response:
            assert response.status == 204
            assert response.headers['Access-Control-Allow-Origin'] == '*'
            assert 'POST' in response.headers['Access-Control-Allow-Methods']
            assert response.headers['Access-Control-Allow-Headers'].lower() == 'content-type'


@pytest.mark.asyncio
@pytest.mark.parametrize('body', [b'', b'nonsense', b'[]', b'{}', b'\xff\xfe', b'[' * 100000,
                                  b'{"type":"answer","sdp":"s=x"}', b'{"type":"offer"}',
                                  b'{"type":"offer","sdp":7}'])
async def test_post_of_no_offer_is_refused_at_once(body):
    async with relay() as r:
        robot = await r.rtcbot('/ws')
        status, text, headers = await r.post('/connect', body)
        assert status == 400
        assert text.startswith('This is no offer: ')
        assert headers['Access-Control-Allow-Origin'] == '*'
        # Nothing of it reached the robot: the first it sees is the next, good one.
        post = asyncio.create_task(r.post('/connect'))
        frame = await robot.receive(timeout=PATIENCE)
        assert json.loads(frame.data) == OFFER
        await send(robot, sdp='s=a', type='answer')
        assert (await post)[0] == 200


@pytest.mark.asyncio
async def test_post_that_is_too_long():
    async with relay() as r:
        status, text, headers = await r.post('/connect', b' ' * (256 * 1024 + 1))
        assert (status, text) == (413, 'The body is longer than 262144 bytes')
        assert headers['Access-Control-Allow-Origin'] == '*'


@pytest.mark.asyncio
async def test_posts_at_once_get_their_own_answers():
    async with relay() as r:
        robot = await r.rtcbot('/ws')
        posts = [asyncio.create_task(r.post('/connect', json.dumps({**OFFER, 'sdp': f's={i}'})))
                 for i in range(5)]
        for _ in posts:
            offer = json.loads((await robot.receive(timeout=PATIENCE)).data)
            assert set(offer) == {'sdp', 'type'}
            await send(robot, sdp=f'{offer["sdp"]} answered', type='answer')
        for i, post in enumerate(posts):
            status, text, _ = await post
            assert (status, json.loads(text)) == (
                200, {'sdp': f's={i} answered', 'type': 'answer'})
        assert not robot.closed


@pytest.mark.asyncio
async def test_answer_counts_although_the_robot_leaves_with_it():
    async with relay() as r:
        for path, post_path in (('/ws', '/connect'), ('/room7', '/room7')):
            robot = await r.rtcbot(path)
            post = asyncio.create_task(r.post(post_path))
            await robot.receive(timeout=PATIENCE)
            await send(robot, sdp='s=a', type='answer')
            await robot.close()
            assert (await post)[0] == 200


@pytest.mark.asyncio
async def test_room_ends_with_its_answer():
    async with relay() as r:
        robot = await r.rtcbot('/room7')
        with pytest.raises(WSServerHandshakeError) as error:
            await r.rtcbot('/room7')
        assert error.value.status == 409
        post = asyncio.create_task(r.post('/room7'))
        await robot.receive(timeout=PATIENCE)
        await send(robot, sdp='s=a', type='answer')
        assert (await post)[0] == 200
        assert await closed(robot) == 1000
        assert (await r.post('/room7'))[0] == 404
        # The name is free again.
        await r.rtcbot('/room7')


@pytest.mark.asyncio
async def test_silent_rtcbot_robot_is_disconnected():
    async with relay(answer_timeout=0.2) as r:
        robot = await r.rtcbot('/ws')
        status, text, headers = await r.post('/connect')
        assert (status, text) == (504, 'The robot did not answer within 0.2 s')
        assert headers['Access-Control-Allow-Origin'] == '*'
        await robot.receive(timeout=PATIENCE)
        await closed(robot)
        assert (await r.post('/connect'))[0] == 500


@pytest.mark.asyncio
async def test_rtcbot_robot_goes_or_refuses():
    async with relay() as r:
        robot = await r.rtcbot('/ws')
        posts = [asyncio.create_task(r.post('/connect')) for _ in range(2)]
        await robot.receive(timeout=PATIENCE)
        await send(robot, error='busy', message='Too many viewers')
        await robot.receive(timeout=PATIENCE)
        await send(robot, hello='world')
        results = {(await post)[:2] for post in posts}
        assert (503, 'Too many viewers') in results
        assert (502, 'The robot sent no answer: member "type" is missing') in results
        post = asyncio.create_task(r.post('/connect'))
        await robot.receive(timeout=PATIENCE)
        await robot.close()
        status, text, headers = await post
        assert (status, text) == (502, 'The robot went away before it answered')
        assert headers['Access-Control-Allow-Origin'] == '*'


@pytest.mark.asyncio
async def test_rtcbot_page_and_v1_robot():
    async with relay() as r:
        robot = await r.robot('/r1')
        post = asyncio.create_task(r.post('/r1?camera=front'))
        offer = await get(robot, 'offer')
        assert (offer['door'], offer['camera'], offer['trickle'], offer['source']) == (
            'rtcbot', 'front', False, '127.0.0.1')
        await send(robot, type='answer', session=offer['session'], sdp='s=a')
        status, text, _ = await post
        # RTCBot's Python end fails on any third member.
        assert (status, json.loads(text)) == (200, {'sdp': 's=a', 'type': 'answer'})


@pytest.mark.asyncio
async def test_v1_page_and_rtcbot_robot():
    async with relay() as r:
        robot = await r.rtcbot('/room7')
        page = await r.page('/room7')
        ready = await get(page, 'ready')
        assert (ready['kind'], ready['trickle']) == ('rtcbot', False)
        await send(page, type='offer', session=ready['session'], sdp='s=o', trickle=True)
        assert (await get(page, 'error'))['code'] == 'bad-offer'
        await send(page, type='renew')
        await make_offer(page)
        assert json.loads((await robot.receive(timeout=PATIENCE)).data) == OFFER
        await send(robot, sdp='s=a', type='answer')
        assert (await get(page, 'answer'))['sdp'] == 's=a'
        await closed(robot)
        assert (await get(page, 'error'))['code'] == 'robot-gone'


@pytest.mark.asyncio
async def test_other_subprotocols_are_refused():
    async with relay() as r:
        with pytest.raises(WSServerHandshakeError) as error:
            await r.http.ws_connect('/r1', protocols=['mqtt'])
        assert error.value.status == 400


# The process

def start(*args):
    return subprocess.Popen([sys.executable, '-m', 'rtc_bridge.nodes.relay', *args],
                            stderr=subprocess.PIPE, text=True)


@pytest.mark.asyncio
@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGINT])
async def test_process_stops_with_open_sockets(number):
    port = free_port()
    process = start('--open', '--host', '127.0.0.1', '--port', str(port), '--ros-args', '-r',
                    '__node:=relay')
    try:
        line = await asyncio.to_thread(process.stderr.readline)
        assert line == f'[INFO] [relay]: relay listens on http://127.0.0.1:{port}\n'
        async with ClientSession(f'http://127.0.0.1:{port}') as http:
            robots = [await http.ws_connect('/ws'),
                      await http.ws_connect('/r1', protocols=[SUBPROTOCOL])]
            await send(robots[1], type='register', robot_id='r1')
            await get(robots[1], 'registered')
            # One that never answers anything, a close least of all.
            reader, writer = await asyncio.open_connection('127.0.0.1', port)
            writer.write(b'GET /r2 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n'
                         b'Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
                         b'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n')
            assert b' 101 ' in await reader.readline()
            os.kill(process.pid, number)
            assert [await closed(ws) for ws in robots] == [1001, 1001]
            assert await asyncio.to_thread(process.wait, 20) == 0
            writer.close()
        assert 'Traceback' not in process.stderr.read()
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def test_process_says_that_the_port_is_taken():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        s.listen()
        port = s.getsockname()[1]
        process = start('--open', '--host', '127.0.0.1', '--port', str(port))
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert errors.splitlines() == [
        f'[ERROR] [relay]: cannot listen on 127.0.0.1 port {port}: Address already in use']


def test_process_needs_open():
    process = start('--port', '0')
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert len(errors.splitlines()) == 1 and '--open' in errors


def test_wrong_arguments_exit():
    for args in (['--port', 'high'], ['--open', '--port', '-1'], ['--config', '/nowhere.toml']):
        assert main(args) == 2
    with pytest.raises(SystemExit) as error:
        main(['--no-such-flag'])
    assert error.value.code == 2


def test_relay_needs_no_ros_and_no_media():
    code = ('import sys, rtc_bridge.nodes.relay; '
            'sys.exit(bool({"rclpy", "aiortc", "av", "numpy", "cv2"} & set(sys.modules)))')
    assert subprocess.run([sys.executable, '-c', code]).returncode == 0
