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

import av
from av.video.frame import PictureType
import numpy as np

# RTP's video clock (RFC 6184, section 8.2.1; RFC 7741, section 6.1).
TIME_BASE = Fraction(1, 90000)
CODECS = ('h264', 'vp8')
# PyAV cannot ask for no periodic keyframes; this is more frames than a robot lives.
_NEVER = 1 << 30


class Encoder:
    """
    An encoder of one size.

    :param codec: ``h264`` or ``vp8``
    :param width: in pixels, even
    :param height: in pixels, even
    :param bitrate: at the start, bit/s
    :param max_bitrate: bit/s; H.264 bursts stay within a quarter of a second of it
    :param profile: of H.264, ``Baseline`` or ``Main``
    """

    def __init__(self, codec: str, width: int, height: int, *, bitrate: int, max_bitrate: int,
                 fps: float = 30.0, profile: str = 'Baseline') -> None:
        """Open the codec."""
        self.codec = codec
        self.size = (width, height)
        self.max_bitrate = max_bitrate
        self._fps = fps
        self._profile = profile
        self._context = self._open(bitrate)
        self._bitrate = bitrate

    def _open(self, bitrate: int) -> av.VideoCodecContext:
        context = av.CodecContext.create('libx264' if self.codec == 'h264' else 'libvpx', 'w')
        context.width, context.height = self.size
        context.pix_fmt = 'yuv420p'
        context.time_base = TIME_BASE
        context.framerate = Fraction(self._fps).limit_denominator(1001)
        # libx264 follows later changes only of a stream that began at its largest rate.
        context.bit_rate = self.max_bitrate if self.codec == 'h264' else bitrate
        # One thread: frame threads delay, slices cost bits, and cameras have threads already.
        context.thread_count = 1
        context.gop_size = _NEVER
        if self.codec == 'h264':
            # Constrained Baseline decodes wherever WebRTC does (RFC 7742, section 6.2).
            context.profile = self._profile
            context.options = {
                'preset': 'superfast', 'tune': 'zerolatency',
                # The rate can be changed live only if VBV was set when the codec was opened.
                'maxrate': str(self.max_bitrate), 'bufsize': str(self.max_bitrate // 4),
                # Browsers take unmarked H.264 of 720 lines for BT.709, and show wrong colours.
                'x264-params': 'scenecut=0:keyint=infinite:colormatrix=smpte170m'}
        else:
            context.options = {
                'deadline': 'realtime', 'cpu-used': '-6', 'lag-in-frames': '0',
                'minrate': str(bitrate), 'maxrate': str(bitrate), 'bufsize': str(bitrate),
                'undershoot-pct': '100', 'overshoot-pct': '15', 'noise-sensitivity': '4'}
        context.open()
        if self.codec == 'h264':
            context.bit_rate = bitrate
        return context

    def set_bitrate(self, bitrate: int) -> None:
        """
        Steer towards a bitrate, at most ``max_bitrate``.

        libx264 changes while running. libvpx does not through libavcodec: it is opened anew, at
        the price of a keyframe, and so only for changes of more than a third.
        """
        bitrate = min(bitrate, self.max_bitrate)
        if self.codec == 'h264':
            self._context.bit_rate = bitrate
        elif abs(bitrate - self._bitrate) > self._bitrate / 3:
            self._context = self._open(bitrate)
        else:
            return
        self._bitrate = bitrate

    def encode(self, i420: np.ndarray, pts: int, keyframe: bool) -> av.Packet | None:
        """
        Encode one picture.

        :param i420: uint8 of shape (height * 3 / 2, width), not changed while encoding
        :param pts: 90 kHz, growing
        :param keyframe: ask for a keyframe
        """
        frame = av.VideoFrame.from_numpy_buffer(i420, 'yuv420p')
        frame.pts = pts
        frame.time_base = TIME_BASE
        if keyframe:
            frame.pict_type = PictureType.I
        packets = self._context.encode(frame)
        return packets[0] if packets else None
