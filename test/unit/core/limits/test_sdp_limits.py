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

"""Bounds of session descriptions, and that what browsers write is within them."""

from pathlib import Path
import re

from aiortc import RTCPeerConnection
import pytest
from rtc_bridge.core.errors import SignalingError
from rtc_bridge.core.limits.sdp_limits import check_sdp, crlf_lines, MAX_SECTIONS, max_sections
from support.viewer import Viewer

# Written by Chromium 156 and Firefox 153, with all candidates.
SAMPLES = sorted((Path(__file__).parents[3] / 'support' / 'descriptions').glob('*.sdp'))
SESSION = 'v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n'


def section(*lines, formats=(96,), kind='video'):
    """Return a media section with some lines."""
    head = f'm={kind} 9 UDP/TLS/RTP/SAVPF {" ".join(map(str, formats))}'
    return ''.join(f'{line}\r\n' for line in (head, *lines))


def numbered(line, count):
    """Return so many lines, with their number in them."""
    return [line.format(number) for number in range(count)]


@pytest.mark.parametrize('path', SAMPLES, ids=lambda path: path.stem)
def test_what_browsers_write_is_within_the_bounds(path):
    check_sdp(path.read_bytes().decode(), max_sections(4))


@pytest.mark.parametrize('path', [p for p in SAMPLES if 'page' in p.stem], ids=lambda p: p.stem)
def test_sixteen_slots_are_within_the_bounds(path):
    session, *parts = re.split(r'(?=^m=)', path.read_bytes().decode(), flags=re.M)
    check_sdp(session + parts[0] + 15 * re.sub('a=candidate.*\r\n', '', parts[1]) + parts[-1])


@pytest.mark.asyncio
async def test_what_aiortc_writes_is_within_the_bounds():
    viewer, other = Viewer(slots=4, audio='sendrecv'), RTCPeerConnection()
    try:
        check_sdp(await viewer.offer(), max_sections(4))
        await other.setRemoteDescription(viewer.pc.localDescription)
        await other.setLocalDescription()
        check_sdp(other.localDescription.sdp, max_sections(4))
    finally:
        await viewer.close()
        await other.close()


def test_a_page_of_four_slots_comes_to_a_robot_of_one():
    assert [max_sections(slots) for slots in (1, 4, 5, 16)] == [6, 6, 7, MAX_SECTIONS]


PAYLOAD_TYPES = range(64)
EDGES = {
    'sections': lambda extra: SESSION + section() * (MAX_SECTIONS + extra),
    'payload types': lambda extra: SESSION + section(formats=range(64 + extra)),
    'types of a codec': lambda extra: SESSION + section(
        *numbered('a=rtpmap:{} H264/90000', 16 + extra), formats=PAYLOAD_TYPES),
    'types of RTX': lambda extra: SESSION + section(
        *numbered('a=rtpmap:{} rtx/90000', 32 + extra), formats=PAYLOAD_TYPES),
    'formats of data': lambda extra: SESSION + section(
        kind='application', formats=[f'x{n}' for n in range(64 + extra)]),
    'rtcp-fb': lambda extra: SESSION + section(*numbered('a=rtcp-fb:96 x{}', 256 + extra)),
    'rtcp-fb of any': lambda extra: SESSION + section(
        *numbered('a=rtcp-fb:* x{}', 4 + extra), formats=PAYLOAD_TYPES),
    'extmap': lambda extra: SESSION + section(*numbered('a=extmap:{} urn:x', 32 + extra)),
    'ssrc': lambda extra: SESSION + section(*numbered('a=ssrc:{} cname:x', 16 + extra)),
    'ssrc lines': lambda extra: SESSION + section(*['a=ssrc:1 cname:x'] * (64 + extra)),
    'candidates': lambda extra: SESSION + section(
        *['a=candidate:1 1 udp 1 10.0.0.1 1 typ host'] * (32 + extra)),
    'candidates in all': lambda extra: SESSION + section(
        *['a=candidate:1 1 udp 1 10.0.0.1 1 typ host'] * 25) * 3 + section(
        *['a=candidate:1 1 udp 1 10.0.0.1 1 typ host'] * (25 + extra)),
    'fingerprints': lambda extra: SESSION + section(
        *['a=fingerprint:sha-256 00'] * (4 + extra)),
    'fingerprints of all': lambda extra: SESSION + 'a=fingerprint:x 0\r\n' * (4 + extra),
    'lines of a section': lambda extra: SESSION + section(*['a=x'] * (511 + extra)),
    'lines before': lambda extra: SESSION + 'a=x\r\n' * (60 + extra) + section(),
    'lines': lambda extra: SESSION + section(*['a=x'] * 511) * 9 + section(
        *['a=x'] * (251 + extra)),
    'length of a line': lambda extra: SESSION + 'a=' + 'x' * (1022 + extra) + '\r\n',
    'length of a mid': lambda extra: SESSION + section('a=mid:' + 'x' * (64 + extra)),
    'bytes of a section': lambda extra: SESSION + section(
        *['a=' + 'x' * 1020] * 11, 'a=' + 'x' * (12288 - 11 * 1024 - 36 + extra)),
    'bytes in UTF-8': lambda extra: SESSION + section(
        *['a=' + 'ä' * 510] * 11, 'a=' + 'x' * (12288 - 11 * 1024 - 36 + extra)),
    'bytes before': lambda extra: SESSION + 11 * ('a=' + 'x' * 1020 + '\r\n') + (
        'a=' + 'x' * (12288 - 11 * 1024 - len(SESSION) - 4 + extra) + '\r\n'),
}


