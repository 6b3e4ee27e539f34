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

"""Who may view and drive."""

import json
import threading

import pytest
from rtc_bridge.core import base64url
from rtc_bridge.core.access import policy
from rtc_bridge.core.access.invite import (
    bearer_text, Invite, invite_key, invite_text, MAX_BEARER_LIFE_S, new_id, split_invite,
)
from rtc_bridge.core.access.policy import AccessPolicy, may_drive
from rtc_bridge.core.access.proof import page_mac, robot_mac, Transcript
from rtc_bridge.core.errors import SignalingError
from rtc_bridge.system.files.key_store import KeyStore

NOW = 4_000_000_000

EVIL = 'https://evil.example.org'


@pytest.mark.parametrize('via, door, role', [
    ('server', 'v1', 'drive'), ('server', 'rtcbot', 'drive'), ('server', 'whep', 'view'),
    ('relay', 'v1', 'none'), ('relay', 'whep', 'none'),
])
def test_roles_without_an_invite(via, door, role):
    assert AccessPolicy(anonymous='drive').anonymous_role(via, door) == role


def test_the_default_admits_nobody_without_an_invite():
    for via in ('server', 'relay'):
        assert AccessPolicy().anonymous_role(via, 'v1') == 'none'


def _raise(error):
    raise error


@pytest.mark.parametrize('via', ['server', 'relay'])
@pytest.mark.parametrize('door', ['v1', 'rtcbot', 'whep', 'kscale'])
@pytest.mark.parametrize('listed, origin, let_in', [
    ([], None, True), ([], 'same', True), ([], EVIL, False), ([], 'null', False), ([], '', False),
    ([], '*', False), ([EVIL], EVIL, True), ([EVIL], 'https://other.org', False),
    ([EVIL], 'null', False), (['*'], EVIL, True), (['*'], 'null', True)])
def test_foreign_pages_have_no_role_unless_listed(via, door, listed, origin, let_in):
    role = 'view' if door == 'whep' else 'drive'
    access = AccessPolicy(anonymous='drive', anonymous_via_relay='drive', whep_via_relay=True,
                          origins=listed, kscale_token='t' * 16)
    assert access.anonymous_role(via, door, origin) == (role if let_in else 'none')
    if let_in:
        assert access.kscale_role(via, door, 't' * 16, origin) == role
    else:
        # The token is no proof: a page could have read it anywhere.
        for denied in (lambda: access.kscale_role(via, door, 't' * 16, origin),
                       lambda: _raise(access.refusal(via, door, origin))):
            with pytest.raises(SignalingError, match='parameter access.origins') as error:
                denied()
            assert error.value.code == 'denied'


def test_a_closed_robot_does_not_name_the_origin():
    with pytest.raises(SignalingError, match='without an invite this way'):
        AccessPolicy(origins=['*']).kscale_role('server', 'kscale', None, EVIL)
    assert 'origins' not in str(AccessPolicy().refusal('server', 'rtcbot', EVIL))


def transcript(payload):
    return Transcript('bot', b'r' * 32, b'p' * 32, b'1' * 32, b'2' * 32, payload)


class Robot:
    """A robot's access, with a clock of the test's."""

    def __init__(self, folder):
        self.wall = float(NOW)
        self.synchronized = True
        self.store = KeyStore(folder)
        self.access = AccessPolicy('bot', store=self.store, wall=lambda: self.wall,
                                   synchronized=lambda: self.synchronized)

    def invite(self, secret=None, **changes):
        return invite_text(secret or self.store.secret, Invite(**{
            'robot_id': 'bot', 'invite_id': new_id(), 'role': 'drive', 'name': 'Ada',
            'iat': NOW - 10, 'exp': NOW + 10, **changes}))

    def admit(self, text):
        payload, key = split_invite(text)
        shared = transcript(payload)
        admission = self.access.verify_proof(shared, page_mac(key, shared))
        assert admission.robot_mac == robot_mac(key, shared)
        return admission


@pytest.fixture
def robot(tmp_path):
    return Robot(tmp_path / 'keys')


def refused(robot, code, text):
    with pytest.raises(SignalingError) as error:
        robot.admit(text)
    assert error.value.code == code
    assert text not in str(error.value)


def wait_until_saved():
    """Wait until the time is on the disk."""
    for thread in threading.enumerate():
        if thread.name == 'save-time':
            thread.join()


def test_an_invite_is_valid_until_it_expires(robot):
    admission = robot.admit(robot.invite())
    assert admission.invite.role == 'drive'
    robot.wall = NOW + 9.9
    assert robot.access.why_invalid(admission) is None
    robot.wall = NOW + 10.0
    assert robot.access.why_invalid(admission).code == 'expired'
    # Setting the clock back gives nothing back.
    robot.wall = NOW - 100.0
    assert robot.access.why_invalid(admission).code == 'expired'


