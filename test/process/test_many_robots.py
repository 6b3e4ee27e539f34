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

"""A thousand robots lose their relay at one moment and come back to it."""

import asyncio
import signal
import sys

from aiohttp import ClientSession
import pytest
from rtc_bridge.signaling.relay_client import RelayClient
from support.browsers import PATIENCE
from support.processes import Process
from test_signaling import Robot

MANY = 1000
TOKEN = 'one-for-all-of-this-site'


class Fleet:
    """Robots, each with a connection of its own and nothing else."""

    def __init__(self, url):
        """Prepare; ``run`` starts them."""
        self._connected = set()
        self._changed = asyncio.Condition()
        self.reasons = set()
        self._clients = [RelayClient(
            f'{url}/robot{number}', f'robot{number}', Robot(), token=TOKEN,
            secret=b'%032d' % number, on_state=lambda state, number=number: self._note(
                number, state)) for number in range(MANY)]

    def _note(self, number, state):
        if state == 'connected':
            self._connected.add(number)
        else:
            self._connected.discard(number)
            self.reasons.add(state)
        asyncio.ensure_future(self._tell())

    async def _tell(self):
        async with self._changed:
            self._changed.notify_all()

    async def run(self):
        """Run until cancelled."""
        await asyncio.gather(*(client.run() for client in self._clients))

    async def wait(self, count):
        """Wait until exactly so many are connected."""
        try:
            async with asyncio.timeout(2 * PATIENCE), self._changed:
                await self._changed.wait_for(lambda: len(self._connected) == count)
        except TimeoutError:
            pytest.fail(f'{len(self._connected)} of {count} robots; {self.reasons}')


def start_relay(port):
    # One address stands for a thousand here, and is not counted before it has shown its token.
    relay = Process([sys.executable, '-m', 'rtc_bridge.nodes.relay', '--host', '127.0.0.1',
                     '--port', str(port), '--limits-connections-per-address', str(2 * MANY)],
                    env={'RTC_BRIDGE_RELAY_TOKENS': f'*:{TOKEN}'})
    return relay, int(relay.wait_line(r'listens on http://.*:(\d+)', PATIENCE)[1])


@pytest.mark.asyncio
@pytest.mark.parametrize('number', [signal.SIGKILL, signal.SIGTERM], ids=lambda n: n.name)
async def test_all_come_back(number):
    relay, port = start_relay(0)
    fleet = Fleet(f'ws://127.0.0.1:{port}')
    task = asyncio.create_task(fleet.run())
    try:
        await fleet.wait(MANY)
        relay.send(number)
        await asyncio.to_thread(relay.wait, PATIENCE)
        await fleet.wait(0)
        relay, _ = await asyncio.to_thread(start_relay, port)
        await fleet.wait(MANY)
        async with (ClientSession() as http,
                    http.get(f'http://127.0.0.1:{port}/healthz') as response):
            assert (await response.json())['robots'] == MANY
        # Nobody was sent away or cut.
        assert not any('exists' in reason or 'HTTP' in reason for reason in fleet.reasons)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        relay.stop()
