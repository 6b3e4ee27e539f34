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

"""Paths to a member of a message: ``temperature``, ``status[0].level``, ``status[wifi].level``."""

from collections.abc import Callable
import re
from typing import Any

from ..protocol.strict_json import shorten

# The next step: a name after a dot, or what stands in brackets.
_STEP = re.compile(r'\.?([A-Za-z][A-Za-z0-9_]*)|\[([^][]{1,100})\]')
# Characters of a path.
_MAX_LENGTH = 200
# Members by which an item of an array is found, as in diagnostic_msgs.
_KEYS = ('name', 'key')
# Names in a message for people.
_MAX_SHOWN = 12


def plain(value: Any) -> Any:
    """Return a byte, or a number of an array of fixed size (numpy's), as a number of Python's."""
    if isinstance(value, bytes) and len(value) == 1:
        # As the level of a DiagnosticStatus.
        return value[0]
    if hasattr(value, 'item') and not getattr(value, 'shape', ()):
        return value.item()
    return value


class MemberPath:
    """
    A path from a message to one of its members.

    A number in brackets is an index; any other text there is the ``name`` or ``key`` of an item.

    :raises ValueError: it is no such path
    """

    def __init__(self, text: str) -> None:
        self._text = text
        # Reads each step, with what it takes.
        self._steps: list[tuple[Callable[[Any, Any], Any], str | int]] = []
        place = 0
        while place < len(text):
            step = _STEP.match(text, place)
            # Only the first name has no dot before it.
            if step is None or bool(step[1] and text[place] == '.') != bool(step[1] and place):
                raise ValueError(text)
            place = step.end()
            if step[1]:
                self._steps.append((self._member, step[1]))
            elif step[2].isdecimal():
                self._steps.append((self._item, int(step[2])))
            else:
                self._steps.append((self._named, step[2]))
        if not 0 < len(text) <= _MAX_LENGTH or self._steps[0][0] != self._member:
            raise ValueError(text)

    def read(self, message: Any) -> Any:
        """
        Return the member.

        :raises LookupError: the message has no such member; the text says what there is
        """
        value = message
        for read, what in self._steps:
            value = read(value, what)
        return value

    def _member(self, value: Any, name: str) -> Any:
        fields = getattr(value, 'get_fields_and_field_types', None)
        names = list(fields()) if fields is not None else []
        if name not in names:
            there = ', '.join(names[:_MAX_SHOWN]) or 'no members'
            raise LookupError(f'there is no member {name} for {self._text}; there are: {there}')
        return getattr(value, name)

    def _item(self, value: Any, index: int) -> Any:
        items = self._items(value)
        if index >= len(items):
            raise LookupError(f'there is no item {index} for {self._text}; the array has '
                              f'{len(items)}')
        return items[index]

    def _named(self, value: Any, name: str) -> Any:
        names = []
        for item in self._items(value):
            for key in _KEYS:
                found = getattr(item, key, None)
                if found == name:
                    return item
                if isinstance(found, str):
                    names.append(shorten(found))
        raise LookupError(f'there is no item {shorten(name)} for {self._text}; there are: '
                          f'{", ".join(names[:_MAX_SHOWN]) or "none with a name or key"}')

    def _items(self, value: Any) -> Any:
        if isinstance(value, (str, bytes)) or not hasattr(value, '__getitem__'):
            raise LookupError(f'{self._text} has brackets after what is no array')
        return value
