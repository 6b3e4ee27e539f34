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
Sending sound as RED (RFC 2198).

Private part used (aiortc 1.14 to 1.16): ``RTCRtpTransceiver._codecs``, of which the answer is
made, and whose first item the running sender reads for each packet. Without it no RED is sent.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Callable

from aiortc import RTCRtpTransceiver
from aiortc.rtcrtpparameters import RTCRtpCodecParameters

_MIME_TYPE = 'audio/red'
# Payload types that RTP and RTCP on one port leave free (RFC 5761, section 4).
_PAYLOAD_TYPES = (*range(35, 64), *range(96, 128))


def accept_redundancy(transceiver: RTCRtpTransceiver,
                      offered: Sequence[RTCRtpCodecParameters]) -> None:
    """
    Accept RED for the codec that is sent; call this between the offer and the answer.

    :param offered: codecs of the section in the offer
    """
    codecs: list[RTCRtpCodecParameters] = getattr(transceiver, '_codecs', [])
    if not codecs:
        return
    sound = codecs[0]
    content = f'{sound.payloadType}/{sound.payloadType}'
    for codec in offered:
        if (codec.mimeType.lower() == _MIME_TYPE and codec.clockRate == sound.clockRate
                and codec.payloadType in _PAYLOAD_TYPES
                and codec.payloadType not in [one.payloadType for one in codecs]
                and content in codec.parameters):
            # Not as the first one: a viewer that talks would send that.
            codecs.append(replace(codec, rtcpFeedback=[], parameters={content: None}))
            return


def make_redundancy_switch(transceiver: RTCRtpTransceiver) -> Callable[[bool], int | None]:
    """
    Return a function that makes a transceiver announce its next packets as RED, or not.

    Call it between two packets of the track. It returns the payload type of the sound in them,
    or ``None`` if RED was not negotiated.
    """
    payload_types: list[int] = []

    def switch(redundant: bool) -> int | None:
        codecs: list[Any] = getattr(transceiver, '_codecs', [])
        if not payload_types:
            payload_types.extend(codec.payloadType for codec in codecs if codec is codecs[0]
                                 or codec.mimeType.lower() == _MIME_TYPE)
        if len(payload_types) < 2:
            return None
        # The sender holds the first codec, and reads the payload type from it for each packet.
        codecs[0].payloadType = payload_types[redundant]
        return payload_types[0]

    return switch
