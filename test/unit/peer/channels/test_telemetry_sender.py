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

"""Telemetry on a busy path."""

import pytest
from support.viewer import make_sessions

pytestmark = pytest.mark.asyncio


async def test_telemetry_waits_while_much_is_buffered(connect):
    """What a page must know goes before it, and it comes later in its newest state."""
    sessions = make_sessions()
    viewer = await connect(sessions)
    await viewer.until(lambda: viewer.got('control', 'lease'))
    channel = sessions.sessions[viewer.id].channels['control']._channel
    # As aiortc does with what it cannot send yet.
    channel._addBufferedAmount(20_000)
    sessions.send_telemetry({'battery': 1})
    sessions.send_telemetry({'battery': 2, 'map': 'm'})
    viewer.send('control', type='want', lease=True)
    await viewer.until(lambda: viewer.newest('control', 'lease').get('epoch') == 1)
    assert viewer.got('control', 'telemetry') == []
    channel._addBufferedAmount(-20_000)
    await viewer.until(lambda: viewer.got('control', 'telemetry'))
    assert [m['values'] for m in viewer.got('control', 'telemetry')] == [
        {'battery': 2, 'map': 'm'}]
