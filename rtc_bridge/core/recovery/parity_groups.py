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

from collections.abc import Sequence
from functools import lru_cache
import math
from typing import NamedTuple

# Packets of a block at most: a mask of its span has two of its three parts, and a recovery packet
# of a whole payload still fits into a datagram (see core.recovery.flexfec).
MAX_BLOCK = 46
# Frames of a block at most, and seconds from its first packet to the frame after it: four at 30 a
# second. A loss that a row does not repair is repaired at the end of its block, and until then the
# picture stands still; in longer blocks fewer recovery packets do. Of 3, 4 and 5 frames this lets
# pictures stand still least on the paths of test_recovery_in_time.py.
MAX_FRAMES, MAX_BLOCK_S = 4, 0.133
# Seconds by which frames of a camera come early or late.
_TOLERANCE_S = 0.005
# Seconds between two frames as long as only one is known.
_FIRST_INTERVAL_S = 1 / 30
# Bounds of the share of packets that may stay lost: 2 in 10,000 are two freezes a minute at
# 1.5 Mbit/s. Without a keyframe nothing that follows it can be shown.
TARGET, KEYFRAME_TARGET = 2e-4, 5e-5
# Recovery packets for each packet at most: what is above serves better as pictures.
MAX_SHARE = 0.5
# Length of bursts that are recovered, as a multiple of their mean: 90 % of the bursts of a
# Gilbert-Elliott path with a mean of four.
_BURST_MARGIN = 2.0
# Loss is rounded to this, so that the shapes of blocks are computed once.
_LOSS_STEP = 0.0025


class Shape(NamedTuple):
    """
    How a block of packets is protected: as a table with a recovery packet for each line.

    :ivar row: packets of a row, about; a row is protected as soon as its frame is sent
    :ivar columns: recovery packets at the end of the block, each for one column
    """

    row: int
    columns: int


class ParityGroups:
    """
    Puts the packets of a stream into groups; one recovery packet is made of each group.

    A single loss in a group is recovered. Each packet is in a row and, on paths that lose more,
    in a column: two losses of a row are recovered by their columns (two-dimensional parity,
    draft-ietf-payload-flexible-fec-scheme-03, section 1.1.4). A burst of losses takes one packet
    of each column at most, in a keyframe one of each row.

    A keyframe is protected by itself, at once. Other frames share columns, as each has a few
    packets only.
    """

    def __init__(self) -> None:
        # Sequence numbers of the block in the order of the columns, row by row.
        self._ordered: list[int] = []
        # Those that wait for a row, and place of each in the stream, for all of the block.
        self._pending: list[int] = []
        self._place: dict[int, int] = {}
        self._frames = 0
        self._began = 0.0
        self._last: float | None = None
        self._rows = self._longest_row = 0

    def restart(self) -> None:
        """Forget the block that has begun: its packets are not protected by columns."""
        self._ordered.clear()
        self._pending.clear()
        self._place.clear()
        self._frames = self._rows = self._longest_row = 0

    def add(self, sequences: Sequence[int], time: float, loss: float, *, burst: float = 1.0,
            keyframe: bool = False) -> list[tuple[int, ...]]:
        """
        Take the packets of a frame that was sent; return the groups that are complete.

        :param sequences: RTP sequence numbers, which follow each other and the last frame's
        :param time: that the frame is shown for, in seconds
        :param loss: share of packets that the path loses, 0 to 1
        :param burst: packets that are lost in a row, on average; at least 1
        :return: sequence numbers of each group in the order of sending, which span at most
            ``MAX_BLOCK`` numbers
        :raises ValueError: the sequence numbers do not follow each other
        """
        for before, sequence in zip(sequences, sequences[1:], strict=False):
            if sequence != before + 1 & 0xFFFF:
                raise ValueError(f'{sequence} does not follow {before}')
        groups: list[tuple[int, ...]] = []
        if not sequences:
            return groups
        newest = next(reversed(self._place), None)
        if newest is not None and (sequences[0] != newest + 1 & 0xFFFF
                                   or time - self._began > 2 * MAX_BLOCK_S):
            # Something was sent that is not protected, or nothing for a while: what is lost of the
            # block is too old.
            self.restart()
        room = MAX_BLOCK - len(self._place)
        if keyframe or len(sequences) > room:
            groups += self._end_block(loss, burst, TARGET)
        target = KEYFRAME_TARGET if keyframe else TARGET
        blocks = math.ceil(len(sequences) / MAX_BLOCK)
        size = math.ceil(len(sequences) / blocks)
        alone = keyframe or blocks > 1
        for first in range(0, len(sequences), size):
            part = sequences[first:first + size]
            groups += self._add_part(part, time, loss, burst, target, alone=alone)
            if alone:
                groups += self._end_block(loss, burst, target, alone=True)
        interval = _FIRST_INTERVAL_S if self._last is None else max(0.0, time - self._last)
        self._last = time
        end = time - self._began + interval
        if self._frames >= MAX_FRAMES or end > MAX_BLOCK_S + _TOLERANCE_S:
            groups += self._end_block(loss, burst, target)
        return groups

    def _add_part(self, part: Sequence[int], time: float, loss: float, burst: float,
                  target: float, *, alone: bool) -> list[tuple[int, ...]]:
        if not self._frames:
            self._began = time
        self._frames += 1
        for sequence in part:
            self._place[sequence] = len(self._place)
        self._pending += part
        # The other frames of the block are taken to be like this one.
        block = len(part) if alone else min(MAX_BLOCK, MAX_FRAMES * len(part))
        shape = best_shape(block, loss, target, burst, alone=alone)
        rows = len(self._pending) / shape.row
        return self._end_rows(math.ceil(rows) if alone else round(rows))

    def _end_rows(self, count: int) -> list[tuple[int, ...]]:
        """Make so many rows of what waits; neighbours are in different ones."""
        if not count:
            return []
        rows = [tuple(self._pending[first::count]) for first in range(count)]
        self._pending = []
        self._rows += count
        for row in rows:
            self._ordered += row
            self._longest_row = max(self._longest_row, len(row))
        return rows

    def _end_block(self, loss: float, burst: float, target: float, *, alone: bool = False,
                   ) -> list[tuple[int, ...]]:
        groups = self._end_rows(1 if self._pending else 0)
        count = best_columns(len(self._ordered), self._rows, self._longest_row, loss, target,
                             burst, alone=alone)
        place = self._place.__getitem__
        # Packets that follow each other in a row are in different columns, whatever their row.
        groups += [tuple(sorted(self._ordered[first::count], key=place))
                   for first in range(count)]
        self.restart()
        return groups


