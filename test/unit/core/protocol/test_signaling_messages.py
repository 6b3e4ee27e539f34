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

"""Signaling messages survive the wire, and bad ones are refused by name."""

import pytest
from rtc_bridge.core.access.robot_identity import RobotIdentity
from rtc_bridge.core.errors import ProtocolError
from rtc_bridge.core.protocol.ice import Candidate, IceServer
from rtc_bridge.core.protocol.signaling_messages import (
    Admit, Answer, CandidateMessage, Challenge, Close, Done, Error, IdentityProof, Look,
    MAX_MESSAGE, Offer, OfferRequest, parse, Ready, Register, Registered, Renew, Servers,
    ServiceReply, ServiceRequest, SignalingMessage, Watch,
)

LINE = 'candidate:1 1 udp 1 h 1 typ host'
MESSAGES = [
    Register('robot', '0.1.0'), Register('robot', '', (IceServer(('turn:h:1',), 'u', 'c'),)),
    Register('robot', '', (), RobotIdentity('c2FsdA', 'A' * 43), services=True),
    Challenge('c2FsdA'), IdentityProof('a2V5'),
    Registered('/robot'), Servers((IceServer(('turn:h:1',), 'u', 'c'),)), Watch(), Renew(),
    Ready('s', 'v1', True, (IceServer(('stun:h:1',)), IceServer(('turn:h:1',), 'u', 'c'))),
    Offer('s', 'v=0', 'rtcbot', False, 'front', '10.0.0.1'),
    Answer('s', 'v=0'), CandidateMessage('s', Candidate(LINE, '0', 0)),
    CandidateMessage('s', None), Close('s'), Error('no-robot', 'nobody'), Error('busy', 'b', 's'),
    OfferRequest('s', 'kscale', (0, 'front'), '10.0.0.1', 'token'), Admit(OfferRequest('s')),
    Done('s'), Look('s'), ServiceRequest(OfferRequest('s', 'kscale'), 'arm', {'go': [1]}),
    ServiceReply('s', 'arm', 'text'), ServiceReply('s', 'arm', fault='none'),
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
