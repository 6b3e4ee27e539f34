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

"""Thresholds of a value: ``< 20``, ``> 70``, ``== true``, ``!= OK``."""

from collections.abc import Callable
import operator
import re
from typing import Any

_TEXT = re.compile(r'\s*(<=|>=|==|!=|<|>)\s*(\S.*?)\s*')
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    '<': operator.lt, '<=': operator.le, '>': operator.gt, '>=': operator.ge,
    '==': operator.eq, '!=': operator.ne}
_WORDS = {'true': True, 'false': False}
# Characters of a word to compare with.
_MAX_WORD = 64
# What is allowed, in words.
THRESHOLD_FORMS = ("empty, or a comparison in quotes: '< 20', '<= 20', '> 70', '>= 70', "
                   "'== true', '!= OK'")


class Threshold:
    """
    A comparison with a number, with true or false, or with a word.

    :raises ValueError: it is none of these
    """

    def __init__(self, text: str) -> None:
        parts = _TEXT.fullmatch(text)
        if parts is None or len(parts[2]) > _MAX_WORD:
            raise ValueError(text)
        self._compare = _COMPARE[parts[1]]
        word = parts[2]
        self._limit: bool | float | str
        if word.lower() in _WORDS:
            self._limit = _WORDS[word.lower()]
        elif re.fullmatch(r'[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?', word):
            self._limit = float(word)
        else:
            self._limit = word
        if parts[1][0] in '<>' and not isinstance(self._limit, float):
            raise ValueError(text)

    @property
    def has_number(self) -> bool:
        """Tell whether it is a comparison with a number."""
        return isinstance(self._limit, float)

    def fits(self, value: Any) -> bool:
        """Tell whether a value is of the kind that it compares with."""
        if self.has_number and not isinstance(value, bool):
            return isinstance(value, (int, float))
        return type(value) is type(self._limit)

    def is_met(self, value: Any) -> bool:
        """Tell whether a value is as the comparison says; a value of another kind is not."""
        return self.fits(value) and self._compare(value, self._limit)


def threshold_text(value: object) -> str:
    """
    Return the value of a parameter that is a threshold, or empty.

    :raises ValueError: it is neither
    """
    if not isinstance(value, str):
        raise ValueError(value)
    if value:
        Threshold(value)
    return value
