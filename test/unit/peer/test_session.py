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

"""A session from its start to its end, against an aiortc client."""

import pytest
from rtc_bridge.core.protocol.signaling_messages import Offer
from rtc_bridge.peer.local_robot_link import LocalRobotLink
from support.viewer import make_sessions, TestCamera, until, Viewer

pytestmark = pytest.mark.asyncio


async def test_cameras_come_and_go(connect):
    sessions = make_sessions()
    viewer = await connect(sessions)
    await viewer.until(lambda: viewer.got('control', 'hello'))
    assert viewer.got('control', 'hello')[0]['cameras'] == []
    late = TestCamera('late', 100)
    sessions.robot.cameras['late'] = late.camera
    sessions.cameras_changed()
    await viewer.until(lambda: viewer.shows(0, 100))
    assert viewer.newest('control', 'cameras').get('cameras') == [
        {'name': 'late', 'drive': True}]
    del sessions.robot.cameras['late']
    sessions.cameras_changed()
    await viewer.until(lambda: viewer.newest('control', 'slot').get('state') == 'off')


async def test_a_session_that_ends_does_not_take_the_lease_again(connect):
    sessions = make_sessions(TestCamera('front', 60))
    viewer = await connect(sessions)
    await viewer.until(lambda: viewer.shows(0, 60))
    viewer.send('control', type='bye', reason='test')
    for _ in range(50):
        viewer.send('control', type='want', lease=True)
    await until(lambda: not sessions.sessions)
    await sessions.close('test')
    assert sessions.robot.teleop.lease.holder is None


async def test_a_session_without_a_connection_ends(monkeypatch):
    monkeypatch.setattr('rtc_bridge.peer.session.CONNECT_TIMEOUT_S', 0.3)
    front = TestCamera('front', 60)
    sessions = make_sessions(front)
    viewer = Viewer()
    await LocalRobotLink(sessions, 'server').answer(Offer('x', await viewer.offer()))
    assert front.camera.watched
    await until(lambda: not sessions.sessions)
    assert not front.camera.watched
    await viewer.close()


async def test_bye_ends_the_session(connect):
    sessions = make_sessions(TestCamera('front', 60))
    viewer = await connect(sessions)
    await viewer.until(lambda: viewer.got('control', 'hello'))
    viewer.send('control', type='bye', reason='test')
    await until(lambda: not sessions.sessions)
