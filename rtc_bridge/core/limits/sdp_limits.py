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

"""
Bounds of a session description (SDP, RFC 8866), checked before any other parser sees it.

aiortc trusts its peers: the time of its parser and its negotiation grows with the square of the
number of lines, and it splits lines otherwise than browsers do. Both read a description that
passes here in the same way. The worst description that passes takes aiortc's parser 7 ms with 6
media sections and 20 ms with 18 (one core of an AMD EPYC, November 2026); Chromium's own take 3
and 10 ms. The check does not backtrack: its time is proportional to the length.
"""

from collections import Counter, defaultdict
import re

from ..errors import SignalingError
from ..protocol.strict_json import shorten

# Bytes of a media section, and of the lines before the first one. Chromium 156 has 5.2 kB.
MAX_SECTION_BYTES = 12 * 1024
# Media sections at a relay, which does not know a robot's slots: 16 slots, audio, data.
MAX_SECTIONS = 18
# Media sections that a robot with fewer slots accepts: those of a page with four slots (MAX_SLOTS
# in web/ui/main.js), the channels and audio. A page learns how many slots the robot has only after
# its offer.
MIN_SECTIONS = 6
# Lines before the first media section: browsers have about 10.
MAX_SESSION_LINES = 64
# Lines of a media section: Chromium has 170; all that is limited below adds up to 500.
MAX_SECTION_LINES = 512
# Lines of all sections, for each section that is allowed.
MEAN_SECTION_LINES = 256
# Characters of a line: Chromium's longest, with 34 payload types, has 144.
MAX_LINE = 1024
# Payload types of a section: Chromium has 34.
MAX_PAYLOAD_TYPES = 64
# Payload types of one codec in a section: Chromium has 8 of H.264 (profiles and packetization
# modes), and one of RTX (RFC 4588) for each of the others. aiortc compares each with all of its
# own codecs, and copies it.
MAX_TYPES_OF_CODEC = 16
MAX_TYPES_OF_RTX = 32
# RTP header extensions of a section: Chromium has 13.
MAX_EXTENSIONS = 32
# Synchronization sources of a section and their lines: Chromium has 2 and 4.
MAX_SOURCES = 16
MAX_SOURCE_LINES = 64
# Candidates of a section: Chromium has 4.
MAX_CANDIDATES = 32
# Fingerprints of a section: Chromium has 1, aiortc 3.
MAX_FINGERPRINTS = 4
# ``rtcp-fb`` of a section; a line for ``*`` counts once for each payload type. Chromium has 77.
MAX_FEEDBACK = 256
# Lines of ``rtcp-fb`` times payload types, summed over the sections, for each section that is
# allowed: aiortc compares each with each. Chromium has 2618 in a section.
MEAN_FEEDBACK_PAIRS = 4096
# Candidates of a session, those that follow its description included.
MAX_SESSION_CANDIDATES = 100
# Characters of a format in an m-line: a payload type, or a word in a section of data.
_MAX_FORMAT = 32
# Characters of a section's identification (RFC 8843 limits it to the size of a header extension).
_MAX_MID = 64

# C0, DEL and C1 controls, and the other line ends of Python's splitlines(). It is looked for where
# no CR LF is left.
_BAD_CHARACTER = re.compile('[\0-\x1f\x7f-\x9f\u2028\u2029]')
_PAYLOAD_TYPE = re.compile(r'0|[1-9][0-9]{0,2}')
# Attributes that a part may have once. Of two, one parser would use the first, another the last.
_ONCE = ('mid', 'ice-ufrag', 'ice-pwd', 'setup', 'sctp-port', 'max-message-size')
_DIRECTIONS = frozenset({'sendrecv', 'sendonly', 'recvonly', 'inactive'})
_RTP_MEDIA = frozenset({'audio', 'video'})


def max_sections(slots: int) -> int:
    """Return how many media sections a robot accepts that shows ``slots`` cameras at once."""
    return max(slots + 2, MIN_SECTIONS)


def check_sdp(sdp: str, sections: int = MAX_SECTIONS, code: str = 'bad-offer') -> None:
    """
    Check that a description is within all bounds.

    :param sections: how many media sections it may have
    :param code: of the error
    :raises SignalingError: it is not; the text says which bound it exceeds, or what is malformed
    """
    try:
        _check(sdp, sections)
    except _Refused as refused:
        raise SignalingError(code, f'session description refused: {refused}') from None


def crlf_lines(sdp: str) -> str:
    """Return a description with CR LF for each line end, if it has LF throughout."""
    return sdp if '\r' in sdp else sdp.replace('\n', '\r\n')


class _Refused(Exception):
    """A description exceeds a bound or is malformed; the text says how."""


