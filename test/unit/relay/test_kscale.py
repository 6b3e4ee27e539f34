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

"""K-Scale's forms at the relay: over real sockets, with both ends played."""

import asyncio
import json

import pytest
from rtc_bridge.core.access.registration_tokens import RegistrationTokens
from rtc_bridge.core.errors import ProtocolError, SignalingError
from rtc_bridge.core.protocol import kscale_messages
from rtc_bridge.core.protocol.ice import Candidate
from rtc_bridge.core.protocol.signaling_messages import (
    Close, Error, Offer, parse, ServiceReply,
)
from rtc_bridge.relay.directory.registry import NAMELESS, Registry
from rtc_bridge.relay.messaging_robot import MessagingRobot
from rtc_bridge.relay.metrics import Metrics
from rtc_bridge.relay.protocols.kscale_viewer import KScaleViewer
from support.patience import PATIENCE
from support.relay_server import closed, get, make_offer, OPEN, relay, send
from support.viewer import until
from test_relay import LocalRobot

TOKEN = 'shared-token-123456'
SDP = ('v=0\r\nm=video 9 X 96\r\na=candidate:1 1 udp 1 10.0.0.1 1 typ host\r\n'
       'm=application 9 X y\r\na=candidate:2 1 udp 1 10.0.0.1 2 typ host\r\n')


class OfferingRobot(LocalRobot):
    """A robot of ours in the relay's own process that can be called."""

    async def admit(self, call):
        """Let in who knows the word, or shows none."""
        self.calls.append(('admit', call))
        if call.bearer not in (None, 'right'):
            raise SignalingError('denied', kscale_messages.WRONG_TOKEN)

    async def offer(self, call):
        """Offer, if the camera is there."""
        self.calls.append(('offer', call))
        if 'none' in call.cameras:
            raise SignalingError('no-camera', "no camera 'none'")
        return SDP

    async def accept(self, session, sdp):
        """Take all answers but one."""
        self.calls.append(('accept', session, sdp))
        if sdp == 's=bad':
            raise SignalingError('bad-answer', 'no SDP')


class ProgramRobot(OfferingRobot):
    """A robot of ours on which the programs ``echo`` and ``talks`` run."""

    async def send_to_program(self, message):
        """Say again what comes, say something else, or say that there is no program."""
        session, service = message.request.session, message.service
        self.calls.append(('program', service, message.request.bearer, session))
        reply = {'echo': {'payload': message.payload},
                 'talks': {'payload': 'no JSON'}}.get(service, {'fault': f'no service {service}'})
        assert self.on_reply[session](ServiceReply(session, service, **reply))


async def robot_of(r, robot_id='k1', **options):
    """Return the WebSocket of a K-Scale robot, once it is registered."""
    came = asyncio.Event()
    unwatch = r.registry.watch(robot_id, lambda _: came.set())
    ws = await r.http.ws_connect('/', **options)
    await send(ws, role='robot', robot_id=robot_id)
    await asyncio.wait_for(came.wait(), PATIENCE)
    unwatch()
    return ws


async def app_of(r, robot_id='k1', answer='robot_available'):
    """Return the WebSocket of an app, once it has been answered."""
    ws = await r.http.ws_connect('/')
    await send(ws, role='app', robot_id=robot_id)
    assert await get(ws, answer)
    return ws


async def refusal(r, *frames):
    """Return what the relay says to first frames before it closes."""
    ws = await r.http.ws_connect('/')
    for frame in frames:
        await (ws.send_bytes if isinstance(frame, bytes) else ws.send_str)(frame)
    answer = await get(ws)
    await closed(ws)
    return answer


# Reading

@pytest.mark.parametrize('text, message', [
    ('HELLO', kscale_messages.Negotiate(())),
    ('{"type":"Negotiate"}', kscale_messages.Negotiate(())),
    ('{"type":"Negotiate","cameras":[1,"rear"],"audio":true}',
     kscale_messages.Negotiate((1, 'rear'), audio=True)),
    ('{"service":"video","type":"Negotiate","cameras":[1]}', kscale_messages.Negotiate((1,))),
    ('{"service":"video/front/raw","type":"Negotiate","cameras":[0]}',
     kscale_messages.Negotiate(('front/raw',))),
    ('{"token":"t"}', kscale_messages.GatewayToken('t')),
    ('{"service":"video","sdp":{"type":"answer","sdp":"s=a"}}', kscale_messages.AppAnswer('s=a')),
    ('{"ice":{"candidate":"c","sdpMLineIndex":1}}',
     kscale_messages.AppCandidate(Candidate('c', None, 1))),
    ('{"ice":{"candidate":""}}', kscale_messages.AppCandidate(None)),
    ('{"service":"arm","type":"Negotiate","token":"t"}', kscale_messages.ProgramMessage(
        'arm', {'service': 'arm', 'type': 'Negotiate', 'token': 't'}))])
