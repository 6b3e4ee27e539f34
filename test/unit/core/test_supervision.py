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
    all_of, call_guarded, call_in_loop, first_of, guarded, keep_running, spawn, start_thread,
)
from support.failures import raise_error


def test_a_callback_that_works_returns_its_value(failures):
    assert guarded('part', lambda x: x + 1)(1) == 2
    assert failures.counts == {}


def test_the_owner_of_a_task_hears_of_its_failure(failures):
    heard = []

    async def fail():
        raise_error()

    async def main():
        await spawn('part', fail(), on_failure=heard.append)
    asyncio.run(main())
    assert [type(error) for error in heard] == [ValueError]
    assert failures.counts == {'part': 1}


def test_a_task_that_is_cancelled_has_not_failed(failures, recwarn):
    async def main():
        # One before its first step, one after it.
        early = spawn('part', asyncio.Event().wait())
        early.cancel()
        late = spawn('part', asyncio.Event().wait())
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
            await asyncio.Event().wait()

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
            raise_error()
        return 'done'
    assert asyncio.run(keep_running('part', part)) == 'done'
    assert len(starts) == 3 and failures.counts == {'part': 2}


def test_the_owner_of_a_thread_hears_of_its_failure(failures):
    heard = threading.Event()
    start_thread('part', raise_error, on_failure=lambda error: heard.set()).join()
    assert heard.is_set() and failures.counts == {'part': 1}


def test_a_thread_that_calls_exit_has_failed(failures):
    start_thread('part', exit).join()
    assert failures.counts == {'part': 1}


async def _return(value):
    return value


async def _fail():
    raise_error()


def test_the_first_to_end_ends_the_others():
    ended = []

    async def wait():
        try:
            await asyncio.Event().wait()
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


def test_all_are_waited_for_unless_one_fails():
    ended = []

    async def wait():
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(1)

    assert asyncio.run(all_of(_return(1), _return(2))) == [1, 2]
    with pytest.raises(ValueError, match='broken'):
        asyncio.run(all_of(wait(), _fail(), wait()))
    assert len(ended) == 2


def test_what_fails_beside_the_first_is_logged(caplog):
    caplog.set_level(logging.DEBUG, 'rtc_bridge')

    async def fail_late():
        try:
            await asyncio.Event().wait()
        finally:
            raise KeyError('on the way out')

    assert asyncio.run(first_of(fail_late(), _return('first'))) == 'first'
    assert 'fail_late failed, too: KeyError' in caplog.text


def test_who_waits_for_the_first_may_be_cancelled():
    ended = []

    async def wait():
        try:
            await asyncio.Event().wait()
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
            await asyncio.to_thread(call_in_loop, loop, 'part', raise_error, 10.0)
    asyncio.run(main())
    assert failures.counts == {'part': 1}
