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

"""The driver's seat as pages have it, over real connections without a browser."""

import asyncio
from dataclasses import replace

import pytest
from rtc_bridge.core.driving.driver_notices import Notice
from rtc_bridge.core.driving.velocity import ZERO
from support.patience import PATIENCE
from support.viewer import make_sessions, TestCamera
from test_session import watch  # noqa: F401

pytestmark = pytest.mark.asyncio
EMPTY = {'epoch': None, 'driver': False, 'name': None, 'asks': None, 'request': None,
         'asked': False}


def seat(viewer):
    """Return the newest of what a page was told of the lease."""
    told = viewer.got('control', 'lease')
    return {key: value for key, value in told[-1].items() if key != 'type'} if told else None


async def test_the_seat_is_asked_for_refused_and_handed_over(watch):  # noqa: F811
    published = []
    sessions = make_sessions(publish=published.append)
    one, two = await watch(sessions), await watch(sessions)
    sessions.robot.name_of = {two.id: 'Grace'}.get
    await one.until(lambda: seat(one) == EMPTY)
    await two.until(lambda: seat(two) == EMPTY)
    one.send('control', type='want', lease=True)
    await one.until(lambda: seat(one) == EMPTY | {'driver': True, 'epoch': 1})
    await two.until(lambda: seat(two) == EMPTY | {'driver': True})
    two.send('control', type='want', lease=True)
    await one.until(lambda: seat(one)['asks'] == 'Grace')
    await two.until(lambda: seat(two)['asked'])
    # Only the driver answers.
    two.send('control', type='yield')
    two.send('control', type='ping', id=1)
    await two.until(lambda: two.got('control', 'pong'))
    assert seat(two)['epoch'] is None
    one.send('control', type='refuse')
    await two.until(lambda: seat(two) == EMPTY | {'driver': True})
    two.send('control', type='want', lease=True)
    await one.until(lambda: seat(one)['asks'] == 'Grace')
    published.clear()
    one.send('control', type='yield')
    await two.until(lambda: seat(two) == EMPTY | {'driver': True, 'name': 'Grace', 'epoch': 2})
    await one.until(lambda: seat(one) == EMPTY | {'driver': True, 'name': 'Grace'})
    assert published == [ZERO]


async def test_only_who_supervises_takes_the_seat(watch):  # noqa: F811
    sessions = make_sessions()
    one, two = await watch(sessions), await watch(sessions)
    await one.until(lambda: seat(one) == EMPTY)
    await two.until(lambda: seat(two) == EMPTY)
    one.send('control', type='want', lease=True)
    await two.until(lambda: seat(two)['driver'])
    two.send('control', type='want', lease=True, take=True)
    await two.until(lambda: two.got('control', 'error'))
    assert two.got('control', 'error')[0]['code'] == 'denied'
    assert sessions.robot.teleop.lease.holder == one.id
    sessions.sessions[two.id].authorization.role = 'supervise'
    two.send('control', type='want', lease=True, take=True)
    await two.until(lambda: seat(two)['epoch'] == 2)
    await one.until(lambda: seat(one)['epoch'] is None)
    # Nameless, the first driver asks for it back, and gets it when the other one is gone.
    one.send('control', type='want', lease=True)
    await two.until(lambda: seat(two)['asks'] == 'somebody')
    two.send('control', type='bye', reason='test')
    await one.until(lambda: seat(one)['epoch'] == 3)


async def test_a_page_that_only_watches_asks_for_nothing(watch):  # noqa: F811
    sessions = make_sessions(role='view')
    viewer = await watch(sessions)
    await viewer.until(lambda: seat(viewer) == EMPTY)
    viewer.send('control', type='want', lease=True)
    await viewer.until(lambda: viewer.got('control', 'error'))
    assert viewer.got('control', 'error')[0]['code'] == 'denied'
    assert sessions.robot.teleop.lease.holder is None


