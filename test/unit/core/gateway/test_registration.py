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

"""Where programs are awaited, and what they say first."""

import pytest
from rtc_bridge.core.errors import ParameterError, ProtocolError
from rtc_bridge.core.gateway.registration import (
    MeetingPlace, read_meeting_place, read_registration, Registration,
)


@pytest.mark.parametrize('text, place', [
    ('ws://127.0.0.1:9010', MeetingPlace('127.0.0.1', 9010)),
    ('ws://localhost:9010/', MeetingPlace('localhost', 9010)),
    ('ws://[::1]:9010', MeetingPlace('::1', 9010)),
    ('unix:/run/rtc_bridge.sock', MeetingPlace(path='/run/rtc_bridge.sock'))])
def test_places_are_on_this_computer(text, place):
    assert read_meeting_place(text) == place


@pytest.mark.parametrize('text', [
    'ws://0.0.0.0:9010', 'ws://192.168.1.2:9010', 'ws://robot:9010', 'ws://127.0.0.1',
    'wss://127.0.0.1:9010', 'ws://127.0.0.1:9010/path', 'unix:relative', '9010',
    'ws://127.0.0.1:99999', 'ws://[::1'])
def test_other_places_are_refused_with_what_is_allowed(text):
    with pytest.raises(ParameterError, match='services.listen .* ws://127.0.0.1:9010'):
        read_meeting_place(text)


def test_the_first_frame_says_service_and_token():
    read = read_registration('{"service": "arm", "token": "secret", "more": 1}')
    assert read == Registration('arm', 'secret')
    assert 'secret' not in repr(read)


@pytest.mark.parametrize('text', ['', '[]', '{}', '{"service": "arm"}', '{"token": "secret"}',
                                  '{"service": 1, "token": "s"}', '{"service":"' + 'a' * 5000])
def test_other_first_frames_are_refused(text):
    with pytest.raises(ProtocolError):
        read_registration(text)
