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
from typing import Any, Iterable, Sequence

from aiortc import RTCRtpSender
import aiortc.codecs
from aiortc.rtcpeerconnection import is_codec_compatible
from aiortc.rtcrtpparameters import RTCRtpCodecCapability, RTCRtpCodecParameters
from aiortc.sdp import H264Profile, parse_h264_profile_level_id

from ..hooks import available
from ....core.video.video_codecs import PROFILES

# The profile-level-id (RFC 6184, section 8.1) of a codec whose SDP names none, as browsers
# understand it: Constrained Baseline.
_DEFAULT_PROFILE_LEVEL_ID = '42e01f'


def _h264_profile(profile_level_id: str) -> H264Profile:
    """
    Return the H.264 profile of an id. Every decoder of Baseline takes Constrained Baseline.

    :raises ValueError: it cannot be read
    """
    profile, _ = parse_h264_profile_level_id(profile_level_id)
    return (H264Profile.PROFILE_CONSTRAINED_BASELINE if profile == H264Profile.PROFILE_BASELINE
            else profile)


def profile_of(codec: RTCRtpCodecParameters | RTCRtpCodecCapability) -> str | None:
    """Return which of ``core.video.video_codecs.PROFILES`` an SDP codec is, if any."""
    profile_level_id = str(codec.parameters.get('profile-level-id', _DEFAULT_PROFILE_LEVEL_ID))
    for profile in PROFILES.values():
        if profile.mime_type.lower() != codec.mimeType.lower():
            continue
        try:
            if not profile.profile_level_id or (_h264_profile(profile.profile_level_id)
                                                == _h264_profile(profile_level_id)):
                return profile.name
        except ValueError:
            return None
    return None


def _install_profiles() -> None:
    """
    Make the profiles known to aiortc that it does not know: H.264 Main.

    Each offer and answer of ours says which codecs it is about, so this changes nothing else.
    """
    if not available('H.264 Main', (aiortc.codecs, ['CODECS'])):
        return
    video = aiortc.codecs.CODECS['video']
    known = {profile_of(codec) for codec in video}
    for profile in PROFILES.values():
        if profile.name in known:
            continue
        listed = next((codec for codec in video
                       if codec.mimeType.lower() == profile.mime_type.lower()), None)
        if listed is None:
            raise LookupError(f'aiortc knows no {profile.mime_type}, which profile {profile.name} '
                              'needs: it has to be added to aiortc.codecs.CODECS')
        free = max(codec.payloadType for codec in video if codec.payloadType is not None) + 1
        added = copy.deepcopy(listed)
        added.payloadType = free
        added.parameters['profile-level-id'] = profile.profile_level_id
        video += [added, RTCRtpCodecParameters(
            mimeType='video/rtx', clockRate=90000, payloadType=free + 1,
            parameters={'apt': free})]


_install_profiles()
# What aiortc can send, each with the name of its profile, ``None`` if it has none. They have all
# that `is_codec_compatible` looks at.
_OURS: list[tuple[str | None, Any]] = [
    (profile_of(codec), codec) for codec in RTCRtpSender.getCapabilities('video').codecs]


def offered_profiles(offered: Iterable[RTCRtpCodecParameters]) -> set[str]:
    """
    Return which of ``PROFILES`` a video section of an offer takes.

    :raises ValueError, TypeError, AttributeError: parameters of a codec cannot be read
    """
    # aiortc's find_common_codecs() copies each codec: milliseconds for an offer that has many.
    offered = list(offered)
    return {profile for profile, ours in _OURS if profile is not None
            and any(is_codec_compatible(ours, theirs) for theirs in offered)}


def vp8_alone() -> list[RTCRtpCodecCapability]:
    """Return what a transceiver takes that receives: VP8, and no repeats in another format."""
    return [codec for profile, codec in _OURS if profile == 'vp8']


def preferences(wanted: Sequence[str]) -> list[RTCRtpCodecCapability]:
    """Return what a transceiver is to offer or answer, in the order of the profiles."""
    return [codec for name in wanted for profile, codec in _OURS if profile == name] + [
        codec for _, codec in _OURS if codec.mimeType.lower() == 'video/rtx']
