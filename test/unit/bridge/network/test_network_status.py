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

"""Addresses that came after the start of the bridge, in the log and in /diagnostics."""

from diagnostic_msgs.msg import DiagnosticStatus
import pytest
from rtc_bridge.bridge.network.network_status import NetworkStatus
from rtc_bridge.core.network.host_candidates import HostAddress

WIFI, MOBILE = HostAddress('wlan0', '192.168.1.5'), HostAddress('wwan0', '10.9.0.2')
DOCKER, WIFI6 = HostAddress('docker0', '172.17.0.1', 'bridge'), HostAddress('wlan0', '2001:db8::5')


class Host:
    """A host whose addresses change."""

    def __init__(self, *addresses, **environment):
        self.addresses = list(addresses)
        self.network = NetworkStatus(lambda: list(self.addresses), environment)

    def become(self, *addresses):
        self.addresses[:] = addresses
        before = self.network.findings
        assert self.network.changed() == (self.network.findings != before)
        return self.network.status()


@pytest.mark.parametrize('at_start', [(), (DOCKER,)])
def test_a_network_that_comes_after_the_start_is_told_once(caplog, at_start):
    host = Host(*at_start)
    assert host.network.status().level == DiagnosticStatus.OK
    for _ in range(2):
        status = host.become(*at_start, WIFI, WIFI6)
        assert status.level == DiagnosticStatus.WARN and status.name.endswith('network')
    assert 'this bridge started without a network' in status.message
    assert 'restart the bridge' in status.message and 'network-online.target' in status.message
    assert {pair.key: pair.value for pair in status.values}['late'] == WIFI.address
    assert host.network.findings == (status.message,)
    assert caplog.text.count('192.168.1.5 (wlan0) came late') == 1
    # It has gone, and comes again.
    assert host.become(*at_start).level == DiagnosticStatus.OK
    assert host.become(*at_start, WIFI).level == DiagnosticStatus.WARN
    assert caplog.text.count('came late') == 1


def test_another_network_is_told_and_the_old_one_is_not(caplog):
    host = Host(WIFI)
    assert host.become(WIFI, WIFI6, DOCKER).level == DiagnosticStatus.OK
    assert host.become().level == DiagnosticStatus.OK
    assert host.become(MOBILE).level == DiagnosticStatus.WARN
    assert '10.9.0.2 (wwan0) came after this bridge had started' in caplog.text
    assert host.become(WIFI).level == DiagnosticStatus.OK


@pytest.mark.parametrize('environment', [
    {'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST'}, {'ROS_AUTOMATIC_DISCOVERY_RANGE': 'off'},
    {'ROS_LOCALHOST_ONLY': '1'}])
def test_where_ros_stays_on_this_host_nothing_is_missed(caplog, environment):
    host = Host(**environment)
    assert host.become(WIFI).level == DiagnosticStatus.OK
    assert not caplog.text
