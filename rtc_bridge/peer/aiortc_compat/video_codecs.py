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

"""Codecs of a connection: what is known, preferred and sent."""

import copy
from typing import Callable, Iterable, Sequence

from aiortc import RTCRtpSender, RTCRtpTransceiver
import aiortc.codecs
from aiortc.rtcpeerconnection import is_codec_compatible
from aiortc.rtcrtpparameters import RTCRtpCodecCapability, RTCRtpCodecParameters
from aiortc.sdp import H264Profile, parse_h264_profile_level_id

MAIN = '4d001f'


def _install_main_profile() -> bool:
    """
    Know H.264 Main (RFC 6184, section 8.1) besides Baseline.

    Who makes an answer or offer says which of the codecs it is about.
    """
    codecs = getattr(aiortc.codecs, 'CODECS', None)
    if codecs is None:
        return False
    free = max(c.payloadType for c in codecs['video']) + 1
    base = copy.deepcopy(next(c for c in codecs['video'] if c.mimeType == 'video/H264'))
    base.payloadType = free
    base.parameters['profile-level-id'] = MAIN
    codecs['video'] += [base, RTCRtpCodecParameters(
        mimeType='video/rtx', clockRate=90000, payloadType=free + 1, parameters={'apt': free})]
    return True


def _encoding(codec: RTCRtpCodecParameters | RTCRtpCodecCapability) -> str | None:
    """Return which of ``core.video.codec_fallback.ENCODINGS`` an SDP codec is, if any."""
    if codec.mimeType.lower() == 'video/vp8':
        return 'vp8'
    if codec.mimeType.lower() != 'video/h264':
        return None
    try:
        profile, _ = parse_h264_profile_level_id(
            codec.parameters.get('profile-level-id', '42e01f'))
    except ValueError:
        return None
    return {H264Profile.PROFILE_MAIN: 'h264-main', H264Profile.PROFILE_BASELINE: 'h264',
            H264Profile.PROFILE_CONSTRAINED_BASELINE: 'h264'}.get(profile)


def encodings(offered: Iterable[RTCRtpCodecParameters]) -> set[str]:
    """Return which of ``ENCODINGS`` a video section of an offer takes."""
    # find_common_codecs() copies each, which takes milliseconds for an offer that has many.
    offered = list(offered)
    return {encoding for ours in aiortc.codecs.CODECS['video']
            if (encoding := _encoding(ours)) is not None
            and any(is_codec_compatible(ours, theirs) for theirs in offered)}


def preferences(wanted: Sequence[str]) -> list[RTCRtpCodecCapability]:
    """Return what a transceiver is to offer or answer, in the order of the encodings."""
    known = RTCRtpSender.getCapabilities('video').codecs
    return [c for e in wanted for c in known if _encoding(c) == e] + [
        c for c in known if c.mimeType.lower() == 'video/rtx']


_SENDER_PARTS = ('rtx_payload_type', 'encoder', 'rtp_history')


def make_codec_switch(transceiver: RTCRtpTransceiver) -> Callable[[str], None] | None:
    """
    Return what makes a transceiver send another of its negotiated encodings (RFC 3264, 6.1).

    It is to be called between two packets. ``None``: this release cannot.
    """
    sender = transceiver.sender
    if not all(hasattr(sender, f'_RTCRtpSender__{part}') for part in _SENDER_PARTS):
        return None
    negotiated: list[RTCRtpCodecParameters] = []

    def switch(encoding: str) -> None:
        # aiortc's sender holds the first one, and reads the payload type from it for each packet.
        current = transceiver._codecs[0]
        if not negotiated:
            negotiated.extend(copy.deepcopy(transceiver._codecs))
        chosen = next(c for c in negotiated if _encoding(c) == encoding)
        current.mimeType, current.payloadType = chosen.mimeType, chosen.payloadType
        current.parameters = chosen.parameters
        sender._RTCRtpSender__rtx_payload_type = next(
            (c.payloadType for c in negotiated if c.mimeType.lower() == 'video/rtx'
             and c.parameters.get('apt') == chosen.payloadType), None)
        # The next packet gets a packetiser of its own. What is lost of the old codec is not
        # repeated: it would come under the payload type of the new one.
        sender._RTCRtpSender__encoder = None
        sender._RTCRtpSender__rtp_history.clear()

    return switch


HAS_MAIN_PROFILE = _install_main_profile()
