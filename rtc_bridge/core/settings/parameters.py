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

"""Settings as frozen dataclasses: each field has a default, range, unit and description."""

from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, Field, field, fields, is_dataclass, replace
import math
from typing import Any, cast, ClassVar, Protocol, TypeVar

from ..errors import ParameterError
from ..protocol.strict_json import shorten


class Settings(Protocol):
    """An instance of any dataclass whose fields are made by :func:`parameter`, or are groups."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


Value = bool | int | float | str | tuple[str, ...] | tuple[int, ...] | tuple[float, ...]
_Value = TypeVar('_Value', bound=Value)
_Settings = TypeVar('_Settings', bound=Settings)
_METADATA = 'parameter'
_KINDS = {bool: 'true or false', int: 'an integer', float: 'a number', str: 'a text'}
_ITEMS = {str: 'a list of texts', int: 'a list of integers', float: 'a list of numbers'}


@dataclass(frozen=True)
class Parameter:
    """
    One parameter.

    The default's type is the parameter's type. ``low`` and ``high`` bound numbers, both included;
    ``choices`` are the only values allowed, if any are given. ``live`` parameters may be changed
    while the program runs. ``item`` is the type of what is in a list. ``read`` returns what a
    value means, or raises ValueError; ``forms`` are the values that it allows.
    """

    name: str
    default: Value
    description: str
    unit: str = ''
    low: float | None = None
    high: float | None = None
    choices: tuple[Value, ...] = ()
    live: bool = False
    item: type[str] | type[int] | type[float] = str
    read: Callable[[object], Value] | None = None
    forms: str = ''

    def allowed(self) -> str:
        """Return in words which values are allowed."""
        if self.forms:
            return self.forms
        if self.choices:
            return 'one of ' + ', '.join(map(str, self.choices))
        kind = type(self.default)
        text = _ITEMS[self.item] if kind is tuple else _KINDS[kind]
        if self.low is not None and self.high is not None:
            text += f' from {self.low} to {self.high}'
        elif self.low is not None:
            text += f' of at least {self.low}'
        return f'{text} {self.unit}'.rstrip()

    def check(self, value: object) -> Value:
        """
        Return a value in the parameter's type.

        An integer stands for a float, because people write 1 for 1.0 in YAML. ``None`` stands for
        an empty list, because an empty list in YAML has no element type: ROS makes an array of
        any type of it, or nothing.

        :raises ParameterError: another type, out of range, not finite, not among the choices
        """
        if self.read is not None:
            try:
                return self.read(value)
            except ValueError:
                raise self._refusal(value) from None
        kind = type(self.default)
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        # ROS gives numbers as an array.
        if kind is tuple and (value is None or isinstance(value, (list, tuple, array))):
            items = [item for item in value or () if type(item) is self.item]
            if len(items) == len(value or ()):
                return cast(tuple[str, ...] | tuple[int, ...], tuple(items))
        elif isinstance(value, (bool, int, float, str)) and type(value) is kind:
            if self._is_allowed(value):
                return value
        raise self._refusal(value)

    def _refusal(self, value: object) -> ParameterError:
        return ParameterError(
            f'parameter {self.name} is {shorten(value)}, allowed is {self.allowed()}'
            + self._hint(value))

    def _hint(self, value: object) -> str:
        """Return how to write a value that YAML took for another type, or an empty text."""
        if self.item is str and isinstance(self.default, tuple) and isinstance(value, str):
            return f': write [{shorten(value)}]'
        if (isinstance(self.default, str) and not self.choices
                and isinstance(value, (bool, int, float))):
            return f': write {str(value)!r}, with the quotes'
        return ''

    def _is_allowed(self, value: bool | int | float | str) -> bool:
        if self.choices and value not in self.choices:
            return False
        if isinstance(value, str):
            return True
        return (math.isfinite(value) and (self.low is None or value >= self.low)
                and (self.high is None or value <= self.high))


def parameter(default: _Value, description: str, unit: str = '', low: float | None = None,
              high: float | None = None, *, choices: tuple[_Value, ...] = (),
              live: bool = False, item: type[str] | type[int] | type[float] = str,
              read: Callable[[object], Value] | None = None, forms: str = '') -> _Value:
    """Return a field of a settings dataclass; its name is the parameter's."""
    row = Parameter('', default, description, unit, low, high, choices, live, item, read, forms)
    return field(default=default, metadata={_METADATA: row})


def parameters_of(settings: Settings, prefix: str = '') -> Iterator[Parameter]:
    """
    Return the parameters of settings and of the groups in them, by dotted names.

    :param settings: their values are the parameters' defaults
    :param prefix: of each name, with the dot at its end
    """
    for item in fields(settings):
        name, value = prefix + item.name, getattr(settings, item.name)
        if is_dataclass(value):
            assert not isinstance(value, type)
            yield from parameters_of(value, f'{name}.')
        else:
            yield replace(item.metadata[_METADATA], name=name, default=value)


def with_values(settings: _Settings, values: Mapping[str, object], prefix: str = '') -> _Settings:
    """
    Return settings with other values.

    :param values: by dotted names; parameters without a value keep theirs
    :param prefix: of each name, with the dot at its end
    :raises ParameterError: a value is not allowed, or there is no parameter of its name
    """
    rows = {row.name: row for row in parameters_of(settings, prefix)}
    checked = {}
    for name, value in values.items():
        if name not in rows:
            raise ParameterError(f'there is no parameter {shorten(name)}')
        checked[name] = rows[name].check(value)
    return _replaced(settings, checked, prefix)


def _replaced(settings: _Settings, values: Mapping[str, Value], prefix: str) -> _Settings:
    changes: dict[str, object] = {}
    for item in fields(settings):
        name, value = prefix + item.name, getattr(settings, item.name)
        if is_dataclass(value):
            assert not isinstance(value, type)
            changes[item.name] = _replaced(value, values, f'{name}.')
        elif name in values:
            changes[item.name] = values[name]
    return replace(settings, **changes)
