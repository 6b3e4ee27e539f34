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

"""FFmpeg's encoders for live viewing: one image in, one packet out, keyframes on demand only."""

from collections.abc import Mapping
import contextlib
from fractions import Fraction
import logging
from typing import cast

import av
from av.codec.codec import UnknownCodecError
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
import numpy as np

from .encoded_frame import CLOCK_RATE, Packet, TIME_BASE
from .images.av_frames import copied_frame
from .images.i420 import I420
from ..core.clock import boot_time, Clock
from ..core.video.rate_correction import RateCorrection
from ..core.video.video_codecs import (
    choose_h264_encoder, codec_of, EncoderSettings, EncoderType, SOFTWARE, worth_reopening,
)

logger = logging.getLogger(__name__)
# Frames between two periodic keyframes. PyAV cannot ask for none; a robot of 120 frames a second
# reaches this number after a hundred days.
_GOP_SIZE = 1 << 30
# x264 spends a frame's share of the bitrate whatever time the frame stands for. Frame rates down
# to one frame in so many seconds are made up for; at lower ones a frame would be so large that it
# takes too long on its way.
_MAX_INTERVAL_S = 0.2
# Weight of a new interval between frames in their mean: about ten frames count.
_INTERVAL_WEIGHT = 0.1
# An encoder that can spend only this share of its bitrate, as fewer frames come than it was opened
# for, is opened anew after so many seconds; a keyframe is worth that.
_MIN_SHARE, _REOPEN_AFTER_S = 0.85, 2.0
# NAL unit types of a keyframe with its parameter sets (H.264, table 7-1).
_KEYFRAME_NALS = {5, 7, 8}
_h264_encoder = SOFTWARE['h264']
_H264_ID = av.Codec('h264').id


def h264_encoders() -> set[str]:
    """Return the names of FFmpeg's H.264 encoders on this computer."""
    found = set()
    for name in av.codecs_available:
        # RuntimeError: the name is a decoder's.
        with contextlib.suppress(ValueError, RuntimeError):
            codec = av.Codec(name, 'w')
            if codec.id == _H264_ID:
                found.add(codec.name)
    return found


def use_h264_encoder(wanted: str, faults: Mapping[str, str]) -> str:
    """
    Choose the H.264 encoder for all streams opened later; return its name.

    :param wanted: ``auto``, or FFmpeg's name of an encoder
    :param faults: why each encoder cannot be used, '' if it can, see :mod:`.encoder_probe`
    """
    global _h264_encoder
    _h264_encoder, refused = choose_h264_encoder(
        wanted, lambda kind: faults.get(kind.name, 'was not tried'))
    reasons = '; '.join(f'{name}: {reason}' for name, reason in refused)
    if wanted not in ('auto', _h264_encoder.name):
        logger.warning('H.264 is encoded by %s, as %s', _h264_encoder.name, reasons)
    else:
        logger.info('H.264 is encoded by %s%s', _h264_encoder.name,
                    f' ({reasons})' if reasons else '')
    return _h264_encoder.name


def probe(encoder_type: EncoderType) -> str:
    """Encode three images; return why an H.264 encoder cannot be used, '' if it can."""
    try:
        encoder = Encoder(EncoderSettings('h264', 320, 240, 1_000_000), 500_000,
                          encoder_type=encoder_type)
        grey = np.full((360, 320), 128, np.uint8)
        for number in range(3):
            packet = encoder.encode(grey, number * 3000, keyframe=number == 2)
            if packet is None or packet.pts != number * 3000:
                return 'delays its frames'
            if number != 1 and not _KEYFRAME_NALS <= nal_types(bytes(packet)):
                return 'makes no keyframe with parameter sets when asked'
    except ValueError as error:
        return ('PyAV was built without it' if isinstance(error, UnknownCodecError)
                else _reason(error))
    except Exception as error:
        # Drivers and builds fail in many ways.
        return _reason(error)
    return ''


def _reason(error: Exception) -> str:
    """Return FFmpeg's last log line with an error, which alone tells little."""
    log = getattr(error, 'log', None)
    text = str(getattr(error, 'strerror', None) or repr(error))
    return f'{text} ({log[2].strip()})' if log else text


def nal_types(data: bytes) -> set[int]:
    """Return the types of the NAL units in an Annex B stream (H.264, table 7-1)."""
    return {part[0] & 31 for part in data.split(b'\0\0\1')[1:] if part}


