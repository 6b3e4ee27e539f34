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
Sending sound in packets that carry those before them once more (RED, RFC 2198).

Private part used (aiortc 1.14 to 1.16): ``RTCRtpTransceiver._codecs``, of which the answer is
made, and whose first item the running sender reads for each packet. Without it each packet is sent
once.
"""

from typing import Any, Callable

from aiortc import RTCRtpTransceiver
from aiortc.rtcrtpparameters import RTCRtpCodecParameters

_MIME_TYPE = 'audio/red'


def accept_redundancy(transceiver: RTCRtpTransceiver, payload_type: int) -> None:
    """
    Let the answer say that RED may be sent; call this between the offer and the answer.

    :param transceiver: its first codec is that of the sound
    :param payload_type: of RED, in the offer
    """
    codecs: list[RTCRtpCodecParameters] = getattr(transceiver, '_codecs', [])
    if codecs:
        sound = codecs[0]
        # Not as the first one: a viewer that talks would send that.
        codecs.append(RTCRtpCodecParameters(
            mimeType=_MIME_TYPE, clockRate=sound.clockRate, channels=sound.channels,
            payloadType=payload_type,
            parameters={f'{sound.payloadType}/{sound.payloadType}': None}))


def make_redundancy_switch(transceiver: RTCRtpTransceiver) -> Callable[[bool], int | None]:
    """
    Return a function that says whether the next packets of a transceiver are RED.

    Call it between two packets of the track. It returns the payload type of the sound in them;
    ``None``: RED was not negotiated, and nothing has changed.
    """
    payload_types: list[int] = []

    def switch(redundant: bool) -> int | None:
        codecs: list[Any] = getattr(transceiver, '_codecs', [])
        if not payload_types:
            payload_types.extend(codec.payloadType for codec in codecs if codec is codecs[0]
                                 or codec.mimeType == _MIME_TYPE)
        if len(payload_types) < 2:
            return None
        # The sender holds the first codec, and reads the payload type from it for each packet.
        codecs[0].payloadType = payload_types[redundant]
        return payload_types[0]

    return switch
