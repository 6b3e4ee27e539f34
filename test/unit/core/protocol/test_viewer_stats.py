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

"""The statistics that a page sends of what its viewer sees."""

import pytest
from rtc_bridge.core.errors import ProtocolError
from rtc_bridge.core.protocol.control_messages import ViewerStats
from rtc_bridge.core.protocol.json_messages import decode


def test_statistics_of_a_page_are_checked():
    stats = decode(ViewerStats, {
        'delay_ms': 12, 'fps': 29.97, 'width': 640, 'codec': 'H264', 'route': 'direct',
        'command_ms': None, 'more': 1})
    assert stats.texts() == {'delay_ms': '12.0', 'fps': '30.0', 'width': '640',
                             'codec': 'H264', 'route': 'direct'}
    assert decode(ViewerStats, {}).texts() == {}
    for wrong in ({'delay_ms': -1}, {'fps': 1e9}, {'width': 1.5}, {'route': 'pigeon'},
                  {'codec': '<b>'}, {'codec': 'x' * 17}, {'lost_percent': '3'}):
        name, = wrong
        with pytest.raises(ProtocolError, match=f'"{name}"'):
            decode(ViewerStats, wrong)
