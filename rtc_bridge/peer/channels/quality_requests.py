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

"""Which quality a page has chosen for its viewer."""

import logging

from .channel import ChannelSession
from ...core.protocol.control_messages import ChooseQuality
from ...core.video.quality_choice import QualityChoice

logger = logging.getLogger(__name__)


class QualityRequests:
    """
    Gives a viewer the quality that the page asks for, within a budget.

    As with cameras, a page says once what it wants: a request beyond the budget is late, never
    lost, and the newest one counts. The viewer's path takes it over with its next step.
    """

    def __init__(self, session: ChannelSession) -> None:
        self._session = session
        self._waiting: ChooseQuality | None = None

    def choose(self, message: ChooseQuality) -> None:
        """Use a quality, now or as soon as there is budget for it."""
        self._waiting = message
        self.use_chosen()

    def use_chosen(self) -> None:
        """Use the choice that waits, if there is budget for it."""
        if self._waiting is None or not self._session.budgets.qualities.allow():
            return
        message, self._waiting = self._waiting, None
        cap = message.max_kbit_per_s
        logger.debug('session %s asks for quality %s%s', self._session.session_id[:8],
                     message.mode, '' if cap is None else f', at most {cap:.0f} kbit/s')
        self._session.path.quality = QualityChoice(
            float('inf') if cap is None else 1000 * cap, message.mode == 'best', message.smooth)
