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

"""How much of uploads may be under way."""

from rtc_bridge.core.gateway.flow_control import INITIAL_WINDOW, MIN_WINDOW, WINDOW
from rtc_bridge.core.gateway.upload_limit import UploadLimit


def upload(limit, looks, overuse=False):
    """Use the limit for some looks; return the window after them."""
    for _ in range(looks):
        limit.note(limit.window)
        limit.look(overuse)
    return limit.window


def test_it_grows_to_the_largest_window_while_it_is_used():
    limit = UploadLimit()
    assert limit.window == INITIAL_WINDOW
    assert INITIAL_WINDOW < upload(limit, 1) < upload(limit, 1)
    assert upload(limit, 100) == WINDOW


def test_what_is_not_used_proves_nothing():
    limit = UploadLimit()
    for _ in range(100):
        limit.note(100)
        limit.look(overuse=False)
    assert limit.window == INITIAL_WINDOW


def test_a_queue_halves_it_and_not_again_at_once():
    limit = UploadLimit()
    before = upload(limit, 10)
    assert upload(limit, 1, overuse=True) == before // 2
    # The queue of before drains.
    assert upload(limit, 1, overuse=True) == before // 2
    assert upload(limit, 1, overuse=True) == before // 4
    assert upload(limit, 100, overuse=True) == MIN_WINDOW
    assert upload(limit, 1) > MIN_WINDOW


def test_a_queue_of_others_does_no_harm_to_who_sends_nothing():
    limit = UploadLimit()
    limit.look(overuse=True)
    assert limit.window == INITIAL_WINDOW


def test_after_a_pause_it_begins_anew():
    limit = UploadLimit()
    upload(limit, 100)
    for _ in range(20):
        limit.look(overuse=False)
    assert limit.window == INITIAL_WINDOW
