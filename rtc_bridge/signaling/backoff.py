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

from itertools import count
import random
from typing import Callable, Iterator


def delays(first: float = 1.0, cap: float = 15.0,
           rng: Callable[[], float] = random.random) -> Iterator[float]:
    """
    Yield seconds to wait, for ever.

    The first lies anywhere from 0 to ``first``, so that robots which lost their relay together
    do not come back together. The others double up to ``cap``, each between half and all of it.

    :param rng: returns numbers from 0 to 1
    """
    yield first * rng()
    for attempt in count(1):
        # The exponent is bounded since a float's is: after weeks of tries it would overflow.
        yield min(cap, first * 2.0 ** min(attempt, 30)) * (0.5 + 0.5 * rng())
