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

import av
import numpy as np

from .picture import Picture, Shape
from .stream import Limits, Sink, START_BITRATE, VideoStream
from ..core.clock import boot_time, Clock
from ..core.fallback import ENCODINGS
from ..core.rate import Pace
from ..core.rhythm import LOST_AFTER_S, Rhythm
from ..core.tiers import balance, make_tiers, Path, Scale, Tier

# Viewers are moved at most so often, unless one of them is in trouble.
_BALANCE_PERIOD_S = 0.1
_TROUBLE = 0.9


@dataclass(frozen=True)
class CameraSettings:
    """
    Limits of a camera.

    Frames per second, bit/s, the shape of its pictures, the scales of its quality tiers, and the
    codec for viewers that decode it, or ``auto``.
    """

    max_fps: float = 30.0
    max_bitrate: int = 2_500_000
    shape: Shape = Shape()
    scales: tuple[Scale, ...] = (Scale(1), Scale(2), Scale(4, 20.0))
    codec: str = 'auto'


class Subscription:
    """
    A viewer of a camera in one codec, moved between the streams of its tiers.

    Belongs to the event loop.
    """

    def __init__(self, camera: 'Camera', codec: str, sink: Sink, path: Path) -> None:
        """Prepare; the camera starts it."""
        self.camera = camera
        self.codec = codec
        self.path = path
        self._sink = sink
        self._leg: _Leg | None = None
        # The leg that takes over with its first keyframe.
        self._next: _Leg | None = None

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

    def request_keyframe(self) -> None:
        """Ask for a keyframe, which all viewers of the tier get."""
        for leg in (self._leg, self._next):
            if leg is not None:
                leg.stream.request_keyframe()

    def move(self, stream: VideoStream | None) -> None:
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
        elif self._leg.stream is not stream and self._next is None:
            self._next = self._enter(stream)
            stream.request_keyframe()

    def _enter(self, stream: VideoStream) -> '_Leg':
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
        return leg is self._leg and self._sink(packet, keyframe)


class _Leg:
    """A subscription's place in one stream."""

    def __init__(self, subscription: Subscription, stream: VideoStream) -> None:
        self._subscription = subscription
        self.stream = stream
        stream.subscribe(self)

    def __call__(self, packet: av.Packet, keyframe: bool) -> bool:
        return self._subscription.take(self, packet, keyframe)

    def end(self) -> None:
        """Leave the stream."""
        self.stream.unsubscribe(self)


class Camera:
    """
    One camera with a stream for each codec and quality tier.

    ``streams`` are by label: ``h264`` is the full picture, ``h264/2`` that of half the width.

    :param on_watched: called in the event loop when the first viewer comes and the last one goes
    """

    def __init__(self, name: str, settings: CameraSettings,
                 on_watched: Callable[[], None], clock: Clock = boot_time) -> None:
        """Make the streams, which do nothing while nobody watches."""
        self.name = name
        self.pictures_in = 0
        self.skipped = 0
        # Its publisher keeps the last picture for those who come later: it need not send more.
        self.latched = False
        self._on_watched = on_watched
        self._clock = clock
        self._rhythm = Rhythm()
        self._newest: Picture | None = None
        self._subscriptions: list[Subscription] = []
        self._next_balance = 0.0
        self.settings = settings
        self._tiers = self._make_tiers()
        # By codec, from large to small.
        self._ladders = {codec: [VideoStream(name, codec, limits) for limits in self._limits()]
                         for codec in ENCODINGS}
        self.streams = {stream.label: stream for ladder in self._ladders.values()
                        for stream in ladder}
        self._pace = Pace()
        self._paces = {label: Pace() for label in self.streams}

    def configure(self, settings: CameraSettings) -> None:
        """Keep to other limits from now on; in the event loop. The scales remain."""
        self.settings = settings
        self._tiers = self._make_tiers()
        for ladder in self._ladders.values():
            for stream, limits in zip(ladder, self._limits()):
                stream.limits = limits
        self.balance(at_once=True)

    def subscribe(self, codec: str, sink: Sink, path: Path | None = None) -> Subscription:
        """Start to watch in a codec, over a path of which something or nothing is known."""
        first = not self._subscriptions
        if first:
            self._rhythm.begin(self._clock())
            self._newest = None
        subscription = Subscription(self, codec, sink, path or Path(START_BITRATE))
        self._subscriptions.append(subscription)
        self.balance(at_once=True)
        if first:
            self._on_watched()
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Stop to watch."""
        self._subscriptions.remove(subscription)
        subscription.move(None)
        self.balance(at_once=True)
        if not self._subscriptions:
            self._rhythm.end()
            self._newest = None
            self._on_watched()

    @property
    def watched(self) -> bool:
        """Tell whether anybody watches."""
        return bool(self._subscriptions)

    @property
    def viewers(self) -> int:
        """Return how many watch."""
        return len(self._subscriptions)

    def balance(self, at_once: bool = False) -> None:
        """Move viewers to the tiers where they belong, and steer the tiers' rates."""
        now = self._clock()
        if now < self._next_balance and not at_once:
            return
        self._next_balance = now + _BALANCE_PERIOD_S
        for codec, ladder in self._ladders.items():
            members = [s for s in self._subscriptions if s.codec == codec]
            if not members:
                continue
            rates = balance([s.path for s in members], self._tiers, now)
            for stream, rate in zip(ladder, rates):
                if rate:
                    stream.bitrate = rate
            for subscription in members:
                subscription.move(ladder[subscription.path.tier])

    def put(self, load: Callable[[], tuple[np.ndarray, str]]) -> None:
        """
        Take a new picture, from any thread.

        :param load: returns pixels and encoding; called later, in an encoder thread, or never
        """
        now = self._clock()
        self.pictures_in += 1
        self._rhythm.heard(now)
        settings = self.settings
        if not self._pace.due(now, settings.max_fps):
            self.skipped += 1
            return
        picture = Picture(load, now, settings.shape)
        # The last one of an end is not kept until the next beginning.
        self._newest = picture if self.watched else None
        for label, stream in self.streams.items():
            if stream.watched and self._paces[label].due(now, stream.limits.max_fps):
                stream.put(picture)

    def repeat(self, stream: VideoStream) -> None:
        """Hand the newest picture to a stream once more; in the event loop."""
        picture = self._newest
        if picture is not None:
            stream.put(picture)

    def state(self) -> tuple[str, float]:
        """
        Return how it is, and for how many seconds no picture came.

        ``waiting``, ``live``, ``lost``, or ``still``: a picture that stays until the next one.
        """
        return self._rhythm.state(self._clock(), self.latched)

    @property
    def slow(self) -> float:
        """Return for how many seconds this slow camera may be silent; 0 if it is not slow."""
        patience = self._rhythm.patience
        return patience if patience > LOST_AFTER_S else 0.0

    def _make_tiers(self) -> tuple[Tier, ...]:
        settings = self.settings
        return make_tiers(settings.scales, settings.max_bitrate, settings.max_fps)

    def _limits(self) -> list[Limits]:
        return [Limits(t.max_bitrate, t.max_fps, t.divisor) for t in self._tiers]
