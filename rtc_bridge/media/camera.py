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

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Callable

from .decoder import Decoder
from .fanout import Sink
from .frame import Load, Picture, Shape
from .passthrough import PassthroughStream
from .stream import Limits, START_BITRATE, VideoStream
from .subscription import Stream, Subscription
from ..core.clock import boot_time, Clock
from ..core.limits.rate_limit import Throttle
from ..core.supervision import call_guarded
from ..core.video.capture_times import CaptureAge
from ..core.video.codec_fallback import ENCODINGS, family
from ..core.video.liveness import LOST_AFTER_S, Rhythm
from ..core.video.passthrough import Meter, path_takes, why_encode
from ..core.video.tiers import balance, make_tiers, Path, Scale, Tier

# Viewers are moved at most so often, unless one of them is in trouble.
_BALANCE_PERIOD_S = 0.1


@dataclass(frozen=True)
class CameraSettings:
    """
    Limits of a camera.

    Frames per second, bit/s, the shape of its pictures, the scales of its quality tiers, the codec
    for viewers that decode it, or ``auto``, whether its own H.264 is passed on as it is, and
    whether people may drive by its pictures.
    """

    max_fps: float = 30.0
    max_bitrate: int = 2_500_000
    shape: Shape = Shape()
    scales: tuple[Scale, ...] = (Scale(1), Scale(2), Scale(4, 20.0))
    codec: str = 'auto'
    passthrough: bool = True
    drive: bool = True


class Camera:
    """
    One camera with a stream for each codec and quality tier.

    ``streams`` are by label: ``h264`` is the full picture, ``h264/2`` that of half the width,
    ``h264/source`` what the camera itself encodes, passed on as it is. ``encoded_because`` says
    why that is not done, '' while it is.

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
        self.capture = CaptureAge()
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
        self._encoded = {stream.label: stream for ladder in self._ladders.values()
                         for stream in ladder}
        self._pace = Throttle()
        self._paces = {label: Throttle() for label in self._encoded}
        # Publishes a request for a keyframe, from any thread.
        self.ask_keyframe: Callable[[], None] = _nothing
        self.source = PassthroughStream(name, lambda: self.ask_keyframe(), clock)
        self.streams: dict[str, Stream] = {**self._encoded, self.source.label: self.source}
        # What comes is H.264, not pictures.
        self.h264 = False
        self.encoded_because = ''
        self._meter = Meter()
        self._decoder = Decoder(self.source, self._show)
        self._source_was: object = None
        self._loop: asyncio.AbstractEventLoop | None = None

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
            self._loop = asyncio.get_running_loop()
            self.source.gap()
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
        passing = self._look_at_source()
        for codec, ladder in self._ladders.items():
            members = [s for s in self._subscriptions if s.codec == codec]
            if passing and family(codec) == 'h264':
                members = [s for s in members if not self._pass_on(s)]
            if not members:
                continue
            rates = balance([s.path for s in members], self._tiers, now)
            for stream, rate in zip(ladder, rates):
                if rate:
                    stream.bitrate = rate
            for subscription in members:
                subscription.move(ladder[subscription.path.tier])
        self._decoder.run(self.h264 and any(s.watched for s in self._encoded.values()))

    def _look_at_source(self) -> bool:
        """Tell whether the camera's own H.264 is for its viewers."""
        if not self.h264:
            return False
        settings = self.settings
        if not settings.passthrough:
            self.encoded_because = 'passthrough is false'
        else:
            self.encoded_because = self.source.fault or why_encode(
                self._meter, self.source.size, max_bitrate=settings.max_bitrate,
                max_fps=settings.max_fps, max_width=settings.shape.max_width,
                rotate=settings.shape.rotate, passing=not self.encoded_because)
        return not self.encoded_because

    def _pass_on(self, subscription: Subscription) -> bool:
        takes = path_takes(subscription.path, self._meter.bitrate, self.settings.max_bitrate,
                           passing=subscription.stream is self.source)
        if takes:
            subscription.path.tier, subscription.path.wanted = None, 0.0
            subscription.move(self.source)
        return takes

    def put_h264(self, data: bytes) -> None:
        """Take the next access unit of the camera's own H.264; from one thread, in order."""
        now = self._clock()
        self.pictures_in += 1
        self._rhythm.heard(now)
        self._meter.add(now, len(data))
        unit = self.source.put(data, now)
        self._decoder.put(unit.to_bytes() if unit is not None else None)
        # Its rate is looked at each second, all else at once.
        self._changed_source(True, self.source.fault, self.source.size, int(now))

    def _changed_source(self, h264: bool, *what: object) -> None:
        if self._source_was != (h264, *what):
            self._source_was = (h264, *what)
            self.h264 = h264
            if self._loop is not None:
                # At the end the loop may be gone before its cameras are.
                with suppress(RuntimeError):
                    self._loop.call_soon_threadsafe(call_guarded, 'camera', self.balance, True)

    def put(self, load: Load) -> None:
        """
        Take a new picture, from any thread.

        :param load: returns pixels and encoding; called later, in an encoder thread, or never
        """
        self.pictures_in += 1
        self._rhythm.heard(self._clock())
        if self.h264:
            self._changed_source(False)
        self._show(load)

    def _show(self, load: Load) -> None:
        now = self._clock()
        settings = self.settings
        # The last of a few is the one that stays: it is not left out for coming too soon.
        stays = self.state()[0] == 'still'
        if not self._pace.passes(now, settings.max_fps) and not stays:
            self.skipped += 1
            return
        picture = Picture(load, now, settings.shape)
        # The last one of an end is not kept until the next beginning, of the decoder neither.
        self._newest = picture if self.watched and not self.h264 else None
        for label, stream in self._encoded.items():
            if stream.watched and (self._paces[label].passes(now, stream.limits.max_fps) or stays):
                stream.put(picture)

    def repeat(self, stream: Stream) -> None:
        """Hand the newest picture to a stream once more; in the event loop."""
        picture = self._newest
        if picture is not None and stream is not self.source:
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
        return [Limits(t.max_bitrate, t.max_fps, t.divisor, t.burst) for t in self._tiers]


def _nothing() -> None:
    pass
