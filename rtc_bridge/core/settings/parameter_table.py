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

"""Parameters as tables: one row holds name, default, range, unit and description."""

from dataclasses import dataclass
import math
from typing import Any

from ..errors import ParameterError
from ..protocol.strict_json import shorten

Value = bool | int | float | str | list[str]
_KINDS = {bool: 'true or false', int: 'an integer', float: 'a number', str: 'a text',
          list: 'a list of texts'}


@dataclass(frozen=True)
class Parameter:
    """
    One parameter.

    The default's type is the parameter's type. ``low`` and ``high`` bound numbers, both included;
    ``choices`` are the only values allowed, if any are given. ``live`` parameters may be changed
    while running.
    """

    name: str
    default: Value
    description: str
    unit: str = ''
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] | tuple[int, ...] = ()
    live: bool = False

    def allowed(self) -> str:
        """Return what values are allowed, in words."""
        if self.choices:
            return 'one of ' + ', '.join(map(str, self.choices))
        text = _KINDS[type(self.default)]
        if self.low is not None and self.high is not None:
            text += f' from {self.low} to {self.high}'
        elif self.low is not None:
            text += f' of at least {self.low}'
        return f'{text} {self.unit}'.rstrip()

    def check(self, value: Any) -> Value:
        """
        Return the value in the parameter's type.

        An integer stands for a float, as people write 1 for 1.0 in YAML.

        :raises ParameterError: another type, out of range, not finite, not among the choices
        """
        kind = type(self.default)
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if kind is list and (value is None or isinstance(value, (list, tuple))):
            # An empty list has no element type: ROS makes any kind of array of it, or nothing.
            value = list(value or ())
            good = all(isinstance(item, str) for item in value)
        else:
            good = type(value) is kind
        if good and kind is float:
            good = math.isfinite(value)
        if good and self.choices:
            good = value in self.choices
        if good and self.low is not None:
            good = value >= self.low
        if good and self.high is not None:
            good = value <= self.high
        if not good:
            raise ParameterError(
                f'parameter {self.name} is {shorten(value)}, allowed is {self.allowed()}')
        return value
