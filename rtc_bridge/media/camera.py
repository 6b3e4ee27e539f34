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

"""A camera as viewers see it: a name, its streams, and whether pictures come."""

from dataclasses import dataclass
from typing import Callable

import numpy as np

from .encoder import CODECS
from .picture import Picture, Shape
from .stream import Sink, Subscription, VideoStream
from ..core.clock import boot_time, Clock

# No picture for this long, and the viewer is told.
LOST_AFTER_S = 1.0


@dataclass(frozen=True)
class CameraSettings:
    """Limits of a camera: frames per second, bit/s, and the shape of its pictures."""

    max_fps: float = 30.0
    max_bitrate: int = 2_500_000
    shape: Shape = Shape()


class Camera:
    """
    One camera with one stream per codec.

    :param on_watched: called in the event loop when the first viewer comes and the last one goes
    """

    def __init__(self, name: str, settings: CameraSettings,
                 on_watched: Callable[[], None], clock: Clock = boot_time) -> None:
        """Make the streams, which do nothing while nobody watches."""
        self.name = name
        self.settings = settings
        self.streams = {codec: VideoStream(name, codec, max_bitrate=settings.max_bitrate,
                                           fps=settings.max_fps) for codec in CODECS}
        self.pictures_in = 0
        self.skipped = 0
        self._on_watched = on_watched
        self._clock = clock
        # When the next picture is due under max_fps.
        self._due = 0.0
        self._last_in: float | None = None
        self._watched_since: float | None = None

    def subscribe(self, codec: str, sink: Sink) -> Subscription:
        """Start to watch in a codec."""
        first = not self.watched
        if first:
            self._watched_since = self._clock()
            self._last_in = None
        subscription = self.streams[codec].subscribe(sink)
        if first:
            self._on_watched()
        return subscription

    def unsubscribe(self, codec: str, subscription: Subscription) -> None:
        """Stop to watch."""
        self.streams[codec].unsubscribe(subscription)
        if not self.watched and self._watched_since is not None:
            self._watched_since = None
            self._on_watched()

    @property
    def watched(self) -> bool:
        """Tell whether anybody watches."""
        return any(stream.watched for stream in self.streams.values())

    def put(self, load: Callable[[], tuple[np.ndarray, str]]) -> None:
        """
        Take a new picture, from any thread.

        :param load: returns pixels and encoding; called later, in an encoder thread, or never
        """
        now = self._clock()
        self.pictures_in += 1
        self._last_in = now
        period = 1 / self.settings.max_fps
        # A tenth of the period is left to the camera's jitter.
        if now < self._due - 0.1 * period:
            self.skipped += 1
            return
        self._due = max(self._due + period, now)
        picture = Picture(load, now, self.settings.shape)
        for stream in self.streams.values():
            stream.put(picture)

    def state(self) -> tuple[str, float]:
        """Return ``waiting``, ``live`` or ``lost``, and for how many seconds without a picture."""
        if self._watched_since is None:
            return 'waiting', 0.0
        last = self._last_in
        silent = self._clock() - (self._watched_since if last is None else last)
        if last is None:
            return 'waiting', silent
        return ('live', 0.0) if silent < LOST_AFTER_S else ('lost', silent)
