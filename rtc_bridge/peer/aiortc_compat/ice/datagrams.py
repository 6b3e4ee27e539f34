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
Bounds on the datagrams that reach a connection from the network.

Any host can send to the port of a session. aioice keeps every datagram that is not STUN in a
queue without an end, and raises on STUN messages that are cut off.

Private parts used (aioice, as of aiortc 1.14 to 1.16): ``Connection.data_received``,
``_queue`` and ``_nominated``, ``StunProtocol.receiver``; ``datagram_received`` is asyncio's.
Without them the queue has no bound and asyncio logs a traceback for each unreadable datagram.
"""

from typing import Any

import aioice.ice

from ..hooks import available
from ..peer_limits import limits_of, note_unreadable


def _install_datagram_limits() -> None:
    connection: Any = getattr(aioice.ice, 'Connection', None)
    protocol: Any = getattr(aioice.ice, 'StunProtocol', None)
    if not available("the limit of a peer's datagrams", (connection, ['data_received']),
                     (protocol, ['datagram_received'])):
        return
    keep, receive = connection.data_received, protocol.datagram_received

    def keep_within_limits(self: Any, data: bytes, component: int) -> None:
        limits = limits_of(self)
        if limits is None or limits.allow_datagram(len(data), self._queue.qsize(),
                                                   bool(self._nominated)):
            keep(self, data, component)

    def receive_or_drop(self: Any, data: bytes, addr: Any) -> None:
        limits = limits_of(self.receiver)
        if limits is None:
            receive(self, data, addr)
            return
        try:
            receive(self, data, addr)
        except Exception as error:
            # aioice raises exceptions of several types on attributes that are cut off or missing.
            # The sender is anybody, so even on a driver's connection this is not the driver's.
            note_unreadable('STUN', error, addr[0])

    connection.data_received, protocol.datagram_received = keep_within_limits, receive_or_drop


_install_datagram_limits()
