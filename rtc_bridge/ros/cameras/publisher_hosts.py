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

"""Whether a publisher runs on this host, by its GID; executor's thread."""

from collections.abc import Callable, Sequence

from rclpy.node import Node

from ...system.processes.local_processes import shares_network

# Of a Fast DDS GID, from the GUID prefix: its vendor's number, where the host's is, and the lowest
# 16 bits of the process id.
_FAST_DDS, _HOST, _PROCESS, _PREFIX = b'\x01\x0f', slice(2, 4), slice(4, 6), slice(12)
# Participants that are remembered.
_MAX_KNOWN = 1000


class PublisherHosts:
    """
    Tells publishers of this host from others, where the middleware is Fast DDS.

    A GID has a number of the host, made of the addresses that it had when the process started. So
    a process of this host may have another number: it is looked for by its process id, too.
    """

    def __init__(self, node: Node,
                 shares_network: Callable[[int], bool] = shares_network) -> None:
        self._node = node
        self._shares_network = shares_network
        self._known: dict[bytes, bool] = {}

    def is_here(self, gid: Sequence[int]) -> bool | None:
        """
        Tell whether the endpoint of a GID is on this host; ``None`` if that is not known.

        A container with a network of its own is a host of its own: nothing is shared with it.
        """
        prefix = bytes(gid[_PREFIX])
        if not prefix.startswith(_FAST_DDS):
            return None
        if prefix not in self._known:
            own = self._own_hosts()
            if not own:
                return None
            if len(self._known) >= _MAX_KNOWN:
                self._known.clear()
            self._known[prefix] = prefix[_HOST] in own or self._shares_network(
                int.from_bytes(prefix[_PROCESS], 'little'))
        return self._known[prefix]

    def _own_hosts(self) -> set[bytes]:
        """Return the number of the node's own host; empty while the graph does not have it."""
        node = self._node
        return {bytes(info.endpoint_gid)[_HOST]
                for info in node.get_publishers_info_by_topic('/parameter_events')
                if (info.node_name, info.node_namespace) == (
                    node.get_name(), node.get_namespace())}
