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

"""What this process refused from outside: counts by reason, and the newest source."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import logging
import threading

from .log_limits import escape, LogSampler
from ..errors import ProtocolError, SignalingError

logger = logging.getLogger(__name__)

# Reasons are fixed words. The bound protects the memory if one ever has text from outside.
MAX_REASONS = 64
# Characters: an IPv6 address with its zone has up to 60.
_MAX_REASON, _MAX_SOURCE = 40, 64


@dataclass(frozen=True)
class Refusal:
    """How often something was refused for one reason, and the source and text of the newest."""

    count: int
    source: str
    text: str


class Refusals:
    """Counts refusals. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_reason: OrderedDict[str, Refusal] = OrderedDict()
        self._sampler = LogSampler()

    def note(self, reason: str, source: str | None = None, text: str = '') -> None:
        """
        Count a refusal; log the 1st, 10th, 100th and so on of its reason.

        :param reason: a fixed word or two, like ``sdp`` or ``too many channels``
        :param source: the address of the peer
        :param text: details; may contain text from outside
        """
        reason = escape(reason, _MAX_REASON)
        source = escape(source or '', _MAX_SOURCE)
        text = escape(text)
        with self._lock:
            previous = self._by_reason.pop(reason, None)
            count = previous.count + 1 if previous is not None else 1
            self._by_reason[reason] = Refusal(count, source, text)
            if len(self._by_reason) > MAX_REASONS:
                self._by_reason.popitem(last=False)
            logged = self._sampler.count(reason)
        if logged:
            logger.warning('refused (%s), %d so far, newest from %s%s', reason, logged,
                           source or 'an unknown source', f': {text}' if text else '')

    @contextmanager
    def noted(self, reason: str, source: str | None = None) -> Iterator[None]:
        """Count a ``SignalingError`` or ``ProtocolError`` of the block, and raise it again."""
        try:
            yield
        except (ProtocolError, SignalingError) as error:
            self.note(reason, source, str(error))
            raise

    @property
    def by_reason(self) -> dict[str, Refusal]:
        """Return the refusals since the start."""
        with self._lock:
            return dict(self._by_reason)

    @property
    def total(self) -> int:
        """Return the number of refusals since the start."""
        with self._lock:
            return sum(refusal.count for refusal in self._by_reason.values())


# The refusals of this process. They occur deep in libraries, where no object can be passed.
refusals = Refusals()
