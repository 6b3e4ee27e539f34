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

"""RTP and RTCP that a peer sends."""

from struct import pack

import pytest

pytestmark = pytest.mark.asyncio


async def test_media_and_reports_are_not_read_before_the_proof(robot):
    page = await robot.stranger()
    session = robot.sessions.sessions[page.id]
    transport = session._pc.sctp.transport
    seen = []
    transport._rtp_router.route_rtcp = seen.append
    await transport._handle_rtcp_data(pack('!BBHLL', 0x81, 206, 2, 1, 1))
    await transport._handle_rtp_data(bytes(12), 0)
    assert not seen
