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

"""Whether the network was there when this bridge started, in the log and in ``/diagnostics``."""

from collections.abc import Callable, Mapping
import logging
import os

from diagnostic_msgs.msg import DiagnosticStatus

from ...core.network.host_candidates import HostAddress
from ...core.network.late_addresses import LateAddresses
from ...peer.aiortc_compat import host_interfaces
from ...ros.diagnostics import make_status

logger = logging.getLogger(__name__)


class NetworkStatus:
    """
    Notices addresses that came too late for DDS. Belongs to the event loop.

    Make it when the node is made, since DDS looks for addresses then.

    :param find: returns the addresses of this host
    """

    def __init__(self, find: Callable[[], list[HostAddress]] = host_interfaces,
                 environment: Mapping[str, str] = os.environ) -> None:
        self._find = find
        # Where ROS is to stay on this host, other hosts are not missed.
        self._is_local = (
            environment.get('ROS_AUTOMATIC_DISCOVERY_RANGE', '').upper() in ('LOCALHOST', 'OFF')
            or environment.get('ROS_LOCALHOST_ONLY') == '1')
        self._now = find()
        self._addresses = LateAddresses(self._now)

    @property
    def findings(self) -> tuple[str, ...]:
        """Return why cameras of other hosts may be missing, as sentences."""
        late = () if self._is_local else self._addresses.late
        return tuple(map(self._addresses.text, late))

    def changed(self) -> bool:
        """Look at the addresses anew; tell whether the findings are others than before."""
        before = self.findings
        self._now = self._find()
        for host in self._addresses.update(self._now):
            if not self._is_local:
                logger.warning('%s', self._addresses.text(host))
        return self.findings != before

    def status(self) -> DiagnosticStatus:
        """Return the addresses, with a warning if one came late."""
        values = {host.address: host.interface for host in self._now}
        findings = self.findings
        if findings:
            values['late'] = ' '.join(host.address for host in self._addresses.late)
            return make_status('network', DiagnosticStatus.WARN, findings[0], values)
        return make_status('network', DiagnosticStatus.OK,
                           f'{len(self._now)} addresses' if self._now else 'no network', values)
