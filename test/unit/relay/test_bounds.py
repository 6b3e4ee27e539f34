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
Texts of strangers, robots and relays beyond the bounds: refused everywhere, and nobody suffers.

The relay, the robot's end of the link and the robot's sessions are the real ones.
"""

import asyncio
from contextlib import asynccontextmanager
import json
import logging
import sys

from aiohttp import web
from aiortc.sdp import SessionDescription
import pytest
from rtc_bridge.core.access.policy import AccessPolicy
from rtc_bridge.core.errors import SignalingError
from rtc_bridge.core.limits.log_limits import EscapingFormatter
from rtc_bridge.core.limits.refusals import refusals
from rtc_bridge.core.limits.sdp_limits import (
    check_sdp, MAX_SECTIONS, MAX_SESSION_CANDIDATES, MEAN_FEEDBACK_PAIRS, MEAN_SECTION_LINES,
)
from rtc_bridge.core.protocol.ice import Candidate, MAX_M_LINE_INDEX
from rtc_bridge.core.protocol.signaling_messages import CandidateMessage, Offer, OfferRequest
from rtc_bridge.peer.local_robot_link import LocalRobotLink
from rtc_bridge.relay.directory.registry import Registry
from rtc_bridge.relay.metrics import Metrics
from rtc_bridge.relay.protocols.native_socket import send_message
from rtc_bridge.signaling.relay_client import RelayClient
from support.relay_server import get, make_offer, relay, send, serve_app
from support.viewer import make_sessions, TestCamera, until, Viewer
from support.whep_player import Player
from test_relay import LocalRobot
from test_whep import FRAGMENT, OFFER as WHEP_OFFER, SDP

GOOD = 'v=0\r\ns=-\r\n'
# Each is quadratic in aiortc, or read in two ways.
BAD = {
    'rtcp-fb of many': GOOD + 'm=video 9 X 96\r\n' + ''.join(
        f'a=rtpmap:{n} VP8/90000\r\n' for n in range(1000)) + 'a=rtcp-fb:* nack\r\n' * 1000,
    'sections': GOOD + 'm=video 9 X 96\r\n' * 300,
    'candidates': GOOD + 'm=video 9 X 96\r\n' + 'a=candidate:1 1 udp 1 h 1 typ host\r\n' * 1800,
    'sources': GOOD + 'm=video 9 X 96\r\n' + ''.join(
        f'a=ssrc:{n} cname:x\r\n' for n in range(4000)),
    'a separator': GOOD + 'a=x\u2028a=fingerprint:sha-256 00\r\n',
    'a form feed': GOOD + 'a=x\fa=fingerprint:sha-256 00\r\n',
    'a line feed': GOOD + 'a=x\na=y\r\n',
    'no line': 'nonsense',
}
bad = pytest.mark.parametrize('sdp', BAD.values(), ids=BAD)


async def refused(r, reason):
    """Return how often a relay has refused for a reason."""
    async with r.http.get('/metrics') as response:
        text = await response.text()
    for line in text.splitlines():
        if line.startswith(f'rtc_bridge_relay_refused_total{{reason="{reason}"}}'):
            return int(float(line.split()[-1]))
    return 0


# Strangers at a relay

@bad
@pytest.mark.asyncio
async def test_no_such_offer_reaches_a_robot(sdp):
    async with relay() as r:
        robot = await r.robot('/r1')
        page = await r.page('/r1')
        session = await make_offer(page, sdp)
        error = await get(page, 'error')
        assert (error['code'], error['session']) == ('bad-offer', session)
        status, text, _ = await r.post('/r1', json.dumps({'sdp': sdp, 'type': 'offer'}))
        assert status == 400 and 'refused' in text
        if sdp.startswith('v='):
            async with r.http.post('/whep/r1', data=sdp.encode(), headers=SDP) as response:
                assert response.status == 422 and 'refused' in await response.text()
        assert await refused(r, 'sdp') == (3 if sdp.startswith('v=') else 2)
        # The first thing that the robot hears of is this one.
        await send(page, type='renew')
        session = await make_offer(page, GOOD)
        assert (await get(robot, 'offer'))['session'] == session


@pytest.mark.asyncio
async def test_players_may_join_lines_by_line_feeds():
    async with relay() as r:
        robot = await r.robot('/r1')
        posting = asyncio.create_task(r.http.post(
            '/whep/r1', data='\n' + WHEP_OFFER.replace('\r\n', '\n'), headers=SDP))
        offer = await get(robot, 'offer')
        assert offer['sdp'] == WHEP_OFFER
        await send(robot, type='answer', session=offer['session'], sdp=GOOD)
        assert (await posting).status == 201


@asynccontextmanager
async def real_robot(r):
    """Give the sessions of a real robot's end at a relay."""
    sessions = make_sessions(TestCamera('front', 60))
    sessions.robot.access = AccessPolicy('robot', 'view', 'view')
    client = RelayClient(r.url.replace('http', 'ws') + '/bot', 'bot',
                         LocalRobotLink(sessions, 'relay'))
    dialing = asyncio.create_task(client.run())
    await until(lambda: r.registry.get('bot') is not None)
    try:
        yield sessions
    finally:
        await sessions.close('the test ends')
        dialing.cancel()
        await asyncio.gather(dialing, return_exceptions=True)


