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
import sys
import threading

import pytest
from rtc_bridge.core import failure_log, supervision
from rtc_bridge.core.failure_log import count_unhandled_failures, FailureLog
from rtc_bridge.core.supervision import (
    call_guarded, call_in_loop, first_of, guarded, keep_running, spawn, start_thread,
)
from rtc_bridge.system.process_end import ProcessEnd


@pytest.fixture(autouse=True)
def failures(monkeypatch) -> FailureLog:
    """Start with no failures, and with pauses too short to wait for."""
    log = FailureLog()
    monkeypatch.setattr(supervision, 'failures', log)
    monkeypatch.setattr(failure_log, 'failures', log)
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
    monkeypatch.setattr(failure_log, 'MAX_LOGGED', 2)
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


async def _cancelled():
    """Wait for work that somebody else cancels, as a library may do on its way out."""
    work = asyncio.get_running_loop().create_future()
    work.cancel()
    await work


def test_work_that_waits_for_what_was_cancelled_has_failed(failures):
    heard = []

    async def main():
        assert await spawn('task', _cancelled(), on_failure=heard.append) is None
        with supervision.guard('block', heard.append):
            await _cancelled()
        # Nobody has cancelled this task.
        assert not asyncio.current_task().cancelling()
    asyncio.run(main())
    assert [type(error) for error in heard] == [asyncio.CancelledError] * 2
    assert failures.counts == {'task': 1, 'block': 1}


def test_a_part_that_waits_for_what_was_cancelled_is_started_again(failures):
    starts = []

    async def part():
        starts.append(1)
        if len(starts) < 3:
            await _cancelled()
        return 'done'
    assert asyncio.run(keep_running('part', part)) == 'done'
    assert len(starts) == 3 and failures.counts == {'part': 2}


def test_a_part_that_is_cancelled_is_not_started_again(failures):
    starts = []

    async def part():
        starts.append(1)
        with supervision.guard('block'):
            await asyncio.sleep(60)

    async def main():
        task = spawn('part', keep_running('part', part))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled() and len(starts) == 1
    asyncio.run(main())
    assert failures.counts == {}


def test_a_callback_that_asks_for_a_cancelled_result_has_failed(failures):
    async def main():
        work = asyncio.get_running_loop().create_future()
        work.cancel()
        guarded('callback', work.result)()
        asyncio.get_running_loop().call_soon(call_guarded, 'callback', work.result)
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match='cancelled'):
            await asyncio.to_thread(
                call_in_loop, asyncio.get_running_loop(), 'service', work.result, 10.0)
        await asyncio.to_thread(guarded('thread', work.result))
    asyncio.run(main())
    assert failures.counts == {'callback': 2, 'service': 1, 'thread': 1}


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


def test_what_strangers_sent_is_printable_in_a_count(failures):
    guarded('part', lambda: _raise('one\ntwo \udce4 \x1b[2J'))()
    assert failures.newest == {'part': r'ValueError: one\ntwo \udce4 \x1b[2J'}
    assert guarded('part', _raise, result='instead')() == 'instead'


def test_a_thread_that_calls_exit_has_failed(failures):
    start_thread('part', exit).join()
    assert failures.counts == {'part': 1}


async def _return(value):
    return value


async def _fail():
    _raise()


def test_the_first_to_end_ends_the_others():
    ended = []

    async def wait():
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(1)

    assert asyncio.run(first_of(wait(), _return('first'), wait())) == 'first'
    assert len(ended) == 2
    with pytest.raises(ValueError, match='broken'):
        asyncio.run(first_of(wait(), _fail()))
    # Of two that end at once, one that failed counts.
    with pytest.raises(ValueError, match='broken'):
        asyncio.run(first_of(_return(1), _fail()))
    assert asyncio.run(first_of(_return(1), _return(2))) == 1


def test_who_waits_for_the_first_may_be_cancelled():
    ended = []

    async def wait():
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(1)

    async def main():
        both = spawn('part', first_of(wait(), wait()))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        both.cancel()
        await asyncio.gather(both, return_exceptions=True)
        assert both.cancelled() and len(ended) == 2
    asyncio.run(main())


def test_work_in_the_loop_answers_another_thread(failures):
    async def main():
        loop = asyncio.get_running_loop()
        assert await asyncio.to_thread(call_in_loop, loop, 'part', lambda: 5, 10.0) == 5
        with pytest.raises(ValueError, match='broken'):
            await asyncio.to_thread(call_in_loop, loop, 'part', _raise, 10.0)
    asyncio.run(main())
    assert failures.counts == {'part': 1}


def test_what_escapes_all_owners_is_counted(failures, monkeypatch):
    monkeypatch.setattr(threading, 'excepthook', threading.excepthook)
    monkeypatch.setattr(sys, 'unraisablehook', sys.unraisablehook)

    class Broken:
        def __del__(self):
            _raise()

    async def main():
        count_unhandled_failures(asyncio.get_running_loop())
        asyncio.get_running_loop().call_soon(_raise)
        asyncio.get_running_loop().call_soon(call_guarded, 'part', _raise)
        thread = threading.Thread(target=_raise)
        thread.start()
        thread.join()
        Broken()
        await asyncio.sleep(0)
    asyncio.run(main())
    assert failures.counts == {'event loop': 1, 'part': 1, 'other thread': 1, 'destructor': 1}


def test_a_process_ends_by_the_first_vital_part_that_fails(failures):
    async def main():
        end = ProcessEnd()
        start_thread('one', _raise, on_failure=end.when_fails('one'))
        await end.wait()
        end.when_fails('two')(ValueError())
        assert end.failed_part == 'one'
        end = ProcessEnd()
        end.ask()
        await end.wait()
        assert end.failed_part == ''
    asyncio.run(main())
