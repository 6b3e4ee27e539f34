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

"""Log lines with fields, for people or as JSON."""

import json
import logging
import time

_logger = logging.getLogger('rtc_bridge.relay')


def log_event(event: str, level: int = logging.INFO, **fields: object) -> None:
    """
    Log an event; fields that are ``None`` are left out.

    :param event: a constant text, so that lines of one kind can be found by it
    """
    if _logger.isEnabledFor(level):
        fields = {name: value for name, value in fields.items() if value is not None}
        _logger.log(level, '%s', event + ''.join(
            f' {name}={json.dumps(value) if isinstance(value, str) else value}'
            for name, value in fields.items()), extra={'event': event, 'fields': fields})


class JsonFormatter(logging.Formatter):
    """One JSON object a line: ``time`` (UTC), ``level``, ``event`` and the event's fields."""

    def format(self, record: logging.LogRecord) -> str:  # noqa: A003
        """Return the line."""
        stamp = time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(record.created))
        line = {'time': f'{stamp}.{int(record.msecs):03d}Z', 'level': record.levelname.lower(),
                'event': getattr(record, 'event', None) or record.getMessage(),
                **getattr(record, 'fields', {})}
        if record.exc_info:
            line['exception'] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)