@pytest.mark.asyncio
async def test_a_player_s_candidates_do_not_cut_a_robot_off_its_relay():
    async with relay() as r, real_robot(r) as sessions:
        sessions.robot.access = AccessPolicy('robot', 'view', 'view', whep_via_relay=True)
        robot, player = r.registry.get('bot'), Player(r.http)
        try:
            assert (await player.play('/whep/bot'))[0] == 201
            for sections in (300, MAX_M_LINE_INDEX + 2):
                text = 'm=x\r\n' * sections + 'a=candidate:x\r\n' * 30
                assert await player.ask('PATCH', data=text, headers=FRAGMENT) == 400
            # Relays that let them through are no reason to leave one, either.
            session, = sessions.sessions
            for _ in range(60):
                await send_message(robot._ws, CandidateMessage(session, Candidate(
                    'candidate:x', None, MAX_M_LINE_INDEX + 1)))
            # It is answered behind all those, over the same connection.
            viewer = Viewer()
            try:
                status, text, _ = await r.post('/bot', json.dumps(
                    {'type': 'offer', 'sdp': await viewer.offer()}))
                assert status == 200, text
            finally:
                await viewer.close()
            assert r.registry.get('bot') is robot
        finally:
            await player.close()


@pytest.mark.asyncio
async def test_a_relay_passes_on_no_candidate_that_its_robot_would_refuse():
    async with relay() as r:
        robot = await r.robot('/r1')
        link = r.registry.get('r1')
        await link.add_candidate('s', Candidate('candidate:x', None, MAX_M_LINE_INDEX + 1))
        await link.add_candidate('s', Candidate('candidate:x', 'm' * 65))
        await link.add_candidate('s', Candidate('candidate:y', '0'))
        assert (await get(robot, 'candidate'))['candidate'] == 'candidate:y'
        assert await refused(r, 'candidates') == 2


# As long as a description may be, of characters that grow when JSON writes them anew.
LONG = {
    'quotes': GOOD + MAX_SECTIONS * ('m=video 9 X 96\r\n' + ('a=' + '"' * 1000 + '\r\n') * 12),
    'two bytes': GOOD + MAX_SECTIONS * ('m=video 9 X 96\r\n' + ('a=' + 'ä' * 500 + '\r\n') * 12),
}


@pytest.mark.parametrize('sdp', LONG.values(), ids=LONG)
@pytest.mark.asyncio
async def test_a_long_offer_does_not_close_a_robots_link(sdp):
    check_sdp(sdp)
    async with relay() as r, real_robot(r):
        robot = r.registry.get('bot')
        quotes = '"' in sdp
        async with r.http.post('/whep/bot', data=sdp.encode(), headers=SDP) as response:
            # With every quote escaped it is too long for a frame; otherwise the robot refuses.
            assert response.status == (413 if quotes else 422), await response.text()
        if not quotes:
            page = await r.page('/bot')
            session = (await get(page, 'ready'))['session']
            await page.send_str(json.dumps({'type': 'offer', 'session': session, 'sdp': sdp},
                                           ensure_ascii=False))
            assert (await get(page, 'error'))['code'] == 'bad-offer'
            body = json.dumps({'type': 'offer', 'sdp': sdp}, ensure_ascii=False)
            assert (await r.post('/bot', body.encode()))[0] == 400
        assert r.registry.get('bot') is robot
        viewer = Viewer()
        try:
            status, text, _ = await r.post('/bot', json.dumps(
                {'type': 'offer', 'sdp': await viewer.offer()}))
            assert status == 200, text
        finally:
            await viewer.close()
        assert r.registry.get('bot') is robot