def residual_loss(packets: int, shape: Shape, loss: float) -> float:
    """
    Return about which share of packets stays lost, 0 to 1, if losses are independent.

    Lost for good is, to the first order, a packet with another one of its row that is lost.
    Without columns that is any other one; with columns one that is in the same column, too, or
    one that is the corner of a rectangle whose four corners are lost.
    """
    if not shape.columns:
        return loss ** 2 * shape.row
    # Others of its row in its column: so many columns have one packet more of it than the rest.
    each, more = divmod(shape.row, shape.columns)
    same = (more * (each + 1) * each + (shape.columns - more) * each * (each - 1)) / shape.row
    return loss ** 2 * same + loss ** 4 * shape.row * packets / shape.columns


def best_shape(packets: int, loss: float, target: float = TARGET, burst: float = 1.0, *,
               alone: bool = False) -> Shape:
    """
    Return the cheapest protection of a block that leaves no more than ``target`` lost.

    Where ``MAX_SHARE`` does not allow that, it is the best one within that share.

    :param packets: of the block, 1 to ``MAX_BLOCK``
    :param loss: share of packets that the path loses, 0 to 1
    :param target: share of packets that may stay lost, 0 to 1
    :param burst: packets that are lost in a row, on average
    :param alone: the block is a frame, or a part of one; otherwise each row is one
    """
    return _best_shape(packets, _rounded(loss), target, _longest_burst(burst), alone)


def best_columns(packets: int, rows: int, longest: int, loss: float, target: float = TARGET,
                 burst: float = 1.0, *, alone: bool = False) -> int:
    """
    Return how many columns a block gets whose rows are made already; see :func:`best_shape`.

    :param packets: of the block
    :param longest: packets of its longest row
    """
    most = max(0, int(packets * MAX_SHARE) - rows)
    for columns in range(most):
        if (_spreads(rows, columns, _longest_burst(burst), alone)
                and residual_loss(packets, Shape(longest, columns), _rounded(loss)) <= target):
            return columns
    return most


def _spreads(rows: int, columns: int, burst: int, alone: bool) -> bool:
    """Tell whether so many packets in a row are in different groups."""
    return (rows if alone else columns) >= burst or burst <= 1


def _longest_burst(mean: float) -> int:
    """Return how many losses in a row are to be recovered; 1 where losses are independent."""
    return math.ceil(mean * _BURST_MARGIN) if mean > 1 else 1


def _rounded(loss: float) -> float:
    """Return a loss, 0 to 1, rounded up."""
    # Not to the next step for the last bit of a float.
    return min(1.0, math.ceil(round(loss / _LOSS_STEP, 6)) * _LOSS_STEP)


@lru_cache(maxsize=1024)
def _best_shape(packets: int, loss: float, target: float, covered: int, alone: bool) -> Shape:
    best: tuple[bool, float, float, Shape] | None = None
    # Long rows first: of two that are as good, a frame has fewer with them.
    for row in range(packets, 0, -1):
        rows = math.ceil(packets / row)
        for columns in range(packets):
            share = (rows + columns) / packets
            if share > MAX_SHARE and rows + columns > 1:
                break
            shape = Shape(row, columns)
            left = residual_loss(packets, shape, loss)
            missed = left > target or not _spreads(rows, columns, min(covered, packets), alone)
            # What meets the target is chosen by its price, what does not by what it leaves.
            rank = (missed, left if missed else share, share if missed else left, shape)
            if best is None or rank[:3] < best[:3]:
                best = rank
    assert best is not None
    return best[3]
