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
Forms for the requests of services of any type, made from the definition of the type.

A form is a list of fields; what a page sends by it is checked against them, value by value, before
a request is made.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
import math
import re
from typing import Any

from ..errors import ProtocolError
from ..protocol.strict_json import shorten

# Returns the class of a message by its type, as geometry_msgs/Pose; raises LookupError.
FindClass = Callable[[str], Any]

# Messages within each other, items of an array, characters of a text, and fields of a form that a
# person can fill in.
_MAX_DEPTH = 5
MAX_ITEMS = 16
MAX_TEXT = 500
_MAX_FIELDS = 100
# Numbers of JavaScript hold integers exactly up to here.
_MAX_INTEGER = 2 ** 53
# The largest number of IEEE 754's binary32.
_MAX_FLOAT32 = 3.4028234663852886e38
_INTEGERS = {'octet': (0, 255), 'char': (0, 255)} | {
    f'{sign}int{bits}': (0 if sign else max(-2 ** (bits - 1), -_MAX_INTEGER),
                         min(2 ** (bits - (not sign)) - 1, _MAX_INTEGER))
    for sign in ('', 'u') for bits in (8, 16, 32, 64)}
_FLOATS = {'float': _MAX_FLOAT32, 'double': math.inf, 'long double': math.inf}
_SEQUENCE = re.compile(r'sequence<(.+?)(?:, (\d+))?>')
_ARRAY = re.compile(r'(.+)\[(\d+)\]')
_STRING = re.compile(r'w?string(?:<(\d+)>)?')
_MESSAGE = re.compile(r'[a-z][a-z0-9_]*/[A-Z][A-Za-z0-9]*')
_CONSTANT = re.compile(r'[A-Z][A-Z0-9_]*')
# rosidl_generator_py keeps defaults under such names.
_DEFAULT_SUFFIX = '__DEFAULT'
# Constants that are offered for one field.
_MAX_CHOICES = 32


@dataclass(frozen=True)
class FormField:
    """
    One field.

    :ivar kind: ``bool``, ``int``, ``float``, ``string``, ``group`` (a message), ``list`` (an
        array) or ``left`` (too large for a form: it keeps its default)
    :ivar type: as ROS has it
    :ivar default: in JSON; of a list, its items
    :ivar low: of numbers; ``None``: any finite one
    :ivar most: characters of a text, or items of a list
    :ivar least: items of a list
    :ivar choices: names and values of constants that the type has for the field
    :ivar fields: of a group
    :ivar item: of a list
    """

    name: str
    kind: str
    type: str  # noqa: A003 - as a member of the message
    default: Any = None
    low: float | None = None
    high: float | None = None
    most: int | None = None
    least: int = 0
    choices: tuple[tuple[str, Any], ...] = ()
    fields: tuple['FormField', ...] = ()
    item: 'FormField | None' = None

    def members(self) -> dict[str, Any]:
        """Return it as a JSON object, without what is empty."""
        obj: dict[str, Any] = {'name': self.name, 'kind': self.kind, 'type': self.type}
        for name in ('default', 'low', 'high', 'most'):
            if getattr(self, name) is not None:
                obj[name] = getattr(self, name)
        if self.least:
            obj['least'] = self.least
        if self.choices:
            obj['choices'] = [list(choice) for choice in self.choices]
        if self.kind == 'group':
            obj['fields'] = [field.members() for field in self.fields]
        if self.item is not None:
            obj['item'] = self.item.members()
        return obj


