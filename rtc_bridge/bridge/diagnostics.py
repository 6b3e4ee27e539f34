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

"""The state of the bridge in ``/diagnostics``, put together once a second."""

import asyncio
from collections.abc import Callable

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node

from .driving.teleop import Teleop
from .streams.camera_diagnostics import CameraDiagnostics, list_status
from ..core.clock import boot_time, Clock
from ..core.failure_log import FailureLog, failures
from ..core.limits.refusals import Refusals, refusals
from ..core.supervision import guard
from ..peer.robot_context import RobotContext
from ..peer.session_stats import session_stats
from ..peer.sessions import Sessions
from ..ros.diagnostics import DiagnosticsPublisher, make_status
from ..signaling.relay_client import RelayClient

# Of /diagnostics: what tools such as rqt_robot_monitor expect.
PERIOD_S = 1.0
# A failure is a warning for this long after it was seen.
FAILURE_SHOWN_S = 10.0


class DiagnosticsReport:
    """
    Publishes one message a second, with a status for each camera and each part.

    A part whose status cannot be made takes no other one's with it. Belongs to the event loop.

    :param relay_client: ``None`` without a relay
    :param relay_url: as the parameter has it
    """

    def __init__(self, node: Node, robot: RobotContext, sessions: Sessions, teleop: Teleop,
                 relay_client: RelayClient | None, relay_url: str) -> None:
        self._robot = robot
        self._sessions = sessions
        self._relay_client = relay_client
        self._relay_url = relay_url
        self._publisher = DiagnosticsPublisher(node, robot.robot_id)
        self._cameras: dict[str, CameraDiagnostics] = {}
        self._parts: list[Callable[[], DiagnosticStatus | None]] = [
            lambda: list_status(robot.cameras, robot.camera_findings),
            teleop.status, teleop.path.status, self._viewers, self._relay,
            FailureDiagnostics(failures).status, lambda: refusal_status(refusals)]

    def add(self, make: Callable[[], DiagnosticStatus | None]) -> None:
        """Add what makes the status of a further part."""
        self._parts.append(make)

    async def run(self) -> None:
        """Publish, for ever."""
        while True:
            await asyncio.sleep(PERIOD_S)
            statuses = []
            for name in list(self._robot.cameras):
                with guard('diagnostics of a camera'):
                    statuses.append(self._camera(name))
            for make in self._parts:
                with guard('diagnostics'):
                    statuses.append(make())
            self._publisher.publish([made for made in statuses if made is not None])

    def _camera(self, name: str) -> DiagnosticStatus:
        if name not in self._cameras:
            self._cameras[name] = CameraDiagnostics(self._robot.cameras[name])
        return self._cameras[name].status()

    def _viewers(self) -> DiagnosticStatus:
        sessions = self._sessions.sessions.values()
        no_paths = self._robot.no_paths
        values: dict[str, object] = {'count': len(sessions), 'no_path_count': no_paths.count,
                                     'no_path_text': no_paths.newest}
        for session in sessions:
            values |= {f'{session.session_id[:8]}.{key}': value
                       for key, value in session_stats(session).items()}
        if no_paths.is_recent:
            return make_status('viewers', DiagnosticStatus.WARN, 'a viewer found no path', values)
        return make_status('viewers', DiagnosticStatus.OK, f'{len(sessions)} viewers', values)

    def _relay(self) -> DiagnosticStatus | None:
        if self._relay_client is None:
            return None
        state = self._relay_client.state
        return make_status(
            'relay', DiagnosticStatus.OK if state == 'connected' else DiagnosticStatus.WARN,
            state, {'url': self._relay_url})


class FailureDiagnostics:
    """Tells how often each part of this process has failed; belongs to the event loop."""

    def __init__(self, log: FailureLog, clock: Clock = boot_time) -> None:
        self._log = log
        self._clock = clock
        # As of the last call. Empty: failures before the first call count as new.
        self._counts: dict[str, int] = {}
        # The part that failed last, and when that was seen.
        self._newest, self._seen_at = '', float('-inf')

    def status(self) -> DiagnosticStatus:
        """Return the counts by name, as a warning while there are new ones."""
        counts, texts, now = self._log.counts, self._log.newest, self._clock()
        for name, count in counts.items():
            if count != self._counts.get(name, 0):
                self._newest, self._seen_at = name, now
        self._counts = counts
        if now - self._seen_at < FAILURE_SHOWN_S:
            level, message = DiagnosticStatus.WARN, f'{self._newest}: {texts[self._newest]}'
        else:
            level, message = DiagnosticStatus.OK, f'{sum(counts.values())} so far'
        return make_status('failures', level, message, {
            name: f'{count}, the newest: {texts[name]}' for name, count in counts.items()})


def refusal_status(log: Refusals) -> DiagnosticStatus:
    """Return what was refused of others since the start, by reason: never a warning."""
    found = log.by_reason
    total = sum(refusal.count for refusal in found.values())
    values: dict[str, object] = {'count': total}
    for reason, refusal in found.items():
        values |= {reason: refusal.count, f'{reason}.newest_source': refusal.source}
    return make_status('refused', DiagnosticStatus.OK, f'{total} refused', values)
