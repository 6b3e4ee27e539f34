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

"""The fingerprint that all sections of a remote description must share for a proof."""

from aiortc.sdp import SessionDescription
import pytest

from rtc_bridge.core.errors import SignalingError
from rtc_bridge.peer.shared_fingerprint import shared_fingerprint


def fingerprint_of(text):
    return shared_fingerprint(SessionDescription.parse(text))


A, B = ':'.join(['AB'] * 32), ':'.join(['cd'] * 32)


def sdp(session='', bundle='0 1', sections=None):
    sections = sections or [f'a=mid:{n}\r\na=fingerprint:sha-256 {A}\r\n' for n in range(2)]
    head = f'a=group:BUNDLE {bundle}\r\n' if bundle is not None else ''
    return f'v=0\r\na=setup:actpass\r\n{head}{session}' + ''.join(
        f'm=video 9 X 96\r\n{s}' for s in sections)


PRINT = f'a=fingerprint:sha-256 {A}\r\n'


@pytest.mark.parametrize('text', [
    sdp(), sdp(bundle='1 0'), sdp(PRINT, sections=['a=mid:0\r\n', 'a=mid:1\r\n']),
    sdp(PRINT), sdp(PRINT * 2), sdp().replace('\r\n', '\n'), sdp().replace('AB', 'ab', 3)])
def test_one_fingerprint_in_all_sections_is_accepted(text):
    """Repeating it changes nothing."""
    assert fingerprint_of(text) == b'\xab' * 32


@pytest.mark.parametrize('text', [
    '', 'v=0\r\n', sdp(bundle=None), sdp(bundle='0'), sdp(bundle='0 1 2'), sdp(bundle='0 0'),
    sdp('a=group:BUNDLE 0 1\r\n'), sdp('a=group:LS 0 1\r\n'),
    sdp(f'a=fingerprint:sha-256 {B}\r\n'),
    sdp(sections=[f'a=mid:0\r\n{PRINT}', f'a=mid:1\r\na=fingerprint:sha-256 {B}\r\n']),
    sdp(sections=[f'a=mid:0\r\n{PRINT}', f'a=mid:1\r\n{PRINT}a=fingerprint:sha-256 {B}\r\n']),
    sdp(sections=[f'a=mid:0\r\n{PRINT}', 'a=mid:1\r\n']),
    sdp(sections=[f'a=mid:0\r\n{PRINT}', PRINT]),
    sdp(sections=[f'a=mid:0\r\n{PRINT}', f'a=mid:1\r\na=mid:2\r\n{PRINT}']),
    sdp(bundle='0 0', sections=[f'a=mid:0\r\n{PRINT}'] * 2),
    sdp().replace('sha-256', 'sha-1'), sdp().replace(A, A[:-3]), sdp().replace(A, A + ':AB')])
def test_descriptions_that_allow_a_second_connection_are_refused(text):
    with pytest.raises(SignalingError, match='description refused'):
        fingerprint_of(text)


@pytest.mark.parametrize('end', ['\v', '\f', '\x85', '\u2028', '\x1c'])
def test_line_ends_of_other_parsers_hide_no_fingerprint(end):
    """Lines end at more than CR and LF for aiortc."""
    hidden = f'a=fingerprint:sha-256 {B}'
    with pytest.raises(SignalingError, match='description refused'):
        fingerprint_of(sdp().replace('v=0', f'v=0\r\ns=-{end}{hidden}'))


def test_other_hashes_are_allowed_if_nothing_is_to_be_proved():
    text = sdp(sections=[f'a=mid:0\r\n{PRINT}a=fingerprint:sha-384 {B}\r\n'], bundle=None)
    assert shared_fingerprint(SessionDescription.parse(text), strict=False) == b'\xab' * 32
    with pytest.raises(SignalingError):
        fingerprint_of(text)
    with pytest.raises(SignalingError):
        shared_fingerprint(SessionDescription.parse(sdp(bundle=None)), strict=False)