class _FormMaker:
    """Makes the fields of one form, up to ``_MAX_FIELDS``."""

    def __init__(self, find_class: FindClass) -> None:
        self._find_class = find_class
        self._left = _MAX_FIELDS

    def fields(self, cls: Any, depth: int = 0) -> tuple[FormField, ...]:
        types, sample = cls.get_fields_and_field_types(), cls()
        made = [self._field(name, types[name], getattr(sample, name), depth) for name in types]
        return tuple(_with_choices(made, _constants(cls)))

    def _field(self, name: str, kind: str, default: Any, depth: int) -> FormField:
        self._left -= 1
        if self._left < 0:
            return FormField(name, 'left', kind)
        if kind == 'boolean':
            return FormField(name, 'bool', kind, bool(default))
        if kind in _INTEGERS:
            low, high = _INTEGERS[kind]
            number = default[0] if isinstance(default, bytes) else int(default)
            return FormField(name, 'int', kind, min(max(number, low), high), low, high)
        if kind in _FLOATS:
            high = _FLOATS[kind]
            bounds = (-high, high) if math.isfinite(high) else (None, None)
            start = float(default) if math.isfinite(default) else 0.0
            return FormField(name, 'float', kind, start, *bounds)
        if text := _STRING.fullmatch(kind):
            return FormField(name, 'string', kind, str(default)[:MAX_TEXT],
                             most=min(int(text[1] or MAX_TEXT), MAX_TEXT))
        if depth >= _MAX_DEPTH:
            return FormField(name, 'left', kind)
        if array := _ARRAY.fullmatch(kind) or _SEQUENCE.fullmatch(kind):
            return self._list(name, kind, array[1], default, depth,
                              int(array[2]) if array[2] else None)
        if _MESSAGE.fullmatch(kind):
            fields = self.fields(self._find_class(kind), depth + 1)
            return FormField(name, 'group', kind, fields=fields)
        return FormField(name, 'left', kind)

    def _list(self, name: str, kind: str, item: str, default: Any, depth: int,
              size: int | None) -> FormField:
        fixed = not kind.startswith('sequence<')
        if fixed and size is not None and size > MAX_ITEMS:
            return FormField(name, 'left', kind)
        items = list(default.tolist() if hasattr(default, 'tolist') else default)
        sample = _sample(item, self._find_class)
        made = self._field('', item, sample, depth + 1)
        simple = made.kind in ('bool', 'int', 'float', 'string')
        if made.kind == 'left':
            return FormField(name, 'left', kind)
        return FormField(
            name, 'list', kind, [_plain(one) for one in items[:MAX_ITEMS]] if simple else None,
            least=size if fixed and size is not None else 0,
            most=min(size if size is not None else MAX_ITEMS, MAX_ITEMS), item=made)


def _plain(value: Any) -> Any:
    return value[0] if isinstance(value, bytes) else value


def _sample(kind: str, find_class: FindClass) -> Any:
    """Return the default of an item."""
    if kind == 'boolean' or kind in _INTEGERS or kind in _FLOATS:
        return 0
    return find_class(kind)() if _MESSAGE.fullmatch(kind) else ''


def _constants(cls: Any) -> dict[str, Any]:
    return {name: _plain(value) for name, value in vars(cls).items()
            if _CONSTANT.fullmatch(name) and not name.endswith(_DEFAULT_SUFFIX)
            and isinstance(value, (int, float, str, bytes)) and value != b''}


def _with_choices(fields: list[FormField], constants: dict[str, Any]) -> Iterable[FormField]:
    """
    Give constants to the fields that they are for, which ROS does not say.

    They are for the field whose name they begin with; all of them for the only field of their
    kind.
    """
    for field in fields:
        fitting = {name: value for name, value in constants.items() if _fits(field, value)}
        begun = {name: value for name, value in fitting.items()
                 if name.startswith(field.name.upper().rstrip('S'))}
        others = [one for one in fields if one is not field and any(
            _fits(one, value) for value in fitting.values())]
        chosen = begun or ({} if others else fitting)
        if 1 < len(chosen) <= _MAX_CHOICES:
            field = FormField(**{**vars(field), 'choices': tuple(chosen.items())})
        yield field


def _fits(field: FormField, value: Any) -> bool:
    kinds = {'bool': bool, 'int': int, 'float': float, 'string': str}
    return type(value) is kinds.get(field.kind)


