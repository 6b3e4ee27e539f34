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
Which numbers of an image are shown as black and as white: ``cameras.NAME.range``.

Images of temperatures, distances or labels use a small part of what their type can hold. Shown
in the type's range they would be flat grey, or black.
"""

from collections.abc import Iterable, Sequence
import math
import re
from typing import Literal, TypeAlias

# Numbers that are black and white; '': the range of the type; 'auto': that of the images.
ValueRange: TypeAlias = tuple[float, float] | Literal['', 'auto']
RANGE_FORMS = ("empty, auto, or two numbers, the smaller one first: '7600, 8100' or "
               '[7600.0, 8100.0]')
_SEPARATORS = re.compile(r'\s*(?:,|;|:|\.\.\.?|\s)\s*')
# Shares of the span by which an end of the range moves in a second: outward, so that what is new
# does not stay white for long, and inward, so that nobody sees it move.
_OUTWARD_PER_S, _INWARD_PER_S = 0.7, 0.25
# An end that would move by less than this share of the span stays, for an image that stands still.
_DEAD_BAND = 0.04


def range_text(value: object) -> str:
    """
    Return a parameter's value as a text: ``''``, ``'auto'``, or ``'LOW, HIGH'``.

    :param value: such a text, or two numbers in a sequence
    :raises ValueError: neither of these, not finite, or the second is not above the first
    """
    if isinstance(value, str):
        text = value.strip().lower()
        if text in ('', 'auto'):
            return text
        parts: Sequence[object] = _SEPARATORS.split(text.strip('[]()').strip())
    elif value is None or isinstance(value, Sequence) and not len(value):
        # An empty list has no type in ROS.
        return ''
    elif isinstance(value, Iterable):
        parts = list(value)
    else:
        raise ValueError(value)
    low, high = map(_number, parts)
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(value)
    return f'{low:.12g}, {high:.12g}'


def _number(part: object) -> float:
    if isinstance(part, bool) or not isinstance(part, (int, float, str)):
        raise ValueError(part)
    return float(part)


def parse_range(text: str) -> ValueRange:
    """
    Return the range that a text of :func:`range_text` means.

    :raises ValueError: no such text
    """
    text = range_text(text)
    if text == 'auto':
        return 'auto'
    if not text:
        return ''
    low, high = map(float, text.split(','))
    return low, high


class RangeFollower:
    """
    Follows the range of a camera's images, slowly, so that its brightness is steady.

    One thread at a time. Images without a range of their own, as all their pixels are equal, leave
    it as it is.

    :ivar limits: numbers shown as black and as white, ``None`` before the first image
    """

    def __init__(self) -> None:
        self.limits: tuple[float, float] | None = None
        self._time = 0.0

    def follow(self, low: float, high: float, now: float) -> tuple[float, float]:
        """
        Return the range in which the next image is shown.

        :param low: of the image's numbers, without a few of the lowest
        :param high: of its numbers, above ``low``
        :param now: when it came, in seconds of a clock that does not jump
        """
        seconds, self._time = max(now - self._time, 0.0), now
        if self.limits is None or low > self.limits[1] or high < self.limits[0]:
            # All of it would be black, or white.
            self.limits = low, high
            return self.limits
        before = self.limits
        span = before[1] - before[0]
        self.limits = (_moved(before[0], low, span, seconds, outward=low < before[0]),
                       _moved(before[1], high, span, seconds, outward=high > before[1]))
        return self.limits


def _moved(end: float, target: float, span: float, seconds: float, *, outward: bool) -> float:
    if abs(target - end) < _DEAD_BAND * span:
        return end
    step = (_OUTWARD_PER_S if outward else _INWARD_PER_S) * span * seconds
    return min(max(target, end - step), end + step)
