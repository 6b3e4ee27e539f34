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

"""The time of the samples that are sent."""

from .sound_formats import SEND_RATE

# Seconds without a block, beyond the length of the last one, after which the sound has paused.
# Blocks of a busy host come late and close together, which is no pause.
_PAUSE_S = 0.5


class SampleClock:
    """
    Numbers samples as RTP does (RFC 3550, section 5.1), which goes on while nothing is sent.

    It counts what came and not the time that passed: the clock of a sound card differs from that
    of the computer. Belongs to one thread.
    """

    def __init__(self) -> None:
        self._next = 0
        # When the newest block has to be followed by another, in seconds; None before the first.
        self._due: float | None = None

    def note_block(self, now: float, seconds: float) -> bool:
        """
        Note that a block of sound came; return whether it begins anew after a pause.

        :param now: of a clock that never jumps, in seconds
        :param seconds: its length
        """
        due, self._due = self._due, now + seconds
        if due is None:
            return True
        if now - due <= _PAUSE_S:
            return False
        self._next += round((now - due) * SEND_RATE)
        return True

    def take(self, samples: int) -> int:
        """Return the number of the first of these samples, of each channel."""
        first = self._next
        self._next += samples
        return first
