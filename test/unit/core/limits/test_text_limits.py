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

"""Bounds of texts, of JSON and of what is written again, each at its edge."""

import json

import pytest
from rtc_bridge.core.errors import ProtocolError, SignalingError
from rtc_bridge.core.limits.sdp_limits import MAX_SESSION_CANDIDATES
from rtc_bridge.core.limits.text_limits import check_text, MAX_LENGTHS, sdp_member, text_member
from rtc_bridge.core.protocol import kscale_messages
from rtc_bridge.core.protocol import strict_json
from rtc_bridge.core.protocol.application_text import read_text
from rtc_bridge.core.protocol.control_messages import parse_control
from rtc_bridge.core.protocol.ice import (
    Candidate, check_candidate, MAX_ICE_SERVERS, MAX_ICE_URLS, MAX_M_LINE_INDEX,
)
from rtc_bridge.core.protocol.json_messages import check_texts
from rtc_bridge.core.protocol.sdpfrag import parse_fragment
from rtc_bridge.core.protocol.signaling_messages import (
    Answer, Close, Error, MAX_CAMERA, MAX_MESSAGE, MAX_WRITTEN, Offer, OfferRequest, parse,
)
from rtc_bridge.core.protocol.strict_json import dump_frame, load_object, MAX_DEPTH

UNPRINTABLE = ['\ud800', '\udfff', '\n', '\r', '\0', '\x1b', '\x7f', '\x85', '\u2028', '\u202e']
# A message, the member, and the kind of its text.
MEMBERS = [
    ('offer', {'session': 's', 'sdp': 'v=0'}, [
        ('session', 'session'), ('door', 'door'), ('camera', 'camera'), ('source', 'source'),
        ('bearer', 'bearer')]),
    ('call', {'session': 's'}, [
        ('session', 'session'), ('door', 'door'), ('source', 'source'), ('bearer', 'bearer')]),
    ('admit', {'session': 's'}, [('session', 'session'), ('bearer', 'bearer')]),
    ('answer', {'session': 's', 'sdp': 'v=0'}, [('session', 'session')]),
    ('candidate', {'session': 's', 'candidate': 'c'}, [
        ('session', 'session'), ('candidate', 'candidate'), ('sdpMid', 'mid')]),
    ('close', {'session': 's'}, [('session', 'session')]),
    ('done', {'session': 's'}, [('session', 'session')]),
    ('look', {'session': 's'}, [('session', 'session')]),
    ('error', {'code': 'c', 'message': 'm'}, [('session', 'session')]),
    ('ready', {'session': 's'}, [('session', 'session'), ('kind', 'kind')]),
    ('register', {'robot_id': 'r'}, [('version', 'version')]),
    ('registered', {'url': '/r'}, [('url', 'url')]),
    ('challenge', {'salt': 's'}, [('salt', 'salt')]), ('prove', {'key': 'k'}, [('key', 'key')]),
]
CASES = [(kind, members, name, MAX_LENGTHS[limit]) for kind, members, names in MEMBERS
         for name, limit in names]


@pytest.mark.parametrize('kind, members, name, limit', CASES)
def test_texts_of_messages(kind, members, name, limit):
    def message(text):
        return json.dumps({'type': kind, **members, name: text})
    for length in (limit - 1, limit):
        assert parse(message('x' * length))
    with pytest.raises(ProtocolError, match=f'"{name}" has {limit + 1} characters'):
        parse(message('x' * (limit + 1)))
    for character in UNPRINTABLE:
        with pytest.raises(ProtocolError, match=f'"{name}" has characters') as error:
            parse(message(f'x{character}'))
        assert str(error.value).isprintable()


@pytest.mark.parametrize('kind', MAX_LENGTHS)
def test_each_kind_of_text(kind):
    assert check_text('ä' * MAX_LENGTHS[kind], kind)
    with pytest.raises(ProtocolError, match='at most'):
        check_text('ä' * (MAX_LENGTHS[kind] + 1), kind)


def test_a_text_may_be_missing():
    assert text_member({}, 'camera', default=None) is None
    assert text_member({'camera': None}, 'camera', default=None) is None
    with pytest.raises(ProtocolError, match='missing'):
        text_member({}, 'camera')


@pytest.mark.parametrize('kind', ['offer', 'answer'])
def test_a_description_is_text(kind):
    assert parse(json.dumps({'type': kind, 'session': 's', 'sdp': 'ä\r\n'}))
    with pytest.raises(ProtocolError, match='surrogate'):
        parse(json.dumps({'type': kind, 'session': 's', 'sdp': '\ud800'}))
    with pytest.raises(ProtocolError, match='surrogate'):
        sdp_member({'sdp': '\ud800'})


