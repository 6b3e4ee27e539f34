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
Applications' messages as text: on RTCBot's channel, and in the ROS topics of the bridge.

A message is any JSON value. What is not JSON is a string without quotes, as RTCBot has it.
"""

import json
import math
from typing import Any

from .strict_json import check_depth
from ..errors import ProtocolError


def read_text(text: str) -> Any:
    """
    Return a message as RTCBot's Python side reads it: JSON, or the text itself if it is not JSON.

    ``NaN`` and ``Infinity`` are not JSON (RFC 8259, section 6), and no browser could read them.
    """
    try:
        value = json.loads(text, parse_constant=_refuse, parse_float=_finite)
        check_depth(value)
        return value
    except (ValueError, RecursionError, ProtocolError):
        return text


def write_text(value: Any) -> str:
    """
    Return a message as the text of a ROS message: a string as it is, other values as JSON.

    JSON's escapes may hold halves of surrogate pairs, which UTF-8 cannot: they become ``?``.
    """
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode('utf-8', 'replace').decode()


def _refuse(constant: str) -> float:
    raise ValueError(constant)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value
