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

"""Selections of cameras, within their budget."""

import pytest
from support.viewer import make_sessions, TestCamera

pytestmark = pytest.mark.asyncio


async def test_the_newest_selection_of_each_slot_is_shown(greet):
    """A page says once what it wants to see; without budget it comes later."""
    sessions = make_sessions(TestCamera('front', 60), TestCamera('rear', 120))
    viewer = await greet(sessions, slots=2)
    session = sessions.sessions[viewer.id]
    now = [0.0]
    session.budgets.__init__(clock=lambda: now[0])
    while session.budgets.selects.allow():
        pass
    for camera in ('rear', 'front', 'nothing', 'rear'):
        viewer.send('control', type='select', slot=0, camera=camera)
    viewer.send('control', type='select', slot=1, camera='rear')
    viewer.send('control', type='select', slot=1, camera='front')
    await viewer.ping()
    assert session.slots[0].camera.name == 'front' and session.slots[1].camera is None
    now[0] = 60.0
    await viewer.until(lambda: {(m['slot'], m['camera']) for m in viewer.got('control', 'slot')}
                       >= {(0, 'rear'), (1, 'front')})
    assert session.slots[0].camera.name == 'rear' and session.slots[1].camera.name == 'front'
    assert not viewer.got('control', 'error')
