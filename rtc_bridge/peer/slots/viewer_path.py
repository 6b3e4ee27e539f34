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

"""The network path to one viewer: what it carries, and how slots share that."""

import asyncio
from dataclasses import replace
import logging
from typing import TypeVar

from aiortc import RTCPeerConnection

from .path_probes import PathProbes
from .slot import Slot
from .. import aiortc_compat
from ..media.sound_track import SoundTrack
from ...core.clock import boot_time
from ...core.congestion.bandwidth_estimate import BandwidthEstimate, START_BITRATE
from ...core.congestion.bitrate_meters import SendRateMeter
from ...core.congestion.congestion_control import CongestionController
from ...core.congestion.delay_based_control import DelayBasedController
from ...core.congestion.overuse_detector import OveruseDetector
from ...core.congestion.pacer import DEFAULT_BURST_S, Pacer
from ...core.feedback.sent_packets import Fate, SentPackets
from ...core.feedback.transport_feedback import read_transport_feedback
from ...core.gateway.upload_limit import UploadLimit
from ...core.limits.rate_limit import RateLimiter
from ...core.supervision import spawn
from ...core.video.quality_choice import AUTOMATIC

logger = logging.getLogger(__name__)
_Controller = TypeVar('_Controller', CongestionController, DelayBasedController)

# Seconds between two calls of step().
STEP_S = 0.2
# Bit/s: below this no video is of use to a driver.
MIN_BITRATE = 150_000
# Bit/s that are left for services at least: somebody may wait for an answer.
_MIN_SPARE = 50_000
# The share of the rest that services get: pictures have to be able to grow.
_SPARE_SHARE = 0.8
# Seconds that a viewer's browser holds frames back who wants them evenly.
SMOOTH_DELAY_S = 0.1
# Seconds for which packets wait for transport-wide feedback, of a viewer that answers checks,
# after which round trips tell of the path again: 30 intervals of feedback.
_FEEDBACK_TIMEOUT_S = 3.0
# Seconds without a packet after which nobody is expected to tell of the last ones.
_PAUSE_S = 1.0
# A change of the estimate by this factor is logged.
_LOGGED_CHANGE = 1.3


