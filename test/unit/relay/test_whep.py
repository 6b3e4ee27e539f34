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

"""WHEP: the requests, the rules, and a small player that sees pictures."""

import asyncio
from contextlib import asynccontextmanager
import json
from urllib.parse import urljoin

import pytest
from rtc_bridge.core.access.policy import AccessPolicy
from rtc_bridge.core.errors import ProtocolError
from rtc_bridge.core.limits.sdp_limits import MAX_SESSION_CANDIDATES
from rtc_bridge.core.protocol.ice import Candidate
from rtc_bridge.core.protocol.sdpfrag import parse_fragment
from rtc_bridge.peer.local_robot_link import LocalRobotLink
from rtc_bridge.signaling.relay_client import RelayClient
from support.patience import PATIENCE
from support.relay_server import get, make_offer, relay, send
from support.viewer import make_sessions, TestCamera
from support.whep_player import fragment, Player

OFFER = 'v=0\r\na=ice-ufrag:abcd\r\na=ice-pwd:secret\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n'
SDP = {'Content-Type': 'application/sdp'}
FRAGMENT = {'Content-Type': 'application/trickle-ice-sdpfrag'}
EXPOSED = {'ETag', 'Link', 'Location', 'Accept-Post', 'WWW-Authenticate', 'Retry-After'}


# Fragments

@pytest.mark.parametrize('text, candidates', [
    ('', []),
    ('a=ice-ufrag:abcd\r\na=ice-pwd:x\r\nm=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:1\r\n'
     'a=candidate:1 1 udp 1 10.0.0.1 5 typ host\r\na=end-of-candidates\r\n',
     [Candidate('candidate:1 1 udp 1 10.0.0.1 5 typ host', '1', None), None]),
    ('a=candidate:x\nm=audio 9 RTP/AVP 0\na=candidate:y\nm=video 9 RTP/AVP 0\na=candidate:z',
     [Candidate('candidate:x', None, 0), Candidate('candidate:y', None, 0),
      Candidate('candidate:z', None, 1)]),
    ('m=audio 9 RTP/AVP 0\r\na=mid:a\r\na=candidate:x\r\nm=video 9 RTP/AVP 0\r\na=mid:v\r\n'
     'a=candidate:y\r\n',
     [Candidate('candidate:x', 'a', None), Candidate('candidate:y', 'v', None)]),
])
def test_fragments_are_read(text, candidates):
    assert list(parse_fragment(text).candidates) == candidates


@pytest.mark.parametrize('text', [
    'candidate:x', '{"candidate": ""}', 'a=ice-ufrag:abcd\r\n\0\r\n',
    'a=candidate:x\r\n' * (MAX_SESSION_CANDIDATES + 1), 'a=' + 'x' * 70000])
def test_what_is_no_fragment_is_refused(text):
    with pytest.raises(ProtocolError):
        parse_fragment(text)


@pytest.mark.parametrize('rules, via, role', [
    ({'anonymous': 'drive'}, 'server', 'view'),
    ({'anonymous': 'none', 'anonymous_via_relay': 'drive'}, 'server', 'none'),
    ({'anonymous': 'drive', 'anonymous_via_relay': 'drive'}, 'relay', 'none'),
    ({'anonymous_via_relay': 'drive', 'whep_via_relay': True}, 'relay', 'view'),
    ({'whep_via_relay': True}, 'relay', 'none'),
])
def test_players_only_watch_and_through_a_relay_only_where_that_is_wanted(rules, via, role):
    assert AccessPolicy(**rules).anonymous_role(via, 'whep') == role


# The requests, with a robot that the test plays

async def ask(r, method, path, **options):
    async with r.http.request(method, path, **options) as response:
        assert response.headers['Access-Control-Allow-Origin'] == '*', (method, path)
        exposed = response.headers['Access-Control-Expose-Headers'].split(', ')
        assert EXPOSED <= set(exposed)
        return response.status, response.headers, await response.text()


@asynccontextmanager
async def playing(r, robot, path='/whep/bot/front/image_raw', **headers):
    """Begin to POST; give the offer that came to the robot, and the task."""
    task = asyncio.create_task(ask(r, 'POST', path, data=OFFER, headers={**SDP, **headers}))
    if (message := await get(robot))['type'] == 'renew':
        # Its servers have passwords, and the next viewer gets others.
        message = await get(robot)
    assert message['type'] == 'offer', message
    yield message, task
    await task


