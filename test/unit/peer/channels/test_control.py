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

"""The control channel, over real connections without a browser."""

from dataclasses import replace
import math

import pytest
from rtc_bridge.core.cameras.camera_mount import CameraMount
from rtc_bridge.core.clock import boot_time
from rtc_bridge.core.driving.driver_notices import Notice
from rtc_bridge.core.driving.footprint import parse_footprint
from rtc_bridge.core.limits.rate_limit import RateLimiter
from rtc_bridge.core.obstacles.report import ObstacleLimits, ObstacleReport
from support.viewer import freeze_budgets, make_sessions, TestCamera, until

pytestmark = pytest.mark.asyncio


async def test_hello_tells_limits_and_role(connect):
    viewer = await connect(make_sessions(TestCamera('front', 60), role='view'), slots=2)
    await viewer.until(lambda: viewer.got('control', 'lease'))
    hello = viewer.got('control', 'hello')[0]
    assert hello['robot_id'] == 'robot' and hello['role'] == 'view' and hello['slots'] == 2
    assert hello['session'] == viewer.id
    assert hello['teleop'] == {
        'enabled': False, 'joy': False, 'max_linear_x': 1.0, 'max_linear_y': 0.0,
        'max_linear_z': 0.0, 'max_angular_z': 2.0, 'max_age': 0.5, 'timeout': 0.3}
    assert hello['alarms'] == {'delay': [0.25, 0.5], 'fps': [5.0, 2.0], 'loss': [0.05, 0.15],
                               'battery': [0.2, 0.1], 'stale': [2.0, 5.0]}
    viewer.send('control', type='want', lease=True)
    await viewer.until(lambda: viewer.got('control', 'error'))
    assert viewer.got('control', 'error')[0]['code'] == 'denied'


async def test_labels_and_findings_come_with_the_cameras(connect):
    sessions = make_sessions(TestCamera('front', 60), TestCamera('rear/image_raw', 60))
    front = sessions.robot.cameras['front']
    front.configure(replace(front.settings, label='Mast'))
    viewer = await connect(sessions)
    await viewer.until(lambda: viewer.got('control', 'hello'))
    hello, = viewer.got('control', 'hello')
    assert hello['cameras'] == [{'name': 'front', 'drive': True, 'label': 'Mast'},
                                {'name': 'rear/image_raw', 'drive': True}]
    assert 'findings' not in hello
    sessions.robot.camera_findings = ('nothing matches', *'abcdef', 'x' * 5000)
    sessions.cameras_changed()
    await viewer.until(lambda: viewer.got('control', 'cameras'))
    assert viewer.got('control', 'cameras')[0]['findings'] == ['nothing matches', *'abc']
    # By its topic, or without image_raw.
    for name in ('/rear/image_raw', 'rear'):
        viewer.send('control', type='select', slot=0, camera=None)
        viewer.send('control', type='select', slot=0, camera=name)
        await viewer.until(lambda: [m for m in viewer.got('control', 'slot')
                                    if m['camera'] == 'rear/image_raw'])


async def test_a_page_is_told_by_what_it_can_draw_on_the_ground(connect):
    sessions = make_sessions(TestCamera('front', 60), TestCamera('rear', 60))
    front, rear = sessions.robot.cameras.values()
    front.configure(replace(front.settings, mount=CameraMount(0.5, 0.1, -0.2, fov=math.pi / 2)))
    # Not before its camera_info has come.
    rear.configure(replace(rear.settings, mount=CameraMount(0.5)))
    sessions.robot.footprint = parse_footprint('0.6, 0.4')
    viewer = await connect(sessions)
    await viewer.until(lambda: viewer.got('control', 'hello'))
    hello, = viewer.got('control', 'hello')
    assert hello['teleop']['footprint'] == [[0.3, 0.2], [0.3, -0.2], [-0.3, -0.2], [-0.3, 0.2]]
    assert [camera.get('mount') for camera in hello['cameras']] == [
        {'x': 0.1, 'y': -0.2, 'z': 0.5, 'roll': 0.0, 'pitch': 0.0, 'yaw': 0.0, 'fx': 0.5,
         'cx': 0.5, 'cy': 0.5}, None]
    assert not any('mount_problem' in camera for camera in hello['cameras'])
    rear.mount_problem = 'no path is drawn: /rear/camera_info sends no message'
    sessions.cameras_changed()
    await viewer.until(lambda: viewer.got('control', 'cameras'))
    changed, = viewer.got('control', 'cameras')
    assert [camera.get('mount_problem') for camera in changed['cameras']] == [
        None, rear.mount_problem]


async def test_messages_both_ways(connect):
    sessions = make_sessions()
    viewer = await connect(sessions)
    await viewer.until(lambda: viewer.got('control', 'hello'))
    viewer.send('control', type='message', data={'a': 1})
    viewer.send('control', type='ping', id=7)
    await viewer.until(lambda: viewer.got('control', 'pong'))
    pong, = viewer.got('control', 'pong')
    assert pong['id'] == 7.0 and 0 < pong['time'] <= boot_time()
    assert sessions.received == ['{"a": 1}']
    sessions.send_message(None)
    await viewer.until(lambda: viewer.got('control', 'message'))
    assert viewer.got('control', 'message') == [{'type': 'message', 'data': None}]


