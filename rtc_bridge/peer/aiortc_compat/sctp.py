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

"""Bounds on what a peer's SCTP association costs."""

import logging

from aiortc import RTCSctpTransport

logger = logging.getLogger(__name__)

# Of messages that have begun and not ended, in bytes.
MAX_UNFINISHED = 256 * 1024


def _install_reassembly_limit() -> bool:
    """
    End an association whose peer begins more than it finishes.

    aiortc announces a receive window (RFC 9260, section 3.3.3) and does not keep to it, and an
    unfinished message of megabytes costs the loop a millisecond for each further kilobyte.
    """
    names = ('_receive_data_chunk', '_abort', '_set_state', 'State')
    if not all(hasattr(RTCSctpTransport, name) for name in names):
        return False
    receive = RTCSctpTransport._receive_data_chunk

    async def receive_within_limit(self, chunk):
        if not hasattr(self, 'whole_window'):
            self.whole_window, self.overfull = self._advertised_rwnd, False
        waiting = self.whole_window - self._advertised_rwnd + len(chunk.user_data)
        if waiting <= MAX_UNFINISHED and not self.overfull:
            await receive(self, chunk)
        elif not self.overfull:
            self.overfull = True
            logger.warning('a viewer sent %d bytes of messages without an end', waiting)
            await self._abort()
            self._set_state(self.State.CLOSED)

    RTCSctpTransport._receive_data_chunk = receive_within_limit
    return True


HAS_REASSEMBLY_LIMIT = _install_reassembly_limit()
