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

"""The packets of one slot, from its camera's stream to aiortc's RTP sender."""

import asyncio
from collections import deque
from collections.abc import Sequence
import logging
from typing import Callable

from aiortc import MediaStreamTrack, RTCRtpSender
from aiortc.mediastreams import MediaStreamError
from aiortc.rtp import RTP_HISTORY_SIZE

from .keyframe_requests import KeyframeRequests
from ..aiortc_compat import (
    CorrectionSender, newest_packets, newest_timestamp, padding_packets, send_again,
)
from ...core.clock import boot_time
from ...core.congestion.bandwidth_estimate import START_BITRATE
from ...core.failure_log import failures
from ...core.recovery.parity_groups import ParityGroups
from ...core.recovery.protection import Protection
from ...core.recovery.retransmission import PACKET_BITS, RetransmissionBudget
from ...core.supervision import OnFailure
from ...core.video.frame_times import CaptureDelay, SentFrameTimes
from ...core.video.video_codecs import PROFILES
from ...media.encoded_frame import EncodedFrame, Packet

logger = logging.getLogger(__name__)

# Frames that wait for aiortc. If more wait, the path is stuck: three are 100 ms at 30 a second.
_MAX_WAITING = 3
# Times that padding repeats the largest of the newest packets: more of the small ones of a still
# scene would be a flood.
_PADDING_ROUNDS = 2
# Seconds in which viewers may still ask for what was lost before a keyframe.
_KEYFRAME_COUNTS_S = 5.0
# Profiles whose packets have the same payload for all viewers. aiortc numbers the pictures of VP8
# from a random number on (RFC 7741, section 4.2).
_SAME_PAYLOADS = frozenset(name for name, one in PROFILES.items() if one.codec == 'h264')


