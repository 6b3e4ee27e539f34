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

"""Video encoders for live viewing: one frame in, one packet out, keyframes on demand only."""

from fractions import Fraction
import logging

import av
from av.codec.codec import UnknownCodecError
from av.video.frame import PictureType
import numpy as np

from ..core.clock import boot_time, Clock
from ..core.video.encoder_settings import choose, first_fill, KEYFRAME_S, SOFTWARE, worth_opening

logger = logging.getLogger(__name__)
# RTP's video clock (RFC 6184, section 8.2.1; RFC 7741, section 6.1).
TIME_BASE = Fraction(1, 90000)
CODECS = ('h264', 'vp8')
PROFILES = ('Baseline', 'Main')
# PyAV cannot ask for no periodic keyframes; this is more frames than a robot lives.
_NEVER = 1 << 30
# x264 spends what a picture may have, whatever time it stands for: frame rates down to one of so
# long a pause are made up for. Below that each picture would take too long on its way.
_LONGEST_GAP_S = 0.2
# A smaller share of the bitrate than this is worth a keyframe, after so long.
_TOO_LITTLE, _REOPEN_AFTER_S = 0.85, 2.0
# These follow their bit_rate while running; all others are opened anew.
_LIVE = frozenset({SOFTWARE, 'h264_nvenc', 'h264_qsv'})
# Hardware: constant rate, no delay, parameter sets with each keyframe.
_HARDWARE_OPTIONS = {
    'h264_nvenc': {'preset': 'p2', 'tune': 'ull', 'rc': 'cbr', 'zerolatency': '1', 'delay': '0',
                   'forced-idr': '1'},
    'h264_qsv': {'preset': 'veryfast', 'async_depth': '1', 'low_delay_brc': '1',
                 'forced_idr': '1'},
    'h264_vaapi': {'rc_mode': 'CBR', 'async_depth': '1'},
    'h264_v4l2m2m': {},
}
_chosen = SOFTWARE


def use_h264_encoder(wanted: str) -> str:
    """
    Look which H.264 encoder works here, for all streams opened later; return its name.

    :param wanted: one of ``core.video.encoder_settings.H264_ENCODERS``
    """
    global _chosen
    _chosen, refused = choose(wanted, probe)
    reasons = '; '.join(f'{name}: {reason}' for name, reason in refused)
    if wanted not in ('auto', _chosen):
        logger.warning('H.264 is encoded by %s, as %s', _chosen, reasons)
    else:
        logger.info('H.264 is encoded by %s%s', _chosen, f' ({reasons})' if reasons else '')
    return _chosen


def probe(name: str) -> str:
    """Encode three pictures; return why an H.264 encoder cannot be used, nothing if it can."""
    try:
        encoder = Encoder('h264', 320, 240, bitrate=500_000, max_bitrate=1_000_000, name=name)
        picture = np.full((360, 320), 128, np.uint8)
        for number in range(3):
            packet = encoder.encode(picture, number * 3000, keyframe=number == 2)
            if packet is None or packet.pts != number * 3000:
                return 'delays its pictures'
            if number != 1 and not {5, 7, 8} <= nal_types(bytes(packet)):
                return 'makes no keyframe with parameter sets when asked'
    except ValueError as error:
        return 'this PyAV has none' if isinstance(error, UnknownCodecError) else repr(error)
    except Exception as error:
        # Drivers and builds fail in many ways.
        return _reason(error)
    return ''


def _reason(error: Exception) -> str:
    """Return what FFmpeg said last; its errors alone tell little."""
    log = getattr(error, 'log', None)
    text = getattr(error, 'strerror', None) or repr(error)
    return f'{text} ({log[2].strip()})' if log else text


def nal_types(data: bytes) -> set[int]:
    """Return the types of the NAL units in an Annex B stream (H.264, table 7-1)."""
    return {part[0] & 31 for part in data.split(b'\0\0\1')[1:] if part}


