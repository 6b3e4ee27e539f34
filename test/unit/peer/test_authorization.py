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

"""The proof of an invite in a session, also with a dishonest relay in between."""

import asyncio
import re

import pytest
from rtc_bridge.core.access.proof import robot_mac
from rtc_bridge.core.errors import SignalingError
from rtc_bridge.core.protocol.signaling_messages import Offer
from rtc_bridge.peer import aiortc_compat, authorization, session
from rtc_bridge.peer.remote_description import only_sha256
from rtc_bridge.system.files.key_store import KeyStore
from support.patience import PATIENCE
from support.proving import InviteRobot, NOW, Page
from support.viewer import until

pytestmark = pytest.mark.asyncio
PRINT = re.compile(r'a=fingerprint:.*\r\n')


async def test_a_proof_gives_the_role_and_is_answered(robot):
    page = await robot.page()
    challenge = await page.challenge()
    assert challenge == {'type': 'challenge', 'robot_id': 'robot', 'needed': True,
                         'nonce': challenge['nonce']}
    due = page.prove(challenge, robot.invite())
    await page.until(lambda: page.got('control', 'hello') and page.lumas[0])
    assert [m['mac'] for m in page.got('control', 'proven')] == [due]
    hello, = page.got('control', 'hello')
    assert (hello['role'], hello['teleop']['enabled']) == ('drive', True)


async def test_drivers_and_stops_have_the_names_of_their_invites(robot):
    page = await robot.page()
    page.prove(await page.challenge(), robot.invite())
    await page.until(lambda: page.got('control', 'hello'))
    page.send('control', type='want', lease=True)
    await page.until(lambda: any(m['name'] == 'Ada' for m in page.got('control', 'lease')))
    page.send('teleop', type='stop', request=1)
    await page.until(lambda: any(m['by'] == 'Ada' for m in page.got('control', 'stop')))


async def test_viewers_know_how_many_they_are_and_the_names_of_those_not_above_them(robot):
    pages = {}
    for role, name in (('view', 'Vera'), ('drive', 'Dora'), ('supervise', 'Sue'), ('view', 'Val')):
        pages[name] = page = await robot.page()
        page.prove(await page.challenge(), robot.invite(role, name=name))
    stranger = await robot.stranger()
    names = {'Vera': ['Val'], 'Val': ['Vera'], 'Dora': ['Val', 'Vera'],
             'Sue': ['Dora', 'Val', 'Vera']}
    for name, page in pages.items():
        await page.until(lambda page=page, name=name: page.newest('control', 'viewers') == {
            'type': 'viewers', 'count': 4, 'names': names[name]})
    # What has not changed is not said again.
    told = [m['names'] for m in pages['Sue'].got('control', 'viewers')]
    assert len(told) == len(set(map(tuple, told)))
    await pages.pop('Dora').close()
    await pages['Sue'].until(lambda: pages['Sue'].newest('control', 'viewers') == {
        'type': 'viewers', 'count': 3, 'names': ['Val', 'Vera']})
    assert not stranger.got('control', 'viewers')


async def test_viewers_without_an_invite_get_no_names_of_others(robot):
    robot.sessions.robot.access._anonymous_via_relay = 'view'
    anonymous, invited = await robot.page(), await robot.page()
    invited.prove(await invited.challenge(), robot.invite('view', name='Vera'))
    other = await robot.page()
    other.prove(await other.challenge(), robot.invite('view', name=''))
    # An invite needs no name to be told those of others.
    await other.until(lambda: other.newest('control', 'viewers') == {
        'type': 'viewers', 'count': 3, 'names': ['Vera']})
    await anonymous.until(lambda: anonymous.newest('control', 'viewers').get('count') == 3)
    assert not any(m['names'] for m in anonymous.got('control', 'viewers'))


async def test_nothing_is_given_out_before_the_proof(robot):
    page = await robot.page()
    await page.challenge()
    page.send('control', type='select', slot=0, camera='front')
    page.send('control', type='want', lease=True)
    page.send('control', type='message', data='x')
    page.send('control', type='release', id='x')
    page.send('teleop', type='stop', request=1)
    page.send('teleop', type='drive', epoch=0, seq=0, tick=0, linear_x=1, angular_z=0)
    await page.until(lambda: len(page.got('control', 'error')) == 4
                     and page.got('teleop', 'refused'))
    assert not robot.sessions.robot.teleop.emergency_stop.engaged
    robot.sessions.robot.teleop.engage_emergency_stop('somebody else')
    robot.sessions.send_message('secret')
    robot.sessions.cameras_changed()
    page.send('control', type='ping', id=1)
    await page.until(lambda: page.got('control', 'pong'))
    kinds = {kind for kind in ('hello', 'cameras', 'slot', 'lease', 'message', 'stop')
             if page.got('control', kind)}
    assert not kinds and not page.lumas[0] and not robot.camera.camera.watched
    assert 'front' not in ''.join(page.messages['control'])
    assert robot.sessions.robot.teleop.lease.holder is None and not robot.sessions.received


