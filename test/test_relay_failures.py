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

"""A handler of the relay that fails: answered, counted in the metrics, logged once."""

import logging

from aiohttp import WSMsgType
import pytest
from relay_server import relay
from rtc_bridge.core import supervision
from rtc_bridge.core.supervision import FailureLog
from rtc_bridge.relay import entrance, watch
from rtc_bridge.relay.registry import Registry

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
    for module in (supervision, entrance, watch):
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
