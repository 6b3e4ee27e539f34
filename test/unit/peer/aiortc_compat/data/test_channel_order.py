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

"""In which order messages of data channels go out."""

from collections import deque
from types import SimpleNamespace

from aiortc import RTCSctpTransport
import pytest
from rtc_bridge.peer.aiortc_compat.data.channel_order import LAST

# RFC 8831, section 8.
BINARY = 53


class Transport:
    """What aiortc uses of an association while it empties the queue of its channels."""

    State = RTCSctpTransport.State
    _association_state = State.ESTABLISHED

    def __init__(self, *messages):
        self._outbound_queue = deque()
        self._data_channel_queue = deque(
            (SimpleNamespace(label=label, id=number, ordered=True, maxPacketLifeTime=None,
                             maxRetransmits=None, _addBufferedAmount=lambda size: None),
             BINARY, data) for number, (label, data) in enumerate(messages))
        self.sent = []

    async def _send(self, stream_id, protocol, data, **options):
        self.sent.append(data)

    async def _transmit_reconfig(self):
        pass


@pytest.mark.asyncio
async def test_commands_do_not_wait_for_files():
    transport = Transport(
        (f'{LAST}files', b'file 1'), ('control', b'command 1'), (f'{LAST}files', b'file 2'),
        ('teleop', b'command 2'), (f'{LAST}other', b'file 3'))
    await RTCSctpTransport._data_channel_flush(transport)
    assert transport.sent == [b'command 1', b'command 2', b'file 1', b'file 2', b'file 3']
