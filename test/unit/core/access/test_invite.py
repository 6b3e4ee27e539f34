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

"""Invites: their text and payload."""

from dataclasses import replace
import json

import pytest
from rtc_bridge.core import base64url
from rtc_bridge.core.access import invite
from rtc_bridge.core.access.invite import Invite
from rtc_bridge.core.errors import ProtocolError

SECRET = bytes(range(32))
ONE = Invite('robot', 'abc', 'drive', 'Ada', 1000, 2000)


def payload(**changes):
    obj = {('id' if k == 'invite_id' else k): v for k, v in vars(ONE).items()}
    return base64url.encode(json.dumps({**obj, **changes}).encode())


def test_an_invite_survives_its_text():
    text = invite.invite_text(SECRET, ONE)
    sent, key = invite.split_invite(text)
    assert invite.parse_payload(sent) == ONE
    assert invite.invite_key(SECRET, sent) == key


def test_an_invite_for_the_longest_name_is_read():
    one = replace(ONE, robot_id='r' * 64, invite_id='i' * 64, name='\N{ROBOT FACE}' * 64)
    sent, _ = invite.split_invite(invite.invite_text(SECRET, one))
    assert invite.parse_payload(sent) == one


def test_another_secret_or_payload_has_another_key():
    _, key = invite.split_invite(invite.invite_text(SECRET, ONE))
    assert invite.invite_key(b'x' * 32, payload()) != invite.invite_key(SECRET, payload())
    assert invite.invite_key(SECRET, payload(role='supervise')) != key


@pytest.mark.parametrize('text', ['', 'v1', 'v1.a', 'v2.ab.cd', 'v1.ab.cd.ef', 'v1.a b.cd',
                                  'v1.ab.cd\n'])
def test_a_damaged_invite_is_refused_without_repeating_it(text):
    with pytest.raises(ProtocolError, match='cut off'):
        invite.split_invite(text)


@pytest.mark.parametrize('changes, fault', [
    ({'role': 'root'}, "'root'"), ({'exp': '9'}, '"exp"'), ({'iat': 1.5}, '"iat"'),
    ({'exp': True}, '"exp"'),
    ({'more': 1}, 'more'), ({'id': ''}, 'id'), ({'name': 'n' * 65}, 'name')])
def test_a_payload_is_parsed_strictly(changes, fault):
    with pytest.raises(ProtocolError, match=fault):
        invite.parse_payload(payload(**changes))


def test_a_payload_without_a_member_is_refused():
    with pytest.raises(ProtocolError, match='exp'):
        invite.parse_payload(base64url.encode(b'{"id":"a"}'))


def test_a_long_payload_is_not_decoded():
    with pytest.raises(ProtocolError, match='1025'):
        invite.parse_payload('a' * 1025)
