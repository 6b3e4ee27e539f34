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

import gc
import itertools
import time
import weakref

import pytest
from rtc_bridge.system.processes.garbage_collection import (
    exclude_present_objects, short_collections,
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
        monkeypatch.setattr(time, 'perf_counter', lambda: next(now))
    return take


@pytest.mark.parametrize('generation, seconds, excluded', [
    (2, 0.004, True), (2, 0.002, False), (1, 0.004, False)])
def test_what_outlives_a_long_collection_is_excluded(takes, generation, seconds, excluded):
    takes(seconds)
    with short_collections():
        present = Node()
        gc.collect(generation)
        assert any(known is present for known in gc.get_objects()) != excluded


def test_excluded_garbage_is_freed_after_many_long_collections(takes):
    takes(1.0)
    with short_collections():
        for _ in range(2):
            node = Node()
            freed = weakref.ref(node)
            gc.collect()
            del node
            gc.collect()
            assert freed() is not None
            # The third: all are to be looked at again, by the fourth.
            gc.collect()
            gc.collect()
            assert freed() is None


def test_after_its_context_nothing_is_excluded(takes):
    takes(1.0)
    thresholds = gc.get_threshold()
    with short_collections():
        assert gc.get_threshold() != thresholds
    gc.unfreeze()
    gc.collect()
    assert gc.get_freeze_count() == 0
    assert gc.get_threshold() == thresholds
