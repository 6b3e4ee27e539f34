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

"""Trickled candidates as WHEP players send them (RFC 8840, section 9; RFC 9725, section 4.3.2)."""

from dataclasses import dataclass
import re

from .ice import Candidate, MAX_M_LINE_INDEX
from .strict_json import shorten
from ..errors import ProtocolError
from ..limits.sdp_limits import MAX_SESSION_CANDIDATES
from ..limits.text_limits import check_text

# Bytes.
MAX_FRAGMENT = 64 * 1024
_LINE = re.compile(r'[a-z]=.*')
_UFRAG = re.compile(r'^a=ice-ufrag:(\S+)', re.M)


@dataclass(frozen=True)
class Fragment:
    """
    The contents of a fragment.

    ``ufrags`` are its ICE user names; others than the offer's mean an ICE restart.
    ``candidates`` are in order; ``None`` is the end of candidates.
    """

    ufrags: frozenset[str]
    candidates: tuple[Candidate | None, ...]


def ufrags(sdp: str) -> frozenset[str]:
    """Return the ICE user names in an SDP text or fragment."""
    return frozenset(_UFRAG.findall(sdp))


def parse_fragment(text: str) -> Fragment:
    """
    Parse an ``application/trickle-ice-sdpfrag`` body.

    Players differ: lines may end with LF only, attributes before any media line belong to the
    first one, and a media line may come without its ``a=mid``.

    :raises ProtocolError: a line is not one of SDP, or the fragment is beyond a bound
    """
    if len(text) > MAX_FRAGMENT:
        raise ProtocolError(f'fragment of {len(text)} bytes, at most {MAX_FRAGMENT} are allowed')
    candidates: list[Candidate | None] = []
    mid, index, ended = None, 0, False
    seen_media = False
    for line in filter(None, map(str.strip, text.split('\n'))):
        if not _LINE.fullmatch(line):
            raise ProtocolError(f'{shorten(line)} is no line of SDP')
        if line.startswith('m='):
            index += seen_media
            if index > MAX_M_LINE_INDEX:
                raise ProtocolError(f'more than {MAX_M_LINE_INDEX + 1} media lines')
            seen_media, mid = True, None
        elif line.startswith('a=mid:'):
            mid = check_text(line.removeprefix('a=mid:').strip(), 'mid')
        elif line.startswith('a=candidate:'):
            # The mid is preferred, since the index counts the fragment's media lines, not the
            # offer's.
            candidate = check_text(line.removeprefix('a='), 'candidate')
            candidates.append(Candidate(candidate, mid, index if mid is None else None))
        elif line.startswith('a=end-of-candidates'):
            ended = True
    if len(candidates) > MAX_SESSION_CANDIDATES:
        raise ProtocolError(f'{len(candidates)} candidates, at most {MAX_SESSION_CANDIDATES} are '
                            'allowed')
    return Fragment(ufrags(text), (*candidates, *([None] if ended else [])))
