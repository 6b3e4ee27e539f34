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
Bad input in every protocol: no crash, no hang, no leak, a clear error, and nobody else notices.

``RTC_BRIDGE_FUZZ=100000`` in the environment asks for so many inputs a test, instead of a few.
"""

import asyncio
from contextlib import asynccontextmanager
import itertools
import json
import logging
import secrets

from aiohttp import ClientError, WSMsgType
from hypothesis import example, given, strategies as st
import pytest
from rtc_bridge.core.errors import ProtocolError, SignalingError
from rtc_bridge.core.protocol.ice import Candidate
from rtc_bridge.core.protocol.sdpfrag import Fragment, parse_fragment
from rtc_bridge.core.protocol.signaling_messages import Message, Offer, parse
from rtc_bridge.peer.local_robot_link import LocalRobotLink
from support.browsers import Loop
from support.fuzzing import (
    BATCH, batches, edit, edits, frames, fuzz, kscale, lines, texts,
)
from support.patience import PATIENCE
from support.relay_server import get, make_offer, relay, send
from support.viewer import make_sessions, TestCamera, Viewer
from support.whep_player import fragment

# What stays far above what a test sends: here it is about what the input is, not how much.
AMPLE = {'offers_per_minute': 10 ** 6, 'requests_per_minute': 10 ** 6,
         'messages_per_second': 10 ** 5, 'viewers_per_robot': 10 ** 5,
         'viewers_per_address': 10 ** 5, 'answer_timeout': PATIENCE,
         'request_timeout': 2 * PATIENCE,
         # The witness does not read, and so answers no pings, while others talk.
         'heartbeat': 300.0}


class Faults(logging.Handler):
    """Collects what should never be logged: an exception that nobody expected."""

    def __init__(self):
        """Start without any."""
        super().__init__(logging.ERROR)
        self.found = []

    def emit(self, record):
        """Take a record."""
        self.found.append(self.format(record))


@pytest.fixture
def loop(caplog):
    """Return a loop in a thread; whatever goes wrong unseen in it fails the test."""
    loop, faults = Loop(), Faults()
    logging.getLogger().addHandler(faults)
    caplog.set_level(logging.ERROR, 'rtc_bridge.relay')
    loop.loop.set_exception_handler(lambda _, context: faults.found.append(str(context)))
    yield loop
    logging.getLogger().removeHandler(faults)
    loop.close()
    assert faults.found == []


@asynccontextmanager
async def witness(r):
    """Give a robot and a page that must not notice anything."""
    robot, page = await r.robot('/witness'), await r.page('/witness')
    yield robot
    await make_offer(page, 'v=0')
    while (offer := await get(robot))['type'] != 'offer':
        # What others were at is over.
        assert offer['type'] in ('close', 'candidate', 'answer', 'call', 'admit')
    await send(robot, type='answer', session=offer['session'], sdp='s=a')
    await get(page, 'answer')
    # Nothing is left of those who came in between.
    await robot.close()
    await page.close()
    async with asyncio.timeout(PATIENCE):
        while r.registry.count:
            await asyncio.sleep(0.01)


def play(loop, example):
    """Run a test's examples, each a coroutine with the same relay, and the witness around them."""
    async def start():
        stack = relay(**AMPLE)
        r = await stack.__aenter__()
        around = witness(r)
        return stack, r, around, await around.__aenter__()
    stack, r, around, robot = loop.run(start())
    try:
        example(r, robot)
        loop.run(around.__aexit__(None, None, None))
    finally:
        loop.run(stack.__aexit__(None, None, None))


async def say(ws, frame):
    """Send a frame, text or binary; return whether the other end still takes any."""
    try:
        if isinstance(frame, bytes):
            await ws.send_bytes(frame)
        else:
            await ws.send_str(frame.encode('utf-8', 'replace').decode())
    except (ClientError, ConnectionError):
        return False
    return True


async def post_anything(r, sent):
    """Post frames as a page that signals over HTTP; it still listens, or has been sent away."""
    url, known = f'/signaling/fuzzed/{secrets.token_urlsafe(16)}', 0
    for frame in ['{"type":"watch"}', *sent, '{"type":"candidate"}']:
        body = frame if isinstance(frame, bytes) else frame.encode('utf-8', 'replace')
        async with r.http.post(url, data=body) as response:
            assert response.status in (204, 404, 413), await response.text()
    while True:
        async with r.http.get(f'{url}?after={known}') as response:
            if response.status == 404:
                break
            lines = (await response.text()).splitlines()
        known += len(lines)
        for line in lines:
            parse(line)
        if 'error' in map(parse_type, lines):
            break
    async with r.http.delete(url) as response:
        assert response.status in (204, 404)


