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

"""Failures of tasks, threads and callbacks are counted, logged once, and told to their owner."""

import asyncio
import logging
import threading

import pytest
from rtc_bridge.core import supervision
from rtc_bridge.core.supervision import (
    FailureLog, guarded, keep_running, spawn, start_thread,
)


@pytest.fixture(autouse=True)
def failures(monkeypatch) -> FailureLog:
    """Start with no failures, and with pauses too short to wait for."""
    log = FailureLog()
    monkeypatch.setattr(supervision, 'failures', log)
    monkeypatch.setattr(supervision, 'FIRST_PAUSE_S', 0.0)
    return log


def _raise(text: str = 'broken') -> None:
    raise ValueError(text)


def test_a_failure_is_logged_once_with_its_traceback_and_then_counted(failures, caplog):
    call = guarded('part', _raise)
    assert [call() for _ in range(3)] == [None] * 3
    assert failures.counts == {'part': 3}
    assert failures.newest == {'part': 'ValueError: broken'}
    record, = caplog.records
    assert record.levelno == logging.ERROR and record.exc_info[1].args == ('broken',)


def test_another_failure_is_logged_too(failures, caplog):
    def other():
        raise KeyError('other')
    guarded('part', _raise)()
    guarded('part', other)()
    guarded('second part', _raise)()
    assert len(caplog.records) == 3
    assert failures.counts == {'part': 2, 'second part': 1}


def test_the_log_of_failures_is_bounded(failures, caplog, monkeypatch):
    monkeypatch.setattr(supervision, 'MAX_LOGGED', 2)
    for number in range(5):
        guarded(f'part {number}', _raise)()
    assert len(caplog.records) == 2 and len(failures.counts) == 5
    guarded('part', lambda: _raise('x' * 1000))()
    assert len(failures.newest['part']) == 200


def test_a_callback_that_works_returns_its_value(failures):
    assert guarded('part', lambda x: x + 1)(1) == 2
    assert failures.counts == {}


def test_the_owner_of_a_task_hears_of_its_failure(failures):
    heard = []

    async def fail():
        _raise()

    async def main():
        await spawn('part', fail(), on_failure=heard.append)
    asyncio.run(main())
    assert [type(error) for error in heard] == [ValueError]
    assert failures.counts == {'part': 1}


def test_a_task_that_is_cancelled_has_not_failed(failures, recwarn):
    async def main():
        # One before its first step, one after it.
        early = spawn('part', asyncio.sleep(60))
        early.cancel()
        late = spawn('part', asyncio.sleep(60))
        await asyncio.sleep(0)
        late.cancel()
        await asyncio.gather(early, late, return_exceptions=True)
        assert early.cancelled() and late.cancelled()
    asyncio.run(main())
    assert failures.counts == {} and not recwarn.list


def test_a_part_is_started_again_until_it_returns(failures):
    starts = []

    async def part():
        starts.append(1)
        if len(starts) < 3:
            _raise()
        return 'done'
    assert asyncio.run(keep_running('part', part)) == 'done'
    assert len(starts) == 3 and failures.counts == {'part': 2}


def test_the_owner_of_a_thread_hears_of_its_failure(failures):
    heard = threading.Event()
    start_thread('part', _raise, on_failure=lambda error: heard.set()).join()
    assert heard.is_set() and failures.counts == {'part': 1}
