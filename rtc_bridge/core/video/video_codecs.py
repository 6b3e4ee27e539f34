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
The video codecs that can be sent, and how FFmpeg's encoders are opened for live viewing.

To add a codec, add here its profiles to ``PROFILES``, and an :class:`EncoderType` with its options
to ``SOFTWARE``: encoders, streams and negotiation follow from these tables. Then name it in the
parameter ``video.codecs`` (``core/settings/robot_settings.py``). If aiortc cannot packetise the
codec (``aiortc.codecs.get_encoder``), ``peer/aiortc_compat/rtp/video_codecs.py`` has to.

Three words are used throughout: a *codec* is ``h264`` or ``vp8``; a *profile* is a codec in one of
its profiles, such as ``h264-main``; a *stream key* names what one encoder makes of a camera:
profile and tier, such as ``h264-main/2``.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from .rate_correction import MAX_CORRECTION
from ..errors import ParameterError
from ..protocol.strict_json import shorten


@dataclass(frozen=True)
class Profile:
    """
    A codec in one of its profiles, as it is negotiated.

    :ivar name: ``h264`` stands for H.264 Constrained Baseline, which all browsers decode (RFC
        7742, section 6.2)
    :ivar mime_type: in SDP (RFC 6184, section 8.2.1; RFC 7741, section 6.1)
    :ivar profile_level_id: of H.264 (RFC 6184, section 8.1), '' for other codecs
    """

    name: str
    codec: str
    mime_type: str
    profile_level_id: str = ''


# In order of quality at one bitrate.
_PROFILES = (Profile('h264-main', 'h264', 'video/H264', '4d001f'),
             Profile('h264', 'h264', 'video/H264', '42e01f'),
             Profile('vp8', 'vp8', 'video/VP8'))
PROFILES: Mapping[str, Profile] = {profile.name: profile for profile in _PROFILES}
CODECS = tuple(dict.fromkeys(profile.codec for profile in _PROFILES))
# Seconds that a keyframe takes on a link of the current bitrate: a viewer that joins must not
# choke the link of the others. With 0.25 s, keyframes measured up to 0.35 s (November 2026).
KEYFRAME_S = 0.25
# x264 spends about two thirds of what its VBV buffer holds on the first frame (measured).
_FIRST_FRAME_SHARE = 1.5
# x264 needs some room in the buffer to begin with.
_MAX_FIRST_FILL = 0.9


def codec_of(profile: str) -> str:
    """Return the codec of a profile: ``h264`` of ``h264-main``."""
    return PROFILES[profile].codec


class EncoderSettings(NamedTuple):
    """
    What an encoder is opened for; another value of any of these takes another encoder.

    :ivar profile: of ``PROFILES``
    :ivar width: in pixels, even
    :ivar height: in pixels, even
    :ivar max_bitrate: in bit/s
    :ivar fps: frames per second at most
    :ivar burst: what may be sent at once, in seconds of ``max_bitrate``
    :ivar threads: that encode one picture, each a slice of it
    """

    profile: str
    width: int
    height: int
    max_bitrate: int
    fps: float = 30.0
    burst: float = 1 / 8
    threads: int = 1


# From settings and the bitrate of now, in bit/s, to FFmpeg's private options of an encoder.
Options = Callable[[EncoderSettings, int], dict[str, str]]


@dataclass(frozen=True)
class EncoderType:
    """
    One of FFmpeg's encoders, and how it behaves.

    :ivar name: as FFmpeg knows it
    :ivar live_bitrate: it follows ``bit_rate`` while it runs; others are opened anew
    :ivar opens_at_max: it follows later bitrates only if it was opened with the largest
    :ivar small_first_keyframe: only the first keyframe after opening can be kept small, so it is
        opened anew for each
    :ivar budget_per_frame: it spends bitrate / frame rate on each frame, whatever time passed
    :ivar max_correction: multiple of its bitrate that it may be asked for, as it leaves some of it
    :ivar context_profiles: FFmpeg's ``profile`` of the codec context, by profile
    """

    name: str
    options: Options
    live_bitrate: bool = False
    opens_at_max: bool = False
    small_first_keyframe: bool = False
    budget_per_frame: bool = True
    max_correction: float = 1.0
    context_profiles: Mapping[str, str] = field(default_factory=dict)

    def most(self, settings: EncoderSettings) -> int:
        """Return what it may be asked for at most, in bit/s."""
        return round(self.max_correction * settings.max_bitrate)


def first_fill(bitrate: float, buffer_bits: float) -> float:
    """
    Return how full x264's VBV buffer must be at first for a keyframe of ``KEYFRAME_S``.

    :param bitrate: of the stream now, in bit/s
    :param buffer_bits: size of the buffer
    """
    return min(_MAX_FIRST_FILL, _FIRST_FRAME_SHARE * KEYFRAME_S * bitrate / buffer_bits)


def _x264(settings: EncoderSettings, bitrate: int) -> dict[str, str]:
    buffer = round(settings.max_bitrate * settings.burst)
    return {
        'preset': 'superfast', 'tune': 'zerolatency',
        # The bitrate can be changed live only if VBV was set when the encoder was opened.
        'maxrate': str(SOFTWARE['h264'].most(settings)), 'bufsize': str(buffer),
        # Viewers take unmarked H.264 of 720 lines and more for BT.709, and show wrong colours.
        'x264-params': 'scenecut=0:keyint=infinite:colormatrix=smpte170m:aq-mode=0:'
                       f'vbv-init={first_fill(bitrate, buffer):.3f}'}


