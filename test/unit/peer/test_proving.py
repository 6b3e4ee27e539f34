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
"""The proof of an invite in sessions, against an aiortc client; also one with a liar between."""

import asyncio
import re

import pytest
import pytest_asyncio
from rtc_bridge.core.access.proof import robot_mac
from rtc_bridge.core.errors import SignalingError
from rtc_bridge.core.protocol.signaling_messages import Offer
from rtc_bridge.peer import aiortc_compat
from rtc_bridge.peer import authorization
from rtc_bridge.peer import unproven_sessions
from rtc_bridge.peer.answering_session import AnsweringSession
from rtc_bridge.peer.local_robot_link import LocalRobotLink
from rtc_bridge.peer.remote_description import only_sha256
from rtc_bridge.system.key_store import KeyStore
from support.patience import PATIENCE
from support.proving import Door, NOW, Page
from support.viewer import until

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def door(tmp_path):
    robot = Door(tmp_path)
    yield robot
    await robot.close()


async def test_a_proof_opens_and_is_answered(door):
    page = await door.page()
    challenge = await page.challenge()
    assert challenge == {'type': 'challenge', 'robot_id': 'robot', 'needed': True,
                         'nonce': challenge['nonce']}
    due = page.prove(challenge, door.invite())
    await page.until(lambda: page.got('control', 'hello') and page.lumas[0])
    assert [m['mac'] for m in page.got('control', 'proven')] == [due]
    hello, = page.got('control', 'hello')
    assert (hello['role'], hello['teleop']['enabled']) == ('drive', True)


async def test_drivers_and_stops_have_the_names_of_invites(door):
    page = await door.page()
    page.prove(await page.challenge(), door.invite())
    await page.until(lambda: page.got('control', 'hello'))
    page.send('control', type='want', lease=True)
    await page.until(lambda: any(m['name'] == 'Ada' for m in page.got('control', 'lease')))
    page.send('teleop', type='stop', request=1)
    await page.until(lambda: any(m['by'] == 'Ada' for m in page.got('control', 'stop')))


async def test_nothing_is_given_out_before(door):
    page = await door.page()
    await page.challenge()
    page.send('control', type='select', slot=0, camera='front')
    page.send('control', type='want', lease=True)
    page.send('control', type='message', data='x')
    page.send('control', type='release', id='x')
    page.send('teleop', type='stop', request=1)
    page.send('teleop', type='drive', epoch=0, seq=0, tick=0, linear_x=1, angular_z=0)
    await page.until(lambda: len(page.got('control', 'error')) == 4
                     and page.got('teleop', 'refused'))
    assert not door.sessions.robot.teleop.emergency_stop.engaged
    door.sessions.robot.teleop.engage_emergency_stop('somebody else')
    door.sessions.send_message('secret')
    door.sessions.cameras_changed()
    page.send('control', type='ping', id=1)
    await page.until(lambda: page.got('control', 'pong'))
    kinds = {kind for kind in ('hello', 'cameras', 'slot', 'lease', 'message', 'stop')
             if page.got('control', kind)}
    assert not kinds and not page.lumas[0] and not door.camera.camera.watched
    assert 'front' not in ''.join(page.messages['control'])
    assert door.sessions.robot.teleop.lease.holder is None and not door.sessions.received


async def test_the_offer_of_an_unknown_camera_tells_no_names(door):
    page = Page()
    door.pages.append(page)
    answer = await door.link.answer(
        Offer('s', only_sha256(await page.offer()), 'v1', camera='nothing'))
    assert answer.startswith('v=0') and 'front' not in answer


@pytest.mark.parametrize('options', [
    {'secret': b'x' * 32}, {'role': 'root'}, {'exp': NOW - 1}])
async def test_what_does_not_hold_ends_the_session(door, options):
    page = await door.page()
    page.prove(await page.challenge(), door.invite(**options))
    assert await page.bye() == ('expired' if 'exp' in options else 'denied')
    assert not page.got('control', 'proven') and not page.lumas[0]


async def test_one_attempt_only(door):
    page = await door.page()
    challenge = await page.challenge()
    page.prove(challenge, door.invite(secret=b'x' * 32))
    page.prove(challenge, door.invite())
    assert await page.bye() == 'denied'
    assert not page.got('control', 'proven')


async def test_a_proof_is_not_taken_twice(door):
    """Not even one that held."""
    page = await door.page()
    challenge = await page.challenge()
    page.prove(challenge, door.invite('view'))
    await page.until(lambda: page.got('control', 'hello'))
    page.prove(challenge, door.invite('supervise'))
    assert await page.bye() == 'denied'


async def test_neither_replay_nor_reflection(door):
    first, second = await door.page(), await door.page(source='10.0.0.2')
    one, other = await first.challenge(), await second.challenge()
    assert one['nonce'] != other['nonce']
    second.prove(one, door.invite())
    assert await second.bye() == 'denied'
    first.prove(one, door.invite(), mac=robot_mac)
    assert await first.bye() == 'denied'


