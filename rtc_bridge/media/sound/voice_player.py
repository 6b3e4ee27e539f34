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

"""A loudspeaker of this computer."""

from collections import deque
import logging
import threading
from typing import Any

import av

from .sound_devices import open_device
from .voice import VOICE_BLOCK, VOICE_RATE, VoiceBlock
from ...core.clock import boot_time, Clock
from ...core.supervision import start_thread
from ...system.processes.thread_priority import use_ordinary_priority

logger = logging.getLogger(__name__)

# Blocks that wait for the device: 200 ms. The oldest is left out then.
_MAX_WAITING = 10
# Seconds before a device that failed is tried again.
_RETRY_S = 2.0
# Seconds without a voice after which the device is closed: others may need it.
_CLOSE_AFTER_S = 2.0


class VoicePlayer:
    """
    Plays what it is given; the device is open only meanwhile.

    :meth:`put` belongs to any one thread.

    :param kind: of ``sound_devices.DEVICE_KINDS``
    :param name: of the device
    :ivar reason: why nobody hears it, '' if somebody does or nothing was played yet; from any
        thread
    """

    def __init__(self, kind: str, name: str, clock: Clock = boot_time) -> None:
        self.reason = ''
        self._kind = kind
        self._name = name
        self._clock = clock
        self._blocks: deque[VoiceBlock] = deque(maxlen=_MAX_WAITING)
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._logged = ''
        # When a device that failed is tried again, in seconds.
        self._retry_at = float('-inf')

    def put(self, block: VoiceBlock) -> None:
        """Play a block after those before it."""
        with self._changed:
            self._blocks.append(block)
            if self._thread is None and self._clock() >= self._retry_at:
                self._thread = start_thread('voice-player', self._run, on_failure=self._on_failure,
                                            failure_name='voice player')
            self._changed.notify()

    def _run(self) -> None:
        use_ordinary_priority()
        try:
            with open_device(self._kind, self._name, 'w', {}) as container:
                self._play(container)
        except (av.FFmpegError, LookupError, OSError, ValueError) as error:
            # The device is in use, or unplugged: that is not a failure of this program.
            self._warn(str(error))
            self._on_failure(error)
            return
        with self._changed:
            self._thread = None

    def _play(self, container: Any) -> None:
        stream: Any = container.add_stream('pcm_s16le', VOICE_RATE, layout='mono')
        pts = 0
        while (block := self._take()) is not None:
            frame = av.AudioFrame.from_ndarray(block.reshape(1, -1), 's16', 'mono')
            frame.sample_rate, frame.pts = VOICE_RATE, pts
            pts += VOICE_BLOCK
            # FFmpeg opens the device for the first block.
            container.mux(stream.encode(frame))
            self.reason = ''

    def _on_failure(self, error: BaseException) -> None:
        """Keep why nobody hears the voice, and let :meth:`put` try again later."""
        self.reason = f'the device {self._kind}:{self._name} cannot be played on: {error}'
        with self._changed:
            self._retry_at = self._clock() + _RETRY_S
            self._thread = None

    def _take(self) -> VoiceBlock | None:
        """Wait for a block; return ``None`` if none comes for long."""
        with self._changed:
            self._changed.wait_for(lambda: self._blocks, _CLOSE_AFTER_S)
            return self._blocks.popleft() if self._blocks else None

    def _warn(self, error: str) -> None:
        if error != self._logged:
            self._logged = error
            logger.warning('voices: the device %s:%s cannot be played on: %s', self._kind,
                           self._name, error)