def test_what_apps_say(text, message):
    assert kscale_messages.read_app_message(text) == message


@pytest.mark.parametrize('text, named', [
    ('hello', 'hello'), ('[]', 'object'), ('{}', 'Negotiate'), ('{"token":1}', 'token'),
    ('{"service":1}', 'service'), ('{"service":"arm","x":"' + 'a' * 66_000 + '"}', 'at most'),
    ('{"sdp":"v=0"}', 'sdp'), ('{"sdp":{"type":"offer","sdp":"v=0"}}', "'offer'"),
    ('{"ice":{}}', 'candidate'), ('{"ice":{"candidate":"c","sdpMLineIndex":"0"}}', 'Index'),
    ('{"type":"Negotiate","cameras":[-1]}', '-1'), ('{"type":"Negotiate","cameras":0}', 'array'),
    ('{"type":"Negotiate","cameras":[true]}', 'True'),
    ('{"type":"Negotiate","cameras":[' + '0,' * 16 + '0]}', '16')])
def test_what_no_app_says(text, named):
    with pytest.raises(ProtocolError, match=named.replace('[', r'\[')):
        kscale_messages.read_app_message(text)


def test_an_offer_and_its_candidates():
    offer, *candidates = map(json.loads, kscale_messages.write_offer(SDP))
    assert offer == {'sdp': {'type': 'offer', 'sdp': SDP}}
    assert [(c['ice']['candidate'][:11], c['ice']['sdpMLineIndex']) for c in candidates] == [
        ('candidate:1', 0), ('candidate:2', 1)]


@pytest.mark.parametrize('payload, frame', [
    ({'a': None, 'b': [None]}, {'a': None, 'b': [None], 'service': 'arm'}),
    (None, {'data': None, 'service': 'arm'}), ({'service': 'leg'}, {'service': 'arm'})])
def test_replies_of_programs_reach_apps_as_they_are(payload, frame):
    assert json.loads(kscale_messages.write_reply(ServiceReply('s', 'arm', payload))) == frame


def test_an_app_that_does_not_read_is_told_so_behind_what_waits():
    viewer = KScaleViewer(None, None, None, None, None, None)
    while viewer._take_reply(ServiceReply('s', 'arm', 60_000 * 'x')):
        pass
    assert viewer._take_reply(ServiceReply('s', 'arm', fault='the app does not read'))
    said = []
    while not viewer._replies.empty():
        said.append(json.loads(viewer._replies.get_nowait()))
    assert said[-1]['error'] == 'the app does not read' and 'data' in said[-2]


@pytest.mark.asyncio
async def test_what_programs_say_is_not_lost_silently_at_the_relay():
    sent, told = [], []

    async def send_to_robot(message):
        sent.append(message)
        return True

    def take(reply):
        told.append(reply)
        return reply.fault is not None

    class PlainRobot(MessagingRobot):
        async def ice_servers(self):
            return ()

    robot = PlainRobot(send_to_robot, (), Metrics(), timeout=PATIENCE)
    robot.on_reply['app'] = take
    robot.handle(ServiceReply('app', 'arm', 1))
    assert (told[-1].service, told[-1].fault) == ('arm', 'the app does not read')
    await until(lambda: sent == [Close('app')])
    robot.handle(ServiceReply('app', 'arm', 2))
    assert told[-1].fault == 'the app does not read' and len(told) == 2
    # Nobody waits for an answer: it is about what the app said.
    robot.on_reply['app'] = take
    robot.handle(Error('bad-message', 'nested too deep', 'app'))
    assert told[-1].fault == 'nested too deep'
    with pytest.raises(ProtocolError) as error:
        parse('{"type":"service-reply","session":"app","service":1}')
    robot.reject(error.value)
    assert '"service"' in told[-1].fault


# K-Scale's own at both ends