async def test_anybody_who_may_drive_stops_and_releases(watch):  # noqa: F811
    published = []
    sessions = make_sessions(publish=published.append)
    one, two = await watch(sessions), await watch(sessions)
    sessions.robot.name_of = {two.id: 'Grace'}.get
    none = {'type': 'stop', 'latched': False, 'id': None, 'by': ''}
    await one.until(lambda: one.got('control', 'stop') == [none])
    await two.until(lambda: two.got('control', 'stop') == [none])
    await two.until(lambda: two.channels['teleop'].readyState == 'open')
    two.send('teleop', type='stop', request=5)
    # All are told, and the request is confirmed.
    await two.until(lambda: len(two.got('control', 'stop')) == 3)
    await one.until(lambda: len(one.got('control', 'stop')) == 2)
    latched = one.got('control', 'stop')[1]
    assert latched == {'type': 'stop', 'latched': True, 'id': latched['id'], 'by': 'Grace'}
    assert two.got('control', 'stop')[1:] == [latched, latched | {'request': 5}]
    assert published == [ZERO]
    late = await watch(sessions)
    await late.until(lambda: late.got('control', 'stop') == [latched])
    one.send('control', type='release', id='00')
    await one.until(lambda: one.got('control', 'error'))
    assert one.got('control', 'error')[0]['code'] == 'no-stop'
    sessions.sessions[late.id].authorization.role = 'view'
    late.send('control', type='release', id=latched['id'])
    await late.until(lambda: late.got('control', 'error'))
    assert sessions.robot.teleop.emergency_stop.engaged
    one.send('control', type='release', id=latched['id'])
    for viewer in (one, two, late):
        await viewer.until(lambda viewer=viewer: viewer.got('control', 'stop')[-1] == none)
    late.send('teleop', type='stop', request=6)
    await late.until(lambda: late.got('teleop', 'refused'))
    assert late.got('teleop', 'refused')[0]['reason'] == 'role'
    assert not sessions.robot.teleop.emergency_stop.engaged


async def test_only_a_fresh_picture_of_the_own_session_counts(watch):  # noqa: F811
    published = []
    front = TestCamera('front', 60)
    sessions = make_sessions(front, publish=published.append)
    gate = sessions.robot.teleop.gate
    gate.settings = replace(gate.settings, max_frame_age=1.0, timeout=5.0, max_age=5.0)
    one, two = await watch(sessions), await watch(sessions)
    await one.until(lambda: one.rtp and seat(one))
    await two.until(lambda: two.rtp)
    one.send('control', type='want', lease=True)
    await one.until(lambda: seat(one)['epoch'] == 1 and one.got('teleop', 'tick'))
    seq = 0

    def send(x, frame):
        nonlocal seq
        seq += 1
        one.send('teleop', type='drive', epoch=1, seq=seq, linear_x=x, angular_z=0, frame=frame,
                 tick=one.got('teleop', 'tick')[-1]['tick'])

    async def refused(frame, reason):
        one.messages['teleop'].clear()
        await one.until(lambda: one.got('teleop', 'tick'))
        async with asyncio.timeout(PATIENCE):
            # Refusals are told five times a second at most.
            while not one.got('teleop', 'refused'):
                send(0, frame())
                send(0.5, frame())
                await asyncio.sleep(0.05)
        assert one.got('teleop', 'refused')[0]['reason'] == reason

    for frame in (lambda: None, lambda: 12345, lambda: two.rtp[0], lambda: -1):
        await refused(frame, 'frozen')
    assert set(published) == {ZERO}
    async with asyncio.timeout(PATIENCE):
        while published[-1] == ZERO:
            send(0, one.rtp[0])
            send(0.5, one.rtp[0])
            await asyncio.sleep(0.05)
    # For longer than a repeated picture needs until it is shown.
    gate.settings = replace(gate.settings, max_frame_age=4.0)
    front.stop()
    last = one.rtp[0]
    await refused(lambda: one.rtp[0], 'frozen')
    assert published[-1] == ZERO and abs(one.rtp[0] - last) < 90000
    last = one.rtp[0]
    # Sent once more, as for somebody else who comes, it is no younger.
    async with asyncio.timeout(PATIENCE):
        while one.rtp[0] - last < 90000:
            for stream in front.camera.streams.values():
                if stream.watched:
                    stream.request_keyframe()
            await asyncio.sleep(0.05)
    published.clear()
    await refused(lambda: one.rtp[0], 'frozen')
    assert set(published) == {ZERO}
    # The same camera, shown anew, is another picture.
    front.resume()
    await one.until(lambda: one.rtp[0] - last > 45000)
    old = one.rtp[0]
    one.send('control', type='select', slot=0, camera=None)
    await refused(lambda: old, 'frozen')