def test_invites_of_other_robots_are_denied(robot):
    refused(robot, 'denied', robot.invite(secret=b'x' * 32))
    refused(robot, 'denied', robot.invite(robot_id='other'))
    payload, key = split_invite(robot.invite())
    with pytest.raises(SignalingError):
        robot.access.verify_proof(transcript(payload), robot_mac(key, transcript(payload)))


def test_an_authentic_payload_is_still_parsed_strictly(robot):
    payload = base64url.encode(json.dumps({'robot_id': 'bot', 'role': 'drive'}).encode())
    key = base64url.encode(invite_key(robot.store.secret, payload))
    refused(robot, 'denied', f'v1.{payload}.{key}')


def test_revocation_is_by_id_or_by_name(robot):
    one, two = robot.invite(invite_id='one'), robot.invite(invite_id='two', name='Bob')
    admission = robot.admit(one)
    KeyStore(robot.store.directory).revoke_id('one')
    assert robot.access.why_invalid(admission).code == 'revoked'
    refused(robot, 'revoked', one)
    assert robot.admit(two)
    KeyStore(robot.store.directory).revoke_name('Bob')
    refused(robot, 'revoked', robot.invite(name='Bob', iat=1000))
    # One that was made for the same person afterwards holds.
    text = invite_text(robot.store.secret, robot.store.issue('bot', 'drive', 'Bob', 60))
    assert robot.admit(text)
    KeyStore(robot.store.directory).revoke_name('Bob')
    refused(robot, 'revoked', text)


def test_an_unsynchronized_clock_refuses_expiring_invites(robot):
    robot.synchronized = False
    refused(robot, 'clock', robot.invite())
    # The link on the console is from this process, and ends with it.
    text = robot.access.console_invite('supervise', 'console')
    assert robot.admit(text).invite.role == 'supervise'
    refused(Robot(robot.store.directory), 'denied', text)


def test_an_unsynchronized_clock_far_ahead_ends_no_invite(robot):
    text = robot.invite()
    admission = robot.admit(text)
    robot.synchronized, robot.wall = False, NOW + 1e8
    assert robot.access.why_invalid(admission).code == 'clock'
    robot.synchronized, robot.wall = True, float(NOW)
    assert robot.access.why_invalid(admission) is None
    wait_until_saved()
    assert Robot(robot.store.directory).admit(text)


def test_without_a_store_nothing_can_be_proved():
    access = AccessPolicy('bot')
    assert not access.accepts_invites
    payload, key = split_invite(invite_text(b's' * 32, Invite('bot', 'i', 'drive', '', 0, NOW)))
    with pytest.raises(SignalingError, match='not one of this robot'):
        access.verify_proof(transcript(payload), page_mac(key, transcript(payload)))


def test_a_bearer_is_for_whep_players_only(robot):
    invite = Invite('bot', 'x', 'drive', 'Ada', NOW - 10, NOW + 10)
    text = bearer_text(robot.store.secret, invite)
    assert robot.access.verify_bearer(text, 'server').invite.role == 'view'
    with pytest.raises(SignalingError, match='through a relay'):
        robot.access.verify_bearer(text, 'relay')
    _, payload, mac = text.split('.')
    other = 'B' if mac[0] == 'A' else 'A'
    for wrong in (f'w1.{payload}.{other}{mac[1:]}', f'w1.{payload}', '', 'x', robot.invite(),
                  f'w1.{payload}.{base64url.encode(invite_key(robot.store.secret, payload))}',
                  bearer_text(b'x' * 32, invite)):
        with pytest.raises(SignalingError) as error:
            robot.access.verify_bearer(wrong, 'server')
        assert error.value.code == 'denied'
    # Nor does it let anybody in at the page.
    refused(robot, 'denied', f'v1.{payload}.{mac}')
    robot.wall = NOW + 11
    with pytest.raises(SignalingError, match='expired'):
        robot.access.verify_bearer(text, 'server')


def test_a_bearer_that_others_made_holds_for_a_day_at_most(robot):
    """Not even one with the robot's own secret: a relay that saw it could watch for long."""
    def bearer(life, iat=NOW - 10):
        return bearer_text(robot.store.secret, Invite('bot', 'x', 'view', 'Ada', iat, iat + life))
    assert MAX_BEARER_LIFE_S == 24 * 3600
    assert robot.access.verify_bearer(bearer(MAX_BEARER_LIFE_S), 'server').invite.role == 'view'
    with pytest.raises(SignalingError, match='valid for 86401 s, at most 86400') as error:
        robot.access.verify_bearer(bearer(MAX_BEARER_LIFE_S + 1), 'server')
    assert error.value.code == 'denied'
    with pytest.raises(SignalingError, match='at most 86400'):
        robot.access.verify_bearer(bearer(3600, NOW + 30 * 86400), 'server')
    # A link may last longer: what is sent of it proves the key, and does not reveal it.
    assert robot.admit(robot.invite(exp=NOW + 30 * 86400)).invite.role == 'drive'


def test_roles_that_may_drive():
    assert [may_drive(role) for role in policy.ROLES] == [False, False, True, True]
