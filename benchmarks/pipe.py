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
One direction of a network path: a queue before a slow link, delay, jitter, and loss.

Pure: time is what the caller says, so a test needs none.
"""

from collections import deque
from dataclasses import dataclass
import random
from typing import Any

# IPv4 and UDP, which a real link carries too.
HEADERS = 28


@dataclass(frozen=True)
class Path:
    """
    What one direction is like.

    :param rate: of the link in Mbit/s, headers included; 0: without limit
    :param delay: one way, in ms, on top of the time in the queue
    :param queue: the longest wait before the link, in ms at the present rate; what finds no room
        is dropped (drop-tail)
    :param loss: of what has passed the link, in percent, at random
    :param burst: packets that are lost in a row, on average (a Gilbert-Elliott path)
    :param jitter: time for which a packet is held back at most, in ms, at random; those behind it
        wait for it
    """

    rate: float = 0.0
    delay: float = 0.0
    queue: float = 400.0
    loss: float = 0.0
    burst: float = 1.0
    jitter: float = 0.0

    def __post_init__(self) -> None:
        """
        Check the values.

        :raises ValueError: one is not possible
        """
        if not (self.rate >= 0 and self.delay >= 0 and self.queue > 0 and 0 <= self.loss <= 100
                and self.burst >= 1 and self.jitter >= 0
                # Between two bursts is a packet at least.
                and (self.burst == 1 or self.loss <= self.burst * (100 - self.loss))):
            raise ValueError(f'no such path: {self}')


def read_path(text: str) -> Path:
    """
    Read ``rate=1.2,delay=50,queue=400,loss=3``; what is left out has its default.

    :raises ValueError: another form
    """
    pairs = [part.partition('=') for part in text.replace(',', ' ').split()]
    unknown = [key for key, _, _ in pairs if key not in Path.__dataclass_fields__]
    if unknown:
        raise ValueError(f'{unknown[0]!r} is none of {", ".join(Path.__dataclass_fields__)}')
    return Path(**{key: float(value) for key, _, value in pairs})


class Pipe:
    """
    Packets on their way in one direction; ``push`` them and ``pop`` what has arrived.

    Times in seconds, of any clock that only goes forward. ``sent``, ``full`` and ``lost`` count
    packets: put in, dropped at the full queue, lost behind the link.

    :param seed: of what is random
    """

    def __init__(self, path: Path, seed: int = 1) -> None:
        """Start empty."""
        self._path = path
        self._random = random.Random(seed)
        # What waits for the link, with the bits still to be sent; and what is behind it.
        self._waiting: deque[tuple[float, Any]] = deque()
        self._flying: deque[tuple[float, Any]] = deque()
        self._backlog = 0.0
        # The link has worked on the head of the queue until here.
        self._served = 0.0
        self._last = 0.0
        self._in_burst = False
        self.sent = self.full = self.lost = 0

    def set_path(self, now: float, path: Path) -> None:
        """Change the path; what waits stays, also where the queue is now shorter."""
        self._serve(now)
        self._path = path

    def push(self, now: float, size: int, packet: Any) -> None:
        """Put a packet in. ``size``: of its UDP payload in bytes."""
        self._serve(now)
        self.sent += 1
        bits = (size + HEADERS) * 8.0
        if self._path.rate:
            room = self._path.rate * self._path.queue * 1000
            # A link that is idle takes a packet of any size.
            if self._waiting and self._backlog + bits > room:
                self.full += 1
                return
            self._waiting.append((bits, packet))
            self._backlog += bits
        elif self._waiting:
            self._waiting.append((0.0, packet))
        else:
            self._fly(now, packet)

    def pop(self, now: float) -> list[Any]:
        """Return what has arrived, in its order."""
        self._serve(now)
        arrived = []
        while self._flying and self._flying[0][0] <= now:
            arrived.append(self._flying.popleft()[1])
        return arrived

    def next_arrival(self) -> float | None:
        """Return when to ``pop`` next; ``None`` when nothing is on its way."""
        if self._flying:
            return self._flying[0][0]
        if not self._waiting:
            return None
        return self._finish() + self._path.delay / 1000

    def waiting(self, now: float) -> float:
        """Return how long a packet that came now would wait before the link, in seconds."""
        self._serve(now)
        return self._backlog / (self._path.rate * 1e6) if self._path.rate else 0.0

    def _finish(self) -> float:
        """Return when the head of the queue has passed the link."""
        if not self._path.rate:
            return self._served
        return self._served + self._waiting[0][0] / (self._path.rate * 1e6)

    def _serve(self, now: float) -> None:
        """Let the link work until now."""
        while self._waiting and (finish := self._finish()) <= now:
            bits, packet = self._waiting.popleft()
            self._backlog -= bits
            self._served = finish
            self._fly(finish, packet)
        if self._waiting:
            bits, packet = self._waiting[0]
            done = (now - self._served) * self._path.rate * 1e6
            self._waiting[0] = bits - done, packet
            self._backlog -= done
        else:
            self._backlog = 0.0
        self._served = now

    def _fly(self, moment: float, packet: Any) -> None:
        if self._is_lost():
            self.lost += 1
            return
        held = self._random.uniform(0, self._path.jitter) if self._path.jitter else 0.0
        # A path that became shorter does not let packets overtake each other.
        self._last = max(self._last, moment + (self._path.delay + held) / 1000)
        self._flying.append((self._last, packet))

    def _is_lost(self) -> bool:
        path = self._path
        if path.burst <= 1 or not 0 < path.loss < 100:
            return self._random.random() * 100 < path.loss
        # Chances to leave a burst, and to get into one, so that bursts have ``loss`` of all.
        leave = 1 / path.burst
        enter = leave * path.loss / (100 - path.loss)
        self._in_burst = self._random.random() < (1 - leave if self._in_burst else enter)
        return self._in_burst