@pytest.mark.asyncio
async def test_a_session_from_post_to_delete():
    async with relay() as r:
        robot = await r.robot('/bot')
        async with playing(r, robot, Authorization='Bearer let.me-in') as (offer, task):
            assert offer['sdp'] == OFFER and offer['door'] == 'whep' and offer['trickle']
            assert offer['camera'] == 'front/image_raw' and offer['source'] == '127.0.0.1'
            assert offer['bearer'] == 'let.me-in' and len(offer['session']) >= 32
            await send(robot, type='answer', session=offer['session'], sdp='v=0 answer')
        status, headers, text = await task
        assert (status, text, headers['Content-Type'].split(';')[0]) == (
            201, 'v=0 answer', 'application/sdp')
        assert headers.getall('Link') == ['<stun:stun.example.org>; rel="ice-server"']
        assert headers['Location'] == f'../../-/{offer["session"]}'
        session = urljoin('/whep/bot/front/image_raw', headers['Location'])
        assert headers['ETag'].startswith('"')
        patch = fragment(OFFER + 'a=mid:0\r\na=candidate:x\r\na=end-of-candidates\r\n')
        for tags in ({}, {'If-Match': '*'}, {'If-Match': headers['ETag']}):
            assert (await ask(r, 'PATCH', session, data=patch, headers=FRAGMENT | tags))[0] == 204
            assert await get(robot) == {'type': 'candidate', 'session': offer['session'],
                                        'candidate': 'candidate:x', 'sdpMid': '0'}
            assert (await get(robot, 'candidate'))['candidate'] == ''
        for status, body, headers in (
                (412, patch, FRAGMENT | {'If-Match': '"other"'}), (415, patch, SDP),
                (422, patch.replace('abcd', 'new'), FRAGMENT), (400, '{}', FRAGMENT),
                (400, b'\xff', FRAGMENT), (413, 'a=' * 200_000, FRAGMENT)):
            got = await ask(r, 'PATCH', session, data=body, headers=headers)
            assert got[0] == status and got[2]
        assert (await ask(r, 'GET', session))[0] == 204
        status, headers, _ = await ask(r, 'HEAD', session)
        assert status == 200 and headers['Content-Type'].startswith('application/sdp')
        status, headers, _ = await ask(r, 'OPTIONS', session)
        assert status == 200 and headers['Accept-Patch'] == FRAGMENT['Content-Type']
        assert (await ask(r, 'POST', session, data=OFFER, headers=SDP))[0] == 405
        status, _, _ = await ask(r, 'DELETE', session, headers={'If-Match': '"other"'})
        assert status == 200
        assert await get(robot) == {'type': 'close', 'session': offer['session']}
        for method in ('DELETE', 'PATCH', 'GET', 'HEAD'):
            assert (await ask(r, method, session, data=patch, headers=FRAGMENT))[0] == 404


@pytest.mark.asyncio
async def test_an_endpoint_tells_what_it_takes():
    async with relay() as r:
        robot = await r.robot('/bot')
        status, headers, _ = await ask(r, 'OPTIONS', '/whep/bot/front', headers={
            'Origin': 'https://example.org', 'Access-Control-Request-Method': 'POST'})
        assert status == 200 and headers['Accept-Post'] == 'application/sdp'
        for name in ('Authorization', 'Content-Type', 'If-Match'):
            assert name in headers['Access-Control-Allow-Headers']
        for method in ('POST', 'PATCH', 'DELETE'):
            assert method in headers['Access-Control-Allow-Methods']
        assert (await ask(r, 'GET', '/whep/bot/front'))[0] == 204
        status, headers, _ = await ask(r, 'HEAD', '/whep/bot/front')
        assert status == 200 and headers['Content-Type'].startswith('application/sdp')
        assert (await ask(r, 'PUT', '/whep/bot/front'))[0] == 405
        assert (await ask(r, 'GET', '/whep/nobody/front'))[0] == 404
        assert not robot.closed


