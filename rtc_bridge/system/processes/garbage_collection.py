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

"""Python's garbage collections, kept short: one stops all threads of its process."""

import gc
import logging
import sys
import time
from types import TracebackType

_logger = logging.getLogger(__name__)

# What outlives a collection of this many seconds of CPU is excluded from later ones. A relay
# should forward within 5 ms; with 5000 robots a collection took 0.2 s.
_LONG_S = 0.003
# The third of Python's thresholds is 10: collections of up to 70,000 new objects took 15 ms.
_THIRD_THRESHOLD = 3
# All objects are looked at again when there are twice as many blocks of memory as after the last
# time, and this many more: some 20 MB.
_GROWTH, _MORE_BLOCKS = 2, 200_000


def exclude_present_objects() -> None:
    """
    Exclude the objects that exist now from all later collections; free what is garbage before.

    A full collection of what the bridge has imported, 95,000 objects, takes 133 ms (one core of
    an AMD EPYC, November 2026). Commands and an emergency stop would wait for it.
    """
    gc.collect()
    gc.freeze()
    if _logger.isEnabledFor(logging.DEBUG):
        _logger.debug('%d objects are excluded from garbage collections', gc.get_freeze_count())


class ShortCollections:
    """
    Keeps garbage collections short, in a program with the objects of thousands of connections.

    While its context lasts, what outlives a long collection is excluded from later ones. Excluded
    garbage that refers to itself is freed by :meth:`step` only. All methods belong to one thread.
    CPython 3.14.0 to 3.14.4 collect in another way: there nothing is excluded later.
    """

    def __init__(self) -> None:
        self._began_at = 0.0
        # Blocks of memory from which on all objects are looked at.
        self._limit = 0
        self._thresholds = gc.get_threshold()

    def __enter__(self) -> 'ShortCollections':
        self._collect_all()
        gc.set_threshold(*self._thresholds[:2], _THIRD_THRESHOLD)
        gc.callbacks.append(self._watch)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        gc.callbacks.remove(self._watch)
        gc.set_threshold(*self._thresholds)

    def step(self) -> None:
        """Look at all objects if memory has grown; call it each second."""
        # Blocks, not objects: gc.get_freeze_count() takes 0.1 s with 5000 robots.
        if sys.getallocatedblocks() > self._limit:
            self._collect_all()

    def _collect_all(self) -> None:
        gc.unfreeze()
        exclude_present_objects()
        # Python waits with the next full collection for a quarter of what the last one looked at.
        gc.collect()
        blocks = sys.getallocatedblocks()
        self._limit = max(_GROWTH * blocks, blocks + _MORE_BLOCKS)

    def _watch(self, phase: str, info: dict[str, int]) -> None:
        if info['generation'] < 2:
            return
        if phase == 'start':
            self._began_at = time.thread_time()
        elif time.thread_time() - self._began_at > _LONG_S:
            gc.freeze()
