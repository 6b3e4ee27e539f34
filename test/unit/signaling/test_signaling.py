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

"""The robot's dialing end, against real relays over real sockets."""

import asyncio
from base64 import b64encode
import contextlib
from hashlib import sha1
import json
import logging
import random

from aiohttp import ClientConnectionResetError, ClientSession, web
import pytest
from rtc_bridge.core.errors import ParameterError, SignalingError
from rtc_bridge.core.keyed_queue import KeyedQueue
from rtc_bridge.core.protocol.ice import Candidate
from rtc_bridge.core.protocol.robot_link import RobotLink
from rtc_bridge.core.protocol.strict_json import MAX_DEPTH
from rtc_bridge.relay.app import create_app
from rtc_bridge.relay.directory.registry import Registry
from rtc_bridge.signaling.dial_reasons import NAME_REMEDY
from rtc_bridge.signaling.reconnecting import reconnect_delays, remaining_delay
from rtc_bridge.signaling.relay_client import RelayClient
from rtc_bridge.signaling.relay_url import dial_url, page_url, read_token
from support.patience import PATIENCE
from support.relay_server import get, make_offer, OPEN, Relay, relay, send, serve_app
from websockets.asyncio.client import ClientConnection


class Robot(RobotLink):
    """A robot that answers an offer with its text, once the text is let through."""

    trickle = True

    def __init__(self):
        """Hold back nothing."""
        self.held = {}
        super().__init__()
        self.calls = asyncio.Queue()

    async def ice_servers(self):
        """Return none."""
        return []

    async def answer(self, offer):
        """Answer, refuse or break as the offer says."""
        if offer.sdp in self.held:
            await self.held[offer.sdp].wait()
        if offer.sdp == 's=refuse me':
            raise SignalingError('no-codec', 'No codec in common')
        if offer.sdp == 's=break me':
            raise ZeroDivisionError
        self.calls.put_nowait(('answer', offer.session, offer))
        return f'{offer.sdp} answered'

    async def add_candidate(self, session, candidate):
        """Note the call."""
        self.calls.put_nowait(('candidate', session, candidate))

    async def close_session(self, session):
        """Note the call."""
        self.calls.put_nowait(('close', session, None))


class States:
    """The states a client went through."""

    def __init__(self):
        """Start with none."""
        self._queue = asyncio.Queue()

    def put(self, state):
        """Take the next one."""
        self._queue.put_nowait(state)

    async def reach(self, start):
        """Wait for a state that starts so; return it."""
        async with asyncio.timeout(PATIENCE):
            while True:
                state = await self._queue.get()
                if state.startswith(start):
                    return state


@contextlib.asynccontextmanager
async def dialing(url, robot, robot_id='r1', **options):
    """Run a client; give the states it goes through."""
    states = States()
    client = RelayClient(dial_url(url, robot_id), robot_id, robot, on_state=states.put, **options)
    task = asyncio.create_task(client.run())
    try:
        yield states
    finally:
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=PATIENCE)
        assert done and task.cancelled()


# Where to dial

@pytest.mark.parametrize('given, dialed, page', [
    ('http://h', 'ws://h/bot', 'http://h/bot'),
    ('https://h/', 'wss://h/bot', 'https://h/bot'),
    ('ws://h:8080', 'ws://h:8080/bot', 'http://h:8080/bot'),
    ('wss://h.example.org/name', 'wss://h.example.org/name', 'https://h.example.org/name'),
    ('HTTP://h:1/ws', 'ws://h:1/ws', 'http://h:1/'),
    ('http://[::1]:8080', 'ws://[::1]:8080/bot', 'http://[::1]:8080/bot'),
    ('https://h/name?token=x', 'wss://h/name?token=x', 'https://h/name'),
])
def test_dial_url(given, dialed, page):
    assert dial_url(given, 'bot') == dialed
    assert page_url(given, 'bot') == page


@pytest.mark.parametrize('url', [
    '', 'h', 'h:8080', 'ftp://h', 'http://', 'http:///name', 'http://h:x', 'http://h:99999',
    'http://h:0', 'http://h/a b', 'http://h/a#b', 'http://user:secret@h/', 'http://h\n/',
    'ws:h', '//h/name', 'http://[::1/', 'https://relay..example.org/x', f'ws://{"a" * 64}.org'])
def test_no_url_to_dial(url):
    with pytest.raises(ParameterError, match='relay_url.*allowed is'):
        dial_url(url, 'bot')


@pytest.mark.parametrize('url, reason', [
    ('http://[fe80::1%25eth0]:8080', 'zone %25eth0 means something on one host only'),
    ('http://[fe80::1]/name', 'no address that others reach')])
