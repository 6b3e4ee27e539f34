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

"""Which pictures a viewer was sent, and when they came to the robot."""

from collections import OrderedDict

# At 30 a second these are four seconds, at 120 one.
_REMEMBERED = 128


class SentFrames:
    """The newest pictures sent in one slot, by their RTP timestamps."""

    def __init__(self) -> None:
        """Start with none."""
        self._times: OrderedDict[int, float] = OrderedDict()

    def note(self, rtp: int, time: float) -> None:
        """
        Note a picture that was sent.

        :param rtp: its RTP timestamp, 32 bit
        :param time: when it came to the robot, in seconds
        """
        self._times.setdefault(rtp, time)
        if len(self._times) > _REMEMBERED:
            self._times.popitem(last=False)

    def time_of(self, rtp: int | None) -> float | None:
        """Return when a picture came to the robot; ``None``: it was never sent, or long ago."""
        return self._times.get(rtp)

    def clear(self) -> None:
        """Forget all: another camera is shown."""
        self._times.clear()