def _vpx(settings: EncoderSettings, bitrate: int) -> dict[str, str]:
    rate = str(bitrate)
    return {
        'deadline': 'realtime', 'cpu-used': '-6', 'lag-in-frames': '0',
        'minrate': rate, 'maxrate': rate, 'bufsize': rate,
        'undershoot-pct': '100', 'overshoot-pct': '15', 'noise-sensitivity': '4',
        # In percent of what a frame has on average.
        'max-intra-rate': str(max(round(KEYFRAME_S * settings.fps * 100), 100))}


def _hardware(baseline: str, **more: str) -> Options:
    """Return the options of a hardware encoder: constant bitrate, no delay."""
    def options(settings: EncoderSettings, bitrate: int) -> dict[str, str]:
        profile = 'main' if settings.profile == 'h264-main' else baseline
        return {'maxrate': str(bitrate), 'bufsize': str(bitrate // 4),
                **({'profile': profile} if baseline else {}), **more}
    return options


# By codec: the encoder that works everywhere. libx264's first keyframe is limited by the buffer's
# fill, libvpx's by its rate control, which starts anew; opening takes 4 ms (measured).
SOFTWARE = {
    'h264': EncoderType('libx264', _x264, live_bitrate=True, opens_at_max=True,
                        max_correction=MAX_CORRECTION,
                        small_first_keyframe=True,
                        context_profiles={'h264': 'Baseline', 'h264-main': 'Main'}),
    'vp8': EncoderType('libvpx', _vpx, small_first_keyframe=True, budget_per_frame=False),
}
# H.264 by hardware, the best first; each has to pass a probe before it is used.
HARDWARE = (
    EncoderType('h264_nvenc', _hardware(
        'baseline', preset='p2', tune='ull', rc='cbr', zerolatency='1', delay='0',
        **{'forced-idr': '1'}), live_bitrate=True),
    EncoderType('h264_qsv', _hardware(
        'baseline', preset='veryfast', async_depth='1', low_delay_brc='1', forced_idr='1'),
        live_bitrate=True),
    EncoderType('h264_vaapi', _hardware('constrained_baseline', rc_mode='CBR', async_depth='1')),
    EncoderType('h264_v4l2m2m', _hardware('')),
)
# Encoders of FFmpeg that no options are known for here. A build of FFmpeg has some of them.
_OTHERS = ('h264_amf', 'h264_mediacodec', 'h264_mf', 'h264_nvmpi', 'h264_omx', 'h264_rkmpp',
           'h264_videotoolbox', 'h264_vulkan', 'libopenh264')
# Values that parameter ``video.h264_encoder`` may have on any computer.
H264_ENCODERS = ('auto', SOFTWARE['h264'].name, *(encoder.name for encoder in HARDWARE), *_OTHERS)


def h264_candidates(wanted: str) -> tuple[EncoderType, ...]:
    """
    Return the encoders that have to pass a probe before one is used, the best first.

    :param wanted: ``auto``, or FFmpeg's name of an encoder
    """
    if wanted == SOFTWARE['h264'].name:
        return ()
    if wanted == 'auto':
        return HARDWARE
    return tuple(encoder for encoder in HARDWARE if encoder.name == wanted) or (
        EncoderType(wanted, _hardware('')),)


def check_h264_encoder(wanted: str, present: Collection[str]) -> None:
    """
    Check parameter ``video.h264_encoder``.

    Encoders that other computers have are allowed, since one file may serve several robots.

    :param present: FFmpeg's H.264 encoders on this computer
    :raises ParameterError: no H.264 encoder of FFmpeg has this name
    """
    if wanted not in H264_ENCODERS and wanted not in present:
        raise ParameterError(
            f'parameter video.h264_encoder is {shorten(wanted)}, which is no H.264 encoder of '
            f'FFmpeg here; allowed are auto and {", ".join(sorted(present))}')


def choose_h264_encoder(wanted: str, probe: Callable[[EncoderType], str]
                        ) -> tuple[EncoderType, list[tuple[str, str]]]:
    """
    Return the H.264 encoder to use, and those that were tried before it, each with the reason.

    :param wanted: ``auto``, or FFmpeg's name of an encoder
    :param probe: tries an encoder; returns why it cannot be used, '' if it can
    """
    refused: list[tuple[str, str]] = []
    for encoder in h264_candidates(wanted):
        reason = probe(encoder)
        if not reason:
            return encoder, refused
        refused.append((encoder.name, reason))
    return SOFTWARE['h264'], refused


# An encoder whose bitrate cannot be changed while it runs costs a keyframe for each change, which
# must be worth that. What exceeds a path queues up, so a fall is urgent and a deep fall more so;
# a rise can wait. Ratios of wanted to present bitrate, and seconds since the encoder was opened.
_FALL, _DEEP_FALL, _RISE = 0.85, 0.6, 1.4
_FALL_S, _DEEP_FALL_S, _RISE_S = 1.0, 0.3, 2.0


def worth_reopening(opened: float, wanted: float, age: float) -> bool:
    """
    Tell whether another bitrate is worth a keyframe.

    :param opened: bit/s that the encoder was opened with
    :param wanted: bit/s
    :param age: seconds since it was opened
    """
    ratio = wanted / opened
    return (ratio < _DEEP_FALL and age >= _DEEP_FALL_S or ratio < _FALL and age >= _FALL_S
            or ratio > _RISE and age >= _RISE_S)