def test_ipv6_addresses_that_are_good_on_one_link_only_are_refused_with_a_word(url, reason):
    with pytest.raises(ParameterError, match='relay_url') as refused:
        dial_url(url, 'bot')
    assert reason in str(refused.value)


@pytest.mark.parametrize('name', ['', 'a/b', 'ws', 'my bot'])
def test_robot_id_that_is_no_path(name):
    with pytest.raises(ParameterError, match='robot_id'):
        dial_url('http://h', name)
    assert dial_url('http://h/room', name) == 'ws://h/room'


def arrivals(robots, down, seed=1):
    """Return when robots come to a relay that is back after ``down`` seconds, sorted."""
    rng = random.Random(seed)
    times = []
    for _ in range(robots):
        waits, now = reconnect_delays(rng.random), 0.0
        while (now := now + next(waits)) < down:
            pass
        times.append(now - down)
    return sorted(times)


@pytest.mark.parametrize('down', [0.0, 0.5, 1.5, 3.0, 10.0, 60.0, 600.0])
def test_backoff_brings_all_robots_back_soon_and_one_by_one(down):
    times = arrivals(1000, down)
    assert times[-1] < 4.5
    # Twice as many as if they were spread evenly over two seconds.
    crowd = max(sum(start <= t < start + 0.1 for t in times) for start in times)
    assert crowd < 100, crowd


def test_backoff_counts_a_try_that_took_long():
    assert remaining_delay(3.0, 0.1) == pytest.approx(2.9)
    assert remaining_delay(3.0, 10.0) == remaining_delay(3.0, 2.9) == 0.75


# Work in order

@pytest.mark.asyncio
async def test_serial_tasks_keep_the_order_of_a_key():
    tasks, gate, done = KeyedQueue(limit=2), asyncio.Event(), asyncio.Queue()

    async def work(name, event=None):
        if event is not None:
            await event.wait()
        done.put_nowait(name)

    async def fail():
        raise ValueError('on purpose')

    assert tasks.put('a', lambda: work('a1', gate))
    await asyncio.sleep(0)
    assert tasks.put('a', fail)
    assert tasks.put('a', lambda: work('a3'))
    assert not tasks.put('a', lambda: work('a4'))
    tasks.put('b', lambda: work('b1'))
    assert await done.get() == 'b1'
    gate.set()
    assert [await done.get(), await done.get()] == ['a1', 'a3']
    await asyncio.sleep(0)
    assert len(tasks) == 0
    tasks.put('a', lambda: work('a5', asyncio.Event()))
    await tasks.close()
    assert len(tasks) == 0 and done.empty()


# The native protocol

@pytest.mark.asyncio
async def test_offers_are_answered_side_by_side():
    robot = Robot()
    robot.held['s=slow'] = asyncio.Event()
    async with relay() as r, dialing(r.url, robot) as states:
        await states.reach('connected')
        slow, quick = await r.page('/r1'), await r.page('/r1')
        sessions = {}
        for page, sdp in ((slow, 's=slow'), (quick, 's=quick')):
            sessions[sdp] = (await get(page, 'ready'))['session']
            await send(page, type='offer', session=sessions[sdp], sdp=sdp, trickle=True,
                       camera='front')
            await send(page, type='candidate', session=sessions[sdp], candidate='c', sdpMid='0',
                       sdpMLineIndex=0)
            await send(page, type='candidate', session=sessions[sdp], candidate='')
        assert (await get(quick, 'answer'))['sdp'] == 's=quick answered'
        robot.held['s=slow'].set()
        assert (await get(slow, 'answer'))['sdp'] == 's=slow answered'
        await send(slow, type='close', session=sessions['s=slow'])
        calls = [await robot.calls.get() for _ in range(7)]
        for sdp, kinds in (('s=quick', ['answer', 'candidate', 'candidate']),
                           ('s=slow', ['answer', 'candidate', 'candidate', 'close'])):
            mine = [call for call in calls if call[1] == sessions[sdp]]
            assert [call[0] for call in mine] == kinds
            offer = mine[0][2]
            assert (offer.protocol, offer.camera, offer.trickle, offer.source) == (
                'v1', 'front', True, '127.0.0.1')
            assert [mine[1][2], mine[2][2]] == [Candidate('c', '0', 0), None]


