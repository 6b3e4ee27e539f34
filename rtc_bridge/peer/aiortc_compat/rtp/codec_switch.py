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
Sending another of the negotiated codecs, without a new negotiation (RFC 3264, section 6.1).

Private parts used (aiortc 1.14 to 1.16): ``RTCRtpTransceiver._codecs``, whose first item the
running sender reads for each packet, and of ``RTCRtpSender`` ``__rtx_payload_type``, ``__encoder``
and ``__rtp_history``. Without them a viewer keeps the first codec of the answer.
"""

import copy
from typing import Any, Callable

from aiortc import RTCRtpTransceiver
from aiortc.rtcrtpparameters import RTCRtpCodecParameters

from .video_codecs import profile_of

_SENDER_PARTS = ('rtx_payload_type', 'encoder', 'rtp_history')


def make_codec_switch(transceiver: RTCRtpTransceiver) -> Callable[[str], None] | None:
    """
    Return a function that makes a transceiver send another of its negotiated profiles.

    Call it between two packets of the track. ``None``: this release of aiortc does not allow it.
    """
    sender: Any = transceiver.sender
    if not all(hasattr(sender, f'_RTCRtpSender__{part}') for part in _SENDER_PARTS):
        return None
    negotiated: list[RTCRtpCodecParameters] = []

    def switch(profile: str) -> None:
        # The sender holds the first codec, and reads the payload type from it for each packet.
        current = transceiver._codecs[0]
        if not negotiated:
            negotiated.extend(copy.deepcopy(transceiver._codecs))
        chosen = next(codec for codec in negotiated if profile_of(codec) == profile)
        current.mimeType, current.payloadType = chosen.mimeType, chosen.payloadType
        current.parameters = chosen.parameters
        sender._RTCRtpSender__rtx_payload_type = next(
            (codec.payloadType for codec in negotiated if codec.mimeType.lower() == 'video/rtx'
             and codec.parameters.get('apt') == chosen.payloadType), None)
        # The next packet gets a packetiser of its own. Lost packets of the old codec are not
        # repeated: they would be sent with the payload type of the new one.
        sender._RTCRtpSender__encoder = None
        sender._RTCRtpSender__rtp_history.clear()

    return switch