@pytest.mark.asyncio
async def test_frames_pass_as_they_are():
    async with relay() as r:
        robot = await robot_of(r)
        app = await app_of(r)
        for text in ('{"token": "x",  "a":[1.0]}', '"\\u00e4"', ' [1, 2]'):
            for a, b in ((app, robot), (robot, app)):
                # What is no JSON goes nowhere.
                await a.send_str('no JSON')
                await a.send_bytes(b'{}')
                await a.send_str(text)
                assert (await b.receive(timeout=PATIENCE)).data == text
        other = await r.http.ws_connect('/')
        await send(other, role='app', robot_id='k1')
        assert await get(other) == {'type': 'error', 'error': 'Robot connected to different app'}
        await closed(other)
        # The first one heard nothing of it; the next one may come when it has gone.
        await app.close()
        assert await get(robot) == {'type': 'connection_closed'}
        app = await app_of(r)
        await robot.close()
        assert await get(app) == {'type': 'error', 'error': 'Robot disconnected'}
        await closed(app)
        assert await refusal(r, '{"role":"app","robot_id":"k1"}') == {
            'type': 'error', 'error': 'Robot is not available'}


@pytest.mark.asyncio
async def test_first_frames_that_are_refused():
    async with relay() as r:
        first = await robot_of(r)
        for frame, answer in (
                ('{"role":"robot"}', {'error': 'robot_id required'}),
                ('{"x":1}', {'error': 'robot_id required'}),
                ('{"role":"robot","robot_id":7}', {'error': 'robot_id required'}),
                ('{"role":"boss","robot_id":"k1"}',
                 {'error': "Unknown role. Use 'robot' or 'app'"})):
            assert await refusal(r, frame) == answer
        for frame, named in (('nonsense', 'nonsense'), (b'{}', 'binary'),
                             ('{"role":"robot","robot_id":"a/b"}', 'a/b'),
                             ('{"role":"robot","robot_id":"ws"}', 'reserved'),
                             # Nobody takes a robot's name from it.
                             ('{"role":"robot","robot_id":"k1"}', 'Already'),
                             ('{"token":"x"}', 'not available')):
            answer = await refusal(r, frame)
            assert answer['type'] == 'error' and named in answer['error']
        app = await app_of(r)
        await send(app, still='there')
        assert await get(first) == {'still': 'there'}


@pytest.mark.asyncio
async def test_robots_need_their_token_here_too():
    async with relay(robots=RegistrationTokens([f'*:{TOKEN}'])) as r:
        answer = await refusal(r, '{"role":"robot","robot_id":"k1"}')
        assert 'token' in answer['error'] and not r.registry.count
        robot = await robot_of(r, headers={'Authorization': f'Bearer {TOKEN}'})
        await robot.close()


@pytest.mark.asyncio
async def test_other_protocols_say_that_there_is_only_this_one():
    async with relay() as r:
        robot = await robot_of(r)
        status, text, _ = await r.post('/k1')
        assert status == 403 and 'K-Scale' in text
        page = await r.page('/k1')
        await make_offer(page)
        assert 'K-Scale' in (await get(page, 'error'))['message']
        stock = await r.rtcbot('/room')
        assert 'not available' in (await refusal(r, '{"role":"app","robot_id":"room"}'))['error']
        await stock.close()
        await robot.close()


@pytest.mark.asyncio
async def test_a_stuck_app_does_not_hold_up_its_robot(monkeypatch):
    monkeypatch.setattr('rtc_bridge.relay.protocols.kscale_socket._SEND_TIMEOUT', 0.3)
    async with relay() as r:
        robot = await robot_of(r)
        app = await app_of(r)
        # It reads no more.
        app._response.connection.transport.pause_reading()
        text = json.dumps('x' * 100_000)

        async def flood():
            while True:
                await robot.send_str(text)
        flooding = asyncio.create_task(flood())
        assert await get(robot, 'connection_closed')
        flooding.cancel()
        await asyncio.gather(flooding, return_exceptions=True)
        second = await app_of(r)
        await send(robot, news=1)
        while await get(second) != {'news': 1}:
            pass


# A robot of ours

