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
Tasks, threads and callbacks that cannot die silently.

Each has a name and an owner. A failure is logged once with its traceback, counted under the name,
and then its owner acts: start again after a pause, end one session, or end the process in order.
``docs/architecture.md`` lists which part does what.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import wraps
import logging
import sys
import threading
from typing import Any, NoReturn

from .limits.log_limits import escape

logger = logging.getLogger(__name__)

# Seconds before a part is started again: the first pause, and the longest after repeated failures.
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 5.0
# A part that ran for this many seconds had recovered: its next pause is the first one again.
RECOVERED_S = 30.0
# Different failures that are remembered as logged. More of them are counted only.
MAX_LOGGED = 256
# Characters that are kept of the newest failure of each part.
MAX_NEWEST = 200

OnFailure = Callable[[BaseException], object]


class FailureLog:
    """
    Counts failures by name, and logs each different one once.

    A failure is different if its name, its type or the line that raised it differs. Any thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._newest: dict[str, str] = {}
        self._logged: set[tuple[object, ...]] = set()

    def note(self, name: str, error: BaseException, what_follows: str = '') -> None:
        """
        Count a failure, and log it with its traceback if it is a new one.

        :param name: of the part that failed
        :param what_follows: what its owner does now, for the log
        """
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        line = (trace.tb_frame.f_code, trace.tb_lineno) if trace is not None else ()
        with self._lock:
            self._counts[name] += 1
            # It may quote what strangers sent, and goes into messages and logs.
            self._newest[name] = escape(f'{type(error).__name__}: {error}', MAX_NEWEST)
            kind = name, type(error), *line
            new = kind not in self._logged and len(self._logged) < MAX_LOGGED
            if new:
                self._logged.add(kind)
        if new:
            logger.error('%s failed%s', name, f'; {what_follows}' if what_follows else '',
                         exc_info=error)

    @property
    def counts(self) -> dict[str, int]:
        """Return how often each part has failed since the start, by name."""
        with self._lock:
            return dict(self._counts)

    @property
    def newest(self) -> dict[str, str]:
        """Return type and text of each part's newest failure by name, printable and short."""
        with self._lock:
            return dict(self._newest)


# Those of this process. What raises may be deep in a library: no object is passed down for it.
failures = FailureLog()
# The event loop holds tasks weakly.
_tasks: set[asyncio.Task[Any]] = set()


def spawn(name: str, work: Coroutine[Any, Any, Any], *,
          on_failure: OnFailure | None = None) -> asyncio.Task[Any]:
    """
    Run a coroutine as a task of the running loop.

    :param name: under which its failure is counted and logged; no ids of sessions in it
    :param on_failure: called in the event loop after the failure was noted
    """
    async def run() -> Any:
        # What was cancelled from outside has not failed; guard() passes that on.
        with guard(name, on_failure):
            return await work
        return None

    task = asyncio.get_running_loop().create_task(run(), name=name)
    _tasks.add(task)

    def done(task: asyncio.Task[Any]) -> None:
        _tasks.discard(task)
        # A task that is cancelled before its first step never awaits its work.
        work.close()

    task.add_done_callback(done)
    return task


async def keep_running(name: str, make: Callable[[], Coroutine[Any, Any, Any]]) -> NoReturn | None:
    """
    Run a part until it returns; start it again, after a growing pause, when it fails.

    :param make: makes the coroutine, anew for each start
    """
    loop = asyncio.get_running_loop()
    pause = FIRST_PAUSE_S
    while True:
        began = loop.time()
        try:
            return await make()
        except (Exception, asyncio.CancelledError) as error:
            if _is_cancellation(error):
                raise
            if loop.time() - began > RECOVERED_S:
                pause = FIRST_PAUSE_S
            failures.note(name, error, f'it starts again in {pause:g} s')
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_S)


async def first_of(*work: Coroutine[Any, Any, Any]) -> Any:
    """
    Run coroutines side by side until one ends; cancel the others and wait for their ends.

    Return its result, or raise its exception. Of several that end at once one that failed counts,
    then the one that stands first here. What the others raise while they end is left out.
    """
    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(coroutine) for coroutine in work]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        ended = [task for task in tasks if task.done()]
        ended.sort(key=lambda task: task.cancelled() or task.exception() is None)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return ended[0].result()


