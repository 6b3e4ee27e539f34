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

"""Strict reading of JSON that comes from outside."""

import json
import math
from typing import Any

from ..errors import ProtocolError
from ..limits.log_limits import escape

# As a default: the member must be there.
REQUIRED = object()
# Arrays and objects within each other. Deeper values would raise RecursionError somewhere.
MAX_DEPTH = 64
_NAMES = {str: 'a string', int: 'an integer', float: 'a number', bool: 'true or false',
          list: 'an array', dict: 'an object'}


def shorten(value: Any, limit: int = 60) -> str:
    """Return a value as a short, printable text for error messages."""
    return escape(ascii(value[:limit] if isinstance(value, (str, bytes)) else value), limit)


def _no_constant(name: str) -> float:
    # json.loads accepts NaN and Infinity, which JSON does not have (RFC 8259, section 6).
    raise ProtocolError(f'{name} is not a JSON number')


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ProtocolError(f'{shorten(text)} is too large a number')
    return value


def load_object(text: str | bytes, limit: int) -> dict[str, Any]:
    """
    Parse one JSON object of at most ``limit`` bytes (RFC 8259).

    :raises ProtocolError: too long, not JSON, nested too deep, or not an object
    """
    size = len(text)
    if size <= limit and isinstance(text, str) and not text.isascii():
        size = len(text.encode('utf-8', 'surrogatepass'))
    if size > limit:
        raise ProtocolError(f'message of {size} bytes, at most {limit} are allowed')
    try:
        value = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except ValueError as error:
        raise ProtocolError(f'not JSON: {shorten(text)} ({error})') from None
    except RecursionError:
        raise ProtocolError('JSON nested too deep') from None
    # Most messages have few brackets, and so need no walk over all their values.
    brackets = (text.count('[') + text.count('{') if isinstance(text, str)
                else text.count(b'[') + text.count(b'{'))
    if brackets > MAX_DEPTH:
        check_depth(value)
    if not isinstance(value, dict):
        raise ProtocolError(f'expected a JSON object, got {shorten(value)}')
    return value


def load_value(text: str) -> Any:
    """
    Parse any JSON value that may stand in a message of ours.

    :raises ProtocolError: not JSON (RFC 8259), or nested too deep for that
    """
    try:
        value = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except ValueError as error:
        raise ProtocolError(f'not JSON: {shorten(text)} ({error})') from None
    except RecursionError:
        raise ProtocolError('JSON nested too deep') from None
    # As a member of the message.
    check_depth({'value': value})
    return value


def check_depth(value: Any) -> None:
    """
    Check how deep a JSON value is nested.

    :raises ProtocolError: deeper than ``MAX_DEPTH``
    """
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in (
            outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, (dict, list))]
        if not level:
            return
    raise ProtocolError('JSON nested too deep')


def member(obj: dict[str, Any], name: str, kind: type, default: Any = REQUIRED) -> Any:
    """
    Return member ``name`` of a JSON object as ``kind``.

    ``float`` takes integers too, and only finite numbers; ``bool`` is never a number.

    :raises ProtocolError: missing without a default, of another type, or not finite
    """
    if name not in obj:
        if default is REQUIRED:
            raise ProtocolError(f'member "{name}" is missing')
        return default
    value = obj[name]
    if value is None and default is None:
        return None
    good = isinstance(value, kind)
    if isinstance(value, bool) and kind is not bool:
        good = False
    elif kind is float and isinstance(value, (int, float)):
        try:
            value = float(value)
        except OverflowError:
            value = math.inf
        good = math.isfinite(value)
    if not good:
        raise ProtocolError(f'member "{name}" must be {_NAMES[kind]}, got {shorten(value)}')
    return value


def dump(obj: dict[str, Any], keep_none: bool = False) -> str:
    """Return compact JSON text; members that are ``None`` are left out unless kept."""
    if not keep_none:
        obj = {name: value for name, value in obj.items() if value is not None}
    return json.dumps(obj, separators=(',', ':'), allow_nan=False)


def dump_frame(obj: dict[str, Any], limit: int, keep_none: bool = False) -> str:
    """
    Return JSON text of at most ``limit`` bytes of UTF-8.

    Members that are ``None`` are left out unless kept.

    The text is measured after writing, since JSON may write a value longer than it came. Escapes
    are not used: they would make six bytes of two or three.

    :raises ProtocolError: it would be longer, or has a lone surrogate
    """
    if not keep_none:
        obj = {name: value for name, value in obj.items() if value is not None}
    text = json.dumps(obj, separators=(',', ':'), allow_nan=False, ensure_ascii=False)
    try:
        size = len(text) if text.isascii() else len(text.encode())
    except UnicodeEncodeError:
        raise ProtocolError('it has half a character (a surrogate)') from None
    if size > limit:
        raise ProtocolError(f'as a message it has {size} bytes, at most {limit} are allowed')
    return text