def _check(sdp: str, sections: int) -> None:
    most = MAX_SECTION_BYTES * (sections + 1)
    if len(sdp) > most:
        raise _Refused(f'{len(sdp)} characters, at most {most} are allowed')
    if not sdp.isascii():
        try:
            size = len(sdp.encode())
        except UnicodeEncodeError:
            raise _Refused('it has half a character (a surrogate)') from None
        if size > most:
            raise _Refused(f'{size} bytes, at most {most} are allowed')
    if found := _BAD_CHARACTER.search(sdp.replace('\r\n', '')):
        if found[0] in '\r\n':
            raise _Refused('a line ends with something else than CR LF')
        raise _Refused(f'it has the control character {shorten(found[0])}')
    most = MEAN_SECTION_LINES * (sections + 1)
    if sdp.count('\n') > most:
        raise _Refused(f'{sdp.count(chr(10))} lines, at most {most} are allowed')
    lines = sdp.split('\r\n')
    if not lines[-1]:
        lines.pop()
    if not lines:
        raise _Refused('it is empty')
    # The lines before the first media section, then those of each section.
    parts: list[list[str]] = [[]]
    for line in lines:
        if line[1:2] != '=' or not 'a' <= line[0] <= 'z':
            raise _Refused(f'{shorten(line)} is no line of SDP')
        if len(line) > MAX_LINE:
            raise _Refused(f'a line of {len(line)} characters, at most {MAX_LINE} are allowed')
        if line[0] == 'm':
            if len(parts) > sections:
                raise _Refused(f'more than {sections} media sections')
            parts.append([])
        parts[-1].append(line)
    _read_attributes(parts[0], MAX_SESSION_LINES)
    candidates = pairs = 0
    for part in parts[1:]:
        candidates_here, pairs_here = _check_section(part)
        candidates, pairs = candidates + candidates_here, pairs + pairs_here
    if candidates > MAX_SESSION_CANDIDATES:
        raise _Refused(f'more than {MAX_SESSION_CANDIDATES} candidates')
    if pairs > MEAN_FEEDBACK_PAIRS * sections:
        raise _Refused('too many rtcp-fb for so many payload types')


def _read_attributes(lines: list[str], max_lines: int) -> defaultdict[str, list[str]]:
    """
    Return the values of a part's attributes, by name, after checking what concerns any part.

    :raises _Refused: it has too many lines or bytes, or something twice
    """
    if len(lines) > max_lines:
        raise _Refused(f'more than {max_lines} lines in one part')
    if len('\r\n'.join(lines).encode()) + 2 > MAX_SECTION_BYTES:
        raise _Refused(f'more than {MAX_SECTION_BYTES} bytes in one part')
    attributes: defaultdict[str, list[str]] = defaultdict(list)
    directions = 0
    for line in lines:
        if line[0] == 'a':
            name, _, value = line[2:].partition(':')
            attributes[name].append(value)
            directions += name in _DIRECTIONS
    for name in _ONCE:
        if len(attributes[name]) > 1:
            raise _Refused(f'a second {name} in one part')
    if directions > 1:
        raise _Refused('a second direction in one part')
    for mid in attributes['mid']:
        if len(mid) > _MAX_MID:
            raise _Refused(f'a mid of {len(mid)} characters, at most {_MAX_MID} are allowed')
    if len(attributes['fingerprint']) > MAX_FINGERPRINTS:
        raise _Refused(f'more than {MAX_FINGERPRINTS} fingerprints in one part')
    return attributes


def _check_section(lines: list[str]) -> tuple[int, int]:
    """
    Check a media section; return its candidates, and its ``rtcp-fb`` times its payload types.

    :raises _Refused: it has too many of something, or is malformed
    """
    formats = _read_formats(lines[0])
    attributes = _read_attributes(lines, MAX_SECTION_LINES)
    for name in ('rtpmap', 'fmtp'):
        types = Counter(_payload_types(name, attributes[name], formats))
        for payload_type, count in types.items():
            if count > 1:
                raise _Refused(f'a second {name} of payload type {payload_type}')
    codecs = Counter([value.partition(' ')[2].partition('/')[0].strip().lower()
                      for value in attributes['rtpmap']])
    for codec, count in codecs.items():
        most = MAX_TYPES_OF_RTX if codec == 'rtx' else MAX_TYPES_OF_CODEC
        if count > most:
            raise _Refused(f'more than {most} payload types of {shorten(codec)} in one section')
    feedback = _payload_types('rtcp-fb', attributes['rtcp-fb'], formats | {'*'})
    if len(feedback) + feedback.count('*') * (len(formats) - 1) > MAX_FEEDBACK:
        raise _Refused(f'more than {MAX_FEEDBACK} rtcp-fb in one section')
    if len(attributes['extmap']) > MAX_EXTENSIONS:
        raise _Refused(f'more than {MAX_EXTENSIONS} extmap in one section')
    sources = attributes['ssrc']
    if len(sources) > MAX_SOURCE_LINES or (
            len({value.partition(' ')[0] for value in sources}) > MAX_SOURCES):
        raise _Refused(f'more than {MAX_SOURCES} ssrc, or {MAX_SOURCE_LINES} lines of '
                       'them, in one section')
    candidates = len(attributes['candidate'])
    if candidates > MAX_CANDIDATES:
        raise _Refused(f'more than {MAX_CANDIDATES} candidates in one section')
    return candidates, len(feedback) * len(formats)


def _read_formats(line: str) -> set[str]:
    """
    Return the payload types of an m-line, or the words in their place.

    :raises _Refused: there are too many, or one is malformed or there twice
    """
    words = line[2:].split(' ')
    formats = set(words[3:])
    if not formats or len(words) - 3 > MAX_PAYLOAD_TYPES:
        raise _Refused(f'{len(words) - 3} payload types in one section, 1 to '
                       f'{MAX_PAYLOAD_TYPES} are allowed')
    if len(formats) < len(words) - 3:
        raise _Refused('a payload type twice in one section')
    for word in formats:
        if len(word) > _MAX_FORMAT or (
                words[0] in _RTP_MEDIA and not _PAYLOAD_TYPE.fullmatch(word)):
            raise _Refused(f'{shorten(word)} is no payload type')
    return formats


def _payload_types(name: str, values: list[str], formats: set[str]) -> list[str]:
    """
    Return the payload type of each value of an attribute.

    :raises _Refused: it is not in the m-line
    """
    types = [value.partition(' ')[0] for value in values]
    for payload_type in types:
        if payload_type not in formats:
            raise _Refused(f'{name} of {shorten(payload_type)}, which is no payload type of its '
                           'section')
    return types
