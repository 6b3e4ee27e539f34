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

"""Failures of this process: each one counted, each different one logged once."""

import asyncio
from collections import Counter
import logging
import sys
import threading
from typing import Any

from .limits.log_limits import escape

logger = logging.getLogger(__name__)

# Different failures that are remembered as logged. More of them are counted only.
MAX_LOGGED = 256
# Characters that are kept of the newest failure of each part.
MAX_NEWEST = 200


class FailureLog:
    """
    Counts failures by the name of the part that failed, and logs each different one once.

    Failures differ if their name, their type, or the line that raised them differs. Thread-safe.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._newest: dict[str, str] = {}
        self._logged: set[tuple[object, ...]] = set()

    def note(self, name: str, error: BaseException, consequence: str = '') -> None:
        """
        Count a failure; log it with its traceback if no failure like it was logged before.

        :param name: of the part that failed
        :param consequence: what happens next, for the log
        """
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        line = (trace.tb_frame.f_code, trace.tb_lineno) if trace is not None else ()
        kind = name, type(error), *line
        with self._lock:
            self._counts[name] += 1
            # The text may quote a peer, and goes into messages and logs.
            self._newest[name] = escape(f'{type(error).__name__}: {error}', MAX_NEWEST)
            is_new = kind not in self._logged and len(self._logged) < MAX_LOGGED
            if is_new:
                self._logged.add(kind)
        if is_new:
            logger.error('%s failed%s', name, f'; {consequence}' if consequence else '',
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


# The failures of this process. They occur deep in libraries, where no object can be passed.
failures = FailureLog()


def count_unhandled_failures(loop: asyncio.AbstractEventLoop | None = None) -> None:
    """
    Count the failures of this process that nothing else handles, as those of library threads.

    :param loop: whose callbacks and forgotten tasks are included
    """
    def in_loop(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        failures.note('event loop', context.get('exception') or RuntimeError(context['message']))

    def in_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            failures.note('other thread', args.exc_value)

    def in_destructor(args: Any) -> None:
        failures.note('destructor', args.exc_value or RuntimeError(str(args.err_msg)))

    if loop is not None:
        loop.set_exception_handler(in_loop)
    threading.excepthook = in_thread
    sys.unraisablehook = in_destructor