@pytest.mark.asyncio
async def test_refusals_reach_the_viewer():
    robot = Robot()
    async with relay() as r, dialing(r.url, robot) as states:
        await states.reach('connected')
        page = await r.page('/r1')
        for sdp, code in (('s=refuse me', 'no-codec'), ('s=break me', 'internal')):
            session = await make_offer(page, sdp)
            error = await get(page, 'error')
            assert (error['code'], error['session']) == (code, session)
            await send(page, type='renew')
        status, text, _ = await r.post('/r1', '{"sdp":"s=refuse me","type":"offer"}')
        assert (status, text) == (502, 'No codec in common')
        status, text, _ = await r.post('/r1')
        assert (status, json.loads(text)) == (200, {'sdp': 's=o answered', 'type': 'answer'})


class ProgramRobot(Robot):
    """A robot with programs for apps."""

    async def admit(self, request):
        """Let everybody in."""

    async def send_to_program(self, message):
        """Note what comes."""
        self.calls.put_nowait(('program', message.request.session, message.payload))


def nested(levels):
    """Return a frame of an app's with so many levels of JSON."""
    return '{"service":"arm","x":' + (levels - 1) * '[' + (levels - 1) * ']' + '}'


@pytest.mark.asyncio
async def test_frames_of_apps_do_not_cost_the_robot_its_relay():
    """The message around such a frame may not be nested too deep for the robot."""
    robot = ProgramRobot()
    async with relay(messages_per_second=1000) as r, dialing(r.url, robot) as states:
        await states.reach('connected')
        app = await r.http.ws_connect('/')
        await send(app, role='app', robot_id='r1')
        await get(app, 'robot_available')
        for _ in range(40):
            await app.send_str(nested(MAX_DEPTH))
            assert 'nested too deep' in (await get(app, 'error'))['error']
        await app.send_str(nested(MAX_DEPTH - 1))
        async with asyncio.timeout(PATIENCE):
            kind, _, payload = await robot.calls.get()
        assert kind == 'program' and payload == json.loads(nested(MAX_DEPTH - 1))


@pytest.mark.asyncio
async def test_session_without_a_way_back_is_closed():
    robot = Robot()
    robot.held['s=slow'] = asyncio.Event()
    async with dialing_own_relay(robot) as (states, http, runner):
        await states.reach('connected')
        async with ClientSession(http) as session:
            page = await Relay(http, session, None).page('/r1')
            ready = await get(page, 'ready')
            await send(page, type='offer', session=ready['session'], sdp='s=slow')
            await page.close()
            robot.held['s=slow'].set()
            calls = [await robot.calls.get() for _ in range(2)]
        assert [call[0] for call in calls] == ['answer', 'close']
        assert {call[1] for call in calls} == {ready['session']}


@contextlib.asynccontextmanager
async def dialing_own_relay(robot, port=0):
    runner = await start_relay(port)
    url = f'http://127.0.0.1:{runner.addresses[0][1]}'
    try:
        async with dialing(url, robot) as states:
            yield states, url, runner
    finally:
        await runner.cleanup()


async def start_relay(port):
    runner = web.AppRunner(create_app(Registry(), robots=OPEN), access_log=None,
                           shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, '127.0.0.1', port).start()
    return runner


@pytest.mark.asyncio
async def test_client_comes_back_after_the_relay_did(caplog):
    robot = Robot()
    caplog.set_level(logging.INFO, 'rtc_bridge.signaling')
    async with dialing_own_relay(robot) as (states, url, runner):
        await states.reach('connected')
        await runner.cleanup()
        assert await states.reach('lost') == 'lost: closed by the relay (1001 the relay stops)'
        assert 'nothing listens' in await states.reach('lost: Connection refused')
        runner = await start_relay(int(url.rsplit(':', 1)[1]))
        try:
            await states.reach('connected')
            async with ClientSession(url) as http:
                status, text, _ = await Relay(url, http, None).post('/r1')
            assert (status, json.loads(text)['sdp']) == (200, 's=o answered')
        finally:
            await runner.cleanup()
    lines = [record.getMessage() for record in caplog.records
             if record.name == 'rtc_bridge.signaling']
    # One line a reason, however many tries there were.
    assert len(lines) == len(set(lines)) + 1, lines
    assert all('\n' not in line and '/r1' not in line for line in lines)


@pytest.mark.asyncio
async def test_client_waits_for_its_name():
    first, second = Robot(), Robot()
    async with relay() as r:
        async with dialing(r.url, first) as states:
            await states.reach('connected')
            async with dialing(r.url, second) as waiting:
                assert (await waiting.reach('lost')).startswith(
                    'lost: robot-exists: Already have a connection here: another robot, ')
                r.registry.get('r1')._ws._req.transport.abort()
                # Whichever is quicker has the name; one of both has it.
                tasks = [asyncio.create_task(s.reach('connected')) for s in (states, waiting)]
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                assert {task.result() for task in done} == {'connected'}
                assert r.registry.get('r1') is not None
                for task in tasks:
                    task.cancel()