async def test_an_unknown_camera_reveals_no_names_before_the_proof(robot):
    page = Page()
    robot.pages.append(page)
    answer = await robot.link.answer(
        Offer('s', only_sha256(await page.offer()), 'v1', camera='nothing'))
    assert answer.startswith('v=0') and 'front' not in answer


@pytest.mark.parametrize('options', [
    {'secret': b'x' * 32}, {'role': 'root'}, {'exp': NOW - 1}])
async def test_an_invalid_invite_ends_the_session(robot, options):
    page = await robot.page()
    page.prove(await page.challenge(), robot.invite(**options))
    assert await page.bye() == ('expired' if 'exp' in options else 'denied')
    assert not page.got('control', 'proven') and not page.lumas[0]


async def test_there_is_one_attempt(robot):
    page = await robot.page()
    challenge = await page.challenge()
    page.prove(challenge, robot.invite(secret=b'x' * 32))
    page.prove(challenge, robot.invite())
    assert await page.bye() == 'denied'
    assert not page.got('control', 'proven')


async def test_a_proof_is_not_accepted_twice(robot):
    """Not even one that held."""
    page = await robot.page()
    challenge = await page.challenge()
    page.prove(challenge, robot.invite('view'))
    await page.until(lambda: page.got('control', 'hello'))
    page.prove(challenge, robot.invite('supervise'))
    assert await page.bye() == 'denied'


async def test_replayed_and_reflected_proofs_are_denied(robot):
    first, second = await robot.page(), await robot.page(source='10.0.0.2')
    one, other = await first.challenge(), await second.challenge()
    assert one['nonce'] != other['nonce']
    second.prove(one, robot.invite())
    assert await second.bye() == 'denied'
    first.prove(one, robot.invite(), mac=robot_mac)
    assert await first.bye() == 'denied'


async def test_a_relay_with_a_connection_of_its_own_cannot_pass_a_proof_on(robot):
    """It ends the page's DTLS itself, and passes the page's proof on over its own to the robot."""
    page = await robot.page()
    # What the page sees as the robot's fingerprint is the liar's.
    page.prove(await page.challenge(), robot.invite(), robot=b'\x66' * 32)
    assert await page.bye() == 'denied'


@pytest.mark.parametrize('change', [
    lambda sdp: re.sub(r'a=group:BUNDLE.*\r\n', '', sdp),
    lambda sdp: re.sub(r'(a=group:BUNDLE \S+).*\r\n', r'\1\r\n', sdp),
    lambda sdp: PRINT.sub(lambda m: m[0] + f'a=fingerprint:sha-256 {":".join(["66"] * 32)}\r\n',
                          sdp),
    lambda sdp: PRINT.sub(f'a=fingerprint:sha-256 {":".join(["66"] * 32)}\r\n', sdp, count=1),
    lambda sdp: PRINT.sub(lambda m: m[0].replace('sha-256', 'sha-1'), sdp)])
async def test_a_changed_offer_is_refused_before_it_is_applied(robot, change):
    with pytest.raises(SignalingError) as error:
        await robot.page(change=change)
    assert error.value.code == 'bad-sdp'
    assert not robot.sessions.sessions


async def test_answers_have_one_fingerprint(robot):
    page = await robot.page()
    prints = PRINT.findall(page.answer)
    assert prints and len(set(prints)) == 1 and 'sha-256' in prints[0]


async def test_a_page_without_a_proof_is_ended_after_a_time(robot, monkeypatch):
    page = await robot.page()
    await page.challenge()
    monkeypatch.setattr(authorization, 'PROOF_TIMEOUT_S', 0.0)
    # Not `denied`, after which pages give up: this may be an honest one on a slow path.
    assert await page.bye() == 'no-proof'


async def test_the_time_for_a_proof_passes_without_a_connection(robot, monkeypatch):
    monkeypatch.setattr(authorization, 'PROOF_TIMEOUT_S', 0.3)
    page = Page()
    robot.pages.append(page)
    await robot.link.answer(Offer('s', only_sha256(await page.offer()), 'v1'))
    await until(lambda: not robot.sessions.sessions)


