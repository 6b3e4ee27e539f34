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

from collections.abc import Iterator
import contextlib
import gc
import logging
import time

_logger = logging.getLogger(__name__)

# What outlives a collection of this many seconds is excluded from later ones. A relay should
# forward within 5 ms; one with 5000 robots took 0.2 s for a collection.
_LONG_S = 0.003
# The last number is 10 in Python: collections of up to 70,000 new objects, which take 15 ms.
_THRESHOLDS = 700, 10, 3
# Seconds of long collections between two of all objects, as a multiple of the last such one, and
# at least: excluded garbage takes three times the memory of the rest at most, or some 20 MB.
_UNTIL_FULL, _UNTIL_FULL_S = 2, 0.1


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


@contextlib.contextmanager
def short_collections() -> Iterator[None]:
    """
    Exclude present objects, and later what outlives a long collection, while the context lasts.

    So the objects of thousands of robots are looked at once, as they come. Excluded garbage that
    refers to itself is freed when all objects are looked at again. Nothing counts objects:
    ``gc.get_freeze_count()`` takes 0.1 s with 5000 robots.
    """
    began_at = time.perf_counter()
    exclude_present_objects()
    last_full_s, since_full_s, is_full = time.perf_counter() - began_at, 0.0, False

    def watch(phase: str, info: dict[str, int]) -> None:
        nonlocal began_at, last_full_s, since_full_s, is_full
        if info['generation'] < 2:
            return
        if phase == 'start':
            began_at = time.perf_counter()
            return
        took = time.perf_counter() - began_at
        if is_full:
            last_full_s, since_full_s, is_full = took, 0.0, False
        elif took > _LONG_S:
            since_full_s += took
            is_full = since_full_s > max(_UNTIL_FULL * last_full_s, _UNTIL_FULL_S)
        else:
            return
        if is_full:
            # Python chooses the time of the next collection of these.
            gc.unfreeze()
        else:
            gc.freeze()

    thresholds = gc.get_threshold()
    gc.set_threshold(*_THRESHOLDS)
    gc.callbacks.append(watch)
    try:
        yield
    finally:
        gc.callbacks.remove(watch)
        gc.set_threshold(*thresholds)
