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

"""Who is heard on the robot."""

import pytest
from rtc_bridge.core.access.floor import Floor


def make(talk, driver='ada'):
    floor = Floor(talk, lambda session: session == driver)
    changes = []
    floor.on_change.append(lambda: changes.append(floor.holder))
    return floor, changes


@pytest.mark.parametrize('talk, heard', [
    ('off', []), ('driver', ['ada', 'sue']), ('role', ['ada', 'bob', 'sue'])])
def test_who_may_be_heard(talk, heard):
    roles = {'ada': 'drive', 'bob': 'drive', 'vera': 'view', 'sue': 'supervise'}
    for session, role in roles.items():
        floor, _ = make(talk)
        assert (floor.ask(session, role) == '') == (session in heard), session
        assert floor.holder == (session if session in heard else None)


def test_one_at_a_time_and_a_supervisor_first():
    floor, changes = make('role')
    assert floor.ask('ada', 'drive') == floor.ask('ada', 'drive') == ''
    assert floor.ask('bob', 'drive') == 'somebody else talks'
    assert floor.ask('sue', 'supervise') == ''
    assert floor.ask('ada', 'drive') == 'somebody else talks'
    assert floor.ask('tom', 'supervise') == 'somebody else talks'
    floor.release('ada')
    floor.release('sue')
    assert changes == ['ada', 'sue', None]


def test_who_drives_no_more_is_heard_no_more():
    driver = ['ada']
    floor = Floor('driver', lambda session: session in driver)
    assert floor.ask('ada', 'drive') == ''
    floor.lease_changed()
    assert floor.holder == 'ada'
    driver.clear()
    floor.lease_changed()
    assert floor.holder is None