@pytest.mark.asyncio
async def test_offers_that_are_none():
    async with relay() as r:
        robot = await r.robot('/bot')
        stock = await r.rtcbot('/stock')
        for status, path, body, headers in (
                (415, '/whep/bot', OFFER, {'Content-Type': 'text/plain'}),
                (415, '/whep/bot', OFFER, {'Content-Type': 'application/json'}),
                (400, '/whep/bot', '', SDP), (400, '/whep/bot', '{"sdp": ""}', SDP),
                (400, '/whep/bot', b'v=0\xff', SDP), (413, '/whep/bot', 'v=' * 200_000, SDP),
                (404, '/whep/nobody', OFFER, SDP), (404, '/whep/-/x', None, {}),
                (404, '/whep/stock', OFFER, SDP), (404, '/whep/ws', OFFER, SDP),
                (404, '/whep/', OFFER, SDP)):
            method = 'POST' if body is not None else 'GET'
            got = await ask(r, method, path, data=body, headers=headers)
            assert got[0] == status and got[2], (path, body[:20] if body else body)
        # None of these reached the robot.
        async with playing(r, robot, '/whep/bot') as (offer, _):
            assert 'camera' not in offer
            await send(robot, type='answer', session=offer['session'], sdp='s=a')
        assert not stock.closed


@pytest.mark.parametrize('code, status, header', [
    ('bad-offer', 422, {}), ('no-codec', 406, {}), ('no-camera', 404, {}),
    ('busy', 503, {'Retry-After': '5'}), ('denied', 401, {'WWW-Authenticate': 'Bearer'}),
    ('internal', 502, {}), ('robot-timeout', 504, {})])
@pytest.mark.asyncio
async def test_what_the_robot_refuses(code, status, header):
    async with relay() as r:
        robot = await r.robot('/bot')
        async with playing(r, robot, '/whep/bot') as (offer, task):
            await send(robot, type='error', session=offer['session'], code=code, message='Why')
        assert (await task)[0] == status and (await task)[2] == 'Why'
        assert header.items() <= (await task)[1].items()


@pytest.mark.parametrize('word, bearer, challenge', [
    ('Bearer x.y', 'x.y', 'Bearer error="invalid_token"'), ('x.y', 'x.y', None),
    ('bearer x.y', 'x.y', None), ('Basic eDp5', None, 'Bearer'), (' ', None, 'Bearer')])
@pytest.mark.asyncio
async def test_bearers_reach_the_robot_alone(word, bearer, challenge):
    """One of the players sends them bare."""
    async with relay() as r:
        robot = await r.robot('/bot')
        async with playing(r, robot, Authorization=word) as (offer, task):
            assert offer.get('bearer') == bearer
            await send(robot, type='error', session=offer['session'], code='denied', message='no')
        assert challenge in (None, (await task)[1]['WWW-Authenticate'])
        # Nobody else can show one.
        page = await r.page('/bot')
        ready = await get(page, 'ready')
        await send(page, type='offer', session=ready['session'], sdp='s=o', bearer='x.y')
        assert 'bearer' not in await get(robot, 'offer')


@pytest.mark.asyncio
async def test_the_robots_word_ends_a_session():
    async with relay() as r:
        robot = await r.robot('/bot')
        async with playing(r, robot) as (offer, task):
            # In one write: the end may come before the answer is through.
            await send(robot, type='answer', session=offer['session'], sdp='v=0')
        session = urljoin('/whep/bot/front/image_raw', (await task)[1]['Location'])
        assert (await ask(r, 'GET', session))[0] == 204
        await send(robot, type='close', session=offer['session'])
        async with asyncio.timeout(PATIENCE):
            while (await ask(r, 'GET', session))[0] != 404:
                await asyncio.sleep(0)
        # And so does its own going.
        async with playing(r, robot) as (offer, task):
            await send(robot, type='answer', session=offer['session'], sdp='v=0')
        session = urljoin('/whep/bot/front/image_raw', (await task)[1]['Location'])
        await robot.close()
        async with asyncio.timeout(PATIENCE):
            while (await ask(r, 'GET', session))[0] != 404:
                await asyncio.sleep(0)


@pytest.mark.asyncio
async def test_sessions_of_other_protocols_are_none_of_players():
    async with relay() as r:
        robot = await r.robot('/bot')
        page = await r.page('/bot')
        session = await make_offer(page)
        await get(robot, 'offer')
        await send(robot, type='answer', session=session, sdp='s=a')
        await get(page, 'answer')
        assert (await ask(r, 'DELETE', f'/whep/-/{session}'))[0] == 404


