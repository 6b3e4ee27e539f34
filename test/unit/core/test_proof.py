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

"""Invites, the proof of one, and the fingerprints that it binds."""

import base64
import json
from pathlib import Path

import pytest

from rtc_bridge.core import base64url
from rtc_bridge.core.access import invite, proof
from rtc_bridge.core.access.invite import Invite
from rtc_bridge.core.errors import ProtocolError

SECRET = bytes(range(32))
SUPPORT = Path(__file__).parents[2] / 'support'
VECTOR = json.loads((SUPPORT / 'proof_vector.json').read_text())
ONE = Invite('robot', 'abc', 'drive', 'Ada', 1000, 2000)


def payload(**changes):
    obj = {('id' if k == 'invite_id' else k): v for k, v in vars(ONE).items()}
    return base64url.encode(json.dumps({**obj, **changes}).encode())


def test_an_invite_comes_back():
    text = invite.invite_text(SECRET, ONE)
    sent, key = invite.split_invite(text)
    assert invite.parse_payload(sent) == ONE
    assert invite.invite_key(SECRET, sent) == key


def test_another_secret_or_payload_has_another_key():
    _, key = invite.split_invite(invite.invite_text(SECRET, ONE))
    assert invite.invite_key(b'x' * 32, payload()) != invite.invite_key(SECRET, payload())
    assert invite.invite_key(SECRET, payload(role='supervise')) != key


@pytest.mark.parametrize('text', ['', 'v1', 'v1.a', 'v2.ab.cd', 'v1.ab.cd.ef', 'v1.a b.cd',
                                  'v1.ab.cd\n'])
def test_a_damaged_link_is_told_without_repeating_it(text):
    with pytest.raises(ProtocolError, match='cut off'):
        invite.split_invite(text)


@pytest.mark.parametrize('changes, fault', [
    ({'role': 'root'}, "'root'"), ({'exp': '9'}, '"exp"'), ({'iat': 1.5}, '"iat"'),
    ({'exp': True}, '"exp"'),
    ({'more': 1}, 'more'), ({'id': ''}, 'id'), ({'name': 'n' * 65}, 'name')])
def test_a_payload_is_read_strictly(changes, fault):
    with pytest.raises(ProtocolError, match=fault):
        invite.parse_payload(payload(**changes))


def test_a_payload_without_a_member_is_refused():
    with pytest.raises(ProtocolError, match='exp'):
        invite.parse_payload(base64url.encode(b'{"id":"a"}'))


@pytest.mark.parametrize('text', ['', 'ab=', 'a', 'ab+/', 'QR', 'é'])
def test_base64url_has_one_form(text):
    with pytest.raises(ProtocolError, match='base64url'):
        base64url.decode(text)
    assert base64url.decode('QQ') == b'A'


def test_a_long_payload_is_not_even_decoded():
    with pytest.raises(ProtocolError, match='1025'):
        invite.parse_payload('a' * 1025)


def transcript(**changes):
    b = base64.b64decode
    t = {**VECTOR, **changes}
    return proof.Transcript(t['robot_id'], b(t['robot_nonce']), b(t['page_nonce']),
                            b(t['page_fingerprint']), b(t['robot_fingerprint']), t['payload'])


def test_the_macs_are_those_of_the_page_s_test():
    key = base64.b64decode(VECTOR['key'])
    assert proof.page_mac(key, transcript()) == base64.b64decode(VECTOR['page_mac'])
    assert proof.robot_mac(key, transcript()) == base64.b64decode(VECTOR['robot_mac'])


OTHER = base64.b64encode(b'o' * 32).decode()


@pytest.mark.parametrize('changes', [
    {'robot_id': 'other'}, {'robot_nonce': OTHER}, {'page_nonce': OTHER},
    {'page_fingerprint': OTHER}, {'robot_fingerprint': OTHER}, {'payload': 'x'},
    {'robot_nonce': VECTOR['page_nonce'], 'page_nonce': VECTOR['robot_nonce']}])
def test_a_mac_fits_one_transcript_only(changes):
    key = base64.b64decode(VECTOR['key'])
    assert proof.page_mac(key, transcript(**changes)) != proof.page_mac(key, transcript())


def test_a_proof_cannot_be_reflected():
    key = base64.b64decode(VECTOR['key'])
    assert proof.page_mac(key, transcript()) != proof.robot_mac(key, transcript())


def test_fields_do_not_run_together():
    key = b'k'
    assert proof.page_mac(key, transcript(robot_id='ab')) != proof.page_mac(
        key, transcript(robot_id='a', robot_nonce=base64.b64encode(
            b'b' + base64.b64decode(VECTOR['robot_nonce'])).decode()))