async def test_a_relay_with_a_connection_of_its_own_has_no_proof_that_fits(door):
    """It ends the page's DTLS itself, and passes the page's proof on over its own to the robot."""
    page = await door.page()
    # What the page sees as the robot's fingerprint is the liar's.
    page.prove(await page.challenge(), door.invite(), robot=b'\x66' * 32)
    assert await page.bye() == 'denied'


PRINT = re.compile(r'a=fingerprint:.*\r\n')


@pytest.mark.parametrize('change', [
    lambda sdp: re.sub(r'a=group:BUNDLE.*\r\n', '', sdp),
    lambda sdp: re.sub(r'(a=group:BUNDLE \S+).*\r\n', r'\1\r\n', sdp),
    lambda sdp: PRINT.sub(lambda m: m[0] + f'a=fingerprint:sha-256 {":".join(["66"] * 32)}\r\n',
                          sdp),
    lambda sdp: PRINT.sub(f'a=fingerprint:sha-256 {":".join(["66"] * 32)}\r\n', sdp, count=1),
    lambda sdp: PRINT.sub(lambda m: m[0].replace('sha-256', 'sha-1'), sdp)])
async def test_a_changed_offer_is_refused_before_it_is_applied(door, change):
    with pytest.raises(SignalingError) as error:
        await door.page(change=change)
    assert error.value.code == 'bad-sdp'
    assert not door.sessions.sessions


async def test_answers_have_one_fingerprint(door):
    page = await door.page()
    prints = PRINT.findall(page.answer)
    assert prints and len(set(prints)) == 1 and 'sha-256' in prints[0]


async def test_who_proves_nothing_is_shown_out(door, monkeypatch):
    monkeypatch.setattr(authorization, 'PROOF_TIMEOUT_S', 1.5)
    page = await door.page()
    # Not `denied`, after which pages give up: this may be an honest one on a slow path.
    assert await page.bye() == 'no-proof'


async def test_the_time_for_a_proof_counts_without_a_connection(door, monkeypatch):
    monkeypatch.setattr(authorization, 'PROOF_TIMEOUT_S', 0.3)
    page = Page()
    door.pages.append(page)
    await door.link.answer(Offer('s', only_sha256(await page.offer()), 'v1'))
    await until(lambda: not door.sessions.sessions)


async def test_the_time_for_a_proof_begins_with_the_answer(door):
    """What the robot takes, to ask a TURN server for one, is not the page's."""
    now = [0.0]
    page = authorization.SessionAuthorization('none', 'robot', door.sessions.robot.access,
                                              clock=lambda: now[0])
    now[0] = 60.0
    assert page.fault() is None
    page.start_clock()
    now[0] += authorization.PROOF_TIMEOUT_S
    assert page.fault() is None
    now[0] += 0.1
    assert page.fault().code == 'no-proof'


async def test_who_sends_too_much_is_shown_out(door):
    page = await door.page()
    await page.challenge()
    for _ in range(5):
        page.send('control', type='x' * 15_000)
    assert await page.bye() == 'denied'


@pytest.mark.parametrize('end, code', [('expiry', 'expired'), ('revocation', 'revoked')])
async def test_a_running_session_ends_with_its_invite(door, end, code):
    page = await door.page()
    page.prove(await page.challenge(), door.invite())
    await page.until(lambda: page.lumas[0])
    if end == 'expiry':
        door.wall = NOW + 1000.0
    else:
        KeyStore(door.store.directory).revoke_id('the one')
    assert await page.bye() == code
    assert not door.camera.camera.watched


async def test_places_before_a_proof_are_few(door, monkeypatch):
    for _ in range(2):
        await (await door.page()).challenge()
    with pytest.raises(SignalingError, match='too many others'):
        await door.page()
    monkeypatch.setattr(unproven_sessions, 'MAX_UNPROVEN', 4)
    # One host has many addresses of IPv6.
    for source in ('2001:db8:1:2::1', '2001:db8:1:2:3::1'):
        page = await door.page(source=source)
        await page.challenge()
    monkeypatch.setattr(unproven_sessions, 'MAX_UNPROVEN', 8)
    with pytest.raises(SignalingError, match='too many others'):
        await door.page(source='2001:db8:1:2::2')
    monkeypatch.setattr(unproven_sessions, 'MAX_UNPROVEN', 4)
    with pytest.raises(SignalingError, match='too many others'):
        await door.page(source='10.0.0.4')
    # Another way in has places of its own.
    other = Page()
    door.pages.append(other)
    await other.connect(LocalRobotLink(door.sessions, 'server'), source='10.0.0.4')
    await other.challenge()
    # Who has proved something makes room.
    page.prove(await page.challenge(), door.invite())
    await page.until(lambda: page.got('control', 'hello'))
    await door.page(source='10.0.0.4')


