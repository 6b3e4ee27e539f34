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

"""Which packets are protected together by one recovery packet each (forward error correction)."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
import math

from .flexfec import MAX_SPAN

# Steps from a packet's subset to that of its neighbour, one for each way to divide a frame into
# subsets; 0: runs of neighbours.
_STEPS = (1, 0, 1, 2)
# Frames whose packets are still protected, and seconds for which: what is recovered later than
# that comes no sooner than a packet that is sent again.
_DEPTH, _MAX_AGE_S = len(_STEPS), 0.14
_FIRST_INTERVAL_S = 1 / 30
# Recovery packets for each packet of media: at most, as a multiple of the root of the loss, and
# how much more for frames of few packets; more only where frames would be in no group otherwise.
# With seven packets a frame, thirty frames a second, 1 of 10,000 packets stays lost at any loss up
# to a tenth (simulated, see the tests).
MAX_SHARE, _SHARE, _SHARE_OF_ONE = 0.6, 1.5, 2.4
# Nothing is shown before a keyframe is whole.
_KEYFRAME_FACTOR = 1.5
# Losses in a row need more recovery packets, and neighbours in more groups.
_BURST_FACTOR = 1.5
_MIN_SETS, _MIN_BURST_SETS = 2, 4
# Losses are rounded up to a multiple of this: viewers that get the same groups share the work.
_LOSS_STEP = 0.0025


@dataclass
class _Frame:
    """
    A frame that is protected.

    :ivar time: that it is shown for, in seconds
    :ivar grouped: all of its packets have been in a group
    """

    time: float
    sequences: Sequence[int]
    grouped: bool = False


class ParityGroups:
    """
    Puts the packets of a stream into groups; one recovery packet is made of each group.

    A group of which one packet is lost recovers it, and that may leave one packet lost in another
    group. So each packet is in several groups, each time with other neighbours: with the recovery
    packets of its own frame, which are sent with it, and with those of the next three frames, as
    far as these come in time. With as many recovery packets this leaves a hundredth of the losses
    that rows and columns leave (draft-ietf-payload-flexible-fec-scheme-03, section 1.1.4), whose
    packets are in two groups. A keyframe is protected by itself at once.
    """

    def __init__(self) -> None:
        # Those that are protected, the newest first.
        self._frames: deque[_Frame] = deque(maxlen=_DEPTH)
        # Recovery packets that are due; less than one is carried over to the next frame.
        self._due = 0.0

    def add(self, sequences: Sequence[int], time: float, loss: float, *, burst: float = 1.0,
            keyframe: bool = False) -> list[tuple[int, ...]]:
        """
        Take the packets of a frame that was sent; return the groups that are to be sent now.

        :param sequences: RTP sequence numbers, which follow each other
        :param time: that the frame is shown for, in seconds
        :param loss: share of packets that the path loses, 0 to 1
        :param burst: packets that are lost in a row, on average; at least 1
        :return: sequence numbers of each group in the order of sending, which span at most
            ``flexfec.MAX_SPAN`` numbers
        :raises ValueError: the sequence numbers do not follow each other
        """
        for before, sequence in zip(sequences, sequences[1:], strict=False):
            if sequence != before + 1 & 0xFFFF:
                raise ValueError(f'{sequence} does not follow {before}')
        if not sequences:
            return []
        if self._frames and sequences[0] != self._frames[0].sequences[-1] + 1 & 0xFFFF:
            # Something was sent that is not protected.
            self._frames.clear()
        share = recovery_share(len(sequences), loss, burst)
        if keyframe or len(sequences) > MAX_SPAN:
            return self._protect_at_once(sequences, time, share)
        interval = time - self._frames[0].time if self._frames else _FIRST_INTERVAL_S
        self._frames.appendleft(_Frame(time, sequences))
        self._forget(time)
        self._due += share * len(sequences)
        count = max(0, math.floor(self._due + 0.5))
        if share and not count and self._is_last_chance(time + interval):
            count = 1
        self._due -= count
        return self._groups(count, _MIN_BURST_SETS if burst > 1 else _MIN_SETS)

    def _forget(self, time: float) -> None:
        """Leave out frames that are too old, or do not fit into a mask with the newest."""
        fitting, packets = 0, 0
        for frame in self._frames:
            packets += len(frame.sequences)
            if time - frame.time > _MAX_AGE_S or packets > MAX_SPAN:
                break
            fitting += 1
        while len(self._frames) > fitting:
            self._frames.pop()

    def _is_last_chance(self, next_time: float) -> bool:
        """Tell whether a frame that is in no group yet cannot be in one with the next frame."""
        oldest = next((frame for frame in reversed(self._frames) if not frame.grouped), None)
        return oldest is not None and (next_time - oldest.time > _MAX_AGE_S
                                       or oldest is self._frames[-1]
                                       and len(self._frames) == _DEPTH)

    def _protect_at_once(self, sequences: Sequence[int], time: float, share: float,
                         ) -> list[tuple[int, ...]]:
        """Protect a frame by itself, in parts that fit into a mask."""
        parts = math.ceil(len(sequences) / MAX_SPAN)
        size = math.ceil(len(sequences) / parts)
        groups = []
        for first in range(0, len(sequences), size):
            part = sequences[first:first + size]
            count = math.ceil(min(MAX_SHARE, _KEYFRAME_FACTOR * share) * len(part)) or 1
            # With more families than that, groups of a few would be alike.
            families = min(_DEPTH, (count + 1) // 2)
            made: list[list[int]] = [[] for _ in range(count)]
            for place, sequence in enumerate(part):
                for number in {subset(place, len(part), count, family)
                               for family in range(families)}:
                    made[number].append(sequence)
            groups += [tuple(group) for group in made if group]
        self._frames.clear()
        self._frames.appendleft(_Frame(time, part, True))
        self._due = 0.0
        return groups

    def _groups(self, count: int, min_sets: int) -> list[tuple[int, ...]]:
        """Return so many groups; each has some packets of the newest frame and of older ones."""
        if not count:
            return []
        groups: list[list[int]] = [[] for _ in range(count)]
        for age, frame in reversed(list(enumerate(self._frames))):
            packets = len(frame.sequences)
            # Of frames that have been in a group some packets may be left out, others each time:
            # of two packets that are always in the same groups none is recovered.
            sets = max(count, min(min_sets, packets)) if frame.grouped else count
            for place, sequence in enumerate(frame.sequences):
                number = (subset(place, packets, sets, age) - age * count) % sets
                if number < count:
                    groups[number].append(sequence)
            frame.grouped = True
        return [tuple(group) for group in groups if group]


def subset(place: int, packets: int, sets: int, family: int) -> int:
    """
    Return in which subset of its frame a packet is, 0 to ``sets`` - 1.

    Packets that are in one subset in a family are in different ones in the others, as far as that
    is possible.

    :param place: of the packet in its frame, from 0 on
    :param packets: of the frame
    :param sets: how many subsets there are, at least 1
    :param family: 0: neighbours are in different subsets; 1: runs; 2 and 3: diagonals
    """
    if family == 1:
        return place * sets // packets
    row = place // sets if family else 0
    return (_STEPS[family] * place + row + (family > 2) * family) % sets


def recovery_share(packets: int, loss: float, burst: float = 1.0) -> float:
    """
    Return how many recovery packets are sent for each packet of media, 0 to ``MAX_SHARE``.

    :param packets: of a frame, at least 1
    :param loss: share of packets that the path loses, 0 to 1
    :param burst: packets that are lost in a row, on average
    """
    # Not to the next step for the last bit of a float.
    rounded = min(1.0, math.ceil(round(loss / _LOSS_STEP, 6)) * _LOSS_STEP)
    share = (_SHARE + _SHARE_OF_ONE / packets) * math.sqrt(rounded)
    return min(MAX_SHARE, share * (_BURST_FACTOR if burst > 1 else 1.0))
