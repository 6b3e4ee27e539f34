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

"""Setting up a session: its connection, and what is handled between two long steps."""

import asyncio
import socket
from types import SimpleNamespace

import pytest
from rtc_bridge.core.network.ice_servers import IceServerPool
from rtc_bridge.peer import negotiation
from rtc_bridge.peer.negotiation import let_others_run


@pytest.mark.asyncio
async def test_what_came_on_a_socket_is_handled_to_its_end():
    loop, steps = asyncio.get_running_loop(), []

    def pass_on(left):
        steps.append(left)
        if left:
            # As a command goes from its socket through DTLS and SCTP to the gate.
            loop.call_soon(pass_on, left - 1)

    ours, theirs = socket.socketpair()
    with ours, theirs:
        loop.add_reader(ours, lambda: pass_on(len(ours.recv(10))))
        theirs.send(b'12345')
        await let_others_run()
        loop.remove_reader(ours)
    assert steps == [5, 4, 3, 2, 1, 0]


def test_without_servers_none_is_asked(monkeypatch):
    """With no list at all aiortc would ask a public one."""
    made = []
    monkeypatch.setattr(negotiation, 'RTCPeerConnection', made.append)
    negotiation.make_connection(SimpleNamespace(ice=IceServerPool([]), robot_id='bot'))
    assert made[0].iceServers == []
