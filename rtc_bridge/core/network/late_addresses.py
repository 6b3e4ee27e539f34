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

"""
Addresses that came after the start, by which DDS finds no nodes of other hosts.

Fast DDS and Cyclone DDS look for this host's addresses when they start, announce these to other
hosts, and join multicast groups on their interfaces (eProsima/Fast-DDS#1880). Both use IPv4.
"""

from collections.abc import Iterable

from .host_candidates import HostAddress


class LateAddresses:
    """
    Compares the addresses of this host with those of the start.

    :param at_start: the addresses when DDS began
    """

    def __init__(self, at_start: Iterable[HostAddress]) -> None:
        self._known = {host.address for host in at_start if _counts(host)}
        self._reported: set[str] = set()
        # Those that came late and are there.
        self.late: tuple[HostAddress, ...] = ()

    def update(self, now: Iterable[HostAddress]) -> tuple[HostAddress, ...]:
        """Take the addresses of now; return those late ones that are to be told, each once."""
        self.late = tuple(host for host in now
                          if _counts(host) and host.address not in self._known)
        new = tuple(host for host in self.late if host.address not in self._reported)
        self._reported.update(host.address for host in new)
        return new

    def text(self, host: HostAddress) -> str:
        """Return what a late address means, and what to do."""
        when = ('came after this bridge had started' if self._known else
                'came late: this bridge started without a network')
        return (f'Address {host.address} ({host.interface}) {when}, so nodes and cameras of other '
                'hosts are not found by it: restart the bridge, and start it after the network '
                '(systemd: After=network-online.target)')


def _counts(host: HostAddress) -> bool:
    """Tell whether other hosts may be behind an address: not behind a bridge of containers."""
    return host.version == 4 and host.kind != 'bridge'
