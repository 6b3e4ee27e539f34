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

"""Takes the voice of one viewer, while it has the floor."""

from collections.abc import Callable
import logging

from aiortc.rtp import RtpPacket

from ...core.audio.redundancy import primary_block
from ...core.clock import boot_time, Clock
from ...core.limits.rate_limit import RateLimiter
from ...media.sound.voice import Voice

logger = logging.getLogger(__name__)

# Packets a second, and at once: a browser sends 50.
_PACKETS_HZ, _PACKETS_BURST = 100.0, 200.0
# How often the floor is asked for, for a viewer that talks without it.
_ASKING_HZ = 1.0
# Bytes in which Opus writes silence: a client that cannot ask sends it on and on.
_SILENT_BYTES = 10
# Seconds of silence after which such a client gives the floor back.
_SILENCE_S = 1.0


class VoiceReceiver:
    """
    Passes packets of the viewer on to the robot's voice while the viewer is heard.

    A client that cannot ask for the floor is given it when it talks, and loses it when it is
    silent. Belongs to the event loop.

    :param ask: asks for the floor when the viewer talks, as it cannot do that itself
    :ivar is_heard: the viewer has the floor; what it sends otherwise is not looked at
    """

    def __init__(self, voice: Voice, ask: Callable[[], object] | None = None,
                 clock: Clock = boot_time) -> None:
        self.is_heard = False
        self._voice = voice
        self._rate = RateLimiter(_PACKETS_HZ, _PACKETS_BURST)
        self._ask = ask
        self._asking = RateLimiter(_ASKING_HZ, 1, clock)
        self._clock = clock
        self._spoke_at = float('-inf')

    def take(self, data: bytes) -> None:
        """Take a packet of RTP with Opus, decrypted."""
        self._take(data, lambda payload: payload)

    def take_redundant(self, data: bytes) -> None:
        """Take a packet of RTP with RED (RFC 2198), decrypted."""
        self._take(data, primary_block)

    def _take(self, data: bytes, opus_in: Callable[[bytes], bytes]) -> None:
        if not (self.is_heard or self._ask is not None) or not self._rate.allow():
            return
        try:
            packet = RtpPacket.parse(data)
        except ValueError as error:
            logger.debug('a packet is not RTP: %s', error)
            return
        payload = opus_in(packet.payload)
        if not payload:
            return
        if len(payload) > _SILENT_BYTES:
            self._spoke_at = self._clock()
            if not self.is_heard and self._ask is not None and self._asking.allow():
                self._ask()
        if self.is_heard:
            self._voice.put(packet.sequence_number, payload)

    @property
    def has_ended(self) -> bool:
        """Tell whether a client that cannot say so has ceased to talk."""
        return self._ask is not None and self.is_heard and (
            self._clock() - self._spoke_at > _SILENCE_S)
