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

"""What a robot says to its relay for programs and apps."""

import asyncio
from types import SimpleNamespace

import pytest
from rtc_bridge.core.protocol.signaling_messages import parse, ServiceReply
from rtc_bridge.signaling.native import NativeConnection
from support.viewer import until

pytestmark = pytest.mark.asyncio


class Socket:
    """A WebSocket that sends nothing on before it may."""

    def __init__(self):
        self.sent, self.open = [], asyncio.Event()

    async def send(self, text):
        """Wait, and keep it."""
        await self.open.wait()
        self.sent.append(parse(text))


async def test_an_app_hears_why_nothing_more_comes():
    ws = Socket()
    connection = NativeConnection(
        ws, SimpleNamespace(end_programs=lambda: None), None, 'wss://relay')
    assert connection._take_reply(ServiceReply('app', 'arm', '\ud800'))
    while connection._take_reply(ServiceReply('app', 'arm', 'text')):
        pass
    # Behind as many as may wait.
    assert connection._take_reply(ServiceReply('app', 'arm', fault='the app does not read'))
    ws.open.set()
    await until(lambda: ws.sent and ws.sent[-1].fault == 'the app does not read')
    assert 'cannot be passed on' in ws.sent[0].fault and ws.sent[1].payload == 'text'
    await connection.close()