async def test_the_time_for_a_proof_begins_with_the_answer(robot):
    """What the robot takes, to ask a TURN server for one, is not the page's."""
    now = [0.0]
    page = authorization.SessionAuthorization('none', 'robot', robot.sessions.robot.access,
                                              clock=lambda: now[0])
    now[0] = 60.0
    assert page.fault() is None
    page.start_clock()
    now[0] += authorization.PROOF_TIMEOUT_S
    assert page.fault() is None
    now[0] += 0.1
    assert page.fault().code == 'no-proof'


@pytest.mark.parametrize('end, code', [('expiry', 'expired'), ('revocation', 'revoked')])
async def test_a_running_session_ends_with_its_invite(robot, end, code):
    page = await robot.page()
    page.prove(await page.challenge(), robot.invite())
    await page.until(lambda: page.lumas[0])
    if end == 'expiry':
        robot.wall = NOW + 1000.0
    else:
        KeyStore(robot.store.directory).revoke_id('the one')
    assert await page.bye() == code
    assert not robot.camera.camera.watched


class WatchTime:
    """
    Stands for ``asyncio`` in a session's module: its watch sleeps in the robot's time.

    The invite ends just after a look, so that the whole period passes before the next one.
    """

    def __init__(self, robot, end):
        self._robot = robot
        self._end = end
        self._ended_at = None
        # Seconds from the end of the invite to that of the session, or to when that is too late.
        self.lasted = asyncio.get_running_loop().create_future()

    def __getattr__(self, name):
        return getattr(asyncio, name)

    async def sleep(self, seconds):
        if self._ended_at is None:
            self._end()
            self._ended_at = self._robot.wall
        elif self._robot.wall - self._ended_at > 1.0:
            self.session_ended()
            # What comes later is of no interest.
            await asyncio.Event().wait()
        self._robot.wall += seconds
        await asyncio.sleep(0)

    def session_ended(self):
        if not self.lasted.done():
            self.lasted.set_result(self._robot.wall - self._ended_at)


@pytest.mark.parametrize('end, code', [
    ('expiry', 'expired'), ('id', 'revoked'), ('name', 'revoked')])
async def test_a_session_ends_within_a_second_of_its_invite(robot, monkeypatch, end, code):
    def end_invite():
        others = KeyStore(robot.store.directory, wall=lambda: robot.wall)
        if end == 'expiry':
            robot.wall = NOW + 1000.0
        elif end == 'id':
            others.revoke_id('the one')
        else:
            others.revoke_name('Ada')

    page = await robot.driver()
    running, = robot.sessions.sessions.values()
    watch = WatchTime(robot, end_invite)
    closed = running.on_closed
    running.on_closed = lambda session: (watch.session_ended(), closed(session))
    monkeypatch.setattr(session, 'asyncio', watch)
    assert await asyncio.wait_for(watch.lasted, PATIENCE) <= 1.0
    assert await page.bye() == code


async def test_a_proof_that_lowers_the_role_releases_the_lease(robot):
    robot.sessions.robot.access._anonymous_via_relay = 'drive'
    page = await robot.page()
    challenge = await page.challenge()
    await page.until(lambda: page.got('control', 'hello'))
    page.send('control', type='want', lease=True)
    await page.until(lambda: any(m['epoch'] for m in page.got('control', 'lease')))
    page.prove(challenge, robot.invite('view'))
    await page.until(lambda: page.newest('control', 'lease').get('epoch') is None)
    assert robot.sessions.robot.teleop.lease.holder is None
    page.send('control', type='want', lease=True)
    await page.until(lambda: page.got('control', 'error'))
    assert page.newest('control', 'error').get('code') == 'denied'


async def test_a_certificate_that_the_offer_does_not_announce_proves_nothing(robot, monkeypatch):
    monkeypatch.setattr(aiortc_compat, 'peer_fingerprint', lambda transport: b'x' * 32)
    page = await robot.page()
    page.prove(await page.challenge(), robot.invite())
    assert await page.bye() == 'bad-sdp'
    monkeypatch.setattr(aiortc_compat, 'peer_fingerprint', lambda transport: None)
    page = await robot.page()
    page.prove(await page.challenge(), robot.invite())
    assert await page.bye() == 'bad-sdp'


async def test_an_invite_raises_an_anonymous_role(tmp_path):
    robot = InviteRobot(tmp_path)
    robot.sessions.robot.access._anonymous_via_relay = 'view'
    try:
        page = await robot.page()
        challenge = await page.challenge()
        assert not challenge['needed']
        await page.until(lambda: page.got('control', 'hello'))
        page.prove(challenge, robot.invite())
        await page.until(lambda: len(page.got('control', 'hello')) == 2)
        assert [m['role'] for m in page.got('control', 'hello')] == ['view', 'drive']
    finally:
        await page.close()
        await robot.sessions.close('test ends')