class ViewerPath:
    """
    Measures the path of one session, gives each slot its share, and probes for more.

    Belongs to the event loop. The session calls :meth:`step` every ``STEP_S`` seconds; RTCP
    reports come by :meth:`on_report`, :meth:`on_remb` and :meth:`on_transport_feedback`.

    :param name: of the session, for the log
    :param burst: for the pacer, in seconds
    :ivar congestion: controls by round trips until transport-wide feedback comes, and by that then
    :ivar sent_packets: what was sent with a transport-wide sequence number
    :ivar pacer: spreads the packets of keyframes that a narrow path cannot take at once
    """

    def __init__(self, name: str = 'session', burst: float = DEFAULT_BURST_S) -> None:
        # Transport-wide feedback does not tell of sound: its section goes both ways.
        self.sound_is_apart = False
        # All that is sent, and what of it no feedback on packets tells of.
        self._sent, self._apart = SendRateMeter(boot_time()), SendRateMeter(boot_time())
        self.congestion: CongestionController | DelayBasedController = CongestionController(
            START_BITRATE, MIN_BITRATE, START_BITRATE, sent=self._sent)
        self.sent_packets = SentPackets()
        self.pacer = Pacer(burst)
        # That the viewer asks for.
        self.quality = AUTOMATIC
        self.slots: list[Slot] = []
        self.sound: SoundTrack | None = None
        self.uploads = UploadLimit()
        self._name = name
        self._pc: RTCPeerConnection | None = None
        # When the newest round trip ended that the controller was told of; those of late.
        self._round_trip_at = 0.0
        self._round_trips = OveruseDetector()
        self._probes = PathProbes(STEP_S, self.sent_packets)
        self._check: asyncio.Task[None] | None = None
        self._logged: BandwidthEstimate | None = None
        # What services may send, and have sent in all.
        self._spare = RateLimiter(_MIN_SPARE / 8, 0.0)
        self._spare_bytes = 0

    def on_report(self, fraction_lost: float) -> None:
        """
        Take a receiver report, and act on it at once if need be.

        :param fraction_lost: share of packets lost since the last one, 0 to 1
        """
        if self._pc is not None:
            self.congestion.outstanding_rtt = aiortc_compat.unanswered_for(self._pc)
        self.congestion.on_loss_report(fraction_lost)
        if self.sound is not None:
            # Browsers report on pictures each second, on sound every five.
            self.sound.redundancy.on_report(fraction_lost)
        self._pause()

    def on_remb(self, bitrate: float) -> None:
        """Take a receiver's estimate, in bit/s."""
        self.congestion.on_remb(bitrate)

    def note_sent(self, size: int) -> int:
        """Note that a packet of so many bytes is sent now; return its transport-wide number."""
        self.pacer.note_sent(size)
        return self.sent_packets.add(boot_time(), size)

    def pace(self, ssrc: int) -> float:
        """Return for how many seconds the next packet of a slot's SSRC is to wait."""
        for slot in self.slots:
            sender = slot.track.sender
            if sender is not None and aiortc_compat.media_ssrc(sender) == ssrc:
                return self.pacer.delay() if slot.track.may_spread else 0.0
        return 0.0

    def on_transport_feedback(self, fci: bytes) -> None:
        """Take transport-wide feedback as it came, and act on it at once; drop malformed one."""
        try:
            feedback = read_transport_feedback(fci)
        except ValueError as error:
            logger.debug('%s: %s', self._name, error)
            return
        results = self.sent_packets.take(feedback)
        if not results:
            # It tells nothing new, so it costs nothing.
            return
        controller = self.congestion
        if not isinstance(controller, DelayBasedController):
            if not any(result.fate is Fate.ARRIVED for result in results):
                return
            controller = self._change_controller(DelayBasedController(
                START_BITRATE, MIN_BITRATE, controller.max_bitrate, sent=self._sent,
                apart=self._apart, waits_since=self._waits_since))
            logger.debug('%s: arrival times tell of the path', self._name)
        controller.on_feedback(results, self.sent_packets.in_flight)
        self.pacer.rate = controller.known_rate
        self._pause()

    def _waits_since(self) -> float | None:
        """Return since when packets wait for feedback; ``None``: none do, or nothing is sent."""
        # Of packets that are lost before a pause, feedback tells after the pause.
        recent = boot_time() - self.sent_packets.newest_at < _PAUSE_S
        return self.sent_packets.waits_since if recent else None

    def _change_controller(self, controller: _Controller) -> _Controller:
        """Let another controller go on from where the last one was; return it."""
        before, self.congestion = self.congestion, controller
        controller.bitrate, controller.rtt = before.bitrate, before.rtt
        controller.overuse_at, controller.capacity = before.overuse_at, before.capacity
        return controller

    def _pause(self) -> None:
        """Send nothing for as long as the controller asks for, so that the queue gets empty."""
        if self.congestion.pushback:
            for slot in self.slots:
                slot.track.pause(self.congestion.pushback)
            self.congestion.pushback = 0.0

    def step(self, pc: RTCPeerConnection, drives: bool) -> None:
        """
        Measure the path, tell each slot its share, and send a probe where that is of use.

        :param drives: whether the viewer drives the robot
        """
        self._pc = pc
        self._measure_path(pc)
        self.pacer.rate = self.congestion.known_rate
        # Uploads come the other way, of which only round trips tell.
        self.uploads.look(self._round_trips.queue() > self._round_trips.threshold)
        # A driver sees each frame as soon as it is there.
        delay = SMOOTH_DELAY_S if self.quality.smooth and not drives else 0.0
        for slot in self.slots:
            if slot.track.sender is not None:
                aiortc_compat.set_playout_delay(slot.track.sender, delay)
        # Slots that show a camera, with the most that its stream takes, in bit/s. What recovers
        # losses comes off that: more packets of a frame are more that can be lost.
        showing = {slot: slot.camera.settings.max_bitrate
                   for slot in self.slots if slot.camera is not None}
        most = sum(showing.values())
        if self.sound is not None:
            self.sound.max_bitrate = self.congestion.estimate.bitrate - min(MIN_BITRATE, most)
        if not showing:
            return
        sound = self.sound.bitrate if self.sound is not None else 0
        # What is found out by padding is received, too.
        self.congestion.max_bitrate = min(self.quality.max_bitrate, most + (
            self.sound.wanted if self.sound is not None else 0))
        estimate = self.congestion.estimate
        self._log(estimate)
        # Sound comes first: it is little, and hurts when it breaks off.
        share = max(MIN_BITRATE, estimate.bitrate - sound) / len(showing)
        quality = replace(self.quality, max_bitrate=max(
            MIN_BITRATE, self.quality.max_bitrate - sound) / len(showing))
        for slot in showing:
            slot.track.protection.update(self.congestion.average_loss, estimate.rtt,
                                         overuse=estimate.overuse)
            slot.set_estimate(replace(estimate, bitrate=share), drives, quality)
        self._probes.step(self.congestion, list(showing), share)

    def spend_spare(self, size: int) -> float:
        """
        Take so many bytes of what the path carries besides pictures and sound.

        :return: the seconds to wait before they are sent. 0 while no picture is shown: then
            nothing measures the path, and SCTP has a congestion control of its own.
        """
        self._spare_bytes += size
        showing = [slot for slot in self.slots if slot.camera is not None]
        if not showing:
            return 0.0
        used = sum(slot.path_bitrate(self._probes.bitrates.get(slot, 0.0)) for slot in showing) + (
            self.sound.bitrate if self.sound is not None else 0)
        rate = max(_MIN_SPARE, _SPARE_SHARE * (self.congestion.estimate.bitrate - used)) / 8
        self._spare.set_rate(rate, STEP_S * rate)
        return self._spare.spend(size)

    def _measure_path(self, pc: RTCPeerConnection) -> None:
        congestion = self.congestion
        sound = self.sound.bytes_sent if self.sound is not None else 0
        pictures = sum(slot.track.bytes_sent + slot.track.bytes_resent for slot in self.slots)
        congestion.on_sent(8 * (pictures + sound + self._spare_bytes))
        apart = self._spare_bytes + (sound if self.sound_is_apart else 0)
        self._apart.add(boot_time(), 8 * apart)
        round_trip = aiortc_compat.round_trip(pc)
        if round_trip is not None and round_trip[0] > self._round_trip_at:
            self._round_trip_at = round_trip[0]
            self._round_trips.add(boot_time(), round_trip[1])
            congestion.on_round_trip(round_trip[1])
            self._pause()
        if isinstance(congestion, DelayBasedController):
            since = congestion.silent_since
            if (since is not None and boot_time() - since > _FEEDBACK_TIMEOUT_S
                    and self._round_trip_at > since):
                logger.debug('%s: feedback has stopped, round trips tell of the path', self._name)
                self._change_controller(CongestionController(
                    START_BITRATE, MIN_BITRATE, congestion.max_bitrate, sent=self._sent))
        elif (congestion.in_slow_start or not congestion.underuse) and (
                self._check is None or self._check.done()):
            # The regular checks wait for each other: they are the rarer the longer they take,
            # which is when there is the most to find out.
            self._check = spawn('check of a path', aiortc_compat.check_consent(pc))

    def _log(self, estimate: BandwidthEstimate) -> None:
        """Log the estimate at debug level when it has changed much."""
        logged = self._logged
        if logged is not None and (
                replace(estimate, bitrate=0, rtt=0) == replace(logged, bitrate=0, rtt=0)
                and 1 / _LOGGED_CHANGE < estimate.bitrate / logged.bitrate < _LOGGED_CHANGE):
            return
        self._logged = estimate
        states = [name for name in ('stale', 'slow_start', 'overuse', 'random_loss')
                  if getattr(estimate, name)]
        logger.debug('%s: path %.0f kbit/s, round trip %.0f ms, %s', self._name,
                     estimate.bitrate / 1000, estimate.rtt * 1000, ', '.join(states) or 'stable')

    def close(self) -> None:
        """Send nothing more."""
        self._probes.close()
        if self._check is not None:
            self._check.cancel()