def test_errors_are_cut_and_escaped_but_never_refused():
    error = parse(json.dumps({'type': 'error', 'code': '\n' + 'x' * 1000,
                              'message': '\ud800' + 'y' * 10_000, 'session': 's'}))
    assert len(error.code) == MAX_LENGTHS['code'] and error.code.startswith(r'\nxxx')
    assert len(error.message) == MAX_LENGTHS['message'] and error.message.startswith(r'\ud800yyy')
    assert parse(error.dump()) == error


@pytest.mark.parametrize('members, named', [
    ({'ice_servers': [{'urls': 'stun:h'}] * (MAX_ICE_SERVERS + 1)}, '17 ICE servers'),
    ({'ice_servers': [{'urls': ['stun:h'] * (MAX_ICE_URLS + 1)}]}, '17 URLs'),
    ({'ice_servers': [{'urls': 'x' * 257}]}, '"url"'),
    ({'ice_servers': [{'urls': 'stun:h\n'}]}, '"url"'),
    ({'ice_servers': [{'urls': 'stun:\u00e4'}]}, 'no URL'),
    ({'ice_servers': [{'urls': 'turn:h', 'username': 'x' * 513}]}, '"username"'),
    ({'ice_servers': [{'urls': 'turn:h', 'credential': '\ud800'}]}, '"credential"')])
def test_ice_servers(members, named):
    assert parse(json.dumps({'type': 'servers', 'ice_servers': [
        {'urls': ['x' * 256] * MAX_ICE_URLS, 'username': 'u' * 512}] * MAX_ICE_SERVERS})).dump()
    with pytest.raises(ProtocolError, match=named):
        parse(json.dumps({'type': 'servers', **members}))


def test_numbers_of_media_sections_and_cameras():
    def candidate(index):
        return parse(json.dumps({'type': 'candidate', 'session': 's', 'candidate': 'c',
                                 'sdpMLineIndex': index}))

    def call(camera):
        return parse(json.dumps({'type': 'call', 'session': 's', 'cameras': [camera]}))
    assert candidate(0) and candidate(MAX_M_LINE_INDEX) and call(MAX_CAMERA - 1)
    for bad in (-1, MAX_M_LINE_INDEX + 1, 10 ** 4000):
        with pytest.raises(ProtocolError, match='sdpMLineIndex'):
            candidate(bad)
    for bad in (-1, MAX_CAMERA, 'x' * 257, '\n', '\ud800'):
        with pytest.raises(ProtocolError, match='camera'):
            call(bad)


def test_offers_and_calls_that_came_by_http():
    check_texts(Offer('s' * 128, '', camera='x' * 256, source='x' * 64, bearer='x' * 2048))
    check_texts(OfferRequest('s'))
    for bad in (Offer('s' * 129, ''), Offer('s', '', camera='\n'), Offer('s', '', source='x' * 65),
                Offer('s', '', bearer='\udcff'), OfferRequest('\ud800'),
                OfferRequest('s', bearer='x' * 2049)):
        with pytest.raises(ProtocolError):
            check_texts(bad)
    check_candidate('s', None)
    check_candidate('s', Candidate('c' * 256, 'm' * 64))
    for bad in (Candidate('c' * 257), Candidate('c', 'm' * 65), Candidate('\n'),
                Candidate('c', None, MAX_M_LINE_INDEX + 1)):
        with pytest.raises(ProtocolError):
            check_candidate('s', bad)


@pytest.mark.parametrize('text, session', [
    ('{"type": "candidate", "session": "s", "candidate": "\\n"}', 's'),
    ('{"type": "offer", "session": "s"}', 's'),
    ('{"type": "call", "session": "s", "door": 1}', 's'),
    ('{"type": "offer", "session": "\\n"}', None), ('{"type": "close"}', None),
    ('{"type": "x", "session": "s"}', None), ('[]', None), ('', None)])
def test_an_error_has_the_session_that_it_is_about(text, session):
    with pytest.raises(ProtocolError) as error:
        parse(text)
    assert error.value.session == session


