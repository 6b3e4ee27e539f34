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
What an SDP must be like, for a proof over DTLS fingerprints to hold.

A peer authenticates a whole bundle by its first section, and browsers take the last of several
fingerprints. A relay that may write more than one of anything can have media for itself.
"""

import re

from .errors import SignalingError
from .wire import show

_SECTION = re.compile(r'^(?=m=)', re.M)
_LINE = re.compile(r'\r?\n|\r')
_SHA256 = re.compile(r'a=fingerprint:sha-256 ([0-9a-f]{2}(?::[0-9a-f]{2}){31})', re.I)


def fingerprint_of(sdp: str) -> bytes:
    """
    Return the one SHA-256 fingerprint (RFC 8122) that all sections of a description share.

    :raises SignalingError: ``bad-sdp``: not one BUNDLE group (RFC 9143) that names all sections,
        or not the same single sha-256 fingerprint for each of them
    """
    session, *sections = (_LINE.split(part) for part in _SECTION.split(sdp))
    if not sections:
        raise _refused('there is no media section')
    groups = [line.split()[1:] for line in session if line.startswith('a=group:')]
    mids = [[line[6:].strip() for line in section if line.startswith('a=mid:')]
            for section in sections]
    if any(len(found) != 1 for found in mids):
        raise _refused('each media section needs one a=mid')
    names = [found[0] for found in mids]
    bundles = [line for line in session if line.startswith('a=group:BUNDLE')]
    if len(groups) != 1 or len(bundles) != 1:
        raise _refused(f'one a=group:BUNDLE is needed, there are {len(bundles)} and '
                       f'{len(groups) - len(bundles)} other groups')
    if sorted(groups[0]) != sorted(names) or len(set(names)) != len(names):
        raise _refused(f'the bundle has {show(groups[0])}, the sections are {show(names)}')
    found = set()
    for section in sections:
        own = _fingerprints(section)
        lines = own + _fingerprints(session)
        if len(own) > 1 or not lines:
            raise _refused(f'a section has {len(own)} fingerprints, one is needed')
        found.update(lines)
    if len(found) != 1 or len(_fingerprints(session)) > 1:
        raise _refused(f'{len(found)} different fingerprints, one is needed')
    match = _SHA256.fullmatch(found.pop())
    if match is None:
        raise _refused('the fingerprint is not a sha-256')
    return bytes.fromhex(match[1].replace(':', ''))


def _fingerprints(lines: list[str]) -> list[str]:
    return [line.strip().lower() for line in lines
            if line.strip().lower().startswith('a=fingerprint')]


def _refused(what: str) -> SignalingError:
    return SignalingError('bad-sdp', f'description refused: {what}')
