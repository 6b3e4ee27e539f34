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
Text from outside in logs: one line, no control characters, not too long, not too often.

A newline could forge a line, an escape sequence could control the terminal that shows the log, and
an override of the writing direction (U+202E) could disguise the text.
"""

from collections import OrderedDict
from collections.abc import Hashable
import logging
from types import TracebackType

# Characters of a text from outside within a log line, and of a whole line.
MAX_TEXT = 200
MAX_LINE = 4096
# Kinds of events that a sampler remembers; it forgets the oldest.
MAX_REMEMBERED = 256


def escape(text: str, limit: int = MAX_TEXT) -> str:
    r"""
    Return a text from outside as one printable line.

    Characters that are not printable (control and format characters, surrogates, spaces other than
    U+0020) become ``\xNN``, ``\uNNNN`` or ``\UNNNNNNNN``; other scripts stay readable.

    :param limit: characters of the result, at least 3; ``...`` replaces the rest
    """
    cut = len(text) > limit
    text = ''.join(c if c.isprintable() else c.encode('unicode_escape').decode()
                   for c in text[:limit])
    return text[:limit - 3] + '...' if cut or len(text) > limit else text


class EscapingFormatter(logging.Formatter):
    """
    Formats each message as one printable line, also if it contains text from outside.

    Lines of a traceback are printable, too, and begin with spaces, so that none looks like a
    message.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """Return the line of a message."""
        record.message = escape(record.message, MAX_LINE)
        return super().formatMessage(record)

    def formatException(self, ei: tuple[type[BaseException], BaseException,  # noqa: N802
                                        TracebackType | None] | tuple[None, None, None]) -> str:
        """Return the lines of a traceback."""
        return '\n'.join('  ' + escape(line, MAX_LINE)
                         for line in super().formatException(ei).splitlines())


class LogSampler:
    """
    Decides which of many similar events are logged: the 1st, 10th, 100th and so on of each kind.

    :param limit: kinds to remember
    """

    def __init__(self, limit: int = MAX_REMEMBERED) -> None:
        self._limit = limit
        self._counts: OrderedDict[Hashable, int] = OrderedDict()

    def count(self, *kind: Hashable) -> int:
        """Count an event; return the count if this event is to be logged, otherwise 0."""
        count = self._counts.pop(kind, 0) + 1
        self._counts[kind] = count
        if len(self._counts) > self._limit:
            self._counts.popitem(last=False)
        return count if str(count).strip('0') == '1' else 0
