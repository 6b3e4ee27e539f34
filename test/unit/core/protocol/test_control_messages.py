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

"""Messages of a page on the control channel."""

import pytest
from rtc_bridge.core.errors import ProtocolError
from rtc_bridge.core.protocol.control_messages import (
    AppMessage, Bye, ChooseQuality, parse_control, Ping, RequestLease, Select,
)


@pytest.mark.parametrize('text, message', [
    ('{"type":"select","slot":1,"camera":"rear"}', Select(1, 'rear')),
    ('{"type":"select","slot":0,"camera":null}', Select(0, None)),
    ('{"type":"quality","mode":"auto"}', ChooseQuality('auto')),
    ('{"type":"quality","mode":"save","max_kbit_per_s":150}', ChooseQuality('save', 150)),
    ('{"type":"ping","id":12.5}', Ping(12.5)),
    ('{"type":"want","lease":true}', RequestLease(True)),
    ('{"type":"message","data":[1,{"a":null}]}', AppMessage([1, {'a': None}])),
    ('{"type":"message","data":null}', AppMessage(None)), ('{"type":"bye"}', Bye('')),
])
def test_control_messages(text, message):
    assert parse_control(text) == message


@pytest.mark.parametrize('text', [
    '{"type":"select","slot":true}', '{"type":"select"}', '{"type":"ping","id":"1"}',
    '{"type":"quality","mode":"low"}', '{"type":"quality"}', '{"type":"quality","mode":"save"}',
    '{"type":"quality","mode":"best","max_kbit_per_s":500}',
    '{"type":"quality","mode":"save","max_kbit_per_s":149}',
    '{"type":"quality","mode":"save","max_kbit_per_s":NaN}',
    '{"type":"quality","mode":"save","max_kbit_per_s":1e6}',
    '{"type":"want","lease":1}', '{"type":"message"}', '{"type":"drive"}', b'\xff\xfe',
])
def test_bad_control_messages(text):
    with pytest.raises(ProtocolError):
        parse_control(text)
