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

"""The ``playout-delay`` RTP header extension."""

import aiortc.codecs
from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters
import aiortc.rtp

PLAYOUT_DELAY_URI = 'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay'
_ONE_BYTE_HEADER = 0xBEDE


def _install_playout_delay() -> bool:
    """
    Send the ``playout-delay`` header extension, min = max = 0, with every video packet.

    It makes Chromium show a frame as soon as it is decoded, which saves about 25 ms; there is
    no other way to ask for that. The extension is a 12-bit minimum and maximum, in 10 ms.
    """
    header_map = getattr(aiortc.rtp, 'HeaderExtensionsMap', None)
    extensions = getattr(aiortc.codecs, 'HEADER_EXTENSIONS', None)
    if extensions is None or not all(hasattr(header_map, n) for n in ('configure', 'set')):
        return False
    used = {e.id for kind in extensions.values() for e in kind}
    free = next(i for i in range(1, 15) if i not in used)
    extensions['video'].append(
        RTCRtpHeaderExtensionParameters(id=free, uri=PLAYOUT_DELAY_URI))
    configure, pack = header_map.configure, header_map.set

    def configure_too(self, parameters):
        configure(self, parameters)
        self.playout_delay = b''
        for extension in parameters.headerExtensions:
            # RFC 8285, section 4.2: one-byte headers have ids up to 14; length 2 means 3 bytes.
            if extension.uri == PLAYOUT_DELAY_URI and extension.id <= 14:
                self.playout_delay = bytes([extension.id << 4 | 2, 0, 0, 0])

    def pack_too(self, values):
        profile, data = pack(self, values)
        element = getattr(self, 'playout_delay', b'')
        if element and profile in (0, _ONE_BYTE_HEADER):
            # Four bytes behind a padded block stay aligned.
            return _ONE_BYTE_HEADER, data + element
        return profile, data

    header_map.configure, header_map.set = configure_too, pack_too
    return True


HAS_PLAYOUT_DELAY = _install_playout_delay()