async def test_the_emergency_stop_is_for_every_role_that_may_press_it(watch):  # noqa: F811
    """Also where driving is off, and by spectators where that is allowed; they release nothing."""
    sessions = make_sessions(role='view', view_may_stop=True)
    sessions.robot.teleop.enabled = False
    spectator, driver = await watch(sessions), await watch(sessions)
    sessions.sessions[driver.id].authorization.role = 'drive'
    for viewer in (spectator, driver):
        await viewer.until(lambda viewer=viewer: viewer.got('control', 'hello')
                           and viewer.channels['teleop'].readyState == 'open')
    hello, = spectator.got('control', 'hello')
    assert hello['stop'] == {'may_press': True, 'may_release': False}
    assert not hello['teleop']['enabled']
    spectator.send('teleop', type='stop', request=1)
    await spectator.until(lambda: spectator.got('control', 'stop')[-1].get('request') == 1)
    stop = driver.got('control', 'stop')[-1]
    assert stop['latched'] and sessions.robot.teleop.emergency_stop.engaged
    spectator.send('control', type='release', id=stop['id'])
    await spectator.until(lambda: spectator.got('control', 'error'))
    assert spectator.got('control', 'error')[0]['code'] == 'denied'
    driver.send('control', type='release', id=stop['id'])
    await spectator.until(lambda: not spectator.got('control', 'stop')[-1]['latched'])
    driver.send('teleop', type='stop', request=2)
    await driver.until(lambda: driver.got('control', 'stop')[-1].get('request') == 2)


async def test_notices_are_told_with_hello_and_at_each_change(watch):  # noqa: F811
    sessions = make_sessions(role='view')
    viewer = await watch(sessions)
    await viewer.until(lambda: viewer.got('control', 'notices'))
    assert viewer.got('control', 'notices') == [{'type': 'notices', 'notices': []}]
    sessions.robot.notices = (Notice('no-subscriber', 'warn', 'Nobody listens.', '/cmd_vel'),)
    sessions.notices_changed()
    await viewer.until(lambda: len(viewer.got('control', 'notices')) == 2)
    told = viewer.got('control', 'notices')[1]['notices']
    assert told == [{'code': 'no-subscriber', 'level': 'warn', 'topic': '/cmd_vel', 'nodes': [],
                     'text': 'Nobody listens.'}]
    late = await watch(sessions)
    await late.until(lambda: late.got('control', 'notices'))
    assert late.got('control', 'notices')[0]['notices'] == told


async def test_nobody_drives_by_a_camera_that_is_for_watching(watch):  # noqa: F811
    """However fresh its pictures are: a clip that loops, say. The first for driving is shown."""
    published = []
    clip, front = TestCamera('clip', 180, drive=False), TestCamera('front', 60)
    sessions = make_sessions(clip, publish=published.append)
    gate = sessions.robot.teleop.gate
    gate.settings = replace(gate.settings, max_frame_age=1.0, timeout=5.0, max_age=5.0)
    viewer = await watch(sessions)
    await viewer.until(lambda: viewer.rtp and viewer.got('control', 'slot'))
    assert viewer.got('control', 'slot')[-1]['camera'] == 'clip'
    viewer.send('control', type='want', lease=True)
    await viewer.until(lambda: viewer.got('teleop', 'tick'))
    seq = 0

    def send(x):
        nonlocal seq
        seq += 1
        viewer.send('teleop', type='drive', epoch=1, seq=seq, linear_x=x, angular_z=0,
                    frame=viewer.rtp[0], tick=viewer.got('teleop', 'tick')[-1]['tick'])

    async def sent_until(condition):
        async with asyncio.timeout(PATIENCE):
            while not condition():
                send(0)
                send(0.5)
                await asyncio.sleep(0.05)
    await sent_until(lambda: viewer.got('teleop', 'refused'))
    assert viewer.got('teleop', 'refused')[0]['reason'] == 'camera'
    assert set(published) == {ZERO}
    # One for driving comes, and is shown to a page that has chosen nothing.
    sessions.robot.cameras['front'] = front.camera
    sessions.cameras_changed()
    assert viewer.got('control', 'hello')[0]['cameras'] == [{'name': 'clip', 'drive': False}]
    await viewer.until(lambda: viewer.got('control', 'slot')[-1]['camera'] == 'front')
    await sent_until(lambda: set(published) != {ZERO})
    # Chosen by hand it stays.
    viewer.send('control', type='select', slot=0, camera='clip')
    await viewer.until(lambda: viewer.got('control', 'slot')[-1]['camera'] == 'clip')
    viewer.messages['teleop'].clear()
    await viewer.until(lambda: viewer.got('teleop', 'tick'))
    await sent_until(lambda: [m for m in viewer.got('teleop', 'refused')
                              if m['reason'] == 'camera'])
    sessions.cameras_changed()
    viewer.send('control', type='ping', id=1)
    await viewer.until(lambda: viewer.got('control', 'pong'))
    assert viewer.got('control', 'slot')[-1]['camera'] == 'clip'