def make_form(request: Any, find_class: FindClass) -> tuple[FormField, ...]:
    """
    Return the form for the request of a service.

    :param request: class of the request
    :raises LookupError: a type in it is not installed
    """
    return _FormMaker(find_class).fields(request)


def check_arguments(fields: Iterable[FormField], values: Any, where: str = '') -> dict[str, Any]:
    """
    Return the members of a request, checked; those that are missing have their default.

    :param values: what the page has sent
    :raises ProtocolError: a value is not allowed; the text names the field and what is allowed
    """
    if not isinstance(values, dict):
        raise ProtocolError(f'{where or "arguments"} must be an object, got {shorten(values)}')
    by_name = {field.name: field for field in fields}
    unknown = [name for name in values if name not in by_name]
    if unknown:
        raise ProtocolError(f'there is no field {shorten(unknown[0])}'
                            f'{" in " + where if where else ""}; there are: '
                            f'{", ".join(by_name) or "none"}')
    return {name: _checked(by_name[name], value, f'{where}.{name}' if where else name)
            for name, value in values.items()}


def _checked(field: FormField, value: Any, where: str) -> Any:
    if field.kind == 'group':
        return check_arguments(field.fields, value, where)
    if field.kind == 'list' and field.item is not None:
        return _checked_list(field, field.item, value, where)
    if field.kind == 'bool' and isinstance(value, bool):
        return value
    if field.kind in ('int', 'float') and type(value) in (int, float):
        return _checked_number(field, value, where)
    if field.kind == 'string' and isinstance(value, str):
        if len(value) > (field.most or 0) or not value.isprintable():
            raise ProtocolError(f'{where} must be a text of at most {field.most} printable '
                                f'characters, got {shorten(value)}')
        return value
    if field.kind == 'left':
        raise ProtocolError(f'{where} ({field.type}) is too large for a form, and keeps its '
                            'default')
    kinds = {'bool': 'true or false', 'int': 'an integer', 'float': 'a number', 'string': 'a text',
             'list': 'a list'}
    raise ProtocolError(f'{where} must be {kinds[field.kind]}, got {shorten(value)}')


def _checked_number(field: FormField, value: int | float, where: str) -> int | float:
    whole = isinstance(value, int) or value.is_integer()
    if field.kind == 'int' and not whole:
        raise ProtocolError(f'{where} must be an integer, got {shorten(value)}')
    if (field.low is not None and value < field.low) or (
            field.high is not None and value > field.high) or abs(value) > 1.7e308:
        raise ProtocolError(f'{where} must be from {field.low} to {field.high}, got '
                            f'{shorten(value)}')
    return int(value) if field.kind == 'int' else float(value)


def _checked_list(field: FormField, item: FormField, value: Any, where: str) -> list[Any]:
    most = field.most or 0
    if not isinstance(value, list) or not field.least <= len(value) <= most:
        size = str(most) if field.least == most else f'{field.least} to {most}'
        raise ProtocolError(f'{where} must be a list of {size} items, got {shorten(value)}')
    return [_checked(item, one, f'{where}[{index}]') for index, one in enumerate(value)]


def fill(message: Any, fields: Iterable[FormField], values: dict[str, Any],
         find_class: FindClass) -> Any:
    """
    Set the members of a message to checked values, and return it.

    :param values: as :func:`check_arguments` returns them
    """
    for field in fields:
        if field.name in values:
            setattr(message, field.name, _ros_value(field, values[field.name], find_class))
    return message


def _ros_value(field: FormField, value: Any, find_class: FindClass) -> Any:
    if field.kind == 'group':
        return fill(find_class(field.type)(), field.fields, value, find_class)
    if field.kind == 'list' and field.item is not None:
        return [_ros_value(field.item, one, find_class) for one in value]
    return bytes([value]) if field.type == 'octet' else value
