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

"""When nothing is sent for a while, so that a queue drains before it runs over."""

# A queue longer than this, in seconds, may run over: what is sent before it has drained arrives
# late or never.
PUSHBACK_QUEUE_S = 0.15
# Seconds without pictures at most, and between the beginnings of two such times.
_MAX_PUSHBACK_S, _INTERVAL_S = 0.35, 1.5


class Pushback:
    """Keeps that pictures come between two pauses; times are seconds of one clock."""

    def __init__(self) -> None:
        self._began = float('-inf')

    def possible(self, now: float, queue: float) -> bool:
        """Tell whether a queue of so many seconds is a reason to pause now."""
        return queue > PUSHBACK_QUEUE_S and now - self._began > _INTERVAL_S

    def begin(self, now: float, queue: float) -> float:
        """Return for how many seconds nothing is to be sent: 0 if that is not possible."""
        if not self.possible(now, queue):
            return 0.0
        self._began = now
        return min(queue, _MAX_PUSHBACK_S)
