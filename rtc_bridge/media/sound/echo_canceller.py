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

"""What the robot plays, taken out of what its microphone hears."""

from collections import deque
import threading
from typing import Any, cast

import numpy as np

from .sound_samples import Samples
from .voice import VOICE_BLOCK, VOICE_RATE, VoiceBlock
from ...core.audio.sound_formats import SEND_RATE

# Blocks that wait for the microphone's: some sources hand over a quarter of a second at once, and
# twice as many mean that nothing is heard.
_MAX_WAITING = VOICE_RATE // VOICE_BLOCK // 2
# Samples per channel without anything played after which no echo is left: 2 s, a large hall.
_REVERBERATION = 2 * SEND_RATE

# Both ends of a voice have one rate, so samples are compared as they are.
assert VOICE_RATE == SEND_RATE


class EchoCanceller:
    """
    The echo canceller of WebRTC (AEC3), by the library ``pywebrtc-audio``.

    :meth:`play` belongs to the thread that plays, :meth:`clean` to the one that encodes.

    :param channels: of the microphone's sound, 1 or 2
    :raises ImportError: the library is not installed
    """

    def __init__(self, channels: int) -> None:
        from pywebrtc_audio import EchoCanceller as AEC3

        self._channels = channels
        self._aec: Any = AEC3(sample_rate=SEND_RATE, num_channels=channels)
        self._lock = threading.Lock()
        self._played: deque[VoiceBlock] = deque()
        # The rest of the block that was begun.
        self._rest: VoiceBlock = np.zeros(0, np.int16)
        # For how many samples per channel nothing was played.
        self._silent = _REVERBERATION

    def play(self, block: VoiceBlock) -> None:
        """Note what is played now."""
        with self._lock:
            if len(self._played) == _MAX_WAITING:
                # Nobody listens: what was played is long gone when somebody does.
                self._played.clear()
            self._played.append(block)

    def restart(self) -> None:
        """Forget what was played: the microphone was not heard meanwhile."""
        with self._lock:
            self._played.clear()
        self._rest = np.zeros(0, np.int16)
        self._silent = _REVERBERATION

    def clean(self, samples: Samples) -> Samples:
        """
        Return what the microphone hears, without what was played.

        :param samples: the next ones, [samples per channel, channels], from -1 to 1, without a
            gap; a multiple of 10 ms, as the library fills others up
        """
        far = self._take(len(samples))
        if far is None:
            self._silent = min(self._silent + len(samples), _REVERBERATION)
            if self._silent == _REVERBERATION:
                # No echo is left: it stays as it is, and costs nothing.
                return samples
            far = np.zeros(len(samples), np.int16)
        else:
            self._silent = 0
        reference = np.repeat(far.astype(np.float32) / 32768.0, self._channels)
        cleaned = self._aec.process(np.ascontiguousarray(samples).reshape(-1), reference)
        return cast(Samples, cleaned.reshape(samples.shape))

    def _take(self, count: int) -> VoiceBlock | None:
        """Return the next samples of what was played, ``None`` if nothing was."""
        with self._lock:
            parts, size = [self._rest], len(self._rest)
            while size < count and self._played:
                parts.append(self._played.popleft())
                size += len(parts[-1])
        if not size:
            return None
        # What is missing was not played: silence.
        played: VoiceBlock = np.concatenate([*parts, np.zeros(max(count - size, 0), np.int16)])
        self._rest = played[count:]
        return played[:count]
