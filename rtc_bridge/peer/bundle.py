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
What a remote description must be like, for a proof over DTLS fingerprints to hold.

A peer authenticates a whole bundle by its first section, and browsers take the last of several
fingerprints. A relay that may write more than one of anything can have media for itself. All is
read from what aiortc has parsed, since that is what it acts on: two readers of one text may see
two texts.
"""

import re

from aiortc.sdp import SessionDescription

from ..core.errors import SignalingError
from ..core.protocol.strict_json import shorten

_SHA256 = re.compile('[0-9a-f]{2}(?::[0-9a-f]{2}){31}', re.I)


def shared_fingerprint(description: SessionDescription, *, alone: bool = True) -> bytes:
    """
    Return the one SHA-256 fingerprint (RFC 8122) that all sections of a description share.

    :param alone: no other hash is allowed beside it; where nothing is to be proved, it is, and a
        single section needs no group
    :raises SignalingError: ``bad-sdp``: not one BUNDLE group (RFC 9143) that names all sections,
        or not the same sha-256 fingerprint for each of them
    """
    if not description.media:
        raise _refused('there is no media section')
    names = [media.rtp.muxId for media in description.media]
    groups = description.group
    bundled = len(groups) == 1 and groups[0].semantic == 'BUNDLE' and (
        '' not in names and len(set(names)) == len(names)
        and sorted(groups[0].items) == sorted(names))
    if not bundled and (alone or len(names) > 1):
        raise _refused(f'one BUNDLE group with all sections {shorten(names)} is needed, '
                       f'there are {shorten([str(group) for group in groups])}')
    found = set()
    for media in description.media:
        prints = media.dtls.fingerprints if media.dtls else []
        own = [p.value for p in prints if p.algorithm.lower() == 'sha-256']
        if not own or (alone and len(own) != len(prints)):
            raise _refused('each section needs a sha-256 fingerprint, and no other')
        found.update(value.lower() for value in own)
    if len(found) != 1:
        raise _refused(f'{len(found)} different fingerprints, one is needed')
    value = found.pop()
    if _SHA256.fullmatch(value) is None:
        raise _refused('the fingerprint is not a sha-256')
    return bytes.fromhex(value.replace(':', ''))


def _refused(what: str) -> SignalingError:
    return SignalingError('bad-sdp', f'description refused: {what}')
