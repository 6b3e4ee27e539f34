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

"""Signals while a program imports what it needs."""

from collections.abc import Iterator
from contextlib import contextmanager
import os
import signal


@contextmanager
def ended_by_signals(status: int = 0) -> Iterator[None]:
    """
    Let SIGINT and SIGTERM end the process at once, with this status, while the block runs.

    For the time in which a program has begun nothing that it would have to end. An exception such
    as ``KeyboardInterrupt`` may be lost in a callback of Python's imports, or come out of the
    import as another error, with a traceback. Main thread only.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(status))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
