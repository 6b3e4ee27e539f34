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

"""A video slot of one viewer: shows whichever camera was put in it."""

from collections.abc import Sequence
from dataclasses import replace
import logging
from typing import Callable

from .keyframe_requests import KeyframeRequests
from .slot_track import SlotTrack
from ...core.cameras.picture_reason import PictureReason, viewer_decodes_nothing
from ...core.clock import boot_time
from ...core.congestion.bandwidth_estimate import BandwidthEstimate, INITIAL_ESTIMATE
from ...core.limits.rate_limit import RateLimiter
from ...core.supervision import guarded
from ...core.video.codec_fallback import choose_profile, DecodeMonitor
from ...core.video.quality_choice import AUTOMATIC, QualityChoice
from ...core.video.video_codecs import codec_of
from ...media.camera import Camera
from ...media.subscription import Subscription

logger = logging.getLogger(__name__)


class Slot:
    """
    One of the viewer's video sections, with the camera that is shown there and its codec.

    Belongs to the event loop.

    :param profiles: those that were negotiated, in the robot's order
    :param failed: codecs that the viewer decodes nothing of, shared by all its slots
    :param switch: makes aiortc send another of the profiles, ``None`` if there is one only
    :param budget: keyframes that the viewer may bring about, shared by all its slots
    :param name: for the log
    """

    def __init__(self, profiles: Sequence[str], failed: set[str],
                 switch: Callable[[str], None] | None, budget: RateLimiter | None = None, *,
                 name: str = 'slot') -> None:
        self._name = name
        self.camera: Camera | None = None
        self.profile = choose_profile(profiles, 'auto', failed)
        self.keyframes = KeyframeRequests(self.request_keyframe, budget)
        self._profiles = tuple(profiles)
        self._failed = failed
        self._decode_monitor = DecodeMonitor()
        # Of the viewer's path, for this slot.
        self._estimate = INITIAL_ESTIMATE
        self._quality = AUTOMATIC
        # The viewer drives, as far as this slot was told.
        self.drives = False
        self._subscription: Subscription | None = None
        # The first frame of all costs the viewer's budget nothing.
        self._has_shown = False
        self.track = SlotTrack(name, self.keyframes, self._profiles[0], switch)
        # Bytes that the track had sent when the monitor was told of it last.
        self._bytes_noted = 0
        self.track.add_listener('ended', guarded('slot', self._leave_camera))

    def show(self, camera: Camera | None) -> None:
        """Put a camera in the slot, or empty it."""
        if camera is not self.camera:
            self._change(camera)

    def _change(self, camera: Camera | None) -> None:
        # Subscribe before the old subscription ends: a camera that is watched all the time keeps
        # its last frame, which may be the only one.
        old, subscription = self.camera, self._subscription
        self.camera, self._subscription = camera, None
        self.track.restart(camera.capture_delay if camera is not None else None)
        self.keyframes.on_camera_change()
        self._decode_monitor.restart()
        self._bytes_noted = self.track.bytes_sent
        if camera is not None and self.track.readyState == 'live':
            self.profile = self.track.profile = self._choose(camera)
            self._subscription = camera.subscribe(self.profile, self.track.put, self._estimate,
                                                  self.drives, self._quality)
            self.track.wait_for_keyframe()
            if self.track.reading and self._has_shown:
                self.keyframes.on_selection()
            elif self.track.reading:
                self.keyframes.request()
            self._has_shown = True
        logger.debug('%s: %s', self._name, f'camera {camera.name} in {self.profile}'
                     if camera is not None else 'empty')
        if old is not None and subscription is not None:
            old.unsubscribe(subscription)

    def _choose(self, camera: Camera) -> str:
        return choose_profile(self._profiles, camera.settings.codec, self._failed)

    def _leave_camera(self) -> None:
        self.show(None)

    def stop(self) -> None:
        """End the track, and leave the camera."""
        self.track.stop()
        self.show(None)

    def check_codec(self, lost: float, page: bool) -> None:
        """
        Go over to another codec if the viewer decodes nothing of this one, or another is wanted.

        :param lost: the share of packets lost, 0 to 1
        :param page: the viewer tells what it decodes
        """
        camera, now = self.camera, boot_time()
        if camera is None:
            return
        self._note_sent(now)
        if codec_of(self.profile) not in self._failed and self._decode_monitor.has_failed(
                now, lost, page):
            self._failed.add(codec_of(self.profile))
            logger.warning('%s decodes nothing of camera %s in %s; it gets %s now', self._name,
                           camera.name, self.profile, self._choose(camera))
        if self._choose(camera) != self.profile:
            self._change(camera)

    def _note_sent(self, now: float) -> None:
        """Tell the monitor of frames that were sent since it was told last."""
        if self.track.bytes_sent > self._bytes_noted:
            self._bytes_noted = self.track.bytes_sent
            self._decode_monitor.on_sent(now)

    def reason(self) -> PictureReason | None:
        """Return why this viewer sees nothing, or less than it should; ``None`` if all is well."""
        camera = self.camera
        if camera is None:
            return None
        codecs = tuple(dict.fromkeys(codec_of(profile) for profile in self._profiles))
        if self._failed.issuperset(codecs) and not self._decode_monitor.decodes:
            return viewer_decodes_nothing(camera.name, codecs)
        return camera.reason()

    def on_decoded(self, frames: int, packets: int) -> None:
        """Take how much a visible page has decoded and received of this slot in all, so far."""
        now = boot_time()
        self._note_sent(now)
        self._decode_monitor.on_report(now, frames, packets)

    def on_keyframe_request(self) -> None:
        """Take the viewer's request for a keyframe."""
        now = boot_time()
        self._note_sent(now)
        self._decode_monitor.on_keyframe_request(now)
        self.keyframes.on_demand()

    @property
    def failed_codecs(self) -> frozenset[str]:
        """Return the codecs that the viewer decodes nothing of."""
        return frozenset(self._failed)

    def set_estimate(self, estimate: BandwidthEstimate, drives: bool = False,
                     quality: QualityChoice = AUTOMATIC) -> None:
        """
        Note what this viewer's path can carry, which decides on the quality it gets.

        :param estimate: with the bitrate for this slot
        :param drives: the viewer drives the robot
        :param quality: that the viewer asks for, with the bitrate for this slot
        """
        # On a full path a retransmission delays all that follows.
        self.track.retransmissions.bitrate = 0 if estimate.overuse else estimate.bitrate
        self.track.retransmissions.rtt = estimate.rtt
        # To ask for a lost packet takes a round trip, in which nothing can be shown. Sent twice, a
        # frame apart, it is seldom lost, but takes twice the bits; recovery packets take less.
        self.track.repeat = estimate.random_loss and self.track.correction is None
        estimate = replace(estimate, bitrate=self._media_bitrate(estimate.bitrate))
        quality = replace(quality, max_bitrate=self._media_bitrate(quality.max_bitrate))
        self.track.end_due_pause()
        self.keyframes.on_path(rtt=estimate.rtt, congested=estimate.overuse, drives=drives)
        self._estimate, self.drives, self._quality = estimate, drives, quality
        if self._subscription is not None:
            self._subscription.set_estimate(estimate, drives, quality)

    def wanted(self, sent: float) -> float:
        """
        Return what the path would have to take for a better quality, bit/s.

        It is 0 in the best quality, and where frames use what the path takes.

        :param sent: bitrate of frames of late, in bit/s
        """
        subscription, carried = self._subscription, self._estimate.bitrate
        # Of a calm scene an encoder makes less than it may.
        if subscription is None or (
                subscription.bitrate > 0.9 * carried and sent > 0.75 * carried):
            return 0.0
        return self.path_bitrate(subscription.member.wanted)

    def _media_bitrate(self, bitrate: float) -> float:
        """Return what is left for frames of what the path carries, both in bit/s."""
        return bitrate / 2 if self.track.repeat else self.track.protection.media_bitrate(bitrate)

    def path_bitrate(self, bitrate: float) -> float:
        """Return what the path has to carry for frames of a bitrate, both in bit/s."""
        return bitrate * 2 if self.track.repeat else self.track.protection.path_bitrate(bitrate)

    @property
    def stream(self) -> str:
        """Return which of the camera's streams the viewer gets, '' if none."""
        return self._subscription.stream_key if self._subscription is not None else ''

    def request_keyframe(self) -> None:
        """Ask the camera for a keyframe, which all viewers of the stream get."""
        if self._subscription is not None:
            self._subscription.request_keyframe()