@contextlib.asynccontextmanager
async def silent_relay():
    """Serve what takes a WebSocket and says nothing more; give its URL."""
    async def swallow(reader, writer):
        request = await reader.readuntil(b'\r\n\r\n')
        key = next(line.split(b': ')[1] for line in request.split(b'\r\n')
                   if line.lower().startswith(b'sec-websocket-key'))
        writer.write(b'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n'
                     b'Connection: Upgrade\r\nSec-WebSocket-Accept: '
                     + accept(key) + b'\r\n\r\n')
        await reader.read()
        writer.close()

    server = await asyncio.start_server(swallow, '127.0.0.1', 0)
    async with server:
        yield f'http://127.0.0.1:{server.sockets[0].getsockname()[1]}'


@pytest.mark.asyncio
async def test_silent_relay_is_noticed():
    async with silent_relay() as url, dialing(url, Robot(), ping=0.2) as states:
        await states.reach('connected')
        assert await states.reach('lost') == 'lost: the relay does not answer pings'


@pytest.mark.asyncio
async def test_network_with_the_same_address_is_tried():
    async with silent_relay() as url:
        states = States()
        client = RelayClient(dial_url(url, 'r1'), 'r1', Robot(), on_state=states.put, ping=300.0)
        task = asyncio.create_task(client.run())
        await states.reach('connected')
        client.network_changed()
        assert await states.reach('lost') == 'lost: the network has changed'
        task.cancel()
        await asyncio.wait([task])


@pytest.mark.asyncio
async def test_a_flood_of_a_relay_leaves_the_event_loop_to_others(monkeypatch):
    count, turn = 60, 0
    turns, reads = [], []
    received = ClientConnection.data_received

    class Link(Robot):
        async def add_candidate(self, session, candidate):
            turns.append(turn)

    def receive(self, data):
        reads.append(len(data))
        received(self, data)

    async def handle(request):
        ws = web.WebSocketResponse(protocols=['rtc-bridge.v1'])
        await ws.prepare(request)
        await get(ws, 'register')
        await send(ws, type='registered', url='/r1')
        # Pings without content (RFC 6455, section 5.5.2), and messages, all at once.
        request.transport.write(b'\x89\0' * 20_000)
        for number in range(count):
            await send(ws, type='candidate', session=str(number), candidate='')
        async for _ in ws:
            pass
        return ws

    monkeypatch.setattr(ClientConnection, 'data_received', receive)
    app = web.Application()
    app.router.add_get('/r1', handle)
    async with serve_app(app) as url, dialing(url, Link()), asyncio.timeout(PATIENCE):
        while len(turns) < count:
            turn += 1
            await asyncio.sleep(0)
    # The event loop goes on between any two messages, and between reads of a few pings.
    assert len(set(turns)) == count
    assert max(reads) <= 2048


@pytest.mark.asyncio
async def test_a_relay_that_complains_fills_no_log(caplog):
    async def handle(request):
        ws = web.WebSocketResponse(protocols=['rtc-bridge.v1'])
        await ws.prepare(request)
        await get(ws, 'register')
        await send(ws, type='registered', url='/r1')
        with contextlib.suppress(ClientConnectionResetError):
            for number in range(100):
                await send(ws, type='error', code='\r\nx', message='y' * 100_000 + str(number))
        return ws

    app = web.Application()
    app.router.add_get('/r1', handle)
    async with serve_app(app) as url, dialing(url, Robot()) as states:
        assert await states.reach('lost') == (
            'lost: the relay sends what it should not, again and again')
    lines = [record.getMessage() for record in caplog.records]
    assert max(map(len, lines)) < 300
    reports = [line for line in lines if 'reports' in line]
    assert [line.partition('of')[0] for line in reports] == [
        'the relay reports, error 1 ', 'the relay reports, error 10 ']
    assert r'\r\nx: yyy' in reports[0]


