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
Everything that reaches into aiortc and aioice, one concept a file.

Each hook is looked for at import and left out, with one warning, where a release does not have
it; the session then works without that feature. Written against aiortc 1.14 to 1.16.
"""

import logging

from .consent import check, HAS_CONSENT_CLOCK, last_answer, round_trip, waiting
from .datagrams import HAS_ADDRESS_LIMITS, HAS_DATAGRAM_LIMITS, HAS_MEDIA_LIMITS
from .dtls import HAS_PEER_CERTIFICATE, peer_fingerprint
from .gathering import ask_stun, ask_turn, GATHERING_S, HAS_GATHERING_LIMIT, host_addresses
from .header_extensions import HAS_PLAYOUT_DELAY, PLAYOUT_DELAY_URI
from .limits import limited_by
from .retransmission import newest_packets, newest_timestamp, padding_packets, send_again
from .rtcp import HAS_RTCP, watch_rtcp
from .sctp import HAS_ASSOCIATION_LIMITS
from .video_codecs import encodings, HAS_MAIN_PROFILE, MAIN, make_codec_switch, preferences

__all__ = [
    'ask_stun', 'ask_turn', 'check', 'encodings', 'GATHERING_S', 'HAS_ADDRESS_LIMITS',
    'HAS_ASSOCIATION_LIMITS', 'HAS_CONSENT_CLOCK', 'HAS_DATAGRAM_LIMITS', 'HAS_GATHERING_LIMIT',
    'HAS_MAIN_PROFILE', 'HAS_MEDIA_LIMITS', 'HAS_PEER_CERTIFICATE', 'HAS_PLAYOUT_DELAY',
    'HAS_RTCP', 'host_addresses', 'last_answer', 'limited_by', 'MAIN', 'make_codec_switch',
    'newest_packets', 'newest_timestamp', 'padding_packets', 'peer_fingerprint',
    'PLAYOUT_DELAY_URI', 'preferences', 'round_trip', 'send_again', 'waiting', 'watch_rtcp',
]

logger = logging.getLogger(__name__)

for _name, _found in (('playout delay', HAS_PLAYOUT_DELAY), ('RTCP feedback', HAS_RTCP),
                      ('sign of life', HAS_CONSENT_CLOCK), ('H.264 Main', HAS_MAIN_PROFILE),
                      ('time to gather candidates', HAS_GATHERING_LIMIT),
                      ("bounds on a peer's data", HAS_ASSOCIATION_LIMITS),
                      ("bounds on a peer's addresses", HAS_ADDRESS_LIMITS),
                      ("bounds on a peer's datagrams", HAS_DATAGRAM_LIMITS),
                      ('media that is not for us', HAS_MEDIA_LIMITS),
                      ("a peer's certificate, so that no invite can be proved",
                       HAS_PEER_CERTIFICATE)):
    if not _found:
        logger.warning('this release of aiortc has no hook for %s', _name)
