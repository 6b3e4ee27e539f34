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

"""Candidates that a viewer sends after its offer."""

import pytest
from rtc_bridge.core.protocol.ice import Candidate
from rtc_bridge.peer.local_robot_link import LocalRobotLink
from support.viewer import make_sessions

pytestmark = pytest.mark.asyncio


async def test_unreadable_candidates_are_left_out(connect):
    sessions = make_sessions()
    viewer = await connect(sessions)
    link = LocalRobotLink(sessions, 'server')
    for text in ('candidate:', 'hello', 'candidate:1 1 udp x y z typ host'):
        await link.add_candidate(viewer.id, Candidate(text, '0', 0))
    await link.add_candidate('unknown', Candidate('x'))
    await link.add_candidate(viewer.id, None)
    await viewer.until(lambda: viewer.got('control', 'hello'))
