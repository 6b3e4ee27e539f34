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

"""Objects that exist already are excluded from collections; later garbage is still freed."""

from collections import deque
import gc
import itertools
import sys
import time
import weakref

import pytest
from rtc_bridge.system.processes import garbage_collection
from rtc_bridge.system.processes.garbage_collection import (
    exclude_present_objects, ShortCollections,
)


class Node:
    """An object that refers to itself, so that only a collection frees it."""

    def __init__(self):
        self.own = self


@pytest.fixture(autouse=True)
def unfrozen():
    """Freeze nothing but what the test does; afterwards all is frozen, as conftest.py does it."""
    gc.unfreeze()
    yield
    gc.freeze()


def test_what_exists_is_not_looked_at_again():
    present = Node()
    exclude_present_objects()
    assert gc.get_freeze_count() > 1000
    assert not any(known is present for known in gc.get_objects())


def test_garbage_is_freed_before_and_after():
    before = weakref.ref(Node())
    exclude_present_objects()
    assert before() is None
    after = weakref.ref(Node())
    gc.collect()
    assert after() is None


@pytest.fixture
def takes(monkeypatch):
    """Let collections take the given seconds by the clock."""
    def take(seconds):
        now = itertools.count(0.0, seconds)
        monkeypatch.setattr(time, 'thread_time', lambda: next(now))
    return take


def is_looked_at(node):
    """Tell whether collections look at an object."""
    return any(known is node for known in gc.get_objects())


@pytest.mark.parametrize('generation, seconds, excluded', [
    (2, 0.004, True), (2, 0.002, False), (1, 0.004, False)])
def test_what_outlives_a_long_collection_is_excluded(takes, generation, seconds, excluded):
    takes(seconds)
    with ShortCollections():
        present = Node()
        gc.collect(generation)
        assert is_looked_at(present) != excluded


def excluded_garbage():
    """Return a weak reference to garbage that a collection has excluded before."""
    node = Node()
    gc.collect()
    return weakref.ref(node)


@pytest.mark.parametrize('blocks, limit', [(1_000_000, 2_000_000), (1000, 201_000)])
def test_excluded_garbage_is_freed_once_memory_has_grown(takes, monkeypatch, blocks, limit):
    takes(1.0)
    monkeypatch.setattr(sys, 'getallocatedblocks', lambda: blocks)
    with ShortCollections() as collections:
        garbage = excluded_garbage()
        blocks = limit
        collections.step()
        gc.collect()
        assert garbage() is not None
        blocks = limit + 1
        collections.step()
        assert garbage() is None
        # The next time comes later.
        garbage = excluded_garbage()
        blocks = limit + 200_001
        collections.step()
        assert garbage() is not None


def test_garbage_that_comes_and_goes_takes_no_more_and_more_memory(monkeypatch):
    """Each object outlives a collection, and is garbage later: as of short connections."""
    monkeypatch.setattr(garbage_collection, '_LONG_S', -1.0)
    monkeypatch.setattr(garbage_collection, '_MORE_BLOCKS', 10_000)
    alive, most = deque(maxlen=1000), 0
    with ShortCollections() as collections:
        began = sys.getallocatedblocks()
        for _ in range(300):
            alive.extend(Node() for _ in range(500))
            gc.collect()
            collections.step()
            most = max(most, sys.getallocatedblocks())
    # 150,000 nodes came, of four blocks each.
    assert most <= max(2 * began, began + 10_000) + 5000


def test_after_its_context_no_more_is_excluded(takes):
    takes(1.0)
    thresholds = gc.get_threshold()
    with ShortCollections():
        assert gc.get_threshold() == (*thresholds[:2], 3)
    present = Node()
    gc.collect()
    assert is_looked_at(present)
    assert gc.get_threshold() == thresholds
