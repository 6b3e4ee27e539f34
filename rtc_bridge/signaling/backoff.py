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

"""How long to wait before the next try."""

import random
from typing import Callable, Iterator

# A relay that is back has all its robots within this time; a thousand come at up to 700 a second,
# which it takes. Waiting ever longer would leave a robot unreachable, to save one packet.
LONGEST_S = 4.0
FIRST_S = 2.0


def delays(rng: Callable[[], float] = random.random) -> Iterator[float]:
    """
    Yield seconds to wait, for ever.

    The first lies anywhere from 0 to ``FIRST_S``, so that robots which lost their relay together
    do not come back together; the others between half and all of ``LONGEST_S``, so that those
    which found it closed at the same moment drift apart.

    :param rng: returns numbers from 0 to 1
    """
    yield FIRST_S * rng()
    while True:
        yield LONGEST_S * (0.5 + 0.5 * rng())


def rest(delay: float, took: float) -> float:
    """
    Return how much of a delay is left after a try that failed.

    A try that got no answer was a wait itself. Some of the delay always remains.
    """
    return max(delay - took, delay / 4)
