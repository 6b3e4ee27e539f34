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
import math

from .flexfec import MAX_SPAN

# Frames whose packets are still protected, and seconds for which: what is recovered later than
# that comes no sooner than a packet that is sent again.
_DEPTH, _MAX_AGE_S = 4, 0.14
# Recovery packets for each packet of media at most.
MAX_SHARE = 0.6
# Recovery packets are so many times the root of the loss, and more for frames of few packets: with
# that 1 of 10,000 packets stays lost at any loss up to a tenth (simulated, see the tests).
_SHARE, _SHARE_OF_ONE = 1.3, 2.4
# Nothing is shown before a keyframe is whole.
_KEYFRAME_FACTOR = 1.5
# Losses in a row need more recovery packets, and neighbours in more groups.
_BURST_FACTOR = 1.5
_MIN_SETS, _MIN_BURST_SETS = 2, 4


class ParityGroups:
    """
    Puts the packets of a stream into groups; one recovery packet is made of each group.

    A group of which one packet is lost recovers it, and that may leave one packet lost in another
    group. So each packet is in several groups, each time with other neighbours: with the recovery
    packets of its own frame, which are sent with it, and with those of the next three frames. With
    as many recovery packets this leaves a hundredth of the losses that rows and columns leave
    (draft-ietf-payload-flexible-fec-scheme-03, section 1.1.4), whose packets are in two groups.
    """

    def __init__(self) -> None:
        # Time and sequence numbers of the frames that are protected, the newest first.
        self._frames: deque[tuple[float, Sequence[int]]] = deque(maxlen=_DEPTH)
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
        if self._frames and sequences[0] != self._frames[0][1][-1] + 1 & 0xFFFF:
            # Something was sent that is not protected.
            self._frames.clear()
        share = recovery_share(len(sequences), loss, burst)
        if keyframe or len(sequences) > MAX_SPAN:
            return self._protect_at_once(sequences, time, share)
        self._frames.appendleft((time, sequences))
        self._forget(time)
        self._due += share * len(sequences)
        count = math.floor(self._due + 0.5)
        self._due -= count
        return self._groups(count, _MIN_BURST_SETS if burst > 1 else _MIN_SETS)

    def _forget(self, time: float) -> None:
        """Leave out frames that are too old, or do not fit into a mask with the newest."""
        fitting, packets = 0, 0
        for sent, sequences in self._frames:
            packets += len(sequences)
            if time - sent > _MAX_AGE_S or packets > MAX_SPAN:
                break
            fitting += 1
        while len(self._frames) > fitting:
            self._frames.pop()

    def _protect_at_once(self, sequences: Sequence[int], time: float, share: float,
                         ) -> list[tuple[int, ...]]:
        """Protect a frame by itself, in parts that fit into a mask."""
        parts = math.ceil(len(sequences) / MAX_SPAN)
        size = math.ceil(len(sequences) / parts)
        groups = []
        for first in range(0, len(sequences), size):
            part = sequences[first:first + size]
            count = math.ceil(min(MAX_SHARE, _KEYFRAME_FACTOR * share) * len(part)) or 1
            places = range(len(part))
            groups += [tuple(part[place] for place in places if any(
                subset(place, len(part), count, family) == number
                for family in range(_DEPTH))) for number in range(count)]
        self._frames.clear()
        self._frames.appendleft((time, part))
        self._due = 0.0
        return groups

    def _groups(self, count: int, min_sets: int) -> list[tuple[int, ...]]:
        """Return so many groups; each has some packets of the newest frame and of older ones."""
        groups: list[list[int]] = [[] for _ in range(count)]
        for age, (_, sequences) in reversed(list(enumerate(self._frames))):
            # All packets of the newest frame are in a group. Of older ones some may be left out,
            # others each time: of two packets that are always in the same groups none is
            # recovered.
            sets = count if not age else max(count, min(min_sets, len(sequences)))
            for place, sequence in enumerate(sequences):
                number = (subset(place, len(sequences), sets, age) - age * count) % max(sets, 1)
                if number < count:
                    groups[number].append(sequence)
        return [tuple(group) for group in groups if group]


def subset(place: int, packets: int, sets: int, family: int) -> int:
    """
    Return in which subset of its frame a packet is, 0 to ``sets`` - 1.

    Packets that are in one subset in a family are in different ones in the others, as far as that
    is possible.

    :param place: of the packet in its frame, from 0 on
    :param packets: of the frame
    :param sets: how many subsets there are
    :param family: 0: neighbours are in different subsets; 1: runs; 2 and more: diagonals
    """
    if sets <= 1:
        return 0
    if family == 1:
        return place * sets // packets
    return ((1, 1, 1, 2)[family] * place + (place // sets if family else 0)
            + (family if family > 2 else 0)) % sets


def recovery_share(packets: int, loss: float, burst: float = 1.0) -> float:
    """
    Return how many recovery packets are sent for each packet of media, 0 to ``MAX_SHARE``.

    :param packets: of a frame, at least 1
    :param loss: share of packets that the path loses, 0 to 1
    :param burst: packets that are lost in a row, on average
    """
    share = (_SHARE + _SHARE_OF_ONE / packets) * math.sqrt(loss)
    return min(MAX_SHARE, share * (_BURST_FACTOR if burst > 1 else 1.0))
