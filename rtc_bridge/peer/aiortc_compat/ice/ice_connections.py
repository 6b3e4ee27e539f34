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
The ICE connections below a peer connection.

Private parts used: ``RTCIceTransport._connection`` (aiortc 1.14 to 1.16), and of aioice's
``Connection`` the candidate pairs in ``_nominated``. Without them there are no signs of life and
no round trips (``consent.py``), and the debug log does not say which candidates are used.
"""

from typing import Any

from aiortc import RTCPeerConnection


def ice_connections(pc: RTCPeerConnection) -> set[Any]:
    """Return aioice's connections of a peer connection: one if all its sections are bundled."""
    transports = [sender.transport for sender in (*pc.getSenders(), pc.sctp) if sender is not None]
    connections = {getattr(transport.transport, '_connection', None)
                   for transport in transports if transport is not None}
    return connections - {None}


def nominated_pairs(connection: Any) -> list[Any]:
    """Return the candidate pairs that a connection uses now."""
    return list(getattr(connection, '_nominated', {}).values())


def selected_pairs(pc: RTCPeerConnection) -> list[str]:
    """Return the candidate pairs in use as texts for the log: types and addresses."""
    texts = []
    for connection in ice_connections(pc):
        for pair in nominated_pairs(connection):
            local, remote = pair.local_candidate, pair.remote_candidate
            texts.append(f'{local.type} {local.host} port {local.port} to '
                         f'{remote.type} {remote.host} port {remote.port}')
    return texts
