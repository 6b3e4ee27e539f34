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
The ``playout-delay`` RTP header extension, with every video packet.

Private parts used (aiortc 1.14 to 1.16): ``HEADER_EXTENSIONS`` of ``aiortc.codecs``,
``HeaderExtensionsMap.configure`` and ``set`` of ``aiortc.rtp``, and of ``RTCRtpSender``
``__rtp_header_extensions_map``. Without them a browser shows each frame about 25 ms later.
"""

from typing import Any

from aiortc import RTCRtpSender
import aiortc.codecs
from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters
import aiortc.rtp

from ..hooks import available

PLAYOUT_DELAY_URI = 'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay'
# The profile of one-byte headers, RFC 8285, section 4.2; their ids go up to 14.
_ONE_BYTE_HEADER = 0xBEDE
_MAX_ONE_BYTE_ID = 14
_UNIT_S = 0.01
# Seconds: a browser that is asked to hold frames back holds none longer than this.
_MAX_DELAY_S = 0.5


def _install_playout_delay() -> None:
    """
    Send the extension with min = max = 0, unless :func:`set_playout_delay` says otherwise.

    Chromium then shows a frame as soon as it is decoded; there is no other way to ask for that.
    Against it ``jitterBufferTarget`` has no effect there.
    The extension is a minimum and a maximum of 12 bits each, in 10 ms.
    """
    header_map: Any = getattr(aiortc.rtp, 'HeaderExtensionsMap', None)
    if not available('the playout delay', (header_map, ['configure', 'set']),
                     (aiortc.codecs, ['HEADER_EXTENSIONS'])):
        return
    extensions = aiortc.codecs.HEADER_EXTENSIONS
    used = {extension.id for kind in extensions.values() for extension in kind}
    free = next(i for i in range(1, _MAX_ONE_BYTE_ID + 1) if i not in used)
    extensions['video'].append(
        RTCRtpHeaderExtensionParameters(id=free, uri=PLAYOUT_DELAY_URI))
    configure, pack = header_map.configure, header_map.set

    def configure_too(self: Any, parameters: Any) -> None:
        configure(self, parameters)
        self.playout_delay = b''
        for extension in parameters.headerExtensions:
            if extension.uri == PLAYOUT_DELAY_URI and extension.id <= _MAX_ONE_BYTE_ID:
                # The id, and the length minus one: 2 means three bytes.
                self.playout_delay = bytes([extension.id << 4 | 2, 0, 0, 0])

    def pack_too(self: Any, values: Any) -> tuple[int, bytes]:
        profile, data = pack(self, values)
        element = getattr(self, 'playout_delay', b'')
        if element and profile in (0, _ONE_BYTE_HEADER):
            # Four bytes behind a padded block stay aligned.
            return _ONE_BYTE_HEADER, data + element
        return profile, data

    header_map.configure, header_map.set = configure_too, pack_too


def set_playout_delay(sender: RTCRtpSender, seconds: float) -> None:
    """
    Ask the browser to hold back frames from now on, where the extension was negotiated.

    :param seconds: 0: it shows each as soon as it is decoded
    """
    header_map = getattr(sender, '_RTCRtpSender__rtp_header_extensions_map', None)
    element: bytes = getattr(header_map, 'playout_delay', b'')
    if element:
        least, most = ((round(seconds / _UNIT_S), round(_MAX_DELAY_S / _UNIT_S))
                       if seconds else (0, 0))
        setattr(header_map, 'playout_delay',
                element[:1] + (least << 12 | most).to_bytes(3, 'big'))


_install_playout_delay()