def parse_type(line):
    """Return the type of a message."""
    return json.loads(line)['type']


async def until_message(ws, kind):
    """Return the next message of a type, or ``None`` at the end; all of them are well-formed."""
    while True:
        frame = await ws.receive(timeout=PATIENCE)
        if frame.type != WSMsgType.TEXT:
            return None
        message = json.loads(frame.data)
        parse(frame.data)
        if message['type'] == kind:
            return message


# Texts

@fuzz()
@given(frames)
def test_frames_are_messages_or_refused(frame):
    try:
        message = parse(frame)
    except ProtocolError as error:
        assert len(str(error)) < 500 and str(error).isprintable()
    else:
        assert isinstance(message, Message)
        assert parse(message.dump()) == message


@fuzz()
@given(st.lists(st.sampled_from([
    'a=mid:0', 'm=video 9 RTP/AVP 96', 'a=candidate:x', 'a=end-of-candidates', 'a=ice-ufrag:u',
    '\0', 'a=' + 'x' * 9000, '']) | st.text(max_size=30), max_size=20).map('\n'.join))
def test_fragments_are_read_or_refused(text):
    try:
        assert isinstance(parse_fragment(text), Fragment)
    except ProtocolError as error:
        assert len(str(error)) < 500


# WebSockets

def test_pages_and_robots_send_anything(loop):
    @fuzz(BATCH)
    @given(st.sampled_from(['page', 'polling', 'robot', 'nobody', 'rtcbot']), batches(frames))
    def example(kind, sent):
        loop.run(talk(kind, sent))

    async def talk(kind, sent):
        if kind == 'polling':
            return await post_anything(r, sent)
        if kind == 'rtcbot':
            ws = await r.rtcbot('/fuzzed')
            posting = asyncio.create_task(r.post('/fuzzed'))
            await ws.receive(timeout=PATIENCE)
        elif kind == 'nobody':
            ws = await r.http.ws_connect('/fuzzed', protocols=['rtc-bridge.v1'])
        else:
            ws = await (r.page if kind == 'page' else r.robot)('/fuzzed')
        for frame in sent:
            await say(ws, frame)
        match kind:
            case 'page':
                # It still listens, or has been sent away for what no page could mean.
                await say(ws, '{"type":"candidate"}')
                await until_message(ws, 'error')
            case 'robot':
                page = await r.page('/fuzzed')
                await make_offer(page, 'v=0')
                if offer := await until_message(ws, 'offer'):
                    await send(ws, type='answer', session=offer['session'], sdp='s=a')
                    await get(page, 'answer')
                await page.close()
            case 'rtcbot':
                # The first text is the answer, good or not; what is no text is none.
                await say(ws, '{"sdp":"s=a","type":"answer"}')
                status, text, _ = await posting
                assert status in (200, 400, 403, 404, 429, 502, 503, 504) and text is not None
        await ws.close()
        async with asyncio.timeout(PATIENCE):
            while r.registry.get('fuzzed') is not None:
                await asyncio.sleep(0)

    def run(relay_, _):
        nonlocal r
        r = relay_
        example()
    r = None
    play(loop, run)


