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


"""A viewer of a camera, moved between its streams without a break."""

from typing import Protocol

import av

from .fanout import Sink
from .passthrough import PassthroughStream
from .stream import VideoStream
from ..core.video.tiers import Path

Stream = VideoStream | PassthroughStream
# A path that takes less of its rate than this is in trouble.
_TROUBLE = 0.9


class Steering(Protocol):
    """What a subscription needs of its camera."""

    def balance(self, at_once: bool = False) -> None:
        """Move viewers to the streams where they belong."""

    def repeat(self, stream: Stream) -> None:
        """Hand the newest picture to a stream once more."""


class Subscription:
    """
    A viewer of a camera in one codec, moved between the streams of its tiers.

    Belongs to the event loop.
    """

    def __init__(self, camera: Steering, codec: str, sink: Sink, path: Path) -> None:
        """Prepare; the camera starts it."""
        self.camera = camera
        self.codec = codec
        self.path = path
        self._sink = sink
        self._leg: _Leg | None = None
        # The leg that takes over with its first keyframe.
        self._next: _Leg | None = None
        # Whether the viewer got anything of the present leg, or of one before.
        self._shown = False

    def set_path(self, path: Path) -> None:
        """Tell what the viewer's path takes."""
        trouble = path.bitrate < _TROUBLE * self.path.bitrate
        path.tier, path.better_since, path.wanted = (
            self.path.tier, self.path.better_since, self.path.wanted)
        self.path = path
        self.camera.balance(at_once=trouble)

    @property
    def label(self) -> str:
        """Return which stream the viewer gets now."""
        return self._leg.stream.label if self._leg is not None else ''

    @property
    def bitrate(self) -> float:
        """Return what the stream is steered to, bit/s: 0 for none, infinite for a camera's own."""
        stream = self.stream
        if stream is None:
            return 0.0
        return stream.bitrate if isinstance(stream, VideoStream) else float('inf')

    def request_keyframe(self) -> None:
        """Ask for a keyframe, which all viewers of the tier get."""
        for leg in (self._leg, self._next):
            if leg is not None:
                leg.stream.request_keyframe()

    @property
    def stream(self) -> Stream | None:
        """Return the stream that the viewer gets now."""
        return self._leg.stream if self._leg is not None else None

    def move(self, stream: Stream | None) -> None:
        """Go over to a stream as soon as it has a keyframe; to ``None``: end now."""
        if self._next is not None and self._next.stream is not stream:
            self._next.end()
            self._next = None
        if stream is None:
            if self._leg is not None:
                self._leg.end()
            self._leg = None
        elif self._leg is None:
            self._leg = self._enter(stream)
        elif self._leg.stream is not stream and not self._shown:
            # There is nothing to go on with meanwhile.
            self._leg.end()
            self._leg = self._enter(stream)
            stream.request_keyframe()
        elif self._leg.stream is not stream and self._next is None:
            self._next = self._enter(stream)
            stream.request_keyframe()

    def _enter(self, stream: Stream) -> '_Leg':
        first = not stream.watched
        leg = _Leg(self, stream)
        if first:
            # What this stream has not seen: the next picture may be far off.
            self.camera.repeat(stream)
        return leg

    def take(self, leg: '_Leg', packet: av.Packet, keyframe: bool) -> bool:
        """Pass a packet on to the viewer; return whether the viewer gets it."""
        if leg is self._next:
            if not keyframe:
                return False
            self._leg.end()
            self._leg, self._next = leg, None
        taken = leg is self._leg and self._sink(packet, keyframe)
        self._shown |= taken
        return taken


class _Leg:
    """A subscription's place in one stream."""

    def __init__(self, subscription: Subscription, stream: Stream) -> None:
        self._subscription = subscription
        self.stream = stream
        stream.subscribe(self)

    def __call__(self, packet: av.Packet, keyframe: bool) -> bool:
        return self._subscription.take(self, packet, keyframe)

    def end(self) -> None:
        """Leave the stream."""
        self.stream.unsubscribe(self)
