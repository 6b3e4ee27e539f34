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

"""
How old a command is: nonces that the robot sends and commands echo.

A command is at most as old as the nonce that it echoes. No clocks are compared: aligned clocks err
by half a round trip, and a relay that delays packets can shift them.
"""

from collections import OrderedDict
import secrets
from typing import Callable

# A nonce is a random integer below this: the range in which JavaScript's numbers are exact
# (ECMAScript, Number.MAX_SAFE_INTEGER).
_NONCE_RANGE = 2 ** 53


def random_nonce() -> int:
    """Return a number that nobody can guess."""
    return secrets.randbelow(_NONCE_RANGE)


class FreshnessNonces:
    """
    The nonces of one epoch of the lease; all times are boot time in seconds.

    :param make: makes a nonce
    :ivar made: the time at which each was made, by nonce, oldest first; one that is not in it is
        infinitely old
    """

    def __init__(self, make: Callable[[], int] = random_nonce) -> None:
        self._make = make
        self.made: OrderedDict[int, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self.made)

    def new(self, now: float, max_age: float) -> int:
        """Make and return a nonce; forget those that are older than ``max_age`` seconds."""
        nonce = self._make()
        self.made[nonce] = now
        while now - next(iter(self.made.values())) > max_age:
            self.made.popitem(last=False)
        return nonce

    def clear(self) -> None:
        """Forget all nonces: an epoch begins, and commands of the one before do not count."""
        self.made.clear()