@pytest.mark.asyncio
async def test_a_session_has_so_many_candidates():
    async with relay() as r:
        robot = await r.robot('/r1')
        page = await r.page('/r1')
        session = await make_offer(page, GOOD + 'm=video 9 X 96\r\n' + 30 * (
            'a=candidate:1 1 udp 1 h 1 typ host\r\n'), trickle=True)
        for number in range(MAX_SESSION_CANDIDATES):
            await send(page, type='candidate', session=session, candidate=f'candidate:{number}')
        await send(page, type='close', session=session)
        heard = []
        while not heard or heard[-1] != 'close':
            heard.append((await get(robot))['type'])
        assert heard == ['offer'] + ['candidate'] * (MAX_SESSION_CANDIDATES - 30) + ['close']
        assert await refused(r, 'candidates') == 30


@pytest.mark.asyncio
async def test_texts_of_requests_are_bounded():
    async with relay() as r:
        robot = await r.robot('/r1')
        for path, headers in (('/whep/r1/' + 'x' * 300, {}), ('/whep/r1/%1B', {}),
                              ('/whep/r1', {'Authorization': 'Bearer ' + 'x' * 3000})):
            async with r.http.post(path, data=GOOD, headers={**SDP, **headers}) as response:
                assert response.status == 400, path
        assert (await r.post('/r1?camera=' + 'x' * 300))[0] == 400
        assert await refused(r, 'texts') == 4
        page = await r.page('/r1')
        session = await make_offer(page)
        assert (await get(robot, 'offer'))['session'] == session


@bad
@pytest.mark.asyncio
async def test_k_scales_ends_are_kept_from_each_others_descriptions(sdp):
    async with relay() as r:
        robot, app = await r.http.ws_connect('/'), await r.http.ws_connect('/')
        await send(robot, role='robot', robot_id='theirs')
        await until(lambda: r.registry.get('theirs') is not None)
        await send(app, role='app', robot_id='theirs')
        assert (await get(app))['type'] == 'robot_available'
        await send(app, sdp={'type': 'answer', 'sdp': sdp})
        assert 'refused' in (await get(app, 'error'))['error']
        await send(app, hello=1)
        assert await get(robot) == {'hello': 1}
        await send(robot, sdp={'type': 'offer', 'sdp': sdp})
        await send(robot, hello=2)
        assert await get(app) == {'hello': 2}


# Robots at a relay

@bad
@pytest.mark.asyncio
async def test_no_such_answer_reaches_a_viewer(sdp):
    async with relay() as r:
        robot = await r.robot('/r1')
        page = await r.page('/r1')
        session = await make_offer(page)
        assert (await get(robot, 'offer'))['session'] == session
        await send(robot, type='answer', session=session, sdp=sdp)
        error = await get(page, 'error')
        assert error['code'] == 'internal' and 'bad answer' in error['message']
        assert (await get(robot, 'close'))['session'] == session
        posting = asyncio.create_task(r.post('/r1'))
        await send(robot, type='answer', session=(await get(robot, 'offer'))['session'], sdp=sdp)
        assert (await posting)[0] == 502
        assert await refused(r, 'robot_sdp') == 2
        async with r.http.get('/metrics') as response:
            assert 'rtc_bridge_relay_sessions 0.0' in await response.text()


@pytest.mark.asyncio
async def test_an_answer_of_two_byte_characters_comes_through():
    async with relay() as r:
        robot = await r.rtcbot('/ws')
        page = await r.page('/ws')
        session = await make_offer(page)
        await robot.receive(timeout=20)
        await robot.send_str(json.dumps({'type': 'answer', 'sdp': LONG['two bytes']},
                                        ensure_ascii=False))
        answer = await get(page, 'answer')
        assert (answer['session'], answer['sdp']) == (session, LONG['two bytes'])


