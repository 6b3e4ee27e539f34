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

"""Work in order for each key, different keys side by side."""

import asyncio
from collections import deque
from typing import Any, Callable, Coroutine, Hashable

from .failure_log import failures
from .supervision import spawn

Job = Callable[[], Coroutine[Any, Any, None]]


class KeyedQueue:
    """
    A set of asyncio tasks, one for each key that has work.

    A session's candidates must not overtake its offer, while one slow session must not hold up
    another.

    :param limit: jobs that may wait under one key; more are refused
    :param name: under which failures of jobs are counted
    """

    def __init__(self, limit: int = 256, name: str = 'work in order') -> None:
        """Start without any work."""
        self._limit = limit
        self._name = name
        self._waiting: dict[Hashable, deque[Job]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        """Return the number of keys with unfinished work."""
        return len(self._waiting)

    def put(self, key: Hashable, job: Job) -> bool:
        """Add a job behind the others of its key; return whether there was room for it."""
        if key in self._waiting:
            if len(self._waiting[key]) >= self._limit:
                return False
            self._waiting[key].append(job)
            return True
        self._waiting[key] = deque([job])
        task = spawn(self._name, self._run(key))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def _run(self, key: Hashable) -> None:
        jobs = self._waiting[key]
        try:
            while jobs:
                job = jobs.popleft()
                try:
                    await job()
                except Exception as error:
                    # One bad job must not lose those behind it.
                    failures.note(self._name, error)
        finally:
            self._waiting.pop(key, None)

    async def close(self) -> None:
        """Cancel all work, and wait until it has ended."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # A task that was cancelled before its first step did not tidy up.
        self._waiting.clear()