class Encoder:
    """
    An encoder of one size; one thread calls all methods.

    :param bitrate: at the start, in bit/s
    :param encoder_type: by default the one for the codec, see :func:`use_h264_encoder`
    :raises av.FFmpegError: it cannot be opened
    """

    def __init__(self, settings: EncoderSettings, bitrate: int, *,
                 encoder_type: EncoderType | None = None, clock: Clock = boot_time) -> None:
        self.settings = settings
        # Width and height in pixels.
        self.size = (settings.width, settings.height)
        self._clock = clock
        self._bitrate = bitrate
        # Seconds from frame to frame, smoothed, and the last frame's timestamp.
        self._interval = 1 / settings.fps
        self._last_pts: int | None = None
        self._correction = RateCorrection()
        software = SOFTWARE[codec_of(settings.profile)]
        self._type = encoder_type or (
            _h264_encoder if codec_of(settings.profile) == 'h264' else software)
        try:
            self._open()
        except av.FFmpegError as error:
            if encoder_type is not None or self._type is software:
                raise
            # All sessions of the hardware may be in use, or the size may be too small for it.
            logger.warning('%dx%d is encoded by %s, as %s: %s', settings.width, settings.height,
                           software.name, self._type.name, _reason(error))
            self._type = software
            self._open()

    def _open(self) -> None:
        settings, kind = self.settings, self._type
        context = cast(VideoCodecContext, av.CodecContext.create(kind.name, 'w'))
        context.width, context.height = settings.width, settings.height
        formats = {f.name for f in getattr(context.codec, 'video_formats', None) or ()}
        context.pix_fmt = 'nv12' if formats and 'yuv420p' not in formats else 'yuv420p'
        context.time_base = TIME_BASE
        self._opened_fps = (min(settings.fps, 1 / self._interval) if kind.budget_per_frame
                            else settings.fps)
        context.framerate = Fraction(self._opened_fps).limit_denominator(1001)
        context.bit_rate = kind.most(settings) if kind.opens_at_max else self._bitrate
        # Frame threads would delay.
        context.thread_count, context.thread_type = settings.threads, 'SLICE'
        context.gop_size = _GOP_SIZE
        # No WebRTC receiver puts B frames in order.
        context.max_b_frames = 0
        context.options = kind.options(settings, self._bitrate)
        if settings.profile in kind.context_profiles:
            context.profile = kind.context_profiles[settings.profile]
        context.open()
        self._context = context
        self._opened = self._clock()
        self._opened_bitrate = self._bitrate
        self._fresh = True
        logger.debug('%s opened for %s %dx%d at %.0f kbit/s, %.1f frames a second', kind.name,
                     settings.profile, settings.width, settings.height, self._bitrate / 1000,
                     self._opened_fps)
        if kind.live_bitrate:
            self.set_bitrate(self._bitrate)

    def set_bitrate(self, bitrate: float) -> None:
        """
        Steer towards a bitrate in bit/s, at most that of the settings.

        Encoders that cannot change it while they run are opened anew when the change is worth a
        keyframe, and with the next keyframe anyway.
        """
        self._bitrate = min(round(bitrate), self.settings.max_bitrate)
        if self._type.live_bitrate:
            # As if frames came at the rate that it was opened for.
            wanted = self._bitrate * self._interval * self._opened_fps
            factor = min(self._correction.factor, self._type.max_correction)
            self._context.bit_rate = round(min(factor * wanted, self._type.most(self.settings)))
            if (self.settings.max_bitrate / wanted < _MIN_SHARE
                    and self._clock() - self._opened > _REOPEN_AFTER_S):
                self._open()
        elif worth_reopening(self._opened_bitrate, self._bitrate, self._clock() - self._opened):
            self._open()

    def encode(self, i420: I420, pts: int, keyframe: bool, *,
               repeated: bool = False) -> 'Packet | None':
        """
        Encode an image; return its packet, ``None`` if the encoder left it out.

        :param i420: of shape (height * 3 / 2, width), not changed while it is encoded
        :param pts: in 1/90000 s, growing
        :param keyframe: make a keyframe
        :param repeated: the image is that of the last frame, and the camera makes a pause
        :raises av.FFmpegError: the encoder failed
        """
        if self._last_pts is not None and not repeated:
            # A pause is no lower frame rate: the frames after it would be twice as large.
            interval = min((pts - self._last_pts) / CLOCK_RATE, 2 * self._interval,
                           _MAX_INTERVAL_S)
            self._interval += _INTERVAL_WEIGHT * (interval - self._interval)
        self._last_pts = pts
        # PyAV takes the height for a multiple of four, and would find the colours elsewhere.
        frame = (copied_frame(i420) if self.size[1] % 4
                 else av.VideoFrame.from_numpy_buffer(i420, 'yuv420p'))
        frame.pts = pts
        frame.time_base = TIME_BASE
        if keyframe and self._type.small_first_keyframe and not self._fresh:
            self._open()
        elif keyframe:
            frame.pict_type = PictureType.I
        self._fresh = False
        packets = self._context.encode(frame)
        if not packets:
            return None
        if not repeated:
            self._correction.add(8 * packets[0].size, self._bitrate, self._interval)
        return packets[0]
