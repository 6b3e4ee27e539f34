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

"""Messages, access and rates."""

import pytest

from rtc_bridge.core.access.robot_identity import RobotIdentity
from rtc_bridge.core.errors import ProtocolError
from rtc_bridge.core.protocol.control_messages import (
    AppMessage, Bye, parse_control, Ping, RequestLease, Select,
)
from rtc_bridge.core.protocol.ice import Candidate, IceServer
from rtc_bridge.core.protocol.robot_names import check_name
from rtc_bridge.core.protocol.signaling_messages import (
    Admit, Answer, CandidateMessage, Challenge, Close, Done, Error, IdentityProof, Look,
    MAX_MESSAGE, Offer, OfferRequest, parse, Ready, Register, Registered, Renew, Servers,
    SignalingMessage, Watch,
)
from rtc_bridge.core.protocol.strict_json import shorten

LINE = 'candidate:1 1 udp 1 h 1 typ host'
MESSAGES = [
    Register('robot', '0.1.0'), Register('robot', '', (IceServer(('turn:h:1',), 'u', 'c'),)),
    Register('robot', '', (), RobotIdentity('c2FsdA', 'A' * 43)), Challenge('c2FsdA'),
    IdentityProof('a2V5'),
    Registered('/robot'), Servers((IceServer(('turn:h:1',), 'u', 'c'),)), Watch(), Renew(),
    Ready('s', 'v1', True, (IceServer(('stun:h:1',)), IceServer(('turn:h:1',), 'u', 'c'))),
    Offer('s', 'v=0', 'rtcbot', False, 'front', '10.0.0.1'),
    Answer('s', 'v=0'), CandidateMessage('s', Candidate(LINE, '0', 0)),
    CandidateMessage('s', None), Close('s'), Error('no-robot', 'nobody'), Error('busy', 'b', 's'),
    OfferRequest('s', 'kscale', (0, 'front'), '10.0.0.1', 'token'), Admit(OfferRequest('s')),
    Done('s'), Look('s'),
]


@pytest.mark.parametrize('message', MESSAGES, ids=lambda m: m.TYPE)
def test_signaling_messages_survive_the_wire(message):
    assert parse(message.dump()) == message


def test_every_signaling_message_is_covered():
    assert {type(m) for m in MESSAGES} == set(SignalingMessage.kinds.values())


@pytest.mark.parametrize('text, names', [
    ('', 'not JSON'), ('[]', 'object'), ('{}', '"type"'), ('{"type":1}', '1'),
    ('{"type":"jump"}', 'jump'), ('{"type":"close"}', '"session"'),
    ('{"type":"close","session":5}', '5'), ('{"type":"register","robot_id":"a b"}', 'a b'),
    ('{"type":"register","robot_id":"ws"}', 'reserved'),
    ('{"type":"offer","session":"s","sdp":"","trickle":1}', '"trickle"'),
    ('{"type":"ready","session":"s","ice_servers":[1]}', 'ICE server'),
    ('{"type":"call","session":"s","cameras":[-1]}', '-1'),
    ('{"type":"call","session":"s","cameras":"front"}', '"cameras"'),
    ('{"type":"ready","session":"s","ice_servers":[{"urls":7}]}', '7'),
    ('{"type":"candidate","session":"s","candidate":null}', '"candidate"'),
    ('{"type":"error","code":"x","message":NaN}', 'NaN'),
    ('[' * 50000, 'deep'), ('x' * (MAX_MESSAGE + 1), str(MAX_MESSAGE)),
])
def test_bad_messages_are_named(text, names):
    with pytest.raises(ProtocolError) as error:
        parse(text)
    assert names in str(error.value)
    assert len(str(error.value)) < 400


@pytest.mark.parametrize('name', ['a', 'turtlebot4-1', 'x_y.z~', 'A' * 64])
def test_names(name):
    assert check_name(name) == name


@pytest.mark.parametrize('name', ['', 'a/b', '.hidden', 'a b', 'é', 'A' * 65, 'static', 'whep'])
def test_what_is_no_name(name):
    with pytest.raises(ProtocolError):
        check_name(name)


@pytest.mark.parametrize('text, message', [
    ('{"type":"select","slot":1,"camera":"rear"}', Select(1, 'rear')),
    ('{"type":"select","slot":0,"camera":null}', Select(0, None)),
    ('{"type":"ping","id":12.5}', Ping(12.5)),
    ('{"type":"want","lease":true}', RequestLease(True)),
    ('{"type":"message","data":[1,{"a":null}]}', AppMessage([1, {'a': None}])),
    ('{"type":"message","data":null}', AppMessage(None)), ('{"type":"bye"}', Bye('')),
])
def test_control_messages(text, message):
    assert parse_control(text) == message


@pytest.mark.parametrize('text', [
    '{"type":"select","slot":true}', '{"type":"select"}', '{"type":"ping","id":"1"}',
    '{"type":"want","lease":1}', '{"type":"message"}', '{"type":"drive"}', b'\xff\xfe',
])
def test_bad_control_messages(text):
    with pytest.raises(ProtocolError):
        parse_control(text)


def test_shown_values_are_short_and_printable():
    assert shorten('x' * 1000).endswith('...') and len(shorten('x' * 1000)) == 60
    assert '\n' not in shorten('a\nb') and shorten('\x1b[31m').isprintable()


# Access


# Rates