@pytest.mark.asyncio
async def test_an_answer_too_long_for_a_frame_is_refused():
    """Only a robot in the relay's own process can give one: it is written for the first time."""
    class Robot(LocalRobot):
        async def answer(self, offer):
            return LONG['quotes']
    registry, robot = Registry(), Robot()
    registry.add('r1', robot)
    async with relay(registry) as r:
        page = await r.page('/r1')
        session = await make_offer(page)
        error = await get(page, 'error')
        assert (error['code'], error['session']) == ('too-long', session)
        await until(lambda: ('close', session) in robot.calls)


# Relays at a robot

@pytest.mark.asyncio
async def test_a_hostile_relay_does_a_robot_no_harm(caplog):
    """Half characters, forged lines and long texts: refused, counted, and nothing is logged so."""
    texts = ['\ud800', 'x\nERROR forged', '\x1b[2J', 'x' * 100_000, '\u202e']
    heard = []

    async def handle(request):
        ws = web.WebSocketResponse(protocols=['rtc-bridge.v1'], max_msg_size=2 ** 20)
        await ws.prepare(request)
        await get(ws, 'register')
        await send(ws, type='registered', url='/bot')
        for text in texts:
            offer = {'type': 'offer', 'session': 's', 'sdp': GOOD, 'source': 'h', 'door': 'v1'}
            for name in ('session', 'source'):
                await send(ws, **{**offer, name: text})
                heard.append(await get(ws, 'error'))
        for number, sdp in enumerate(BAD.values()):
            await send(ws, type='offer', session=f's{number}', sdp=sdp, source=f'10.0.0.{number}')
            heard.append(await get(ws, 'error'))
        done.set()
        await ws.receive()
        return ws

    done = asyncio.Event()
    app = web.Application()
    app.router.add_get('/bot', handle)
    before = dict(refusals.by_reason)
    caplog.set_level(logging.INFO, 'rtc_bridge')
    sessions = make_sessions(TestCamera('front', 60))
    async with serve_app(app) as url:
        client = RelayClient(url.replace('http', 'ws') + '/bot', 'bot',
                             LocalRobotLink(sessions, 'relay'))
        dialing = asyncio.create_task(client.run())
        async with asyncio.timeout(60):
            await done.wait()
        assert client.state == 'connected'
        dialing.cancel()
        await asyncio.gather(dialing, return_exceptions=True)
    assert [error['code'] for error in heard] == (
        ['bad-message'] * 2 * len(texts) + ['bad-offer'] * len(BAD))
    assert not sessions.sessions
    for reason, count, source in (('frames', 2 * len(texts), 'ws://127.0.0.1'),
                                  ('sdp', len(BAD), f'10.0.0.{len(BAD) - 1}')):
        refusal = refusals.by_reason[reason]
        assert refusal.source.startswith(source)
        assert refusal.count - (before[reason].count if reason in before else 0) == count
    formatter = EscapingFormatter()
    for record in caplog.records:
        line = formatter.format(record)
        assert line.isprintable() and len(line) < 1000
    assert sum('refused' in record.getMessage() for record in caplog.records) < 10


@bad
@pytest.mark.asyncio
async def test_a_robots_own_server_refuses_it_too(sdp):
    sessions = make_sessions(TestCamera('front', 60))
    link = LocalRobotLink(sessions, 'server')
    with pytest.raises(SignalingError, match='refused') as error:
        await link.answer(Offer('s', sdp))
    assert error.value.code == 'bad-offer' and not sessions.sessions
    await sessions.close('the test ends')


@pytest.mark.asyncio
async def test_a_robots_slots_bound_the_sections():
    text = GOOD + 'm=video 9 UDP/TLS/RTP/SAVPF 96\r\n' * 7
    for slots, named in ((4, 'more than 6 media sections'), (5, 'BUNDLE|ICE|mid')):
        sessions = make_sessions(TestCamera('front', 60), max_slots=slots)
        with pytest.raises(SignalingError, match=named):
            await LocalRobotLink(sessions, 'server').answer(Offer('s', text))
        await sessions.close('the test ends')


