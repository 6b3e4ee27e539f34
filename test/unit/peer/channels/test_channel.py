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

"""What all data channels have in common."""

from rtc_bridge.peer.channels.channel import Channel
from support.stuck_channel import StuckChannel


def test_send_tells_whether_it_sent(caplog):
    stuck = StuckChannel()
    channel = Channel(stuck)
    assert channel.send('{"type": "a"}')
    stuck.longest = 5
    assert [channel.send('{"type": "b"}') for _ in range(3)] == [False] * 3
    assert len(caplog.records) == 1
    stuck.longest, stuck.bufferedAmount = 100, 1 << 20
    assert not channel.send('{"type": "c"}')
    stuck.bufferedAmount, stuck.readyState = 0, 'closing'
    assert not channel.send('{"type": "d"}')
    assert stuck.types() == ['a']