def call_in_loop(loop: asyncio.AbstractEventLoop, name: str, function: Callable[[], Any],
                 timeout: float) -> Any:
    """
    Run a function in an event loop, called in another thread; return its result.

    :param name: under which its failure is counted and logged, before it is raised here
    :param timeout: seconds to wait; the function is called even if they are over
    :raises TimeoutError: the loop is busy
    """
    async def run() -> Any:
        try:
            return function()
        except asyncio.CancelledError as error:
            # The waiting thread would take it for its own.
            failures.note(name, error)
            raise RuntimeError(f'{name} waited for work that was cancelled') from error
        except Exception as error:
            failures.note(name, error)
            raise

    return asyncio.run_coroutine_threadsafe(run(), loop).result(timeout)


def start_thread(name: str, target: Callable[..., object], *args: Any,
                 on_failure: OnFailure | None = None, failure_name: str = '',
                 daemon: bool = True) -> threading.Thread:
    """
    Start a thread.

    :param name: of the thread, 15 characters of which the system shows
    :param on_failure: called in that thread after its failure was noted
    :param failure_name: under which failures are counted, by default the name
    """
    def run() -> None:
        try:
            target(*args)
        except BaseException as error:
            # Of any kind: SystemExit ends a thread without a word.
            failures.note(failure_name or name, error)
            if on_failure is not None:
                on_failure(error)

    thread = threading.Thread(target=run, name=name, daemon=daemon)
    thread.start()
    return thread


def _is_cancellation(error: BaseException) -> bool:
    """Tell whether the running task is cancelled from outside, by ``Task.cancel()``."""
    if not isinstance(error, asyncio.CancelledError):
        return False
    try:
        task = asyncio.current_task()
    except RuntimeError:
        # A thread without an event loop.
        return False
    return task is not None and task.cancelling() > 0


@contextmanager
def guard(name: str, on_failure: OnFailure | None = None) -> Iterator[None]:
    """
    Note an exception of the block and go on behind it.

    A ``CancelledError`` counts as one unless somebody cancels the running task: the block has
    waited for other work that was cancelled, and would end without a word.
    """
    try:
        yield
    except (Exception, asyncio.CancelledError) as error:
        if not _noted(name, error, on_failure):
            raise


def _noted(name: str, error: BaseException, on_failure: OnFailure | None = None) -> bool:
    """Note an exception and call its owner; return ``False`` if it is to go on its way."""
    if _is_cancellation(error):
        return False
    failures.note(name, error)
    if on_failure is not None:
        on_failure(error)
    return True


def guarded(name: str, function: Callable[..., Any], *, on_failure: OnFailure | None = None,
            result: Any = None) -> Callable[..., Any]:
    """
    Return a callback that never raises; it returns ``result`` where the function did.

    For whatever calls back without an owner of its own: subscriptions, timers and services of
    rclpy, events of aiortc, ``call_soon`` and ``call_later``.
    """
    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        # As in guard(), without the cost of a context manager for each image and packet.
        try:
            return function(*args, **kwargs)
        except (Exception, asyncio.CancelledError) as error:
            if not _noted(name, error, on_failure):
                raise
            return result
    return call


def call_guarded(name: str, function: Callable[..., Any], *args: Any) -> Any:
    """Call a function as :func:`guarded` does: ``call_soon(call_guarded, name, function)``."""
    try:
        return function(*args)
    except (Exception, asyncio.CancelledError) as error:
        if not _noted(name, error):
            raise
        return None


def count_the_rest(loop: asyncio.AbstractEventLoop | None = None) -> None:
    """
    Count what escapes all owners in this process, as parts of libraries may.

    :param loop: whose callbacks and forgotten tasks are counted, too
    """
    def in_loop(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        failures.note('event loop', context.get('exception') or RuntimeError(context['message']))

    def in_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            failures.note('other thread', args.exc_value)

    def unraisable(args: Any) -> None:
        failures.note('destructor', args.exc_value or RuntimeError(str(args.err_msg)))

    if loop is not None:
        loop.set_exception_handler(in_loop)
    threading.excepthook = in_thread
    sys.unraisablehook = unraisable
