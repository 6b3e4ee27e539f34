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

"""What fails at a relay, or for one: answered, counted in the metrics, logged once."""

import asyncio
import json
import logging

from aiohttp import WSMsgType
import pytest
from rtc_bridge.core import supervision
from rtc_bridge.core.failure_log import FailureLog
from rtc_bridge.core.protocol.robot_link import RobotLink
from rtc_bridge.relay import metrics, session_broker
from rtc_bridge.relay.directory.registry import Registry
from rtc_bridge.relay.http import middleware
from rtc_bridge.signaling import native, rtcbot
from rtc_bridge.signaling.relay_client import RelayClient
from support.relay_server import get, make_offer, relay
from support.viewer import until

pytestmark = pytest.mark.asyncio


class BrokenRegistry(Registry):
    """Finds no robots, and says so by the wrong kind of error."""

    async def find(self, name):
        """Fail."""
        raise ZeroDivisionError('injected')


@pytest.fixture(autouse=True)
def failures(monkeypatch):
    """Start with no failures."""
    log = FailureLog()
    for module in (supervision, session_broker, middleware, metrics, native, rtcbot):
        monkeypatch.setattr(module, 'failures', log)
    return log


async def count(served):
    """Return how often requests have failed, as the metrics say."""
    async with served.http.get('/metrics') as response:
        lines = (await response.text()).splitlines()
    name = 'rtc_bridge_relay_failures_total{part="request"} '
    return next((float(line.removeprefix(name)) for line in lines if line.startswith(name)), 0)


async def test_a_request_that_fails_is_answered_and_counted(caplog):
    caplog.set_level(logging.INFO)
    async with relay(BrokenRegistry()) as served:
        assert await count(served) == 0
        for number in range(1, 4):
            async with served.http.post('/bot', data='{"type": "offer", "sdp": "v=0"}') as answer:
                assert answer.status == 500 and 'injected' not in await answer.text()
            assert await count(served) == number
        # Others are served.
        async with served.http.get('/healthz') as answer:
            assert answer.status == 200
    assert caplog.text.count('Traceback') == 1


async def test_a_page_whose_robot_cannot_be_followed_is_cut_off(caplog):
    async with relay(BrokenRegistry()) as served:
        page = await served.v1('/bot', {'type': 'watch'})
        frame = await page.receive()
        assert frame.type in (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.CLOSING)
        assert await count(served) == 1


class BrokenRobot(RobotLink):
    """Fails at each offer, in a way that nobody foresaw."""

    trickle = True

    def __init__(self):
        super().__init__()

    async def ice_servers(self):
        """Return none."""
        return []

    async def answer(self, offer):
        """Fail."""
        raise ZeroDivisionError('injected')

    async def close_session(self, session):
        """Do nothing."""


@pytest.mark.parametrize('way', ['server', 'relay'])
async def test_an_answer_that_fails_is_counted_and_logged_once(failures, caplog, way):
    async with relay() as served:
        part, dialing = 'answer of a robot', None
        if way == 'server':
            served.registry.add('bot', BrokenRobot())
        else:
            part = 'request of the relay'
            client = RelayClient(served.url.replace('http', 'ws') + '/bot', 'bot', BrokenRobot())
            dialing = asyncio.create_task(client.run())
            await until(lambda: served.registry.get('bot') is not None)
        for number in range(1, 4):
            page = await served.page('/bot')
            await make_offer(page, 'v=0\r\n')
            assert (await get(page, 'error'))['code'] == 'internal'
            assert failures.counts == {part: number}
        if dialing is not None:
            dialing.cancel()
            await asyncio.gather(dialing, return_exceptions=True)
    assert caplog.text.count('Traceback') == 1


async def test_an_answer_in_rtcbot_s_form_that_fails_is_counted(failures, caplog):
    class Socket:
        sent = []

        async def send(self, text):
            self.sent.append(json.loads(text)['error'])

    for _ in range(2):
        await rtcbot.answer_offer(Socket(), BrokenRobot(), '{"type": "offer", "sdp": "v=0"}')
    assert Socket.sent == ['internal'] * 2 and failures.counts == {'request of the relay': 2}
    assert caplog.text.count('Traceback') == 1
