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

"""Which data channels a session uses."""

import pytest
from support.viewer import make_sessions, TestCamera, until

pytestmark = pytest.mark.asyncio


async def test_a_session_has_one_way_to_drive(connect):
    """What RTCBot beside ours says is not listened to."""
    sessions = make_sessions(TestCamera('front', 60))
    viewer = await connect(sessions, labels=('control', 'teleop', 'default'))
    await viewer.until(lambda: viewer.shows(0, 60))
    # Pictures may come before the channels.
    await until(lambda: all(
        channel.readyState == 'open' for channel in viewer.channels.values()))
    viewer.channels['default'].send('{"forward": 1}')
    viewer.send('control', type='ping', id=1)
    await viewer.until(lambda: viewer.got('control', 'pong'))
    assert sessions.robot.teleop.lease.holder is None
