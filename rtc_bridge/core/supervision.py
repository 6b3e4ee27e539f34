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

"""
Tasks, threads and callbacks whose failures never go unnoticed.

Each has a name and an owner. A failure is counted and logged (:mod:`.failure_log`), and then its
owner acts: it restarts the part after a pause, ends one session, or ends the process in an orderly
way. ``docs/architecture.md`` lists which part does what.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import wraps
import logging
import threading
from typing import Any, ParamSpec, TypeVar, TypeVarTuple

from .failure_log import failures

# Seconds before a part is restarted: the first pause, and the longest after repeated failures.
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 5.0
# Seconds: a part that ran for longer had recovered, so its next pause is the first one again.
RECOVERED_S = 30.0

logger = logging.getLogger(__name__)
OnFailure = Callable[[BaseException], object]
_Result = TypeVar('_Result')
_Arguments = ParamSpec('_Arguments')
_Positional = TypeVarTuple('_Positional')

# The event loop holds its tasks weakly, so they are held here.
_tasks: set[asyncio.Task[Any]] = set()


def spawn(name: str, work: Coroutine[Any, Any, _Result], *,
          on_failure: OnFailure | None = None) -> asyncio.Task[_Result | None]:
    """
    Run a coroutine as a task of the running event loop. The task's result is ``None`` on failure.

    :param name: under which a failure is counted and logged; without ids of sessions
    :param on_failure: called in the event loop after the failure was noted
    """
    async def run() -> _Result | None:
        try:
            return await work
        except (Exception, asyncio.CancelledError) as error:
            # A cancellation from outside is passed on: it is not a failure.
            if not _note_failure(name, error, on_failure):
                raise
            return None

    task = asyncio.get_running_loop().create_task(run(), name=name)
    _tasks.add(task)

    def done(task: asyncio.Task[_Result | None]) -> None:
        _tasks.discard(task)
        # A task that is cancelled before its first step never awaits its coroutine.
        work.close()

    task.add_done_callback(done)
    return task


async def keep_running(name: str, make: Callable[[], Coroutine[Any, Any, _Result]]) -> _Result:
    """
    Run a part until it returns, and return its result; restart it after a pause when it fails.

    The pause grows with each failure.

    :param make: returns a new coroutine for each start
    """
    loop = asyncio.get_running_loop()
    pause = FIRST_PAUSE_S
    while True:
        started = loop.time()
        try:
            return await make()
        except (Exception, asyncio.CancelledError) as error:
            if _is_cancellation(error):
                raise
            if loop.time() - started > RECOVERED_S:
                pause = FIRST_PAUSE_S
            failures.note(name, error, f'it starts again in {pause:g} s')
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_S)


async def first_of(*work: Coroutine[Any, Any, _Result]) -> _Result:
    """
    Run coroutines concurrently until one ends; cancel the others and wait for their ends.

    Return its result, or raise its exception. If several end at once, one that failed counts, then
    the first argument. Exceptions of the others, mostly of one cause, are logged at debug level.
    """
    loop = asyncio.get_running_loop()
    # Their names are for the log.
    tasks = [loop.create_task(coroutine, name=getattr(coroutine, '__qualname__', None))
             for coroutine in work]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        ended = [task for task in tasks if task.done()]
        ended.sort(key=lambda task: task.cancelled() or task.exception() is None)
    finally:
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    for task, outcome in zip(tasks, outcomes):
        if isinstance(outcome, Exception) and task is not ended[0]:
            logger.debug('%s failed, too: %r', task.get_name(), outcome)
    return ended[0].result()


async def all_of(*work: Coroutine[Any, Any, _Result]) -> list[_Result]:
    """
    Run coroutines concurrently until all have ended; return their results.

    If one fails, cancel the others, wait for their ends, and raise its exception.
    """
    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(coroutine, name=getattr(coroutine, '__qualname__', None))
             for coroutine in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def call_in_loop(loop: asyncio.AbstractEventLoop, name: str, function: Callable[[], _Result],
                 timeout: float) -> _Result:
    """
    Call a function in an event loop, from another thread; return its result.

    :param name: under which its failure is counted and logged, before it is raised here
    :param timeout: seconds to wait for the result; the function is called even after that
    :raises TimeoutError: the event loop is busy
    """
    async def run() -> _Result:
        try:
            return function()
        except asyncio.CancelledError as error:
            # The waiting thread would take it for a cancellation of its own.
            failures.note(name, error)
            raise RuntimeError(f'{name} waited for work that was cancelled') from error
        except Exception as error:
            failures.note(name, error)
            raise

    return asyncio.run_coroutine_threadsafe(run(), loop).result(timeout)


def start_thread(name: str, target: Callable[[*_Positional], object], *args: *_Positional,
                 on_failure: OnFailure | None = None, failure_name: str = '',
                 daemon: bool = True) -> threading.Thread:
    """
    Start a thread.

    :param name: of the thread; the system shows 15 characters of it
    :param on_failure: called in that thread after its failure was noted
    :param failure_name: under which failures are counted, by default the name
    """
    def run() -> None:
        try:
            target(*args)
        except BaseException as error:
            # Of any kind: SystemExit ends a thread silently.
            failures.note(failure_name or name, error)
            if on_failure is not None:
                on_failure(error)

    thread = threading.Thread(target=run, name=name, daemon=daemon)
    thread.start()
    return thread


def _is_cancellation(error: BaseException) -> bool:
    """Return whether the running task is cancelled from outside, by ``Task.cancel()``."""
    if not isinstance(error, asyncio.CancelledError):
        return False
    try:
        task = asyncio.current_task()
    except RuntimeError:
        # A thread without an event loop.
        return False
    return task is not None and task.cancelling() > 0


def _note_failure(name: str, error: BaseException, on_failure: OnFailure | None = None) -> bool:
    """Note an exception and call its owner; return ``False`` if it is a cancellation instead."""
    if _is_cancellation(error):
        return False
    failures.note(name, error)
    if on_failure is not None:
        on_failure(error)
    return True


@contextmanager
def guard(name: str, on_failure: OnFailure | None = None) -> Iterator[None]:
    """
    Note an exception of the block and continue behind the block.

    A ``CancelledError`` is a failure, too, unless the running task is being cancelled: the block
    has awaited other work that was cancelled, and would otherwise end silently.
    """
    try:
        yield
    except (Exception, asyncio.CancelledError) as error:
        if not _note_failure(name, error, on_failure):
            raise


def guarded(name: str, function: Callable[_Arguments, _Result], *,
            on_failure: OnFailure | None = None,
            result: _Result | None = None) -> Callable[_Arguments, _Result | None]:
    """
    Return a callback that never raises; it returns ``result`` if the function does raise.

    For callbacks that no owner awaits: subscriptions, timers and services of rclpy, events of
    aiortc, ``call_soon`` and ``call_later``.
    """
    @wraps(function)
    def call(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result | None:
        # As in guard(), without the cost of a context manager for each image and packet.
        try:
            return function(*args, **kwargs)
        except (Exception, asyncio.CancelledError) as error:
            if not _note_failure(name, error, on_failure):
                raise
            return result
    return call


def call_guarded(name: str, function: Callable[[*_Positional], _Result],
                 *args: *_Positional) -> _Result | None:
    """
    Call a function; note an exception and return ``None`` if it raises.

    Use it as ``loop.call_soon(call_guarded, name, function, *args)``.
    """
    try:
        return function(*args)
    except (Exception, asyncio.CancelledError) as error:
        if not _note_failure(name, error):
            raise
        return None
