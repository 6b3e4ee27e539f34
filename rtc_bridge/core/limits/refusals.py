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

"""What a robot refused of others: counted by reason, with the newest source, for diagnostics."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import logging
import threading

from .log_limits import escape, LogSampler
from ..errors import ProtocolError, SignalingError

logger = logging.getLogger(__name__)

# Reasons are words of ours; should one ever hold text from outside, memory stays bounded.
MAX_REASONS = 64
# Characters of a reason and of a source: an IPv6 address with its zone has up to 60.
_MAX_REASON, _MAX_SOURCE = 40, 64


@dataclass(frozen=True)
class Refusal:
    """How often something was refused for one reason, and to whom last."""

    count: int
    source: str
    text: str


class Refusals:
    """Counts what is refused. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: OrderedDict[str, Refusal] = OrderedDict()
        self._repeats = LogSampler()

    def note(self, reason: str, source: str | None = None, text: str = '') -> None:
        """
        Count a refusal; log the first, tenth, hundredth and so on of its reason.

        :param reason: a word or two of ours, as ``sdp`` or ``too many channels``
        :param source: address of whoever it was refused to
        :param text: what exactly was wrong; may hold text from outside
        """
        reason = escape(reason, _MAX_REASON)
        source = escape(source or '', _MAX_SOURCE)
        text = escape(text)
        with self._lock:
            before = self._counts.pop(reason, None)
            count = before.count + 1 if before is not None else 1
            self._counts[reason] = Refusal(count, source, text)
            if len(self._counts) > MAX_REASONS:
                self._counts.popitem(last=False)
            logged = self._repeats.count(reason)
        if logged:
            logger.warning('refused (%s), %d so far, newest from %s%s', reason, logged,
                           source or 'an unknown source', f': {text}' if text else '')

    @contextmanager
    def noted(self, reason: str, source: str | None = None) -> Iterator[None]:
        """Note what the block refuses by a ``SignalingError`` or ``ProtocolError``."""
        try:
            yield
        except (ProtocolError, SignalingError) as error:
            self.note(reason, source, str(error))
            raise

    @property
    def all(self) -> dict[str, Refusal]:  # noqa: A003
        """Return what was refused since the start, by reason."""
        with self._lock:
            return dict(self._counts)

    @property
    def total(self) -> int:
        """Return how much was refused since the start."""
        with self._lock:
            return sum(refusal.count for refusal in self._counts.values())


# Those of this process, as ``failures`` in ``supervision``.
refusals = Refusals()
