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
Bounds on RTP and RTCP from a peer: RTP never goes to aiortc, and RTCP only after the proof.

aiortc would decode all that comes. RTP goes to who takes it, as a voice that has the floor. RTCP
reports before the proof would steer encoders.

Private parts used (aiortc 1.14 to 1.16): ``RTCDtlsTransport._handle_rtp_data`` and
``_handle_rtcp_data``. Without them aiortc parses both of any peer.
"""

from typing import Any

from aiortc import RTCDtlsTransport

from ..hooks import available
from ..peer_limits import limits_of


def _install_media_limits() -> None:
    transport: Any = RTCDtlsTransport
    if not available('the refusal of media', (transport, ['_handle_rtp_data',
                                                          '_handle_rtcp_data'])):
        return
    handle_rtp, handle_rtcp = transport._handle_rtp_data, transport._handle_rtcp_data

    async def take_rtp(self: Any, data: bytes, *args: Any, **kwargs: Any) -> None:
        limits = limits_of(self)
        if limits is None:
            await handle_rtp(self, data, *args, **kwargs)
        elif limits.on_rtp is not None and limits.trusted and not limits.ended:
            limits.on_rtp(data)

    async def handle_rtcp_if_trusted(self: Any, data: bytes) -> None:
        limits = limits_of(self)
        if limits is None or limits.allow_rtcp():
            await handle_rtcp(self, data)

    transport._handle_rtp_data = take_rtp
    transport._handle_rtcp_data = handle_rtcp_if_trusted


_install_media_limits()
