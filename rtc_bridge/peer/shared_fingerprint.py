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
The one fingerprint of a remote description, which a proof of an invite is bound to.

A peer authenticates a whole bundle by its first section, and browsers take the last of several
fingerprints. So a relay that may write more than one of anything can have media for itself.
Everything is read from what aiortc has parsed, since that is what it acts on: a second parser
might read the same text differently.
"""

import re

from aiortc.sdp import SessionDescription

from ..core.errors import SignalingError
from ..core.protocol.strict_json import shorten

_SHA256 = re.compile('[0-9a-f]{2}(?::[0-9a-f]{2}){31}', re.I)


def shared_fingerprint(description: SessionDescription, *, strict: bool = True) -> bytes:
    """
    Return the SHA-256 fingerprint (RFC 8122) that all sections of a description share, 32 bytes.

    :param strict: an invite is to be proved, so there must be no other hash beside it, and one
        BUNDLE group even for a single section
    :raises SignalingError: ``bad-sdp``: not one BUNDLE group (RFC 9143) that names all sections,
        or not the same sha-256 fingerprint in each of them
    """
    if not description.media:
        raise _refused('there is no media section')
    _check_group(description, strict)
    found: set[str] = set()
    for media in description.media:
        fingerprints = media.dtls.fingerprints if media.dtls else []
        sha256 = [fingerprint.value for fingerprint in fingerprints
                  if fingerprint.algorithm.lower() == 'sha-256']
        if not sha256 or (strict and len(sha256) != len(fingerprints)):
            raise _refused('each section needs a sha-256 fingerprint, and no other')
        found.update(value.lower() for value in sha256)
    if len(found) != 1:
        raise _refused(f'{len(found)} different fingerprints, one is needed')
    value = found.pop()
    if _SHA256.fullmatch(value) is None:
        raise _refused('the fingerprint is not a sha-256')
    return bytes.fromhex(value.replace(':', ''))


def _check_group(description: SessionDescription, strict: bool) -> None:
    names = [media.rtp.muxId for media in description.media]
    groups = description.group
    bundled = len(groups) == 1 and groups[0].semantic == 'BUNDLE' and (
        '' not in names and len(set(names)) == len(names)
        and sorted(map(str, groups[0].items)) == sorted(names))
    if not bundled and (strict or len(names) > 1):
        raise _refused(f'one BUNDLE group with all sections {shorten(names)} is needed, '
                       f'there are {shorten([str(group) for group in groups])}')


def _refused(what: str) -> SignalingError:
    return SignalingError('bad-sdp', f'description refused: {what}')
