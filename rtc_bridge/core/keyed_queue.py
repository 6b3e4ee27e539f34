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

"""A queue of jobs that run in order for each key, and concurrently for different keys."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Hashable
from typing import Any

from .failure_log import failures
from .supervision import spawn

Job = Callable[[], Coroutine[Any, Any, None]]


class KeyedQueue:
    """
    Runs one asyncio task for each key that has jobs.

    A session's candidates must not overtake its offer, and a slow session must not delay another.

    :param limit: jobs that may wait under one key; further ones are refused
    :param name: under which failures of jobs are counted
    """

    def __init__(self, limit: int = 256, name: str = 'work in order') -> None:
        self._limit = limit
        self._name = name
        self._waiting: dict[Hashable, deque[Job]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        """Return the number of keys with unfinished jobs."""
        return len(self._waiting)

    def put(self, key: Hashable, job: Job) -> bool:
        """Append a job to those of its key; return whether there was room for it."""
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
                    # The jobs behind a failed one still run.
                    failures.note(self._name, error)
        finally:
            self._waiting.pop(key, None)

    async def close(self) -> None:
        """Cancel all jobs, and wait until their tasks have ended."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # A task that was cancelled before its first step has not removed its key.
        self._waiting.clear()
