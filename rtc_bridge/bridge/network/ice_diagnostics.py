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

"""The state of STUN and TURN servers, and of their credentials, in ``/diagnostics``."""

from diagnostic_msgs.msg import DiagnosticStatus

from .turn_credential_client import TurnCredentialClient
from ...peer.ice_server_monitor import IceServerMonitor
from ...ros.diagnostics import make_status


class IceDiagnostics:
    """
    Tells which servers answer, and whether credentials come; belongs to the event loop.

    :param credentials: ``None`` without a service that issues them
    """

    def __init__(self, monitor: IceServerMonitor,
                 credentials: TurnCredentialClient | None) -> None:
        self._monitor = monitor
        self._credentials = credentials

    def status(self) -> DiagnosticStatus | None:
        """Return each server with what is wrong with it; ``None`` if there are none."""
        faults, credentials = self._monitor.faults, self._credentials
        if not faults and credentials is None:
            return None
        values: dict[str, object] = {
            url: fault or 'answers' for url, fault in faults.items()}
        wrong = [f'{url}: {fault}' for url, fault in faults.items() if fault]
        if credentials is not None:
            values['credentials_from'] = credentials.place
            values['credentials_valid_s'] = f'{credentials.left:.0f}'
            values['credentials'] = credentials.fault or 'come'
            if credentials.fault:
                wrong.insert(0, f'no TURN credentials from {credentials.place}: '
                                f'{credentials.fault}')
        return make_status(
            'ICE servers', DiagnosticStatus.WARN if wrong else DiagnosticStatus.OK,
            wrong[0] if wrong else f'{len(faults)} answer', values)
