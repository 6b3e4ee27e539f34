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

"""Says each reason in the log once, and once when it is over."""

from collections.abc import Callable
import re
import threading

from .picture_reason import PictureReason
from ..clock import boot_time, Clock

# Seconds without a sign of a reason after which it is over.
OVER_AFTER_S = 10.0
# Reasons of one camera that are remembered. More of them at a time are not logged.
_MAX_REASONS = 32
# Reasons whose text also names other topics, which come and go, or a codec that is known later.
_SAME_BY_TOPIC = ('no-publisher', 'no-keyframes')
_NUMBERS = re.compile(r'\d+(?:\.\d+)?')


class ReasonLog:
    """
    The reasons of one camera that the log has, and the time of their newest signs.

    Two reasons are the same if their codes and texts are, but for the numbers in these, and for
    names of other topics and codecs. Any thread may call all methods.

    :param write: takes a line, and whether it is a warning
    """

    def __init__(self, write: Callable[[str, bool], None], clock: Clock = boot_time) -> None:
        self._write = write
        self._clock = clock
        self._lock = threading.Lock()
        # By what makes them the same: the code, and seconds of the clock.
        self._seen: dict[tuple[str, str], float] = {}

    def note(self, reason: PictureReason) -> None:
        """Take a sign of a reason; log it if it is new."""
        key = reason.code, (str(reason.values.get('topic'))
                            if reason.code in _SAME_BY_TOPIC else _NUMBERS.sub('', reason.text))
        with self._lock:
            is_new = key not in self._seen
            if is_new and len(self._seen) >= _MAX_REASONS:
                return
            self._seen[key] = self._clock()
        if is_new:
            self._write(reason.text, True)

    def end_old(self) -> None:
        """Log what is over: call it each second or so."""
        now = self._clock()
        with self._lock:
            over = [key for key, seen in self._seen.items() if now - seen >= OVER_AFTER_S]
            for key in over:
                del self._seen[key]
        for code, _ in over:
            self._write(f'{code} is over', False)
