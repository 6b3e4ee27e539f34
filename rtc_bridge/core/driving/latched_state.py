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

"""The state of a client that sends changes only, as RTCBot's clients do."""

from .velocity import Velocity, ZERO


class LatchedState:
    """
    What the lease's holder wants, where it is an RTCBot client.

    Such a client sends a key down and, much later, the key up. What it wants in between is
    latched: repeated until it sends another state, or its session shows no sign of life for
    ``timeout`` seconds. All times are boot time in seconds.

    :param timeout: seconds that the state lasts after the last sign of life
    """

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        # The velocity that the client wants; None while nothing is latched.
        self.target: Velocity | None = None
        # Whether the holder is such a client, also while nothing is latched.
        self.in_use = False
        # Since when the target is what it is.
        self._since = 0.0
        self._last_sign_of_life = 0.0

    def latch(self, target: Velocity, now: float) -> None:
        """Latch what the client wants from now on."""
        if target != self.target:
            self._since = now
        self.target = target
        self._last_sign_of_life = now

    def clear(self, now: float) -> None:
        """End the state, as the robot stops: the client counts as at rest from now on."""
        if self.target is not None:
            self.target, self._since = None, now

    def leave(self) -> None:
        """Note that the holder is no such client, or that there is another holder."""
        self.target, self.in_use = None, False

    def keep_alive(self, time: float) -> None:
        """Note a sign of life that was given at this time."""
        self._last_sign_of_life = max(self._last_sign_of_life, time)

    def silence(self, now: float) -> float:
        """Return the seconds since the last sign of life."""
        return now - self._last_sign_of_life

    def is_idle(self, now: float, seconds: float) -> bool:
        """Tell whether the holder is such a client, and has been at rest for this long."""
        return self.in_use and self.target in (None, ZERO) and now - self._since > seconds
