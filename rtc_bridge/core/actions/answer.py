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

"""The response of a service of any type as a text for people."""

from typing import Any

from ..protocol.strict_json import dump
from ..telemetry.telemetry_values import to_json


def answer_text(answer: Any) -> str:
    """Return the members of a response but ``success``, one after another."""
    value = to_json(answer)
    if not isinstance(value, dict):
        return str(value)
    return ', '.join(f'{name}: {_text(item)}' for name, item in value.items()
                     if name != 'success' and item not in ('', None))


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    # A JSON value stands in an object; only what is in there is wanted.
    return dump({'': value}, keep_none=True)[len('{"":'):-1]