class Encoder:
    """
    An encoder of one size.

    :param codec: ``h264`` or ``vp8``
    :param width: in pixels, even
    :param height: in pixels, even
    :param bitrate: at the start, bit/s
    :param max_bitrate: bit/s
    :param profile: of H.264, one of ``PROFILES``; Baseline is the constrained one
    :param burst: what H.264 may spend at once, in seconds of ``max_bitrate``
    :param name: of FFmpeg's H.264 encoder; that of :func:`use_h264_encoder` otherwise
    :raises av.FFmpegError: it cannot be opened
    """

    def __init__(self, codec: str, width: int, height: int, *, bitrate: int, max_bitrate: int,
                 fps: float = 30.0, profile: str = 'Baseline', name: str = '',
                 burst: float = 1 / 8, clock: Clock = boot_time) -> None:
        """Open the codec."""
        self.codec = codec
        self.size = (width, height)
        self.max_bitrate = max_bitrate
        self._fps = fps
        self._burst = burst
        self._profile = profile
        self._clock = clock
        self._bitrate = bitrate
        # Seconds from picture to picture, smoothed, and when the last one was.
        self._gap = 1 / fps
        self._last_pts: int | None = None
        self._name = 'libvpx' if codec == 'vp8' else name or _chosen
        try:
            self._open()
        except av.FFmpegError as error:
            if codec == 'vp8' or name or self._name == SOFTWARE:
                raise
            # All sessions of the hardware may be taken, or the size too small for it.
            logger.warning('%dx%d is encoded by %s, as %s: %s', width, height, SOFTWARE,
                           self._name, _reason(error))
            self._name = SOFTWARE
            self._open()

    def _open(self) -> None:
        context = av.CodecContext.create(self._name, 'w')
        context.width, context.height = self.size
        formats = {f.name for f in getattr(context.codec, 'video_formats', None) or ()}
        context.pix_fmt = 'nv12' if formats and 'yuv420p' not in formats else 'yuv420p'
        context.time_base = TIME_BASE
        self._rate = min(self._fps, 1 / self._gap) if self.codec == 'h264' else self._fps
        context.framerate = Fraction(self._rate).limit_denominator(1001)
        # libx264 follows later changes only of a stream that began at its largest rate.
        context.bit_rate = self.max_bitrate if self._name == SOFTWARE else self._bitrate
        # One thread: frame threads delay, slices cost bits, and cameras have threads already.
        context.thread_count = 1
        context.gop_size = _NEVER
        context.options = self._options()
        if self._name == SOFTWARE:
            # Constrained Baseline decodes wherever WebRTC does (RFC 7742, section 6.2).
            context.profile = self._profile
        elif self.codec == 'h264':
            context.max_b_frames = 0
        context.open()
        self._context = context
        self._steer()
        self._opened = self._clock()
        self._opened_with = self._bitrate
        self._fresh = True

    def _options(self) -> dict[str, str]:
        rate = str(self._bitrate)
        if self.codec == 'vp8':
            return {
                'deadline': 'realtime', 'cpu-used': '-6', 'lag-in-frames': '0',
                'minrate': rate, 'maxrate': rate, 'bufsize': rate,
                'undershoot-pct': '100', 'overshoot-pct': '15', 'noise-sensitivity': '4',
                # In percent of what a picture has on average.
                'max-intra-rate': str(max(round(KEYFRAME_S * self._fps * 100), 100))}
        if self._name == SOFTWARE:
            # With 1/16 s bursts are small, and x264 stays a sixth below the rate that it may have.
            buffer = round(self.max_bitrate * self._burst)
            fill = first_fill(self._bitrate, buffer)
            return {
                'preset': 'superfast', 'tune': 'zerolatency',
                # The rate can be changed live only if VBV was set when the codec was opened.
                'maxrate': str(self.max_bitrate), 'bufsize': str(buffer),
                # Browsers take unmarked H.264 of 720 lines for BT.709, and show wrong colours.
                'x264-params': 'scenecut=0:keyint=infinite:colormatrix=smpte170m:aq-mode=0:'
                               f'vbv-init={fill:.3f}'}
        options = {'maxrate': rate, 'bufsize': str(self._bitrate // 4)}
        if self._name != 'h264_v4l2m2m':
            baseline = 'constrained_baseline' if self._name == 'h264_vaapi' else 'baseline'
            options['profile'] = 'main' if self._profile == 'Main' else baseline
        return options | _HARDWARE_OPTIONS[self._name]

    def set_bitrate(self, bitrate: int) -> None:
        """
        Steer towards a bitrate, at most ``max_bitrate``.

        libx264 changes while running. libvpx does not through libavcodec: it is opened anew, at
        the price of a keyframe, when that is worth it, and with the next keyframe anyway.
        """
        self._bitrate = min(bitrate, self.max_bitrate)
        if self._name in _LIVE:
            if self._steer() < _TOO_LITTLE and self._clock() - self._opened > _REOPEN_AFTER_S:
                self._open()
        elif worth_opening(self._opened_with, self._bitrate, self._clock() - self._opened):
            self._open()

    def _steer(self) -> float:
        """
        Tell a live encoder what to spend, as if pictures came at the rate it was opened for.

        Return what share of its bitrate that leaves.
        """
        if self._name not in _LIVE:
            return 1.0
        wanted = self._bitrate * self._gap * self._rate
        self._context.bit_rate = round(min(wanted, self.max_bitrate))
        return min(1.0, self.max_bitrate / wanted)

    def _measure(self, pts: int) -> None:
        if self._last_pts is not None:
            # A pause is no slower camera: the next pictures would be twice as large.
            gap = min((pts - self._last_pts) / 90000, 2 * self._gap, _LONGEST_GAP_S)
            self._gap += 0.1 * (gap - self._gap)
        self._last_pts = pts

    def encode(self, i420: np.ndarray, pts: int, keyframe: bool) -> av.Packet | None:
        """
        Encode one picture.

        :param i420: uint8 of shape (height * 3 / 2, width), not changed while encoding
        :param pts: 90 kHz, growing
        :param keyframe: ask for a keyframe
        """
        self._measure(pts)
        frame = self._frame(i420)
        frame.pts = pts
        frame.time_base = TIME_BASE
        if keyframe and not self._fresh and self._name in (SOFTWARE, 'libvpx'):
            # Only the first keyframe after opening can be kept small, and opening takes 4 ms.
            self._open()
        elif keyframe:
            frame.pict_type = PictureType.I
        self._fresh = False
        packets = self._context.encode(frame)
        return packets[0] if packets else None

    def _frame(self, i420: np.ndarray) -> av.VideoFrame:
        width, height = self.size
        if height % 4 == 0:
            return av.VideoFrame.from_numpy_buffer(i420, 'yuv420p')
        # PyAV takes the height for a multiple of four, and would find the colours elsewhere.
        frame = av.VideoFrame(width, height, 'yuv420p')
        flat, start = i420.reshape(-1), 0
        for plane in frame.planes:
            end = start + plane.width * plane.height
            rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
            rows[:plane.height, :plane.width] = flat[start:end].reshape(plane.height, plane.width)
            start = end
        return frame
