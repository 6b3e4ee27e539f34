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

"""Whether the system clock is synchronized: invites expire by it."""

import logging

from diagnostic_msgs.msg import DiagnosticStatus

from ...core.clock import NOT_SYNCHRONIZED, synchronized
from ...ros.diagnostics import make_status

_logger = logging.getLogger(__name__)


class ClockStatus:
    """
    Logs at the start that the clock is not synchronized, and later changes; in the event loop.

    :param required: ``access.require_synchronized_clock``
    """

    def __init__(self, required: bool) -> None:
        self._effect = ('links that expire are refused until it is '
                        '(access.require_synchronized_clock)' if required else
                        'links may end early or late, as its time may be wrong')
        # None before the first look.
        self._is_synchronized: bool | None = None

    def look(self) -> None:
        """Log whether the clock is synchronized, if that has changed."""
        before, self._is_synchronized = self._is_synchronized, synchronized()
        if not self._is_synchronized and before in (None, True):
            _logger.warning('%s', self._text())
        elif self._is_synchronized and before is False:
            _logger.info('the system clock is synchronized now')

    def status(self) -> DiagnosticStatus:
        """Return the status for diagnostics."""
        self.look()
        if self._is_synchronized:
            return make_status('clock', DiagnosticStatus.OK, 'synchronized', {})
        return make_status('clock', DiagnosticStatus.WARN, self._text(), {})

    def _text(self) -> str:
        return f'{NOT_SYNCHRONIZED}: {self._effect}'
