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

"""Pings of robots and pages are spread over time, as their connections are."""

import asyncio

import pytest
from support.relay_server import relay


@pytest.mark.asyncio
async def test_pings_of_all_robots_do_not_fall_on_one_instant(monkeypatch):
    """Aiohttp moves them to whole seconds: with 5000 robots, the relay stood for 0.2 s."""
    due = []
    loop = asyncio.get_running_loop()
    call_at = loop.call_at

    def note(when, callback, *args, **options):
        if getattr(callback, '__name__', '') == '_send_heartbeat':
            due.append(when)
        return call_at(when, callback, *args, **options)

    monkeypatch.setattr(loop, 'call_at', note)
    async with relay(heartbeat=300.0) as served:
        for number in range(3):
            await served.robot(f'/robot{number}')
    assert len(due) >= 3
    assert all(when % 1 for when in due)