@pytest.mark.parametrize('edge', EDGES)
def test_each_bound_holds_to_one(edge):
    check_sdp(EDGES[edge](-1))
    check_sdp(EDGES[edge](0))
    with pytest.raises(SignalingError) as error:
        check_sdp(EDGES[edge](1))
    assert error.value.code == 'bad-offer' and len(str(error.value)) < 200


@pytest.mark.parametrize('text', [
    '', '\r\n', 'o', SESSION.replace('\r\n', '\n'), SESSION.replace('\r\n', '\r'),
    SESSION + '\n', SESSION + '\r\n', SESSION + 'a=x\ry\r\n', SESSION + 'A=x\r\n',
    SESSION + ' a=x\r\n', SESSION + '\u0430=x\r\n', SESSION + 'a:x\r\n',
    *(SESSION + f'a=x{c}y\r\n' for c in '\0\t\x0b\x0c\x1b\x1c\x1d\x1e\x7f\x85\x9b\u2028\u2029'),
    SESSION + 'a=\ud800\r\n',
    *(SESSION + section(line) for line in (
        'a=rtpmap:97 VP8/90000', 'a=fmtp:97 x=1', 'a=rtcp-fb:97 nack', 'a=rtcp-fb:nack',
        'a=rtpmap: 96 VP8/90000', 'a=rtpmap:096 VP8/90000', 'a=rtpmap:\u0669\u0666 VP8/90000')),
    SESSION + section('a=rtpmap:96 VP8/90000', 'a=rtpmap:96 H264/90000'),
    SESSION + section('a=fmtp:96 x=1', 'a=fmtp:96 x=2'),
    *(SESSION + section(f'a={name}:x', f'a={name}:x') for name in (
        'mid', 'ice-ufrag', 'ice-pwd', 'setup')),
    SESSION + section('a=sendonly', 'a=recvonly'),
    *(SESSION + section(formats=formats) for formats in (
        (), (96, 96), ('096', 96), ('+96',), ('9_6',), ('\u0669\u0666',), ('',), ('x',))),
    SESSION + 'm=video\r\n', SESSION + 'm=video 9 X\r\n',
    SESSION + section(kind='application', formats=['x' * 33])], ids=lambda text: ascii(text[-20:]))
def test_what_is_no_description_is_refused(text):
    with pytest.raises(SignalingError, match='session description refused'):
        check_sdp(text)


def test_the_code_of_the_error_is_the_callers():
    with pytest.raises(SignalingError) as error:
        check_sdp('', code='bad-answer')
    assert error.value.code == 'bad-answer'


def test_the_last_line_may_lack_its_end():
    check_sdp('v=0')


def test_an_attribute_named_direction_is_no_direction():
    check_sdp(SESSION + section('a=direction:active', 'a=direction:passive', 'a=sendrecv'))


def test_lines_of_players():
    assert crlf_lines('v=0\ns=-\n') == 'v=0\r\ns=-\r\n'
    for text in ('v=0\r\ns=-\r\n', 'v=0\r\ns=-\n', 'v=0\r', ''):
        assert crlf_lines(text) == text
