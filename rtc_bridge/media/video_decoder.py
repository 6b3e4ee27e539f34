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

"""Decodes a camera's own video for viewers that cannot be given it as it is."""

from collections import deque
from functools import partial
import logging
import threading
from typing import Callable

import av
from av.video.codeccontext import VideoCodecContext

from .images.av_frames import pixels_of
from .images.frame import Load
from .passthrough_stream import PassthroughStream
from ..core.bitstreams.hevc_stream import HevcUnits
from ..core.errors import ImageError
from ..core.images.video_formats import CODEC_TITLES
from ..core.supervision import guard, start_thread
from ..system.processes.thread_priority import use_ordinary_priority

logger = logging.getLogger(__name__)
# Access units that may wait: a second of delay at 30 a second. With more, decoding starts again at
# a keyframe.
_MAX_WAITING = 30
# Seconds before a thread that failed is started again.
_RESTART_AFTER_S = 1.0
# By which FFmpeg carries a unit's arrival to the frame: ticks of a second.
_PTS_RATE = 1_000_000
# FFmpeg's decoders by codec, the best first; other codecs have one of their own name. The one
# that is called av1 needs hardware.
_DECODERS = {'av1': ('libdav1d', 'libaom-av1', 'libgav1', 'av1'), 'vp8': ('vp8', 'libvpx'),
             'vp9': ('vp9', 'libvpx-vp9')}


class VideoDecoder:
    """
    Decodes each access unit in order, in a thread that runs while the images are needed.

    :param stream: is asked for keyframes, and counts what cannot be decoded
    :param show: takes, in the decoder's thread, a function that returns pixels and encoding, and
        when the image arrived, in seconds: it may have waited here
    """

    def __init__(self, stream: PassthroughStream, show: Callable[[Load, float], None]) -> None:
        self.images = 0
        self._stream = stream
        self._show = show
        self._changed = threading.Condition()
        # Codec, access unit, which is ``None`` if it is missing, and time of arrival.
        self._units: deque[tuple[str, bytes | None, float]] = deque()
        # The thread that is to decode; any other one ends.
        self._thread: threading.Thread | None = None

    def run(self, needed: bool) -> None:
        """Start or stop; in the event loop."""
        if needed == (self._thread is not None):
            return
        logger.debug('camera %s: its video is %sdecoded', self._stream.name,
                     '' if needed else 'no longer ')
        with self._changed:
            self._units.clear()
            self._thread = start_thread(
                f'decode-{self._stream.name}', self._run, failure_name='decoder',
                on_failure=self._on_failure) if needed else None
            self._changed.notify_all()
        if needed:
            self._stream.request_keyframe()

    def _on_failure(self, error: BaseException) -> None:
        """Let :meth:`run` start another thread, a little later; in the thread that failed."""
        self._stream.count_error(f'the decoder failed: {error!r}')
        this = threading.current_thread()
        with self._changed:
            self._changed.wait_for(lambda: self._thread is not this, _RESTART_AFTER_S)
            if self._thread is this:
                self._thread = None

    def put(self, unit: bytes | None, now: float, codec: str = 'h264') -> None:
        """
        Hand in the next access unit; from any thread.

        :param unit: in Annex B if it is H.264; ``None`` if it is missing
        :param now: when it arrived, in seconds of the boot-time clock
        :param codec: by FFmpeg's name
        """
        with self._changed:
            if self._thread is None:
                return
            if len(self._units) >= _MAX_WAITING:
                self._units.clear()
                self._units.append((codec, None, now))
                self._stream.stats.superseded += _MAX_WAITING
            self._units.append((codec, unit, now))
            self._changed.notify()

    # Decoder thread

    def _run(self) -> None:
        use_ordinary_priority()
        this = threading.current_thread()
        units: _Units | None = None
        # When the newest image that was shown had arrived.
        newest = float('-inf')
        while True:
            with self._changed:
                while self._thread is this and not self._units:
                    self._changed.wait()
                if self._thread is not this:
                    return
                codec, unit, arrival = self._units.popleft()
            if unit is None:
                # A new context shows nothing before a keyframe, where this one would show garbage.
                units = None
                self._stream.request_keyframe()
                continue
            try:
                if units is None or units.codec != codec:
                    units = _Units(codec)
                frames = units.decode(unit, arrival)
            except ImageError as error:
                self._stream.count_error(error)
                units = None
                self._stream.request_keyframe()
                continue
            if not units.begun:
                self._stream.await_keyframe(units.title)
            elif codec != 'h264':
                self._stream.end_waiting()
            for frame in frames:
                self.images += 1
                newest = max(newest, arrival if frame.pts is None else frame.pts / _PTS_RATE)
                with guard('decoder', self._count):
                    self._show(partial(pixels_of, frame), newest)

    def _count(self, error: BaseException) -> None:
        self._stream.count_error(f'a decoded image cannot be shown: {error!r}')


class _Units:
    """
    Decodes the access units of one codec from a keyframe on.

    :ivar begun: frames have come
    :raises ImageError: FFmpeg has no decoder for it here
    """

    def __init__(self, codec: str) -> None:
        self.codec = codec
        self.title = CODEC_TITLES.get(codec, codec)
        self.begun = False
        self._context = self._open()
        self._hevc = HevcUnits() if codec == 'hevc' else None
        # Of H.265: the context has had its first keyframe. The others skip what is before it.
        self._joined = False

    def _open(self) -> VideoCodecContext:
        for name in _DECODERS.get(self.codec, (self.codec,)):
            try:
                context = av.CodecContext.create(name, 'r')
                if not isinstance(context, VideoCodecContext):
                    continue
                # Frame threads delay.
                context.thread_count = 1
                context.open()
                return context
            except (av.FFmpegError, ValueError):
                continue
        raise ImageError(
            f'video of format {self.codec} cannot be decoded: the FFmpeg of PyAV has no decoder '
            'for it here', 'not-decodable', {'format': self.codec})

    def decode(self, unit: bytes, arrival: float) -> list[av.VideoFrame]:
        """
        Return the frames that are complete, with their arrivals in ``pts``.

        :param arrival: of the unit, in seconds; with B frames it is shown later
        :raises ImageError: the unit is broken, or refers to what is missing
        """
        if self._hevc is not None:
            unit, keyframe = self._hevc.read(unit)
            if keyframe and not self._hevc.has_parameter_sets:
                raise ImageError('H.265 without parameter sets: its keyframes have none, and none '
                                 'came before', 'no-parameter-sets', {'format': self.codec})
            self._joined = self._joined or keyframe
            if not self._joined:
                # FFmpeg would show grey.
                return []
        packet = av.Packet(unit)
        packet.pts = round(arrival * _PTS_RATE)
        try:
            frames = self._context.decode(packet)
        except av.FFmpegError as error:
            # Before the first keyframe there is nothing to refer to.
            if not self.begun:
                return []
            raise ImageError(f'{self.title} cannot be decoded: {error}', 'broken-picture',
                             {'format': self.codec}) from None
        self.begun = self.begun or bool(frames)
        if any(frame.is_corrupt for frame in frames):
            raise ImageError(f'{self.title} refers to frames that did not come', 'broken-picture',
                             {'format': self.codec})
        return frames
