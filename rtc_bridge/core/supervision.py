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
import threading
from typing import Any, NoReturn

logger = logging.getLogger(__name__)

# Seconds before a part is started again: the first pause, and the longest after repeated failures.
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 5.0
# A part that ran for this many seconds had recovered: its next pause is the first one again.
RECOVERED_S = 30.0
# Different failures that are remembered as logged. More of them are counted only.
MAX_LOGGED = 256

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
            self._newest[name] = f'{type(error).__name__}: {error}'[:200]
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
        """Return type and text of each part's newest failure, at most 200 characters, by name."""
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
        try:
            return await work
        except Exception as error:
            failures.note(name, error)
            if on_failure is not None:
                on_failure(error)
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
        except Exception as error:
            if loop.time() - began > RECOVERED_S:
                pause = FIRST_PAUSE_S
            failures.note(name, error, f'it starts again in {pause:g} s')
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_S)


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
        except Exception as error:
            failures.note(failure_name or name, error)
            if on_failure is not None:
                on_failure(error)

    thread = threading.Thread(target=run, name=name, daemon=daemon)
    thread.start()
    return thread


@contextmanager
def guard(name: str, on_failure: OnFailure | None = None) -> Iterator[None]:
    """Note an exception of the block and go on behind it."""
    try:
        yield
    except Exception as error:
        failures.note(name, error)
        if on_failure is not None:
            on_failure(error)


def guarded(name: str, function: Callable[..., Any], *,
            on_failure: OnFailure | None = None) -> Callable[..., Any]:
    """
    Return a callback that never raises; it returns ``None`` where the function did.

    For whatever calls back without an owner of its own: subscriptions, timers and services of
    rclpy, events of aiortc, ``call_soon`` and ``call_later``.
    """
    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        with guard(name, on_failure):
            return function(*args, **kwargs)
        return None
    return call
