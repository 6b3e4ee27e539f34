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

"""A camera as viewers see it: a name, its streams, and whether images come."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
import logging

from .camera_settings import CameraSettings
from .encoded_frame import EncodedFrame
from .encoded_streams import EncodedStreams
from .images.frame import Load
from .images.value_ranges import FlatImage
from .subscription import Subscription
from .video_source import VideoSource
from .video_stream import VideoStream
from ..core.cameras.camera_mount import CameraMount, Intrinsics
from ..core.cameras.frame_tree import Place
from ..core.cameras.liveness import Liveness
from ..core.cameras.picture_monitor import PictureMonitor
from ..core.cameras.picture_reason import flat_picture, nothing_measured, PictureReason
from ..core.clock import boot_time, Clock
from ..core.congestion.bandwidth_estimate import BandwidthEstimate, INITIAL_ESTIMATE
from ..core.errors import ImageError
from ..core.supervision import call_guarded
from ..core.video.frame_times import CaptureDelay
from ..core.video.quality_choice import AUTOMATIC, QualityChoice

logger = logging.getLogger(__name__)
# Seconds between two choices of streams, unless one is urgent: estimates of several viewers come
# five times a second each.
_BALANCE_PERIOD_S = 0.1


class Camera:
    """
    One camera: images or video come in, and each viewer watches one of the streams of it.

    Images may come in on any one thread (:meth:`put`, :meth:`put_video`); all else belongs to the
    event loop, but for what is said to be for any thread.

    :ivar streams: by stream key: ``h264`` is the full image, ``h264/2`` that of half the width,
        ``h264/source`` what the camera itself encodes, passed on as it is
    :ivar monitor: knows why images cannot be shown
    :ivar transient_local: its publisher keeps the last image for subscribers that come later, so
        its silence is no failure
    :ivar transport: by which topic the images come and why by that one, for diagnostics
    :ivar intrinsics: of its own images, ``None`` if they are not known; of the event loop
    :ivar place: of its optical frame on the robot, ``None`` if frames do not tell it; of the event
        loop
    :ivar mount_problem: why nothing can be drawn on the ground of its picture, as a sentence;
        empty if all is well, or if that is not wanted
    :ivar topic_reason: why no image can come by its topic, as far as the graph tells
    :param on_watched: called in the event loop when the first viewer came, or is about to, and
        when the last one left, or ``keep_warm`` seconds later
    """

    def __init__(self, name: str, settings: CameraSettings, on_watched: Callable[[], None],
                 clock: Clock = boot_time) -> None:
        self.name = name
        self.settings = settings
        self.frames_in = 0
        self.transient_local = False
        self.transport: dict[str, str] = {}
        self.topic_reason: PictureReason | None = None
        self.intrinsics: Intrinsics | None = None
        self.place: Place | None = None
        self.mount_problem = ''
        self.capture_delay = CaptureDelay()
        self.encoded = EncodedStreams(name, settings)
        self.source = VideoSource(name, self._show_decoded, self._rebalance_soon, clock)
        self.streams: dict[str, VideoStream] = {
            **self.encoded.streams, self.source.stream.stream_key: self.source.stream}
        self.monitor = PictureMonitor(name, clock)
        for stream in self.streams.values():
            stream.monitor = self.monitor
        self.encoded.ranges.on_flat = self._note_flat
        self._on_watched = on_watched
        self._clock = clock
        self._liveness = Liveness()
        # Since when the camera is watched, in seconds.
        self._watched_at = 0.0
        self._subscriptions: list[Subscription] = []
        # Viewers that are about to watch.
        self._expected = 0
        # When a viewer left last, in seconds; ``None``: none has since images are wanted.
        self._left_at: float | None = None
        # Ends the time after that in which images still come.
        self._linger: asyncio.TimerHandle | None = None
        self._next_balance = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None

    # Thread of the images

    def put(self, load: Load, age: float | None = None) -> None:
        """
        Take a new image.

        :param load: returns pixels and encoding; called later, in an encoder thread, or never
        :param age: seconds since the image was captured, ``None`` if that is not known
        """
        now = self._clock()
        self.frames_in += 1
        self.capture_delay.add(age)
        self._liveness.heard(now)
        if self.source.active:
            self.source.end()
        # The last of a few images that stay must not be left out.
        stays = self.transient_local and not self._liveness.flows
        self.encoded.put(load, now, stays=stays, keep=True)

    def put_video(self, data: bytes, age: float | None = None, codec: str = 'h264') -> None:
        """
        Take the next access unit of the camera's own video, in order.

        :param age: seconds since it was captured, ``None`` if that is not known
        :param codec: by FFmpeg's name
        """
        now = self._clock()
        self.frames_in += 1
        self.capture_delay.add(age)
        self._liveness.heard(now)
        if self._has_viewers:
            # Without any a keyframe would be missed, and asked for.
            self.source.put(data, now, codec)

    def _show_decoded(self, load: Load, arrival: float) -> None:
        """Take an image of the camera's own video; in the decoder's thread."""
        stays = self.transient_local and not self._liveness.flows
        # It is not kept for later viewers: the decoder goes on for them, or starts at a keyframe.
        self.encoded.put(load, self._clock(), stays=stays, keep=False, arrival=arrival)

    def _rebalance_soon(self) -> None:
        if self._loop is not None:
            # At shutdown the loop may be closed before the cameras are.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(call_guarded, 'camera', self.balance, True)

    def count_error(self, error: str | ImageError | PictureReason) -> None:
        """Count a failure to get images; each kind is logged once; from any thread."""
        self.source.stream.count_error(error)

    def _note_flat(self, flat: FlatImage | None) -> None:
        """Note whether all of the newest image looks the same; in an encoder thread."""
        topic = self.monitor.source.topic or self.name
        if flat is None:
            self.monitor.flat = None
            return
        found, shown, unit = flat
        self.monitor.flat = nothing_measured(topic) if found is None else flat_picture(
            topic, found, shown, unit, self.monitor.prefix)

    # Event loop

    def configure(self, settings: CameraSettings) -> None:
        """Keep to other settings from now on; the scales of the tiers remain."""
        self.settings = settings
        self.encoded.configure(settings)
        self.balance(at_once=True)
        if self._linger is not None:
            self._end_or_linger()

    def subscribe(self, profile: str, sink: Callable[[EncodedFrame], bool],
                  estimate: BandwidthEstimate = INITIAL_ESTIMATE,
                  drives: bool = False, quality: QualityChoice = AUTOMATIC) -> Subscription:
        """
        Start to watch.

        :param profile: of ``core.video.video_codecs.PROFILES``
        :param sink: takes each frame; returns whether the viewer gets it
        :param estimate: what is known of the viewer's path
        :param drives: whether the viewer drives the robot
        :param quality: that the viewer asks for
        """
        with self.expected():
            subscription = Subscription(profile, sink, estimate, drives, self.balance, quality)
            self._subscriptions.append(subscription)
            self.balance(at_once=True)
        return subscription

    @contextmanager
    def expected(self) -> Iterator[None]:
        """Get images already, as a viewer is about to watch: the first of them takes a while."""
        begins = not self.watched
        if begins:
            self._liveness.begin(self._clock(), self.encoded.begin_keeping())
            self._loop = asyncio.get_running_loop()
        if not self._has_viewers:
            self._watched_at = self._clock()
            self.monitor.begin()
            # What came without viewers was not decoded.
            self.source.stream.gap()
        self._expected += 1
        self._stop_lingering()
        try:
            if begins:
                logger.debug('camera %s: watched', self.name)
                self._on_watched()
            yield
        finally:
            self._expected -= 1
            self._end_or_linger()

    def unsubscribe(self, subscription: Subscription) -> None:
        """Stop to watch."""
        self._subscriptions.remove(subscription)
        subscription.move(None)
        self.balance(at_once=True)
        self._left_at = self._clock()
        self._end_or_linger()

    def _end_or_linger(self) -> None:
        """Want no more images without viewers, at once or in a while."""
        self._stop_lingering()
        if self._has_viewers:
            return
        left = 0.0 if self._left_at is None else (
            self._left_at + self.settings.keep_warm - self._clock())
        if left > 0:
            self._linger = asyncio.get_running_loop().call_later(
                left, call_guarded, 'camera', self._end)
        else:
            self._end()

    def _stop_lingering(self) -> None:
        if self._linger is not None:
            self._linger.cancel()
            self._linger = None

    def _end(self) -> None:
        self._linger = self._left_at = None
        if not self.watched:
            logger.debug('camera %s: not watched', self.name)
            self._liveness.end()
            # An image of the last viewer's time is shown to the next one only if that is what
            # the camera is like: with its age.
            self.encoded.end_keeping(forget=not self._liveness.keeps_last)
            self._on_watched()

    @property
    def mount_members(self) -> dict[str, float] | None:
        """Return what a page is told to draw on the ground by, ``None`` if it cannot."""
        shown, mount = self.settings.render, self.settings.mount
        if not mount.height and self.place is not None:
            placed = CameraMount.of_place(self.place, shown.rotate, shown.flip)
            mount = mount if placed is None else replace(placed, fov=mount.fov)
        return mount.members(self.intrinsics, shown.rotate, shown.flip)

    @property
    def watched(self) -> bool:
        """
        Tell whether images are wanted; from any thread.

        The camera has viewers, is about to, or had them until ``keep_warm`` seconds ago.
        """
        return self._has_viewers or self._linger is not None

    @property
    def _has_viewers(self) -> bool:
        return bool(self._expected or self._subscriptions)

    @property
    def viewers(self) -> int:
        """Return the number of viewers; from any thread."""
        return len(self._subscriptions)

    def balance(self, at_once: bool = False) -> None:
        """Move viewers to the streams that fit their paths, and steer the streams' bitrates."""
        now = self._clock()
        if now < self._next_balance and not at_once:
            return
        self._next_balance = now + _BALANCE_PERIOD_S
        passing = self.source.can_pass_on(self.settings)
        self.encoded.assign([
            s for s in self._subscriptions
            if not (passing and self.source.pass_on(s, self.settings.max_bitrate))], now)
        self.source.decoder.run(self.source.active and self.encoded.watched)

    def state(self) -> tuple[str, float]:
        """
        Return the camera's state, and for how many seconds it has no picture; from any thread.

        ``waiting``, ``live``, ``lost``, or ``still``: a picture that stays until the next one.
        What comes and cannot be shown is no picture.
        """
        now = self._clock()
        state, seconds = self._liveness.state(now, self.transient_local)
        if state == 'waiting':
            return state, seconds
        newest = self.monitor.newest
        if newest is None:
            return 'waiting', now - self._watched_at
        if self.monitor.fails and now - newest >= self._liveness.silence_timeout:
            return 'lost', now - newest
        return state, seconds

    @property
    def silence(self) -> float:
        """Return for how many seconds nothing has come although the camera is watched."""
        heard = self._liveness.heard_at
        return self._clock() - (self._watched_at if heard is None else heard)

    def reason(self) -> PictureReason | None:
        """Return why the camera shows nothing, or less than it should, ``None`` if it is well."""
        if not self._has_viewers:
            return None
        began = self._liveness.heard_since
        return self.monitor.reason(
            self.state(), self.silence, self._liveness.slow_timeout,
            None if began is None else self._clock() - began, topic_reason=self.topic_reason,
            is_video=self.source.active, max_fps=self.settings.max_fps)

    @property
    def slow(self) -> float:
        """Return for how many seconds a slow camera may be silent, 0 if it is not slow."""
        return self._liveness.slow_timeout
