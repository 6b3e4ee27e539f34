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

"""A camera that sends H.264: which viewers get it as it is, and images of it for the others."""

from typing import Callable

from .camera_settings import CameraSettings
from .frame import Load
from .h264_decoder import H264Decoder
from .passthrough_stream import PassthroughStream
from .subscription import Subscription
from ..core.clock import boot_time, Clock
from ..core.video.bitrate_meters import BitrateMeter
from ..core.video.passthrough_rules import fits_path, reason_to_encode
from ..core.video.video_codecs import codec_of


class H264Source:
    """
    Passes a camera's H.264 on where that is possible, and decodes it where it is not.

    One thread, that of the images, calls :meth:`put` and :meth:`end`; all else belongs to the
    event loop.

    :param show: takes decoded images, in the decoder's thread
    :param on_change: called in the thread of the images when viewers may need other streams
    """

    def __init__(self, name: str, show: Callable[[Load], None], on_change: Callable[[], None],
                 clock: Clock = boot_time) -> None:
        # Publishes a request for a keyframe; from any thread.
        self.ask_keyframe: Callable[[], None] = lambda: None
        # The camera sends H.264, not images.
        self.active = False
        # Why viewers get another encoder's frames instead, '' if they do not.
        self.encoded_because = ''
        self.stream = PassthroughStream(name, lambda: self.ask_keyframe(), clock)
        self.decoder = H264Decoder(self.stream, show)
        self.meter = BitrateMeter()
        self._on_change = on_change
        # What the choice of streams depends on, as it was last.
        self._state: object = None

    def put(self, data: bytes, now: float) -> None:
        """
        Take the next access unit.

        :param data: in Annex B or length-prefixed form
        :param now: when it arrived, in seconds of the boot-time clock
        """
        self.meter.add(now, len(data))
        unit = self.stream.put(data, now)
        self.decoder.put(unit.to_bytes() if unit is not None else None)
        self.active = True
        # The bitrate counts each second, all else at once.
        self._note(self.stream.fault, self.stream.size, int(now))

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
        if not settings.passthrough:
            self.encoded_because = 'passthrough is false'
        else:
            self.encoded_because = self.stream.fault or reason_to_encode(
                self.meter, self.stream.size, max_bitrate=settings.max_bitrate,
                max_fps=settings.max_fps, max_width=settings.render.max_width,
                rotate=settings.render.rotate, passing=not self.encoded_because)
        return not self.encoded_because

    def pass_on(self, subscription: Subscription, max_bitrate: int) -> bool:
        """Give a viewer of H.264 the camera's own if its path carries it; return whether so."""
        if codec_of(subscription.profile) != 'h264':
            return False
        fits = fits_path(subscription.member.estimate, self.meter.bitrate, max_bitrate,
                         passing=subscription.stream is self.stream)
        if fits:
            subscription.member.tier, subscription.member.wanted = None, 0.0
            subscription.move(self.stream)
        return fits