@pytest.mark.asyncio
async def test_an_app_and_a_robot_of_ours():
    robot, registry = OfferingRobot(), Registry()
    registry.add('r1', robot)
    async with relay(registry) as r:
        app = await app_of(r, 'r1')
        await send(app, token='right')
        assert await get(app) == {'type': 'auth_success', 'message': 'Authentication successful'}
        await send(app, service='video', type='Negotiate', cameras=[1], audio=True)
        assert await get(app) == {'sdp': {'type': 'offer', 'sdp': SDP}}
        assert [(await get(app))['ice']['sdpMLineIndex'] for _ in range(2)] == [0, 1]
        await send(app, service='video', ice={'candidate': 'c', 'sdpMLineIndex': 0})
        await send(app, service='video', sdp={'type': 'answer', 'sdp': 's=a'})
        await send(app, service='policy', type='start')
        error = await get(app, 'error')
        assert error['service'] == 'policy' and error['message'] == error['error']
        _, (_, call), candidate, accepted = robot.calls
        assert (call.cameras, call.bearer, call.protocol) == ((1,), 'right', 'kscale')
        assert call.source == '127.0.0.1'
        assert candidate == ('candidate', call.session, Candidate('c', None, 0))
        assert accepted == ('accept', call.session, 's=a')
        # Other cameras are another session; leaving ends it.
        await send(app, type='Negotiate', cameras=['rear'])
        assert (await get(app))['sdp']['type'] == 'offer'
        assert robot.calls[4] == ('close', call.session)
        second = robot.calls[5][1]
        assert second.cameras == ('rear',) and second.session != call.session
        await app.close()
        async with asyncio.timeout(PATIENCE):
            while robot.calls[-1] != ('close', second.session):
                await asyncio.sleep(0.01)
        async with r.http.get('/metrics') as response:
            text = await response.text()
        assert 'offers_total{protocol="kscale",result="answered"} 2.0' in text
        assert 'rtc_bridge_relay_sessions 0.0' in text and 'rtc_bridge_relay_pages 0.0' in text


@pytest.mark.asyncio
async def test_what_goes_wrong_is_said():
    robot, registry = OfferingRobot(), Registry()
    registry.add('r1', robot)
    async with relay(registry) as r:
        app = await app_of(r, 'r1')
        for message, named in (
                ({'sdp': {'type': 'answer', 'sdp': 's=a'}}, 'no offer'),
                ({'type': 'Negotiate', 'cameras': ['none']}, "'none'"),
                ({'service': 'x'}, 'no programs'), ({}, 'Negotiate')):
            await send(app, **message)
            assert named in (await get(app, 'error'))['error']
        await send(app, type='Negotiate')
        for _ in range(3):
            await get(app)
        await send(app, sdp={'type': 'answer', 'sdp': 's=bad'})
        assert (await get(app, 'error'))['error'] == 'no SDP'
        # That session is over, and the robot has been told so by its own refusal.
        await send(app, sdp={'type': 'answer', 'sdp': 's=a'})
        assert 'no offer' in (await get(app, 'error'))['error']
        # A wrong password is answered, and is the last one on this connection.
        await send(app, token='wrong')
        assert (await get(app, 'error'))['message'] == 'Invalid authentication token'
        await closed(app)
        # The robot is still there for others, and when it goes they hear it.
        app = await app_of(r, 'r1')
        registry.remove('r1', robot)
        assert await get(app) == {'type': 'error', 'error': 'Robot disconnected'}
        await closed(app)


@pytest.mark.asyncio
async def test_programs_answer_an_app_each_with_its_name():
    robot, registry = ProgramRobot(), Registry()
    registry.add('r1', robot)
    async with relay(registry) as r:
        app = await app_of(r, 'r1')
        await send(app, token='right')
        await get(app, 'auth_success')
        for service in ('echo', 'talks', 'lost'):
            await send(app, service=service, number=7)
        assert await get(app) == {'service': 'echo', 'number': 7}
        assert await get(app) == {'service': 'talks', 'data': 'no JSON'}
        assert await get(app) == {'type': 'error', 'service': 'lost', 'error': 'no service lost',
                                  'message': 'no service lost'}
        # Pictures go on beside it.
        await send(app, service='video', type='Negotiate')
        assert (await get(app))['sdp']['sdp'] == SDP
        (_, _, bearer, session), *_ = [call for call in robot.calls if call[0] == 'program']
        assert bearer == 'right' and len({call[3] for call in robot.calls
                                          if call[0] == 'program'}) == 1
        await app.close()
        async with asyncio.timeout(PATIENCE):
            while ('close', session) not in robot.calls:
                await asyncio.sleep(0.01)
        assert not robot.on_reply