def test_fragments_of_players():
    lines = 'm=video 9 X 96\r\na=mid:{}\r\na=candidate:{}\r\n'
    assert parse_fragment(lines.format('m' * 64, 'c' * 246)).candidates
    for bad in (lines.format('m' * 65, 'c'), lines.format('m', 'c' * 247),
                lines.format('m', 'c\x1bd'), lines.format('m', 'c\u2028d'),
                'a=candidate:c\r\n' * (MAX_SESSION_CANDIDATES + 1),
                'm=x\r\n' * (MAX_M_LINE_INDEX + 2)):
        with pytest.raises(ProtocolError):
            parse_fragment(bad)
    last, = parse_fragment('m=x\r\n' * (MAX_M_LINE_INDEX + 1) + 'a=candidate:c').candidates
    check_candidate('s', last)
    assert last.sdp_m_line_index == MAX_M_LINE_INDEX
    most = parse_fragment('a=candidate:c\r\n' * MAX_SESSION_CANDIDATES)
    assert len(most.candidates) == MAX_SESSION_CANDIDATES


# JSON

@pytest.mark.parametrize('kind', ['[]', '{}'])
def test_json_is_not_nested_deeper(kind):
    def nested(depth):
        left, right = ('[', ']') if kind == '[]' else ('{"a":', '}')
        return f'{{"a":{left * (depth - 1)}0{right * (depth - 1)}}}'
    assert load_object(nested(MAX_DEPTH), MAX_MESSAGE)
    for depth in (MAX_DEPTH + 1, 500, 990, 20_000):
        with pytest.raises(ProtocolError, match='deep'):
            load_object(nested(depth), MAX_MESSAGE)
        assert read_text(nested(depth)) == nested(depth)
    with pytest.raises(ProtocolError, match='deep'):
        parse_control(f'{{"type":"message","data":{nested(MAX_DEPTH)}}}')


def test_json_is_measured_in_bytes():
    text = '{"a":"' + 'ä' * 46 + '"}'
    assert len(text.encode()) == 100
    for form in (text, text.encode()):
        assert load_object(form, 100)
        with pytest.raises(ProtocolError, match='100 bytes, at most 99'):
            load_object(form, 99)


@pytest.mark.parametrize('number', ['1' * 250_000, '-' + '9' * 5000, '1e400', '1' * 400 + '.0e99'])
def test_huge_numbers_are_refused(number):
    with pytest.raises(ProtocolError) as error:
        load_object(f'{{"a":{number}}}', MAX_MESSAGE)
    assert len(str(error.value)) < 300


# What is written

def test_a_message_is_measured_after_it_is_written():
    room = MAX_WRITTEN - len(Answer('s', '').dump())
    for text in ('x' * room, 'ä' * (room // 2), '"' * (room // 2), '\U0001f600' * (room // 4)):
        written = Answer('s', text).dump()
        assert len(written.encode()) <= MAX_WRITTEN and json.loads(written)['sdp'] == text
    for text in ('x' * (room + 1), 'ä' * (room // 2 + 1), '"' * (room // 2 + 1)):
        with pytest.raises(ProtocolError, match='at most'):
            Answer('s', text).dump()


def test_two_byte_characters_are_written_as_two_bytes():
    assert len(Answer('s', 'ä' * 100_000).dump().encode()) < 200_100


def test_half_a_character_is_not_written():
    for message in (Answer('s', '\ud800'), Close('\ud800'), Error('c', '\ud800'),
                    Offer('s', 'v=0', source='\ud800')):
        with pytest.raises(ProtocolError, match='surrogate'):
            message.dump()
    assert dump_frame({'a': None, 'b': 1}, 7) == '{"b":1}'


# Addresses


# K-Scale's frames, which pass as they are

@pytest.mark.parametrize('frame', [
    '{}', '[1]', '"text"', '{"sdp":{"type":"offer","sdp":"v=0\\r\\n"}}', '{"sdp":1}',
    '{"ice":{"candidate":"c","sdpMLineIndex":0}}', '{"ice":[]}', '{"sdp":{"type":"offer"}}'])
def test_frames_of_k_scale_that_pass(frame):
    kscale_messages.check_frame(frame)


@pytest.mark.parametrize('frame, error', [
    ('nonsense', ProtocolError), ('[' * 100_000, ProtocolError), ('1' * 5000, ProtocolError),
    ('[' * 65 + ']' * 65, ProtocolError), ('{"ice":{"candidate":"' + 'c' * 257 + '"}}',
                                           ProtocolError),
    ('{"sdp":{"sdp":"\\ud800"}}', ProtocolError), ('{"sdp":{"sdp":"v=0\\n"}}', SignalingError),
    ('{"sdp":"v=0\\n"}', SignalingError),
    (json.dumps({'sdp': {'sdp': 'v=0\r\n' + 'm=video 9 X 96\r\n' * 19}}), SignalingError)])
def test_frames_of_k_scale_that_do_not(frame, error):
    with pytest.raises(error):
        kscale_messages.check_frame(frame)


def test_depth_of_what_is_no_container():
    for value in (0, 'x', None, [], {}):
        strict_json.check_depth(value)
