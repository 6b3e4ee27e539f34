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

"""The RTP header extension for the playout delay."""

from types import SimpleNamespace

from aiortc import RTCRtpSender
import pytest
from rtc_bridge.peer import aiortc_compat

pytestmark = pytest.mark.asyncio


async def test_the_extension_is_negotiated_and_sent(monkeypatch):
    from aiortc.rtp import HeaderExtensions, HeaderExtensionsMap, unpack_header_extensions
    from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters, RTCRtpParameters
    offered = [e.uri for e in RTCRtpSender.getCapabilities('video').headerExtensions]
    assert aiortc_compat.PLAYOUT_DELAY_URI in offered
    header_map = HeaderExtensionsMap()
    header_map.configure(RTCRtpParameters(headerExtensions=[
        RTCRtpHeaderExtensionParameters(3, 'urn:ietf:params:rtp-hdrext:sdes:mid'),
        RTCRtpHeaderExtensionParameters(5, aiortc_compat.PLAYOUT_DELAY_URI)]))
    profile, data = header_map.set(HeaderExtensions(mid='0'))
    assert len(data) % 4 == 0
    assert dict(unpack_header_extensions(profile, data)) == {3: b'0', 5: b'\0\0\0'}
    plain = HeaderExtensionsMap()
    plain.configure(RTCRtpParameters())
    assert plain.set(HeaderExtensions()) == (0, b'')
    # Of one sender it can be changed.
    for seconds, sent in ((0.1, b'\0\xa0\x32'), (0, b'\0\0\0')):
        for one in (header_map, plain):
            sender = SimpleNamespace(_RTCRtpSender__rtp_header_extensions_map=one)
            aiortc_compat.set_playout_delay(sender, seconds)
        profile, data = header_map.set(HeaderExtensions(mid='0'))
        assert dict(unpack_header_extensions(profile, data))[5] == sent
        assert plain.set(HeaderExtensions()) == (0, b'')
    assert hasattr(RTCRtpSender('video', SimpleNamespace(state='new')),
                   '_RTCRtpSender__rtp_header_extensions_map')
