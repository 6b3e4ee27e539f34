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

"""When each packet of a voice is played, however late it comes."""

from collections import deque
from dataclasses import dataclass

# Seconds of sound in a packet (RFC 7587, section 4.2: what browsers send).
PACKET_S = 0.02
# Seconds that are waited at first, and at least: what a host of its own needs to send on time.
_MIN_DELAY_S = 0.02
# Seconds that are waited at most: a longer delay hurts more than a gap.
_MAX_DELAY_S = 0.3
# Packets from which the delay is found: 4 s.
_HISTORY = 200
# Share of the packets that have to be there in time.
_IN_TIME = 0.97
# Packets that are concealed while nothing comes.
_MAX_MISSING = 5
# Packets that are kept: more of them are no voice.
_MAX_KEPT = 64
# Sequence numbers have 16 bits (RFC 3550, section 5.1).
_MODULUS = 1 << 16
# Packets from which on the earliest one tells of sender and path, and the share of its lateness
# that is taken for theirs: 63 % within a second.
_REBASE_FROM, _REBASE = 50, 0.02
# Seconds of lateness after which a voice begins anew: its sender has paused without a gap in the
# numbers.
_MAX_LATE_S = 0.4
# A jump by so much is a new stream.
_MAX_JUMP = 500


@dataclass(frozen=True)
class Played:
    """
    What is played next.

    :ivar payload: a packet's, ``None`` for one that did not come: it is to be concealed
    """

    payload: bytes | None


class JitterBuffer:
    """
    Puts packets in order, and finds out how long it must wait for late ones.

    A packet is due at the time of the earliest one, by its own number, and the delay. The delay
    follows what the packets of the last seconds needed: at once when it grows, and by a hundredth
    of the difference when it shrinks. Belongs to one thread.
    """

    def __init__(self) -> None:
        self._packets: dict[int, bytes] = {}
        # The number that is played next, ``None`` while nothing is.
        self._next: int | None = None
        # When the packet of number 0 would have come without a delay, in seconds.
        self._origin = 0.0
        self._delay = _MIN_DELAY_S
        self._lateness: deque[float] = deque(maxlen=_HISTORY)
        self._newest = 0
        # Packets in a row that did not come, nor any behind them.
        self._missing = 0

    @property
    def delay(self) -> float:
        """Return for how long packets are kept, in seconds."""
        return self._delay

    def put(self, sequence: int, payload: bytes, now: float) -> None:
        """
        Take a packet.

        :param sequence: its number, 16 bits
        :param now: when it came, in seconds
        """
        number = self._unwrapped(sequence)
        late = now - (self._origin + number * PACKET_S)
        if self._next is None or abs(number - self._newest) > _MAX_JUMP or late > _MAX_LATE_S:
            self._begin(number, now)
            late = 0.0
        self._newest = max(self._newest, number)
        if late < 0:
            # It is the fastest one so far: the others were late.
            self._origin += late
            self._lateness = deque((before - late for before in self._lateness), _HISTORY)
            late = 0.0
        self._lateness.append(late)
        self._rebase()
        self._follow()
        if self._next is not None and number >= self._next and len(self._packets) < _MAX_KEPT:
            self._packets[number] = payload

    def _begin(self, number: int, now: float) -> None:
        """Play from a packet on; the delay stays what it was."""
        self._packets.clear()
        self._lateness.clear()
        self._missing = 0
        self._next = self._newest = number
        self._origin = now - number * PACKET_S

    def _rebase(self) -> None:
        """Follow a sender whose clock is slower, or whose path has become longer."""
        least = min(self._lateness)
        if len(self._lateness) >= _REBASE_FROM and least > 0:
            self._origin += _REBASE * least
            self._lateness = deque(
                (late - _REBASE * least for late in self._lateness), _HISTORY)

    def _unwrapped(self, sequence: int) -> int:
        ahead = (sequence - self._newest) % _MODULUS
        return self._newest + (ahead - _MODULUS if ahead >= _MODULUS // 2 else ahead)

    def _follow(self) -> None:
        """Let the delay follow the lateness of nearly all packets."""
        ordered = sorted(self._lateness)
        needed = min(_MAX_DELAY_S, max(
            _MIN_DELAY_S, ordered[min(len(ordered) - 1, int(_IN_TIME * len(ordered)))]))
        self._delay += (needed - self._delay) * (1.0 if needed > self._delay else 0.01)

    def take(self, now: float) -> Played | None:
        """
        Return what is due, ``None`` if nothing is.

        :param now: in seconds
        """
        if self._next is None or now < self._origin + self._next * PACKET_S + self._delay:
            return None
        payload = self._packets.pop(self._next, None)
        self._missing = 0 if payload is not None or self._packets else self._missing + 1
        if self._missing > _MAX_MISSING:
            # The voice has ended.
            self._next, self._missing = None, 0
            return None
        self._next += 1
        return Played(payload)

    def wait(self, now: float) -> float | None:
        """Return in how many seconds something is due, ``None`` if nothing is expected."""
        if self._next is None:
            return None
        return max(0.0, self._origin + self._next * PACKET_S + self._delay - now)
