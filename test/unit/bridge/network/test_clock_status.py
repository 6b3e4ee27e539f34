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

from rtc_bridge.bridge.network import clock_status
from rtc_bridge.bridge.network.clock_status import ClockStatus


def test_the_clock_is_told_at_the_start_and_at_each_change(monkeypatch, caplog):
    caplog.set_level('INFO')
    state = [False]
    monkeypatch.setattr(clock_status, 'synchronized', lambda: state[0])
    status = ClockStatus(required=True)
    status.look()
    assert status.status().level != b'\0' and 'links that expire are refused' in caplog.text
    assert len(caplog.records) == 1
    state[0] = True
    assert status.status().level == b'\0' and 'is synchronized now' in caplog.text
    caplog.clear()
    ClockStatus(required=False).look()
    assert not caplog.records