def accept(key):
    return b64encode(sha1(key + b'258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest())


@pytest.mark.asyncio
@pytest.mark.parametrize('handler, reason', [
    (lambda request: web.Response(status=302, headers={'Location': 'ws://h:99999/'}),
     'lost: a URL on the way to it is invalid: Port out of range 0-65535'),
    (lambda request: web.Response(status=302, headers={'Location': 'ws://a..b/'}),
     "lost: a URL on the way to it is invalid: encoding with 'idna' codec failed"),
])
async def test_reason_of_a_refusal_is_told(handler, reason):
    async def handle(request):
        return handler(request)

    app = web.Application()
    app.router.add_get('/r1', handle)
    async with serve_app(app) as url, dialing(url, Robot()) as states:
        assert (await states.reach('lost')).startswith(reason)


# RTCBot

class Room:
    """The server of rtcbot.dev as far as robots and viewers notice it."""

    def __init__(self):
        """Start with the room empty."""
        self.ws = None
        self.robots = asyncio.Queue()

    def app(self):
        """Return it as an application."""
        app = web.Application()
        app.router.add_get('/room7', self.robot)
        return app

    async def robot(self, request):
        """Take a robot; the test is the viewer."""
        if self.ws is not None:
            return web.Response(status=409, text='Already have a connection here')
        self.ws = web.WebSocketResponse()
        await self.ws.prepare(request)
        over = asyncio.Event()
        self.robots.put_nowait((self.ws, over))
        await over.wait()
        await self.ws.close()
        ws, self.ws = self.ws, None
        return ws


@pytest.mark.asyncio
async def test_room_that_ends_with_each_answer(caplog):
    robot, room = Robot(), Room()
    caplog.set_level(logging.INFO, 'rtc_bridge.signaling')
    async with serve_app(room.app()) as url:
        async with dialing(url + '/room7', robot) as states:
            await states.reach('connected')
            for sdp, reply in (
                    ('s=1', {'sdp': 's=1 answered', 'type': 'answer'}),
                    ('s=2', {'sdp': 's=2 answered', 'type': 'answer'}),
                    ('s=refuse me', {'error': 'no-codec', 'message': 'No codec in common'})):
                ws, over = await room.robots.get()
                await ws.send_json({'type': 'offer', 'sdp': sdp})
                assert json.loads((await ws.receive(timeout=PATIENCE)).data) == reply
                over.set()
            ws, over = await room.robots.get()
            over.set()
        offers = [(await robot.calls.get())[2] for _ in range(2)]
        assert [(o.protocol, o.trickle) for o in offers] == [('rtcbot', False)] * 2
        assert offers[0].session != offers[1].session
    assert [r.levelname for r in caplog.records if r.name == 'rtc_bridge.signaling'] == ['INFO']


@pytest.mark.asyncio
async def test_relay_that_keeps_its_robot():
    robot, room = Robot(), Room()
    async with serve_app(room.app()) as url, dialing(url + '/room7', robot):
        ws, over = await room.robots.get()
        for frame, reply in (('{"sdp":"s=1","type":"offer"}', 's=1 answered'),
                             ('nonsense', None), ('{"type":"answer","sdp":"s=x"}', None),
                             ('{"type":"offer","sdp":"s=2","extra":[1]}', 's=2 answered')):
            await ws.send_str(frame)
            answer = json.loads((await ws.receive(timeout=PATIENCE)).data)
            if reply is None:
                assert answer['error'] == 'bad-message'
            else:
                assert answer == {'sdp': reply, 'type': 'answer'}
        over.set()


@pytest.mark.asyncio
async def test_taken_room_is_tried_again():
    robot, room = Robot(), Room()
    async with serve_app(room.app()) as url, ClientSession(url) as http:
        first = await http.ws_connect('/room7')
        reading = asyncio.create_task(first.receive())
        _, over = await room.robots.get()
        async with dialing(url + '/room7', robot) as states:
            assert await states.reach('lost') == (
                'lost: HTTP 409 Already have a connection here; ' + NAME_REMEDY)
            over.set()
            await states.reach('connected')
            _, over = await room.robots.get()
            over.set()
        await reading


def test_token_from_file_or_environment(tmp_path):
    file = tmp_path / 'token'
    file.write_text('from-the-file\n')
    environment = {'RTC_BRIDGE_RELAY_TOKEN': 'from-the-environment'}
    assert read_token(str(file), environment) == 'from-the-file'
    assert read_token('', environment) == 'from-the-environment'
    assert read_token('', {}) == ''
    kscale = {'parameter': 'access.kscale_token_file', 'variable': 'K', 'least': 8}
    assert read_token('', {'K': 'long-one', **environment}, **kscale) == 'long-one'
    assert read_token('', environment, **kscale) == ''
    with pytest.raises(ParameterError, match='access.kscale_token_file, or K') as error:
        read_token('', {'K': 'short'}, **kscale)
    assert 'short' not in str(error.value)
    file.write_text('two\nlines')
    for path in (file, tmp_path / 'none'):
        with pytest.raises(ParameterError, match='token') as error:
            read_token(str(path), {})
        assert 'lines' not in str(error.value)
