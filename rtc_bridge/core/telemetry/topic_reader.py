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

"""What viewers get of one topic, as its parameters say."""

import re
from typing import Any

from .diagnostics_summary import STALE_AFTER_S
from .member_path import MemberPath, plain
from .readings import KEPT_MESSAGES, Read, reader_of, type_name
from .telemetry_values import finite, to_json
from .threshold import Threshold
from ..clock import boot_time, Clock
from ..settings.telemetry_settings import TelemetryTopicSettings

# A number at the start of a text, as in the values of diagnostics: -67 dBm.
_NUMBER = re.compile(r'\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)')


def problem(text: str) -> dict[str, Any]:
    """Return what stands for a value that cannot be shown, with the reason and the remedy."""
    return {'$': 'problem', 'text': text[:200], 'level': 'amber'}


class TopicReader:
    """
    Reads the messages of one topic, whatever their type is.

    :param settings: ``telemetry.NAME.*``
    :param prefix: of these parameters
    """

    def __init__(self, settings: TelemetryTopicSettings, prefix: str = 'telemetry.NAME.',
                 clock: Clock = boot_time) -> None:
        self._prefix = prefix
        self._clock = clock
        self._member = MemberPath(settings.member) if settings.member else None
        self._thresholds = [
            (level, Threshold(text))
            for level, text in (('red', settings.red), ('amber', settings.amber)) if text]
        self._wants_number = (bool(settings.unit) or settings.digits >= 0
                              or any(threshold.has_number for _, threshold in self._thresholds))
        # When the member was found last, or was first looked for.
        self._found_at: float | None = None
        # Of the type that comes at present.
        self._type = ''
        self._read: Read | None = None

    def read(self, message: Any) -> Any:
        """Return a message, or its member, as a JSON value; ``None``: the last one still holds."""
        if self._member is not None:
            return self._read_member(self._member, message)
        name = type_name(message)
        if name != self._type:
            self._type, self._read = name, reader_of(name)
        if self._read is not None:
            reading = self._read(message)
            return self._with_level(reading) if 'value' in reading else self._unlevelled(reading)
        is_plain = list(message.get_fields_and_field_types()) == ['data']
        if is_plain and (self._wants_number or self._thresholds):
            return self._value(message.data)
        return self._unlevelled(to_json(message))

    def _read_member(self, member: MemberPath, message: Any) -> dict[str, Any] | None:
        now = self._clock()
        try:
            value = member.read(message)
        except LookupError as error:
            if self._found_at is None:
                self._found_at = now
            # Nodes take turns on the topic: the item may be in the next message, of another node.
            if type_name(message) in KEPT_MESSAGES and now - self._found_at <= STALE_AFTER_S:
                return None
            return problem(str(error))
        self._found_at = now
        return self._value(value)

    def _unlevelled(self, reading: Any) -> Any:
        """Return what has no one value, unless thresholds are set, which cannot be applied."""
        if self._thresholds:
            return problem(f'amber and red need {self._prefix}member')
        return reading

    def _value(self, value: Any) -> dict[str, Any]:
        value = plain(value)
        if isinstance(value, str) and self._wants_number and (found := _NUMBER.match(value)):
            value = finite(float(found[1]))
        return self._with_level({'$': 'value', 'value': to_json(value)})

    def _with_level(self, reading: dict[str, Any]) -> dict[str, Any]:
        value = reading['value']
        # A value that no threshold can be compared with is not ok: nobody knows.
        if any(threshold.fits(value) for _, threshold in self._thresholds):
            reading['level'] = next((level for level, threshold in self._thresholds
                                     if threshold.is_met(value)), 'ok')
        return reading
