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

"""A camera that sends video: which viewers get it as it is, and images of it for the others."""

from dataclasses import replace
from typing import Callable

from .camera_settings import CameraSettings
from .images.frame import Load
from .passthrough_stream import PassthroughStream
from .subscription import Subscription
from .video_decoder import VideoDecoder
from ..core.clock import boot_time, Clock
from ..core.congestion.bitrate_meters import BitrateMeter
from ..core.images.video_formats import CODEC_TITLES
from ..core.video.passthrough_rules import fits_path, reason_to_encode
from ..core.video.video_codecs import codec_of


class VideoSource:
    """
    Passes a camera's H.264 on where that is possible, and decodes it where it is not.

    Other codecs are always decoded: few browsers decode H.265, and AV1 is slow to decode.

    One thread, that of the images, calls :meth:`put` and :meth:`end`; all else belongs to the
    event loop.

    :param show: takes decoded images and the times of their arrival, in the decoder's thread
    :param on_change: called in the thread of the images when viewers may need other streams
    """

    def __init__(self, name: str, show: Callable[[Load, float], None],
                 on_change: Callable[[], None],
                 clock: Clock = boot_time) -> None:
        # Publishes a request for a keyframe; from any thread.
        self.ask_keyframe: Callable[[], None] = lambda: None
        # The camera sends video, not images.
        self.active = False
        # What it sends, by FFmpeg's name.
        self.codec = 'h264'
        # Why viewers get another encoder's frames instead, '' if they do not.
        self.encoded_because = ''
        self.stream = PassthroughStream(name, lambda: self.ask_keyframe(), clock)
        self.decoder = VideoDecoder(self.stream, show)
        self.meter = BitrateMeter()
        self._on_change = on_change
        # What the choice of streams depends on, as it was last.
        self._state: object = None

    def put(self, data: bytes, now: float, codec: str = 'h264') -> None:
        """
        Take the next access unit.

        :param data: of H.264 and H.265 in Annex B or length-prefixed form
        :param codec: by FFmpeg's name
        :param now: when it arrived, in seconds of the boot-time clock
        """
        self.meter.add(now, len(data))
        self.codec = codec
        if codec == 'h264':
            unit = self.stream.put(data, now)
            self.decoder.put(unit.to_bytes() if unit is not None else None, now)
        else:
            self.decoder.put(data, now, codec)
        self.active = True
        # The bitrate counts each second, all else at once.
        self._note(codec, self.stream.fault, self.stream.size, int(now))

    def end(self) -> None:
        """Note that the camera sends images instead."""
        self.active = False
        self._note(None)

    def _note(self, *state: object) -> None:
        if state != self._state:
            self._state = state
            self._on_change()

    def can_pass_on(self, settings: CameraSettings) -> bool:
        """Tell whether the H.264 keeps to the camera's settings, so that it may be passed on."""
        if not self.active:
            return False
        if self.codec != 'h264':
            title = CODEC_TITLES.get(self.codec, self.codec)
            self.encoded_because = f'it is {title}, and only H.264 goes to browsers as it is'
        elif not settings.passthrough:
            self.encoded_because = 'passthrough is false'
        else:
            self.encoded_because = self.stream.fault or reason_to_encode(
                self.meter, self.stream.size, max_bitrate=settings.max_bitrate,
                max_fps=settings.max_fps, max_width=settings.render.max_width,
                rotate=settings.render.rotate, flip=settings.render.flip,
                has_range=bool(settings.render.value_range), passing=not self.encoded_because)
        return not self.encoded_because

    def pass_on(self, subscription: Subscription, max_bitrate: int) -> bool:
        """Give a viewer of H.264 the camera's own if its path carries it; return whether so."""
        if codec_of(subscription.profile) != 'h264':
            return False
        member = subscription.member
        estimate = member.estimate
        if member.quality.max_bitrate < float('inf'):
            # What the viewer wants is known, if not what its path carries.
            estimate = replace(estimate, bitrate=member.bitrate, slow_start=False)
        fits = fits_path(estimate, self.meter.bitrate, max_bitrate,
                         passing=subscription.stream is self.stream)
        if fits:
            member.tier, member.wanted = None, 0.0
            subscription.move(self.stream)
        return fits