@pytest.mark.parametrize('text', ['', 'x', '{}', '{"type":"select","slot":9}',
                                  '{"type":"select","slot":0,"camera":"nowhere"}'])
async def test_bad_messages_get_an_error_and_end_nothing(connect, text):
    viewer = await connect(make_sessions(TestCamera('front', 60)))
    await viewer.until(lambda: viewer.got('control', 'hello'))
    viewer.channels['control'].send(text)
    await viewer.until(lambda: viewer.got('control', 'error'))
    await viewer.until(lambda: viewer.shows(0, 60))


async def test_a_viewer_that_may_only_watch_reaches_no_application(connect):
    sessions = make_sessions(TestCamera('front', 60), role='view')
    viewer = await connect(sessions)
    old = await connect(sessions, protocol='rtcbot', labels=('default',))
    await viewer.until(lambda: viewer.got('control', 'hello'))
    await old.until(lambda: old.shows(0, 60))
    await until(lambda: old.channels['default'].readyState == 'open')
    viewer.send('control', type='message', data='open the door')
    old.channels['default'].send('open the door')
    await viewer.until(lambda: viewer.got('control', 'error'))
    assert viewer.got('control', 'error')[0]['code'] == 'denied'
    old.channels['default'].send('{"forward": 1}')
    viewer.send('control', type='ping', id=1)
    await viewer.until(lambda: viewer.got('control', 'pong'))
    assert sessions.received == []
    assert sessions.robot.teleop.lease.holder is None


@pytest.mark.parametrize('slot, frames', [(7, 1), (0, -1), (0, 'a')])
async def test_impossible_reports_get_an_error(connect, slot, frames):
    viewer = await connect(make_sessions(TestCamera('front', 60)))
    await viewer.until(lambda: viewer.got('control', 'hello'))
    viewer.send('control', type='shown', slot=slot, frames=frames, packets=1)
    await viewer.until(lambda: viewer.got('control', 'error'))


async def test_notices_are_sent_after_hello_and_at_each_change(connect):
    sessions = make_sessions(role='view')
    viewer = await connect(sessions)
    await viewer.until(lambda: viewer.got('control', 'notices'))
    assert viewer.got('control', 'notices') == [{'type': 'notices', 'notices': []}]
    sessions.robot.notices = (Notice('no-subscriber', 'warn', 'Nobody listens.', '/cmd_vel'),)
    sessions.notices_changed()
    await viewer.until(lambda: len(viewer.got('control', 'notices')) == 2)
    told = viewer.got('control', 'notices')[1]['notices']
    assert told == [{'code': 'no-subscriber', 'level': 'warn', 'topic': '/cmd_vel', 'nodes': [],
                     'text': 'Nobody listens.'}]
    late = await connect(sessions)
    await late.until(lambda: late.got('control', 'notices'))
    assert late.got('control', 'notices')[0]['notices'] == told


async def test_obstacles_are_told_after_hello_and_at_each_change(connect):
    sessions = make_sessions(role='view')
    sessions.robot.obstacle_limits = ObstacleLimits(1.0, 0.5, 1.25)
    sessions.robot.obstacles = ObstacleReport((50,) * 72, boot_time() - 0.5)
    viewer = await connect(sessions)
    await viewer.until(lambda: viewer.got('control', 'obstacles'))
    assert viewer.got('control', 'hello')[0]['obstacles'] == {
        'amber': 1.0, 'red': 0.5, 'view': 1.25, 'sensors': True}
    told = viewer.got('control', 'obstacles')[0]
    assert told['cm'] == [50] * 72 and 0.5 <= told['age'] and told['monitor'] is None
    sessions.robot.obstacles = ObstacleReport(reason='/scan is silent')
    sessions.obstacles_changed()
    await viewer.until(lambda: len(viewer.got('control', 'obstacles')) == 2)
    assert viewer.got('control', 'obstacles')[1] == {
        'type': 'obstacles', 'cm': None, 'age': None, 'reason': '/scan is silent',
        'monitor': None}


async def test_who_has_proved_nothing_is_told_no_obstacles(robot):
    sessions = robot.sessions
    sessions.robot.obstacle_limits = ObstacleLimits(1.0, 0.5, 1.25)
    stranger = await robot.stranger()
    sessions.obstacles_changed()
    await stranger.ping()
    assert not stranger.got('control', 'obstacles')


async def test_each_message_uses_the_budget(greet):
    sessions = make_sessions()
    rude, honest = await greet(sessions), await greet(sessions)
    session = sessions.sessions[rude.id]
    freeze_budgets(session)
    session.channels['control']._sender._busy = RateLimiter(1.0, 1.0, lambda: 0.0)
    for number in range(1000):
        rude.send('control', type='figures', width=number)
    await rude.until(lambda: rude.got('control', 'error'))
    rude.send('control', type='ping', id=1)
    rude.send('teleop', type='stop', request=1)
    # A stop passes whatever else is sent.
    await honest.until(lambda: any(m['latched'] for m in honest.got('control', 'stop')))
    codes = [m['code'] for m in rude.got('control', 'error')]
    assert codes.count('busy') == 1 and not rude.got('control', 'pong')
    await honest.ping()