@pytest.mark.asyncio
async def test_texts_of_protocols_in_the_same_process():
    sessions = make_sessions(TestCamera('front', 60))
    link = LocalRobotLink(sessions, 'server')
    for offer in (Offer('\ud800', GOOD), Offer('s', GOOD, source='\n'),
                  Offer('s', GOOD, camera='x' * 257)):
        with pytest.raises(SignalingError) as error:
            await link.answer(offer)
        assert error.value.code == 'bad-message'
    with pytest.raises(SignalingError):
        await link.offer(OfferRequest('s', source='\ud800'))
    count = refusals.total
    await link.add_candidate('s', Candidate('x' * 257))
    await link.add_candidate('s', None)
    assert refusals.total == count + 1
    await sessions.close('the test ends')


# What the worst text costs

def worst_text(sections):
    """Return what costs aiortc most of what is within the bounds."""
    formats = [*range(96, 128), *range(32, 64)]
    codecs = ['H264'] * 16 + ['VP8'] * 16 + ['VP9'] * 16 + ['rtx'] * 16
    text, lines, pairs = GOOD, 2, 0
    for number in range(sections):
        section = [f'm=video 9 UDP/TLS/RTP/SAVPF {" ".join(map(str, formats))}', 'a=recvonly',
                   f'a=mid:{number}']
        section += [f'a=rtpmap:{n} {codec}/90000' for n, codec in zip(formats, codecs)]
        section += [f'a=fmtp:{n} packetization-mode=1;profile-level-id=42e01f' for n in formats]
        feedback = min(200, (MEAN_FEEDBACK_PAIRS * sections - pairs) // len(formats))
        section += [f'a=rtcp-fb:{formats[-1]} {n}' for n in range(feedback)]
        pairs += feedback * len(formats)
        section += [f'a=ssrc:{n % 16} cname:x' for n in range(64)]
        left = MEAN_SECTION_LINES * (sections + 1) - lines - 150 * (sections - number - 1)
        section = section[:max(len(section[:131]), left)]
        lines += len(section)
        text += '\r\n'.join(section) + '\r\n'
    return text


@pytest.mark.parametrize('sections, budget', [(6, 160_000), (MAX_SECTIONS, 480_000)])
def test_the_worst_text_costs_so_many_steps(sections, budget):
    """A line of Python takes 40 ns here: 20 ms for a robot with 16 slots, 7 ms with 4."""
    text = worst_text(sections)
    check_sdp(text, sections)
    steps = 0

    def count(frame, event, argument):
        nonlocal steps
        steps += event == 'line'
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        SessionDescription.parse(text)
    finally:
        sys.settrace(before)
    assert 0.8 * budget < steps < budget


# Metrics

def test_metrics_forget():
    metrics = Metrics()
    for number in range(10_000):
        metrics.arrived('offer', str(number))
    assert len(metrics._arrivals) == 4096


@pytest.mark.asyncio
async def test_metrics_keep_nothing_of_who_left(monkeypatch):
    metrics = Metrics()
    monkeypatch.setattr('rtc_bridge.relay.app.Metrics', lambda: metrics)
    async with relay(answer_timeout=0.2, offers_per_minute=1000) as r:
        for how in ('page', 'robot', 'silent', 'post'):
            robot = await r.robot('/r1')
            page = await r.page('/r1')
            if how == 'post':
                posting = asyncio.create_task(r.post('/r1'))
                await get(robot, 'offer')
                posting.cancel()
            else:
                await make_offer(page)
                await get(robot, 'offer')
            if how == 'silent':
                assert (await get(page, 'error'))['code'] == 'robot-timeout'
            await (robot if how == 'robot' else page).close()
            await robot.close()
            await page.close()
            await until(lambda: r.registry.get('r1') is None)
        await until(lambda: not metrics._arrivals)


@pytest.mark.asyncio
async def test_metrics_keep_nothing_of_an_offer_that_was_answered(monkeypatch):
    metrics = Metrics()
    monkeypatch.setattr('rtc_bridge.relay.app.Metrics', lambda: metrics)
    async with relay() as r:
        robot = await r.rtcbot('/r1')
        posting = asyncio.create_task(r.post('/r1'))
        await robot.receive()
        await robot.send_str('{"sdp":"s=a","type":"answer"}')
        status, *_ = await posting
        assert status == 200 and not metrics._arrivals
        await robot.close()