@pytest.mark.parametrize('first', [
    'HELLO', '{"type":"Negotiate","cameras":[0]}', '{"service":"video","type":"Negotiate"}'])
@pytest.mark.asyncio
async def test_apps_that_need_no_signaling(first):
    """As at a K-Scale robot itself: the gateway, or the stream alone."""
    robot, registry = OfferingRobot(), Registry()
    registry.add(NAMELESS, robot)
    async with relay(registry) as r:
        app = await r.http.ws_connect('/')
        await app.send_str(first)
        assert (await get(app))['sdp']['sdp'] == SDP
        app = await r.http.ws_connect('/')
        await send(app, token='right')
        await get(app, 'auth_success')


@pytest.mark.asyncio
async def test_limits_hold_here():
    robot, registry = OfferingRobot(), Registry()
    registry.add('r1', robot)
    async with relay(registry, offers_per_minute=4, viewers_per_address=2) as r:
        app, other = [await app_of(r, 'r1') for _ in range(2)]
        assert 'too many viewers' in (await refusal(r, '{"role":"app","robot_id":"r1"}'))['error']
        await other.close()
        for kind in ('sdp', 'sdp', 'error'):
            await send(app, type='Negotiate')
            assert kind in await get(app)
            for _ in range(2 if kind == 'sdp' else 0):
                await get(app)
    async with relay(registry, messages_per_second=5) as r:
        app = await app_of(r, 'r1')
        for _ in range(40):
            await app.send_str('{}')
        while 'too many messages' not in (await get(app, 'error'))['error']:
            pass
        await closed(app)


@pytest.mark.asyncio
async def test_who_says_nothing_is_sent_away(monkeypatch):
    monkeypatch.setattr('rtc_bridge.relay.protocols.kscale.FIRST_FRAME_TIMEOUT', 0.2)
    async with relay() as r:
        assert 'did not come' in (await refusal(r))['error']


@pytest.mark.asyncio
async def test_a_robot_of_ours_behind_a_websocket():
    """The same in ``rtc-bridge.v1``: admit, call, answer, candidate, close."""
    async with relay(robots=OPEN) as r:
        robot = await r.robot('/r1')
        app = await app_of(r, 'r1')
        await send(app, token='x' * 20)
        asked = await get(robot, 'admit')
        assert asked['bearer'] == 'x' * 20 and asked['door'] == 'kscale'
        await send(robot, type='done', session=asked['session'])
        await get(app, 'auth_success')
        await send(app, type='Negotiate', cameras=[0, 'rear'])
        call = await get(robot, 'call')
        assert (call['cameras'], call['bearer']) == ([0, 'rear'], 'x' * 20)
        await send(robot, type='offer', session=call['session'], sdp=SDP)
        assert (await get(app))['sdp'] == {'type': 'offer', 'sdp': SDP}
        await get(app), await get(app)
        await send(app, ice={'candidate': 'c', 'sdpMLineIndex': 0})
        await send(app, sdp={'type': 'answer', 'sdp': 's=a'})
        assert (await get(robot, 'candidate'))['candidate'] == 'c'
        answer = await get(robot, 'answer')
        assert (answer['session'], answer['sdp']) == (call['session'], 's=a')
        await send(robot, type='error', code='bad-answer', message='no SDP',
                   session=call['session'])
        assert (await get(app, 'error'))['error'] == 'no SDP'
        await send(app, type='Negotiate')
        call = await get(robot, 'call')
        # The relay reads on once it has the offer.
        closing = asyncio.create_task(app.close())
        await send(robot, type='offer', session=call['session'], sdp=SDP)
        assert (await get(robot, 'close'))['session'] == call['session']
        await closing
        # A page's offer and an app's call do not get in each other's way.
        page = await r.page('/r1')
        await make_offer(page)
        offer = await get(robot, 'offer')
        assert Offer(offer['session'], offer['sdp']).sdp == 's=o'


@pytest.mark.asyncio
async def test_a_robot_that_knows_no_programs_is_not_sent_what_it_takes_for_an_error():
    async with relay(robots=OPEN) as r:
        robot = await r.robot('/r1')
        app = await app_of(r, 'r1')
        await send(app, service='arm', go=1)
        await send(robot, type='done', session=(await get(robot, 'admit'))['session'])
        assert 'no programs' in (await get(app, 'error'))['error']
        await send(app, type='Negotiate')
        await get(robot, 'call')
