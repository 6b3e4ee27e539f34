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

"""Each reason is logged once, and once when it is over."""

import pytest
from rtc_bridge.core.cameras.picture_reason import losing_pictures, no_publisher
from rtc_bridge.core.cameras.reason_log import OVER_AFTER_S, ReasonLog


@pytest.fixture
def lines():
    """Return what was logged: texts, and whether it is a warning."""
    return []


@pytest.fixture
def log(lines, clock):
    return ReasonLog(lambda text, warn: lines.append((text, warn)), clock)


def test_a_reason_is_logged_once_and_once_when_it_is_over(log, lines, clock):
    first, second = no_publisher('/front'), no_publisher('/rear')
    for _ in range(30):
        clock.now += 1.0
        log.note(first)
        log.end_old()
    log.note(second)
    assert lines == [(first.text, True), (second.text, True)]
    clock.now += OVER_AFTER_S
    log.end_old()
    log.end_old()
    assert lines[2:] == [('no-publisher is over', False)] * 2
    log.note(first)
    assert lines[4:] == [(first.text, True)]


def test_numbers_make_no_other_reason(log, lines):
    for lost in range(10, 20):
        log.note(losing_pictures('/front', lost, 30, 6_000_000, None))
    assert len(lines) == 1


def test_reasons_without_end_do_not_fill_the_log(log, lines):
    for letter in range(100):
        log.note(no_publisher('/' + 'x' * letter))
    assert len(lines) == 32