class SlotTrack(MediaStreamTrack):
    """
    A video track that passes encoded frames on to aiortc unchanged.

    Nothing waits for long: frames beyond ``_MAX_WAITING`` are dropped, and the stream goes on with
    a keyframe. All cameras stamp with one clock, so a change of cameras needs no negotiation.

    It belongs to the event loop: encoder threads hand their packets over to the loop before
    :meth:`put` gets them (``media.video_stream``).

    :param name: of the slot, for the log
    :param keyframes: asks for the keyframes that this track needs
    :param profile: the first negotiated one, which aiortc sends unless told otherwise
    :param switch: makes aiortc send another profile from the next packet on, ``None`` if only
        one was negotiated
    :ivar profile: of the frames that :meth:`put` gets
    :ivar repeat: send each frame a second time, one frame later
    :ivar bytes_sent: of frames, in all
    :ivar bytes_resent: of repetitions, padding and recovery packets, in all
    :ivar protection: decides which frames get recovery packets
    """

    kind = 'video'

    def __init__(self, name: str, keyframes: KeyframeRequests, profile: str,
                 switch: Callable[[str], None] | None) -> None:
        super().__init__()
        self._name = name
        # The sender that reads this track; set with the track.
        self.sender: RTCRtpSender | None = None
        # Ends the session if this track fails: aiortc would stop sending without a word.
        self.on_failure: OnFailure = lambda error: None
        # Called when the first frame of another camera has been sent.
        self.on_first_sent: Callable[[], object] = lambda: None
        self.times = SentFrameTimes()
        self.retransmissions = RetransmissionBudget(START_BITRATE)
        # Sends recovery packets; ``None``: the viewer takes none.
        self.correction: CorrectionSender | None = None
        self.protection = Protection()
        self._parity_groups = ParityGroups()
        # RTP timestamp of the newest frame that recovery packets were considered for.
        self._protected: int | None = None
        # Sequence number of the newest keyframe's first packet, and when it was noted.
        self._keyframe_begins: int | None = None
        self._keyframe_at = float('-inf')
        self.profile = profile
        self.repeat = False
        self.bytes_sent = 0
        self.bytes_resent = 0
        # aiortc reads from the moment the path is open; nothing is kept before.
        self.reading = False
        self._keyframes = keyframes
        self._switch = switch
        self._sent_profile = profile
        self._frames: deque[EncodedFrame] = deque()
        # The frame that aiortc was given last; ``None`` before it, and since a restart.
        self._given: EncodedFrame | None = None
        # aiortc sends a keyframe now.
        self._sends_keyframe = False
        self._arrived = asyncio.Event()
        self._keyframe_needed = True
        self._last_pts = -1
        self._paused_until: float | None = None

    def restart(self, capture: CaptureDelay | None) -> None:
        """Drop what waits: another camera is shown, or none."""
        self._frames.clear()
        self._given = None
        self.times.restart(capture)

    def put(self, frame: EncodedFrame) -> bool:
        """Take an encoded frame from the camera's stream; tell whether it will be sent."""
        keyframe = frame.keyframe
        if self._paused_until is not None:
            if boot_time() < self._paused_until:
                return False
            self._end_pause()
            if not keyframe:
                self._keyframes.request()
        if not self.reading or (self._keyframe_needed and not keyframe):
            return False
        if len(self._frames) >= _MAX_WAITING:
            # Late frames are worse than none: go on with a keyframe.
            self._frames.clear()
            self._restart_with_keyframe()
            return False
        if self._keyframe_needed:
            self._keyframe_needed = False
            self._keyframes.on_keyframe()
        pts = frame.packet.pts or 0
        if pts <= self._last_pts:
            # A frame of another stream for the same moment: time goes on by as little as it can.
            pts = self._last_pts + 1
            frame = frame.moved_to(pts)
        self._last_pts = pts
        self._frames.append(frame)
        self._arrived.set()
        return True

    @property
    def may_spread(self) -> bool:
        """
        Tell whether the packets of what is being sent may be spread.

        Keyframes are large. Frames that wait for one are not to wait for long: more of them would
        be dropped.
        """
        return self._sends_keyframe and len(self._frames) < _MAX_WAITING - 1

    def wait_for_keyframe(self) -> None:
        """Send nothing until a keyframe comes."""
        self._keyframe_needed = True

    def _restart_with_keyframe(self) -> None:
        """Send nothing until a keyframe comes, and ask for it if aiortc reads already."""
        self._keyframe_needed = True
        if self.reading:
            self._keyframes.request()

    def pause(self, seconds: float) -> None:
        """Send nothing for a time, and go on with a keyframe."""
        logger.debug('%s: sends nothing for %.2f s', self._name, seconds)
        self._paused_until = boot_time() + seconds
        self._frames.clear()

    def end_due_pause(self) -> None:
        """End a pause that is over: the frames that were dropped may be all that came."""
        if self._paused_until is not None and boot_time() >= self._paused_until:
            self._end_pause()
            self._restart_with_keyframe()

    def _end_pause(self) -> None:
        self._paused_until = None
        self._keyframe_needed = True
        self._keyframes.on_pause_end()

    async def recv(self) -> Packet:
        """
        Return the next frame; aiortc calls this when all packets of the last one are sent.

        :raises MediaStreamError: the track has ended
        """
        # All packets of the last frame are out.
        self._sends_keyframe = False
        try:
            if not self.reading:
                self._begin()
            repeated = self._newest_packets() if self.repeat else []
            # Before the wait: the next frame of a slow camera may come in a minute.
            given = self._given
            if given is not None and self.sender is not None and (
                    timestamp := newest_timestamp(self.sender)) is not None:
                is_first = self.times.first is None
                self.times.on_sent(timestamp, given.presentation_time, given.arrival)
                if is_first:
                    self.on_first_sent()
                # aiortc makes no packets of a frame that it finds nothing in.
                if timestamp != self._protected:
                    self._protected = timestamp
                    if given.keyframe:
                        self._note_keyframe()
                    await self._protect(given)
            while not self._frames:
                if self.readyState != 'live':
                    raise MediaStreamError
                self._arrived.clear()
                await self._arrived.wait()
            frame = self._given = self._frames.popleft()
            self._sends_keyframe = frame.keyframe
            self.bytes_sent += frame.packet.size
            if repeated:
                self.retransmissions.note_resent(repeated)
                await self._send_again(repeated)
            if self._sent_profile != self.profile:
                self._switch_profile()
            return frame.packet
        except (MediaStreamError, ConnectionError):
            raise
        except Exception as error:
            failures.note('sending of frames', error, 'the session ends')
            self.on_failure(error)
            raise MediaStreamError from error

    def _begin(self) -> None:
        self.reading = True
        logger.debug('%s: the path is open, the first keyframe is requested', self._name)
        self._restart_with_keyframe()

    def _switch_profile(self) -> None:
        # All that waits has the new profile: a change of it clears the queue.
        if self._switch is not None:
            logger.debug('%s: sends %s instead of %s', self._name, self.profile,
                         self._sent_profile)
            self._sent_profile = self.profile
            self._switch(self.profile)

    def _note_keyframe(self) -> None:
        sequences = self._newest_packets()
        # Of a longer frame aiortc does not keep the first packets.
        whole = 0 < len(sequences) < RTP_HISTORY_SIZE
        self._keyframe_begins = sequences[0] if whole else None
        self._keyframe_at = boot_time()

    def _matters(self, sequence: int) -> bool:
        """Tell whether a packet that is lost is missed: not by who gets a keyframe after it."""
        first = self._keyframe_begins
        # Numbers wrap: after a while newer ones would seem to be older.
        return (first is None or boot_time() - self._keyframe_at > _KEYFRAME_COUNTS_S
                or (sequence - first & 0xFFFF) < 0x8000)

    async def _protect(self, frame: EncodedFrame) -> None:
        """Send recovery packets for a frame that was sent, if it is to be protected."""
        correction, sender, protection = self.correction, self.sender, self.protection
        if correction is None or sender is None:
            return
        if not protection.covers(frame.keyframe):
            protection.on_sent(frame.packet.size, 0)
            return
        sequences = newest_packets(sender)
        # Of a longer frame aiortc does not keep the first packets.
        shared = self._sent_profile in _SAME_PAYLOADS and len(sequences) < RTP_HISTORY_SIZE
        size = correction.note(sequences, frame.parities if shared else {})
        recovery = await correction.send(self._parity_groups.add(
            sequences, frame.presentation_time, protection.loss, burst=protection.burst,
            keyframe=frame.keyframe))
        self.bytes_resent += recovery
        protection.on_sent(size, recovery)

    def _newest_packets(self) -> Sequence[int]:
        return newest_packets(self.sender) if self.sender is not None else ()

    async def pad(self, size: int) -> None:
        """
        Send up to about so many bytes that the viewer has already, to probe the path.

        :raises ConnectionError: the connection has ended
        """
        if self.sender is None:
            return
        for sequence in padding_packets(self.sender) * _PADDING_ROUNDS:
            if size <= 0:
                return
            size -= await self._send_again([sequence])

    async def _send_again(self, sequences: Sequence[int]) -> int:
        if self.sender is None:
            return 0
        size = await send_again(self.sender, sequences)
        self.bytes_resent += size
        return size

    def on_nack(self, lost: list[tuple[int, float]]) -> list[int]:
        """Return which lost packets aiortc sends again; see :class:`RetransmissionBudget`."""
        self.protection.on_lost(sequence for sequence, _ in lost)
        if self._paused_until is not None:
            # The path is full, and the keyframe that follows makes up for it.
            return []
        protected = self.correction is not None and self.protection.covers(False)
        again, given_up = self.retransmissions.select(
            [one for one in lost if self._matters(one[0])], protected=protected)
        if given_up:
            self._keyframes.on_demand()
        self.bytes_resent += len(again) * PACKET_BITS // 8
        return again

    def stop(self) -> None:
        """End the track; aiortc calls this too. Listeners hear ``ended``."""
        super().stop()
        self._arrived.set()
