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
What others send, fit for a log: one line, no control characters, not too long, not too often.

A newline would forge a line, an escape sequence would command the terminal that shows the log, and
an override of the writing direction (U+202E) would show another text than there is.
"""

from collections import OrderedDict
from collections.abc import Hashable
import logging
from types import TracebackType

# Characters of a text from outside in a log line, and of a whole line.
MAX_TEXT = 200
MAX_LINE = 4096
# Sessions, or whatever else is counted for, that are remembered; the oldest are forgotten.
MAX_REMEMBERED = 256


def escape(text: str, limit: int = MAX_TEXT) -> str:
    r"""
    Return a text from outside as one printable line.

    What cannot be printed (control and format characters, surrogates, other spaces than U+0020)
    becomes ``\xNN``, ``\uNNNN`` or ``\UNNNNNNNN``; other languages stay readable.

    :param limit: characters of the result, at least 3; ``...`` stands for what is cut off
    """
    cut = len(text) > limit
    text = ''.join(c if c.isprintable() else c.encode('unicode_escape').decode()
                   for c in text[:limit])
    return text[:limit - 3] + '...' if cut or len(text) > limit else text


class EscapingFormatter(logging.Formatter):
    """
    Makes one printable line of each message, whatever texts from outside are in it.

    Lines of a traceback are printable too, and begin with spaces: none can pass for a message.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """Return the message in its line."""
        record.message = escape(record.message, MAX_LINE)
        return super().formatMessage(record)

    def formatException(self, ei: tuple[type[BaseException], BaseException,  # noqa: N802
                                        TracebackType | None] | tuple[None, None, None]) -> str:
        """Return the lines of a traceback."""
        return '\n'.join('  ' + escape(line, MAX_LINE)
                         for line in super().formatException(ei).splitlines())


class LogSampler:
    """
    Decides which of many like events are logged: the 1st, 10th, 100th, and so on, of each kind.

    :param limit: kinds that are remembered
    """

    def __init__(self, limit: int = MAX_REMEMBERED) -> None:
        self._limit = limit
        self._counts: OrderedDict[Hashable, int] = OrderedDict()

    def count(self, *kind: Hashable) -> int:
        """Return how many there were, this one included, if it is to be logged; else 0."""
        count = self._counts.pop(kind, 0) + 1
        self._counts[kind] = count
        if len(self._counts) > self._limit:
            self._counts.popitem(last=False)
        return count if str(count).strip('0') == '1' else 0
