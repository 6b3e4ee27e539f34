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

"""What one viewer sends to be heard and seen on the robot."""

from collections.abc import Callable
import re

from aiortc import RTCRtpTransceiver

from .picture_receiver import PictureReceiver
from .voice_receiver import VoiceReceiver
from ..authorization import SessionAuthorization
from ..robot_context import RobotContext
from ...core.access.floor import Floor
from ...core.limits.peer_limits import PeerLimits
from ...core.supervision import guarded

_OPUS, _RED, _VP8 = 'opus/48000', 'red/48000', 'VP8/90000'


def _payload_type(description: str, codec: str, mid: str | None = None) -> int | None:
    """
    Return how a description of ours numbers a codec, ``None`` if it has none.

    :param mid: of the section; ``None``: any
    """
    return _find_type(description, rf'rtpmap:(\d+) {codec}', mid)


def _repeats_type(description: str, payload_type: int, mid: str | None) -> int | None:
    """Return how a section of ours numbers repeats of a payload type (RTX, RFC 4588)."""
    return _find_type(description, rf'fmtp:(\d+) apt={payload_type}\b', mid)


def _find_type(description: str, attribute: str, mid: str | None) -> int | None:
    for section in description.split('\r\nm=')[1:]:
        found = re.search(f'^a={attribute}', section, re.M | re.I)
        if found and (mid is None or f'\r\na=mid:{mid}\r\n' in f'{section}\r\n'):
            return int(found[1])
    return None


class ViewerMedia:
    """
    The voice and the pictures of one viewer, while it has the floor for them.

    Belongs to the event loop.

    :param limits: hand RTP of the viewer over, once it is trusted
    :ivar voice: takes what the viewer says, ``None`` if it cannot talk
    :ivar pictures: takes what its camera shows, ``None`` if it cannot send that
    """

    def __init__(self, session_id: str, protocol: str, authorization: SessionAuthorization,
                 limits: PeerLimits, robot: RobotContext) -> None:
        self.voice: VoiceReceiver | None = None
        self.pictures: PictureReceiver | None = None
        self._session_id = session_id
        self._protocol = protocol
        self._authorization = authorization
        self._limits = limits
        self._robot = robot
        # Take packets, by their payload type.
        self._takers: dict[int, Callable[[bytes], None]] = {}

    def take_voice(self, description: str) -> None:
        """
        Hear what the viewer says, when it has the floor.

        :param description: ours, as it went out
        """
        if (payload_type := _payload_type(description, _OPUS)) is not None:
            self.voice = VoiceReceiver(self._robot.voice, self._asking_for(self._robot.floor))
            # An exception would end aiortc's reading of the whole connection.
            self._takers[payload_type] = guarded('voice', self.voice.take)
            if (redundant := _payload_type(description, _RED)) is not None:
                self._takers[redundant] = guarded('voice', self.voice.take_redundant)
            self._limits.on_rtp = self._take

    def take_pictures(self, section: RTCRtpTransceiver, description: str) -> None:
        """
        Show what the viewer's camera sees, when it has the floor.

        :param section: by which the viewer may send
        :param description: ours, as it went out
        """
        if (payload_type := _payload_type(description, _VP8, section.mid)) is not None:
            self.pictures = PictureReceiver(section, self._robot.operator_camera,
                                            self._asking_for(self._robot.camera_floor))
            self._takers[payload_type] = guarded('operator camera', self.pictures.take)
            repeats = _repeats_type(description, payload_type, section.mid)
            if repeats is not None:
                self._takers[repeats] = guarded('operator camera', self.pictures.take_repeat)
            self._limits.on_rtp = self._take

    def _asking_for(self, floor: Floor) -> Callable[[], object] | None:
        """Return what asks for a floor as soon as media come; ``None``: the viewer asks itself."""
        if self._protocol == 'v1':
            return None
        return lambda: floor.ask(self._session_id, self._authorization.role)

    def _take(self, data: bytes) -> None:
        """Give a packet of RTP to who takes its payload type (RFC 3550, section 5.1)."""
        taker = self._takers.get(data[1] & 0x7f) if len(data) > 1 else None
        if taker is not None:
            taker(data)

    def floor_changed(self) -> None:
        """Hear the viewer, or hear it no more."""
        if self.voice is not None:
            self.voice.is_heard = self._robot.floor.holder == self._session_id

    def camera_floor_changed(self) -> None:
        """Show what the viewer's camera sees, or no more."""
        if self.pictures is not None:
            self.pictures.is_seen = self._robot.camera_floor.holder == self._session_id

    def watch(self) -> None:
        """Ask for what is lost; give the floors back of a client that cannot say that it ends."""
        if self.voice is not None and self.voice.has_ended:
            self._robot.floor.release(self._session_id)
        if self.pictures is not None:
            if self.pictures.has_ended:
                self._robot.camera_floor.release(self._session_id)
            self.pictures.watch()

    def release(self) -> None:
        """Give both floors back, if the viewer has them."""
        self._robot.floor.release(self._session_id)
        self._robot.camera_floor.release(self._session_id)