@pytest.mark.parametrize('source', ['127.0.0.1', '::1', '::ffff:127.0.0.1', None])
async def test_people_behind_one_tunnel_are_not_one(door, monkeypatch, source):
    """Nor are those whose relay tells no addresses; the places in all are as few."""
    monkeypatch.setattr(unproven_sessions, 'MAX_UNPROVEN', 4)
    for _ in range(4):
        await (await door.page(source=source)).challenge()
    with pytest.raises(SignalingError, match='too many others'):
        await door.page(source=source)


async def test_the_oldest_that_never_connects_makes_room(door):
    """Eight offers that never connect kept out everybody for 15 s."""
    connected = await door.page()
    await connected.challenge()
    silent = []
    for number in range(8):
        page = Page()
        door.pages.append(page)
        silent.append(page.id)
        await door.link.answer(Offer(page.id, only_sha256(await page.offer()), 'v1',
                                     source=f'10.0.1.{number}'))
    assert connected.id in door.sessions.sessions
    assert [name in door.sessions.sessions for name in silent] == [False] + 7 * [True]
    page = await door.page(source='10.0.2.1')
    page.prove(await page.challenge(), door.invite())
    await page.until(lambda: page.got('control', 'hello'))


async def test_offers_of_strangers_wait_for_each_other_and_for_nobody_else(door, monkeypatch):
    monkeypatch.setattr(unproven_sessions, 'TURN_TIMEOUT_S', 0.1)
    monkeypatch.setattr(unproven_sessions, 'MAX_WAITING', 1)
    held, go_on = asyncio.Event(), asyncio.Event()
    negotiate = AnsweringSession._negotiate

    async def wait(self, offer):
        held.set()
        await go_on.wait()
        return await negotiate(self, offer)

    monkeypatch.setattr(AnsweringSession, '_negotiate', wait)
    first = asyncio.create_task(door.page())
    await held.wait()
    with pytest.raises(SignalingError, match='too many others'):
        await door.page(source='10.0.0.2')
    monkeypatch.setattr(unproven_sessions, 'TURN_TIMEOUT_S', PATIENCE)
    monkeypatch.setattr(AnsweringSession, '_negotiate', negotiate)
    door.sessions.robot.access._anonymous = 'view'
    page = Page()
    door.pages.append(page)
    await page.connect(LocalRobotLink(door.sessions, 'server'))
    await page.until(lambda: page.got('control', 'hello'))
    go_on.set()
    await (await first).challenge()
    await (await door.page(source='10.0.0.2')).challenge()


async def test_a_proof_that_lowers_the_role_gives_the_lease_back(door):
    door.sessions.robot.access._anonymous_via_relay = 'drive'
    page = await door.page()
    challenge = await page.challenge()
    await page.until(lambda: page.got('control', 'hello'))
    page.send('control', type='want', lease=True)
    await page.until(lambda: any(m['epoch'] for m in page.got('control', 'lease')))
    page.prove(challenge, door.invite('view'))
    await page.until(lambda: page.got('control', 'lease')[-1]['epoch'] is None)
    assert door.sessions.robot.teleop.lease.holder is None
    page.send('control', type='want', lease=True)
    await page.until(lambda: page.got('control', 'error'))
    assert page.got('control', 'error')[-1]['code'] == 'denied'


async def test_an_offer_twice_ends_not_the_first(door):
    page = await door.page()
    with pytest.raises(SignalingError, match='had its offer'):
        await door.link.answer(Offer(page.id, page.sdp, 'v1', source='10.0.0.2'))
    page.prove(await page.challenge(), door.invite())
    await page.until(lambda: page.got('control', 'hello'))
    assert page.id in door.sessions.sessions


async def test_another_certificate_than_the_one_of_the_offer_proves_nothing(door, monkeypatch):
    monkeypatch.setattr(aiortc_compat, 'peer_fingerprint', lambda transport: b'x' * 32)
    page = await door.page()
    page.prove(await page.challenge(), door.invite())
    assert await page.bye() == 'bad-sdp'
    monkeypatch.setattr(aiortc_compat, 'peer_fingerprint', lambda transport: None)
    page = await door.page()
    page.prove(await page.challenge(), door.invite())
    assert await page.bye() == 'bad-sdp'


@pytest.mark.parametrize('name', ['rtcbot', 'whep'])
async def test_other_doors_stay_closed(door, name):
    page = Page()
    door.pages.append(page)
    with pytest.raises(SignalingError) as error:
        await door.link.answer(Offer('s', await page.offer(), name))
    assert error.value.code == 'denied'


async def test_an_invite_raises_the_role_of_who_may_watch_anyway(tmp_path):
    door = Door(tmp_path)
    door.sessions.robot.access._anonymous_via_relay = 'view'
    try:
        page = await door.page()
        challenge = await page.challenge()
        assert not challenge['needed']
        await page.until(lambda: page.got('control', 'hello'))
        page.prove(challenge, door.invite())
        await page.until(lambda: len(page.got('control', 'hello')) == 2)
        assert [m['role'] for m in page.got('control', 'hello')] == ['view', 'drive']
    finally:
        await page.close()
        await door.sessions.close('test ends')
