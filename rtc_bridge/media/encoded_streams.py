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

"""The encoded streams of one camera: one for each profile and quality tier."""

from collections.abc import Sequence

from .camera_settings import CameraSettings
from .encoded_stream import EncodedStream
from .images.frame import Frame, Load
from .images.value_ranges import RangeMeter
from .subscription import Subscription
from ..core.limits.rate_limit import Throttle
from ..core.video.size_limit import SizeLimit
from ..core.video.tiers import assign_tiers, make_tiers
from ..core.video.video_codecs import PROFILES


class EncodedStreams:
    """
    Gives each image to the streams that have viewers, and each viewer the stream that fits.

    One thread calls :meth:`put`; all else belongs to the event loop.
    """

    def __init__(self, name: str, settings: CameraSettings) -> None:
        # Images left out to keep to ``max_fps``.
        self.skipped = 0
        self._settings = settings
        self._tiers = make_tiers(settings.scales, settings.max_bitrate, settings.max_fps,
                                 settings.threads)
        # By profile, from large to small.
        self._by_profile = {
            profile: [EncodedStream(name, profile, tier, self._on_watched)
                      for tier in self._tiers] for profile in PROFILES}
        self.streams = {stream.stream_key: stream for streams in self._by_profile.values()
                        for stream in streams}
        self._throttle = Throttle()
        # Replaced as a whole and never changed: another thread iterates over it.
        self._watched: tuple[EncodedStream, ...] = ()
        # The newest image, for a stream that gets its first viewer before the next image comes.
        self._newest: Frame | None = None
        self._keeps_newest = False
        # How large the pictures may be, for all streams.
        size_limit = SizeLimit()
        for stream in self.streams.values():
            stream.size_limit = size_limit
        self.ranges = RangeMeter()

    @property
    def watched(self) -> bool:
        """Tell whether any of the streams has viewers."""
        return bool(self._watched)

    def configure(self, settings: CameraSettings) -> None:
        """Keep to other settings from now on; the scales remain those of the start."""
        self._settings = settings
        self._tiers = make_tiers(settings.scales, settings.max_bitrate, settings.max_fps,
                                 settings.threads)
        for streams in self._by_profile.values():
            for stream, tier in zip(streams, self._tiers):
                stream.tier = tier

    def begin_keeping(self) -> float | None:
        """Keep the newest image from now on; return when the one that is kept came, in seconds."""
        self._keeps_newest = True
        return self._newest.arrival if self._newest is not None else None

    def end_keeping(self, forget: bool) -> None:
        """
        Keep no newer image.

        :param forget: nor the one of now, so that nobody takes it for a new one
        """
        self._keeps_newest = False
        if forget:
            self._newest = None

    def put(self, load: Load, now: float, *, stays: bool, keep: bool,
            arrival: float | None = None) -> None:
        """
        Hand an image to the streams that have viewers.

        :param load: returns its pixels; called later, in an encoder thread, or never
        :param now: in seconds of the boot-time clock
        :param stays: it is shown until another one comes, so it must not be left out
        :param keep: it may be shown to a viewer that comes later
        :param arrival: when it arrived, in seconds of that clock; ``None``: now
        """
        settings = self._settings
        passes = self._throttle.passes(now, settings.max_fps) or stays
        if not passes:
            self.skipped += 1
        frame = Frame(load, now if arrival is None else arrival, settings.render, self.ranges)
        if self._keeps_newest:
            self._newest = frame if keep else None
        for stream in self._watched:
            fps = stream.tier.max_fps
            if passes and (fps >= settings.max_fps or stream.throttle.passes(now, fps) or stays):
                stream.mailbox.put(frame)
            else:
                # The last one of a burst is shown, after the time in which a camera that is just
                # too quick sends another one.
                stream.mailbox.put(frame, due=now + 2 / fps)

    def _on_watched(self, stream: EncodedStream) -> None:
        self._watched = tuple(s for s in self.streams.values() if s.watched)
        newest = self._newest
        if stream.watched and newest is not None:
            stream.mailbox.put(newest)

    def assign(self, subscriptions: Sequence[Subscription], now: float) -> None:
        """
        Move viewers to the tiers that fit their paths, and steer the tiers' bitrates.

        :param now: in seconds of a clock that does not jump
        """
        for profile, streams in self._by_profile.items():
            of_profile = [s for s in subscriptions if s.profile == profile]
            if not of_profile:
                continue
            bitrates = assign_tiers([s.member for s in of_profile], self._tiers, now)
            for stream, bitrate in zip(streams, bitrates):
                if bitrate:
                    stream.bitrate = bitrate
            for subscription in of_profile:
                assert subscription.member.tier is not None
                subscription.move(streams[subscription.member.tier])