@pytest.mark.parametrize('kind', ['first', 'robot', 'app of theirs', 'app of ours'])
def test_anything_comes_in_k_scales_form(loop, kind):
    """It is passed on as it is, or answered; robots that answer anything do no harm either."""
    @fuzz(BATCH)
    @given(batches(kscale | frames))
    def example(sent):
        loop.run(talk(sent))

    async def answer(robot):
        """Play a robot of ours that offers nonsense, and takes every other answer."""
        while True:
            message = json.loads((await robot.receive(timeout=PATIENCE)).data)
            session = message.get('session')
            match message['type']:
                case 'call':
                    half = '\ud800' if session[0] < 'N' else ''
                    await send(robot, type='offer', session=session,
                               sdp=f'm=\r\na=candidate:{half}')
                case 'admit':
                    await send(robot, type='done', session=session)
                case 'answer':
                    await send(robot, type='error', session=session, code='x', message='\ud800')

    async def talk(sent):
        hello = {'role': 'app', 'robot_id': 'witness' if kind == 'app of ours' else 'theirs'}
        ws, other = await r.http.ws_connect('/'), None
        if kind != 'first':
            if kind != 'app of ours':
                robot = await r.http.ws_connect('/')
                other, ws = (robot, ws) if kind != 'robot' else (ws, robot)
                await send(robot, role='robot', robot_id='theirs')
                async with asyncio.timeout(PATIENCE):
                    while r.registry.get('theirs') is None:
                        await asyncio.sleep(0)
            await send(other if kind == 'robot' else ws, **hello)
            assert (await get(other if kind == 'robot' else ws))['type'] == 'robot_available'
        for frame in sent:
            await say(ws, frame)
        if other is not None:
            # All that is JSON came through, in order, and nothing else.
            await say(ws, '"last"')
            while (text := (await other.receive(timeout=PATIENCE)).data) != '"last"':
                json.loads(text)
            await other.close()
        elif kind == 'app of ours':
            await say(ws, '{"service":"video/last"}')
            while (frame := await ws.receive(timeout=PATIENCE)).type == WSMsgType.TEXT:
                if 'video/last' in json.loads(frame.data).get('error', ''):
                    break
        await ws.close()
        async with asyncio.timeout(PATIENCE):
            while r.registry.get('theirs') is not None or r.registry.get('fuzzed') is not None:
                await asyncio.sleep(0)

    def run(relay_, robot):
        nonlocal r
        r = relay_
        answering = asyncio.run_coroutine_threadsafe(answer(robot), loop.loop)
        try:
            example()
        finally:
            answering.cancel()
    r = None
    play(loop, run)


# HTTP

