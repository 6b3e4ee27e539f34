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

"""When padding is sent to find out whether a path carries more than there is to send."""

import logging

logger = logging.getLogger(__name__)

# After a probe that was too much, the next one is this many seconds later, and twice as long each
# time: a viewer in a lower tier must not feel them.
_PAUSE_S, _MAX_PAUSE_S = 10.0, 120.0
# Seconds after the end of a probe in which an overuse is its doing.
_BLAME_S = 1.0
# Seconds after any other overuse without a probe: until then growth finds the capacity.
_SETTLE_S = 4.0


class ProbeSchedule:
    """
    Ends probing at a sign of overuse, and waits before the next; belongs to one thread.

    :param settle: seconds that it waits after an overuse that it did not lead to
    """

    def __init__(self, settle: float = _SETTLE_S) -> None:
        self._settle = settle
        self._probing = False
        self._last = self._next = float('-inf')
        self._pause = _PAUSE_S

    def probes(self, now: float, useful: bool) -> bool:
        """
        Tell whether padding is to be sent now.

        :param now: in seconds
        :param useful: whether more bitrate would be of use, and nothing speaks against it
        """
        probing = useful and self.is_due(now)
        if probing:
            self._last = now
        if probing != self._probing:
            self._probing = probing
            logger.debug('probing %s', 'starts' if probing else 'ends')
        return probing

    def is_due(self, now: float) -> bool:
        """Tell whether enough time has passed since the last overuse, at so many seconds."""
        return now >= self._next

    def on_decrease(self, now: float) -> None:
        """Note that a path's bitrate is lowered for an overuse, at so many seconds."""
        if now - self._last < _BLAME_S:
            self._probing, self._last, self._next = False, float('-inf'), now + self._pause
            self._pause = min(2 * self._pause, _MAX_PAUSE_S)
        else:
            self._next = max(self._next, now + self._settle)