@pytest.mark.asyncio
async def test_ice_servers_as_links():
    """What a robot calls a server cannot add a header."""
    async with relay() as r:
        robot = await r.v1('/bot', {
            'type': 'register', 'robot_id': 'bot', 'version': '', 'ice_servers': [
                {'urls': ['turn:a:1', 'turns:b:2?transport=tcp'], 'username': '1:u',
                 'credential': 'p"w\\'},
                {'urls': 'stun:a>; rel="x"'},
                {'urls': 'turn:c', 'username': 'u', 'credential': 'ü'}]})
        await get(robot, 'registered')
        async with playing(r, robot) as (offer, task):
            await send(robot, type='answer', session=offer['session'], sdp='v=0')
        given = 'username="1:u"; credential="p\\"w\\\\"; credential-type="password"'
        assert (await task)[1].getall('Link') == [
            f'<turn:a:1>; rel="ice-server"; {given}',
            f'<turns:b:2?transport=tcp>; rel="ice-server"; {given}']


# Pictures

@asynccontextmanager
async def robot_at(r, way, **rules):
    """Give a robot with two cameras in reach of a relay, or of its own server's code."""
    sessions = make_sessions(TestCamera('front/image_raw', 60), TestCamera('rear', 180))
    sessions.robot.access = AccessPolicy('robot', 'view', 'view', **rules)
    dialing = None
    if way == 'server':
        r.registry.add('bot', LocalRobotLink(sessions, 'server'))
    else:
        client = RelayClient(r.url.replace('http', 'ws') + '/bot', 'bot',
                             LocalRobotLink(sessions, 'relay'))
        dialing = asyncio.create_task(client.run())
        async with asyncio.timeout(PATIENCE):
            while r.registry.get('bot') is None:
                await asyncio.sleep(0.01)
    try:
        yield sessions
    finally:
        await sessions.close('the test ends')
        if dialing is not None:
            dialing.cancel()
            await asyncio.gather(dialing, return_exceptions=True)


@pytest.mark.parametrize('way', ['server', 'relay'])
@pytest.mark.asyncio
async def test_a_player_sees_the_camera_of_the_url(way):
    async with relay() as r, robot_at(r, way, whep_via_relay=True) as sessions:
        first, second = Player(r.http), Player(r.http, codec='vp8', audio='recvonly')
        try:
            status, _, answer = await first.play('/whep/bot/front/image_raw')
            assert status == 201 and 'a=sendonly' in answer and 'a=candidate' in answer
            assert (await second.play('/whep/bot/rear', trickle=False))[0] == 201
            await first.until(lambda: first.lumas[0] and abs(first.lumas[0][-1] - 60) < 12)
            await second.until(lambda: second.lumas[0] and abs(second.lumas[0][-1] - 180) < 12)
            assert {s.role for s in sessions.sessions.values()} == {'view'}
            # One player says so, the other one's connection just ends: both URLs are gone.
            assert await first.ask('DELETE') == 200
            async with asyncio.timeout(PATIENCE):
                while len(sessions.sessions) > 1:
                    await asyncio.sleep(0.01)
                await second.pc.close()
                while await second.ask('GET') != 404:
                    await asyncio.sleep(0.02)
            assert await first.ask('DELETE') == 404
            assert not sessions.sessions and not sessions.on_end
        finally:
            await first.close()
            await second.close()


@pytest.mark.asyncio
async def test_through_a_relay_nobody_watches_by_default():
    async with relay() as r, robot_at(r, 'relay') as sessions:
        player = Player(r.http)
        try:
            status, headers, _ = await player.play('/whep/bot/rear')
            assert (status, headers['WWW-Authenticate']) == (401, 'Bearer')
            assert not sessions.sessions
            # RTCBot's and our own pages still may.
            body = json.dumps({'sdp': await player.offer(), 'type': 'offer'})
            assert (await r.post('/bot', body))[0] == 200
        finally:
            await player.close()


@pytest.mark.asyncio
async def test_players_that_ask_for_what_is_not_there():
    async with relay() as r, robot_at(r, 'server') as sessions:
        player, silent = Player(r.http), Player(r.http, slots=0, audio='recvonly')
        try:
            assert (await player.play('/whep/bot/none'))[0] == 404
            status, _, text = await silent.play('/whep/bot/rear')
            assert status == 422 and 'video' in text
            sessions.robot.codecs = ()
            assert (await player.play('/whep/bot/rear'))[0] == 406
            assert not sessions.sessions
        finally:
            await player.close()
            await silent.close()
