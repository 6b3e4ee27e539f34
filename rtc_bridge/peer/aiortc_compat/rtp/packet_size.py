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
Datagrams that fit through tunnels: UDP payloads of 1200 bytes at most.

The MTU of WireGuard and Tailscale is 1280, as is the smallest one of IPv6. aiortc's packets of
video have 1370 bytes, those of its data channels 1226: where nothing reports what was dropped,
small messages pass, and a picture never comes.

Private parts used (aiortc 1.14 to 1.16): ``PACKET_MAX`` of ``codecs.h264`` and ``codecs.vpx``, and
``USERDATA_MAX_LENGTH`` of ``rtcsctptransport``. If one is missing, aiortc's own sizes stay.
"""

from typing import Any

from aiortc import rtcsctptransport
from aiortc.codecs import h264, vpx

from ..hooks import available
from ....core.recovery.flexfec import HEADER_SIZES

MAX_DATAGRAM = 1200
# Header extensions of a picture's packet: their own header, the id of its section of 16 characters
# at most, and three of four bytes, padded. Forward error correction has a whole packet but for its
# fixed header behind its own ones: of RTP with two extensions, and of the recovery. That is more
# than RTX takes (RFC 4588). The tag of SRTP (RFC 7714).
_EXTENSIONS, _FEC, _SRTP = 4 + 32, 24 + HEADER_SIZES[-1], 16
# A record of DTLS 1.2 with AES-GCM (RFC 5288); the header of SCTP and that of a chunk (RFC 9260).
_DTLS, _SCTP, _CHUNK = 13 + 8 + 16, 12, 16

if available('packets that fit through tunnels', (h264, ['PACKET_MAX']), (vpx, ['PACKET_MAX']),
             (rtcsctptransport, ['USERDATA_MAX_LENGTH'])):
    _codecs: tuple[Any, Any] = (h264, vpx)
    for _codec in _codecs:
        _codec.PACKET_MAX = MAX_DATAGRAM - _FEC - _EXTENSIONS - _SRTP
    _sctp: Any = rtcsctptransport
    # Chunks are padded to four bytes.
    _sctp.USERDATA_MAX_LENGTH = (MAX_DATAGRAM - _DTLS - _SCTP - _CHUNK) & ~3
