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

"""What a page asks for on ``control`` about driving: the lease, and the end of a stop."""

import logging

from .channel import ChannelSession
from .control_sender import ControlSender
from ...core.access.policy import may_drive
from ...core.driving.command_gate import TeleopRefused
from ...core.errors import StoreError
from ...core.protocol.control_messages import KeepLease, ReleaseStop, RequestLease, YieldLease

logger = logging.getLogger(__name__)

_MAY_ONLY_WATCH = 'this session may only watch'


class DriverRequests:
    """Checks role and budget, then asks the robot's :class:`TeleopController`."""

    def __init__(self, session: ChannelSession, sender: ControlSender) -> None:
        self._session = session
        self._sender = sender

    def request_lease(self, message: RequestLease) -> None:
        """Ask for the lease, take it from its holder, or give it back."""
        try:
            self._request_lease(message)
        except TeleopRefused as refused:
            # The reason is the code of a notice that pages were sent, or of the emergency stop.
            reason = str(refused)
            self._sender.error(reason, next(
                (notice.text for notice in self._session.robot.notices if notice.code == reason),
                'this bridge does not drive the robot now'))

    def _request_lease(self, message: RequestLease) -> None:
        session, teleop = self._session, self._session.robot.teleop
        if not may_drive(session.role):
            self._sender.error('denied', _MAY_ONLY_WATCH)
        elif not message.lease:
            # No budget: a driver may always give the lease back, which stops the robot. Others
            # hear of it only if there was a lease, or a request for it.
            teleop.lease.release(session.session_id)
        elif not session.budgets.leases.allow():
            self._sender.refuse_busy('too many requests for the lease')
        elif not message.take:
            teleop.request_lease(session.session_id)
        elif session.role == 'supervise':
            teleop.take_lease(session.session_id)
        else:
            self._sender.error('denied',
                               'only the role supervise may take the lease from a driver')

    def answer_request(self, message: YieldLease | KeepLease) -> None:
        """Hand the lease over to the session that asks for it, or refuse."""
        session, teleop = self._session, self._session.robot.teleop
        if not session.budgets.leases.allow():
            self._sender.refuse_busy('too many answers')
        elif isinstance(message, YieldLease):
            teleop.lease.hand_over(session.session_id, message.request)
        else:
            teleop.lease.refuse(session.session_id, message.request)

    def release_stop(self, message: ReleaseStop) -> None:
        """Release the emergency stop that the message names."""
        robot, session = self._session.robot, self._session
        if not may_drive(session.role):
            self._sender.error('denied', _MAY_ONLY_WATCH)
            return
        if not session.budgets.releases.allow():
            self._sender.refuse_busy('too many releases')
            return
        try:
            released = robot.teleop.release_emergency_stop(
                message.stop, robot.name_of(session.session_id) or 'somebody')
        except StoreError as error:
            # The page is not told the path of the file.
            logger.error('the emergency stop remains: %s', error)
            self._sender.error(
                'internal', "the robot's disk does not take the release; the stop remains")
            return
        if not released:
            self._sender.error('no-stop', 'this emergency stop is not the one in force')
