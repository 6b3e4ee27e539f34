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

from .errors import ProtocolError

_REQUIRED = object()
_NAMES = {str: 'a string', int: 'an integer', float: 'a number', bool: 'true or false',
          list: 'an array', dict: 'an object'}


def show(value: Any, limit: int = 60) -> str:
    """Return a value as a short, printable text for error messages."""
    text = ascii(value)
    return text if len(text) <= limit else text[:limit - 3] + '...'


def _no_constant(name: str) -> float:
    # json.loads accepts NaN and Infinity, which RFC 8259 does not know: section 6.
    raise ProtocolError(f'{name} is not a JSON number')


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ProtocolError(f'{show(text)} is too large a number')
    return value


def load_object(text: str | bytes, limit: int) -> dict[str, Any]:
    """
    Parse one JSON object of at most ``limit`` bytes (RFC 8259).

    :raises ProtocolError: too long, not JSON, nested too deep, or not an object
    """
    if len(text) > limit:
        raise ProtocolError(f'message of {len(text)} bytes, at most {limit} are allowed')
    try:
        value = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except ValueError as error:
        raise ProtocolError(f'not JSON: {show(text)} ({error})') from None
    except RecursionError:
        raise ProtocolError('JSON nested too deep') from None
    if not isinstance(value, dict):
        raise ProtocolError(f'expected a JSON object, got {show(value)}')
    return value


def take(obj: dict[str, Any], name: str, kind: type, default: Any = _REQUIRED) -> Any:
    """
    Return member ``name`` of a JSON object as ``kind``.

    ``float`` takes integers too, and only finite numbers; ``bool`` is never a number.

    :raises ProtocolError: missing without a default, of another type, or not finite
    """
    if name not in obj:
        if default is _REQUIRED:
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
        raise ProtocolError(f'member "{name}" must be {_NAMES[kind]}, got {show(value)}')
    return value


def dump(obj: dict[str, Any], keep_none: bool = False) -> str:
    """Return compact JSON text; members that are ``None`` are left out unless kept."""
    if not keep_none:
        obj = {name: value for name, value in obj.items() if value is not None}
    return json.dumps(obj, separators=(',', ':'), allow_nan=False)
