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
The video codecs of a connection: known to aiortc, found in an SDP, preferred by a transceiver.

Parts used that are not documented (aiortc 1.14 to 1.16): the list ``CODECS`` of
``aiortc.codecs``, and ``is_codec_compatible`` of ``rtcpeerconnection``. Without the first one
H.264 Main is not offered and viewers get Baseline; without the second one the import fails.
"""

import copy
from typing import Iterable, Sequence

from aiortc import RTCRtpSender
import aiortc.codecs
from aiortc.rtcpeerconnection import is_codec_compatible
from aiortc.rtcrtpparameters import RTCRtpCodecCapability, RTCRtpCodecParameters
from aiortc.sdp import H264Profile, parse_h264_profile_level_id

from .hooks import available

# The profile-level-id (RFC 6184, section 8.1) of H.264 Main at level 3.1, as browsers offer it.
MAIN = '4d001f'
# The profile-level-id of a codec whose SDP names none, as browsers understand it.
_BASELINE = '42e01f'


def _install_main_profile() -> None:
    """
    Make H.264 Main known to aiortc, which knows Baseline only.

    Each offer and answer of ours says which codecs it is about, so this changes nothing else.
    """
    if not available('H.264 Main', (aiortc.codecs, ['CODECS'])):
        return
    video = aiortc.codecs.CODECS['video']
    free = max(codec.payloadType for codec in video if codec.payloadType is not None) + 1
    main = copy.deepcopy(next(codec for codec in video if codec.mimeType == 'video/H264'))
    main.payloadType = free
    main.parameters['profile-level-id'] = MAIN
    video += [main, RTCRtpCodecParameters(
        mimeType='video/rtx', clockRate=90000, payloadType=free + 1, parameters={'apt': free})]


def encoding_of(codec: RTCRtpCodecParameters | RTCRtpCodecCapability) -> str | None:
    """Return which of ``core.video.video_codecs.PROFILES`` an SDP codec is, if any."""
    if codec.mimeType.lower() == 'video/vp8':
        return 'vp8'
    if codec.mimeType.lower() != 'video/h264':
        return None
    try:
        profile, _ = parse_h264_profile_level_id(
            str(codec.parameters.get('profile-level-id', _BASELINE)))
    except ValueError:
        return None
    return {H264Profile.PROFILE_MAIN: 'h264-main', H264Profile.PROFILE_BASELINE: 'h264',
            H264Profile.PROFILE_CONSTRAINED_BASELINE: 'h264'}.get(profile)


def encodings(offered: Iterable[RTCRtpCodecParameters]) -> set[str]:
    """
    Return which of ``PROFILES`` a video section of an offer takes.

    :raises ValueError, TypeError, AttributeError: parameters of a codec cannot be read
    """
    # aiortc's find_common_codecs() copies each codec: milliseconds for an offer that has many.
    offered = list(offered)
    return {encoding for ours in aiortc.codecs.CODECS['video']
            if (encoding := encoding_of(ours)) is not None
            and any(is_codec_compatible(ours, theirs) for theirs in offered)}


def preferences(wanted: Sequence[str]) -> list[RTCRtpCodecCapability]:
    """Return what a transceiver is to offer or answer, in the order of the encodings."""
    known = RTCRtpSender.getCapabilities('video').codecs
    return [codec for encoding in wanted for codec in known if encoding_of(codec) == encoding] + [
        codec for codec in known if codec.mimeType.lower() == 'video/rtx']


_install_main_profile()
