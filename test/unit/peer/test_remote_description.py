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

"""What is read of a viewer's session description."""

import pytest
from rtc_bridge.peer.remote_description import read_offer
from support.viewer import Viewer

pytestmark = pytest.mark.asyncio


async def test_mdns_candidates_and_the_end_of_candidates_are_removed():
    viewer = Viewer()
    sdp = await viewer.offer()
    line = 'a=candidate:1 1 udp 2 d1b4.local 5 typ host\r\n'
    marked = sdp.replace('a=ice-ufrag', line + 'a=end-of-candidates\r\na=ice-ufrag', 1)
    assert '.local' not in read_offer(marked).sdp
    assert 'end-of-candidates' not in read_offer(marked).sdp
    assert read_offer(sdp).sdp == sdp
    await viewer.close()
