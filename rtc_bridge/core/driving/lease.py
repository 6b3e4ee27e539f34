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
The lease: the right to drive, and who has asked for it.

Pure: sessions are known by their ids only. Each change of the holder begins a new epoch; commands
that were made for an earlier epoch do not count.
"""

from dataclasses import dataclass
from typing import Callable

from ..clock import boot_time, Clock

# Seconds until a request that the holder has not answered ends: its page may be unattended.
REQUEST_TIME_S = 30.0


@dataclass
class _Request:
    # Boot time at which the request ends.
    ends: float
    # Numbers all requests, so that an answer is to the one that the holder saw.
    number: int


class Lease:
    """
    The right to drive: held by one session at most, requested by others in a queue.

    :param idle_timeout: seconds without motion after which the lease is released; 0: never
    :ivar last_motion: boot time at which the holder got the lease, or last moved the robot, which
        the command gate notes
    """

    def __init__(self, idle_timeout: float = 0.0, clock: Clock = boot_time) -> None:
        self.holder: str | None = None
        self.epoch = 0
        self.idle_timeout = idle_timeout
        # Called when an epoch begins, before ``on_change``: the command gate stops the robot.
        self.on_new_epoch: Callable[[], None] = lambda: None
        # Called when the holder or the queue of requests has changed.
        self.on_change: Callable[[], None] = lambda: None
        self.last_motion = 0.0
        self._clock = clock
        # By session, the first request first.
        self._requests: dict[str, _Request] = {}
        self._requests_made = 0
        self._last_announced: tuple[int, tuple[str, ...]] = (0, ())

    @property
    def requesters(self) -> tuple[str, ...]:
        """Return the sessions whose requests wait for an answer, the first one first."""
        return tuple(self._requests)

    @property
    def request_id(self) -> int | None:
        """Return the number of the request that the holder is to answer, if there is one."""
        return next((request.number for request in self._requests.values()), None)

    def request(self, session: str) -> None:
        """Give the lease to a session if it is free; otherwise ask the holder for it."""
        if self.holder is None:
            self._grant(session)
        elif session != self.holder:
            request = self._requests.get(session)
            if request is None:
                self._requests_made += 1
                request = self._requests[session] = _Request(0.0, self._requests_made)
            request.ends = self._clock() + REQUEST_TIME_S
        self._announce()

    def take(self, session: str) -> None:
        """Give the lease to a session without asking the holder."""
        if session != self.holder:
            self._grant(session)
        self._announce()

    def release(self, session: str) -> None:
        """End the lease or the request of a session; the first requester gets a free lease."""
        self._requests.pop(session, None)
        if session == self.holder:
            self._grant(next(iter(self._requests), None))
        self._announce()

    def hand_over(self, session: str, request: int | None = None) -> None:
        """
        Give the lease to the first requester, if this session holds it.

        :param request: the number of the request that this answers; ``None``: the first
        """
        if self._answers(session, request):
            self.release(session)

    def refuse(self, session: str, request: int | None = None) -> None:
        """
        End the first request, if this session holds the lease.

        :param request: as for :meth:`hand_over`
        """
        if self._answers(session, request):
            del self._requests[self.requesters[0]]
            self._announce()

    def poll(self) -> None:
        """End requests that were not answered in time, and a lease that is not in use."""
        now = self._clock()
        for session in [s for s, request in self._requests.items() if now > request.ends]:
            del self._requests[session]
        if self.holder and self.idle_timeout and now - self.last_motion > self.idle_timeout:
            self.release(self.holder)
        self._announce()

    def _answers(self, session: str, request: int | None) -> bool:
        """Tell whether this session may answer a request, and this is the one to answer."""
        return (session == self.holder and bool(self._requests)
                and request in (None, self.request_id))

    def _grant(self, session: str | None) -> None:
        if session is not None:
            self._requests.pop(session, None)
        self.holder = session
        self.epoch += 1
        self.last_motion = self._clock()
        self.on_new_epoch()

    def _announce(self) -> None:
        state = (self.epoch, self.requesters)
        if state != self._last_announced:
            self._last_announced = state
            self.on_change()