def test_anything_is_posted(loop):
    paths = st.sampled_from([
        '/connect', '/witness', '/nobody', '/whep/witness', '/whep/nobody/a/b', '/whep/-/x',
        '/static/x', '/healthz', '/', '/ws', '/%00', '/a%0d%0ab', '/whep/witness/%ff',
        '/whep/%2e%2e/%2e%2e'])
    methods = st.sampled_from(['POST', 'PATCH', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PUT', 'X'])
    bodies = frames | st.sampled_from([
        'v=0\r\n' + 'a' * 300_000, b'\x1f\x8b' + b'\0' * 50, 'v=0',
        '{"sdp":"s=o","type":"offer"}'])
    kinds = st.sampled_from(['application/sdp', 'text/plain', 'application/trickle-ice-sdpfrag',
                             'multipart/form-data', 'x', ''])
    more = st.dictionaries(
        st.sampled_from(['If-Match', 'Authorization', 'X-Forwarded-For', 'Content-Encoding',
                         'Origin', 'Accept', 'Range', 'Sec-WebSocket-Protocol']),
        st.sampled_from(['gzip', 'Bearer', 'Basic =', 'Basic w6Q6w6Q=', '"', 'bytes=9-1', ',,,']) |
        st.builds('{}{}'.format, st.sampled_from(['', 'Basic ', 'Bearer ']), st.text(
            st.characters(min_codepoint=32, max_codepoint=255, exclude_categories=['Cc']),
            max_size=20)), max_size=3)

    def run(r, robot):
        @fuzz()
        @given(methods, paths, bodies, kinds, more)
        # What reaches the robot, which chance seldom gives.
        @example('POST', '/witness', '{"sdp":"s=o","type":"offer"}', 'text/plain', {})
        @example('POST', '/witness', '{"sdp":"s=o","type":"offer"}', 'x', {})
        @example('POST', '/whep/witness', 'v=0', 'application/sdp', {})
        def play_one(method, path, body, kind, headers):
            loop.run(ask(method, path, body, {**headers, 'Content-Type': kind}))

        async def ask(method, path, body, headers):
            if isinstance(body, str):
                body = body.encode('utf-8', 'replace')
            reached = asyncio.Event()
            answering = asyncio.create_task(answer(reached))
            async with r.http.request(method, path, data=body, headers=headers) as response:
                text = await response.text(errors='replace')
                assert response.status < 500 or (response.status, text) == (
                    500, 'There is no robot connected') or response.status in (502, 503), text
                if method == 'POST' and response.status != 400:
                    assert response.headers['Access-Control-Allow-Origin'] == '*'
            if not reached.is_set():
                answering.cancel()
            await asyncio.gather(answering, return_exceptions=not reached.is_set())

        async def answer(reached):
            while (offer := await get(robot))['type'] != 'offer':
                assert offer['type'] == 'close'
            reached.set()
            if next(answers) < 10:
                # What no robot should send: text that UTF-8 cannot hold. More of it, and the
                # witness is thrown out.
                await send(robot, type='answer', session=offer['session'], sdp='\ud800')
                while (await get(robot))['type'] != 'error':
                    pass
            else:
                await send(robot, type='error', session=offer['session'], code='busy', message='')

        answers = itertools.count()
        play_one()
    play(loop, run)


def test_any_bytes_come(loop):
    words = st.sampled_from([
        b'GET / HTTP/1.1\r\n', b'POST /connect HTTP/1.1\r\n', b'Host: localhost\r\n', b'\r\n',
        b'\0',
        b'Content-Length: 5\r\n', b'Content-Length: -1\r\n', b'Transfer-Encoding: chunked\r\n',
        b'Upgrade: websocket\r\nConnection: Upgrade\r\n', b'Sec-WebSocket-Version: 13\r\n',
        b'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n', b'GET /ws HTTP/1.1\r\n',
        b'ffffffff\r\n',
        b'Sec-WebSocket-Protocol: rtc-bridge.v1\r\n', b'X: ' + b'y' * 9000 + b'\r\n',
        b'\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff', b'\x88\x80\0\0\0\0', b'\x89\xfe',
        b'\x16\x03\x01'])

    def run(r, _):
        @fuzz()
        @given(st.lists(words | st.binary(max_size=20), max_size=12).map(b''.join))
        def example(data):
            loop.run(throw(data))

        async def throw(data):
            host, port = r.url.removeprefix('http://').split(':')
            reader, writer = await asyncio.open_connection(host, int(port))
            try:
                writer.write(data)
                writer.write_eof()
                async with asyncio.timeout(PATIENCE):
                    while await reader.read(65536):
                        pass
            except ConnectionError:
                pass
            finally:
                writer.close()

        example()
    play(loop, run)


# SDP

def test_hostile_offers_reach_a_robot(loop):
    """What the relay lets through, the robot answers or refuses; and it lets go of all of it."""
    async def start():
        sessions = make_sessions(TestCamera('front', 60))
        viewer = Viewer(slots=2)
        sdp = await viewer.offer()
        await viewer.close()
        return sessions, sdp
    sessions, sdp = loop.run(start())
    link = LocalRobotLink(sessions, 'server')

    @fuzz()
    @given(edits, st.sampled_from(['v1', 'rtcbot', 'whep']), st.sampled_from([None, 'front', 'x']),
           lines | texts)
    def example(changes, door, camera, candidate):
        loop.run(offer(edit(sdp, changes), door, camera, candidate))

    async def offer(text, door, camera, candidate):
        try:
            answer = await asyncio.wait_for(
                link.answer(Offer('s', text, door, camera=camera)), PATIENCE)
        except SignalingError as error:
            assert error.code in ('bad-offer', 'no-camera', 'no-codec') and str(error)
        else:
            assert answer.startswith('v=0')
            await link.add_candidate('s', Candidate(candidate, '0', None))
            await link.add_candidate('s', Candidate('candidate:' + candidate, None, 99))
            await link.add_candidate('s', None)
            await link.close_session('s')
        assert not sessions.sessions

    example()
    loop.run(sessions.close('the test ends'))
    assert not sessions.robot.cameras['front'].watched


def test_a_fragment_for_the_wrong_session_changes_nothing(loop):
    """Fuzzed session names find no session of others."""
    def run(r, robot):
        @fuzz()
        @given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1,
                       max_size=40))
        def example(name):
            loop.run(ask(name))

        async def ask(name):
            kind = {'Content-Type': 'application/trickle-ice-sdpfrag'}
            body = fragment('a=ice-ufrag:u\r\na=ice-pwd:p\r\nm=video 9 X 0\r\na=mid:0\r\n')
            async with r.http.patch('/whep/-/' + name.replace('/', '%2F').replace('?', '%3F')
                                    .replace('#', '%23').replace('%', '%25'),
                                    data=body, headers=kind) as response:
                assert response.status in (404, 405)
        example()
    play(loop, run)
