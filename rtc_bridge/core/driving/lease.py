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
The lease: who sits in the driver's seat, and who asks for it.

Pure: it knows sessions by their ids only. Each change of the holder makes a new epoch; what was
sent for an older one counts no more.
"""

from ..clock import boot_time, Clock

# A request that nobody answered by then is over: who asked may have gone for a coffee.
ASK_TIME_S = 30.0


class Lease:
    """
    One driver at most, and a queue of those who ask him.

    :param idle_timeout: seconds without motion until the seat is free again; 0: never
    """

    def __init__(self, idle_timeout: float = 0.0, clock: Clock = boot_time) -> None:
        """Start without a holder."""
        self.holder: str | None = None
        self.epoch = 0
        self.idle_timeout = idle_timeout
        self._clock = clock
        self._used = 0.0
        # Sessions that ask, the first one first, with the time until which they do, and the
        # number of the request.
        self._asks: dict[str, tuple[float, int]] = {}
        self._requests = 0

    @property
    def requesters(self) -> tuple[str, ...]:
        """Return the sessions whose requests wait for the holder's answer, the first one first."""
        return tuple(self._asks)

    @property
    def request_id(self) -> int | None:
        """Return the number of the request that the holder is to answer, if there is one."""
        return next((number for _, number in self._asks.values()), None)

    def holds(self, session: str, epoch: int) -> bool:
        """Tell whether a session holds the lease of this epoch."""
        return session == self.holder and epoch == self.epoch

    def request(self, session: str) -> None:
        """Give the lease to a session if it is free; else ask the holder for it."""
        if self.holder is None:
            self._grant(session)
        elif session != self.holder:
            if session not in self._asks:
                self._requests += 1
            _, number = self._asks.get(session, (0.0, self._requests))
            self._asks[session] = self._clock() + ASK_TIME_S, number

    def take(self, session: str) -> None:
        """Give the lease to a session, whoever holds it."""
        if session != self.holder:
            self._grant(session)

    def leave(self, session: str) -> None:
        """Take back what a session holds or asks for; the next one who asks gets the lease."""
        self._asks.pop(session, None)
        if session == self.holder:
            self._grant(next(iter(self._asks), None))

    def hand_over(self, session: str, request: int | None = None) -> None:
        """
        Give this session's lease, if it is one, to the one who asks, if anybody does.

        :param request: the number of the request that this answers; ``None``: the first
        """
        if session == self.holder and self._asks and request in (None, self.request_id):
            self.leave(session)

    def refuse(self, session: str, request: int | None = None) -> None:
        """End the request that this session, if it holds the lease, is to answer; as above."""
        if session == self.holder and self._asks and request in (None, self.request_id):
            del self._asks[self.requesters[0]]

    def use(self) -> None:
        """Note that the holder moves the robot."""
        self._used = self._clock()

    def poll(self) -> None:
        """End requests that were not answered, and the lease of a holder who moves nothing."""
        now = self._clock()
        for session in [s for s, (until, _) in self._asks.items() if now > until]:
            del self._asks[session]
        if self.holder and self.idle_timeout and now - self._used > self.idle_timeout:
            self.leave(self.holder)

    def _grant(self, session: str | None) -> None:
        self._asks.pop(session, None)
        self.holder = session
        self.epoch += 1
        self.use()
