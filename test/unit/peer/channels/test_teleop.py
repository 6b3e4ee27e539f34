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

"""Commands and emergency stops on the teleop channel."""

import asyncio
from dataclasses import replace
import json

import pytest
from rtc_bridge.core.driving.velocity import ZERO
from support.patience import PATIENCE
from support.viewer import freeze_budgets, make_sessions, TestCamera, until

pytestmark = pytest.mark.asyncio


async def test_the_holder_of_the_lease_drives(connect):
    sent = []
    sessions = make_sessions(TestCamera('front', 60), publish=sent.append)
    viewer, other = await connect(sessions), await connect(sessions)
    await viewer.until(lambda: viewer.got('control', 'lease'))
    await other.until(lambda: other.got('control', 'lease'))
    viewer.send('control', type='want', lease=True)
    await viewer.until(lambda: viewer.got('teleop', 'tick'))
    epoch = viewer.newest('control', 'lease').get('epoch')
    await other.until(lambda: other.newest('control', 'lease').get('driver'))
    assert other.newest('control', 'lease').get('epoch') is None

    def drive(who, seq, speed):
        who.send('teleop', type='drive', epoch=epoch, seq=seq, linear_x=speed, angular_z=0,
                 tick=viewer.newest('teleop', 'tick').get('tick'))

    drive(other, 1, 0)
    await other.until(lambda: other.got('teleop', 'refused'))
    assert other.got('teleop', 'refused')[0]['reason'] == 'epoch'
    drive(viewer, 1, 0)
    drive(viewer, 2, 0.5)
    await until(lambda: any(v.linear_x for v in sent))
    await sessions.sessions[viewer.id].close('test')
    assert sent[-1] == ZERO
    await other.until(lambda: not other.newest('control', 'lease').get('driver'))


async def test_only_a_fresh_frame_of_the_own_session_counts(connect):
    published = []
    front = TestCamera('front', 60)
    sessions = make_sessions(front, publish=published.append)
    gate = sessions.robot.teleop.gate
    gate.settings = replace(gate.settings, max_frame_age=1.0, timeout=5.0, max_age=5.0)
    one, two = await connect(sessions), await connect(sessions)
    await one.until(lambda: one.rtp and one.lease)
    await two.until(lambda: two.rtp)
    one.send('control', type='want', lease=True)
    await one.until(lambda: one.lease['epoch'] == 1 and one.got('teleop', 'tick'))
    seq = 0

    def send(x, frame):
        nonlocal seq
        seq += 1
        one.send('teleop', type='drive', epoch=1, seq=seq, linear_x=x, angular_z=0, frame=frame,
                 tick=one.newest('teleop', 'tick').get('tick'))

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
    async with asyncio.timeout(PATIENCE):
        # A refusal of before may be told late.
        await refused(lambda: one.rtp[0], 'frozen')
        while published[-1] != ZERO:
            await refused(lambda: one.rtp[0], 'frozen')
    # The last picture is sent again for 1.2 s, to become sharp, and is no fresher by that.
    assert abs(one.rtp[0] - last) < 2 * 90000
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


async def test_a_camera_for_watching_is_not_driven_by(connect):
    """However fresh its pictures are: a clip that loops, say. The first for driving is shown."""
    published = []
    clip, front = TestCamera('clip', 180, drive=False), TestCamera('front', 60)
    sessions = make_sessions(clip, publish=published.append)
    gate = sessions.robot.teleop.gate
    gate.settings = replace(gate.settings, max_frame_age=1.0, timeout=5.0, max_age=5.0)
    viewer = await connect(sessions)
    await viewer.until(lambda: viewer.rtp and viewer.got('control', 'slot'))
    assert viewer.newest('control', 'slot').get('camera') == 'clip'
    viewer.send('control', type='want', lease=True)
    await viewer.until(lambda: viewer.got('teleop', 'tick'))
    seq = 0

    def send(x):
        nonlocal seq
        seq += 1
        viewer.send('teleop', type='drive', epoch=1, seq=seq, linear_x=x, angular_z=0,
                    frame=viewer.rtp[0], tick=viewer.newest('teleop', 'tick').get('tick'))

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
    await viewer.until(lambda: viewer.newest('control', 'slot').get('camera') == 'front')
    await sent_until(lambda: set(published) != {ZERO})
    # Chosen by hand it stays.
    viewer.send('control', type='select', slot=0, camera='clip')
    await viewer.until(lambda: viewer.newest('control', 'slot').get('camera') == 'clip')
    viewer.messages['teleop'].clear()
    await viewer.until(lambda: viewer.got('teleop', 'tick'))
    await sent_until(lambda: [m for m in viewer.got('teleop', 'refused')
                              if m['reason'] == 'camera'])
    sessions.cameras_changed()
    viewer.send('control', type='ping', id=1)
    await viewer.until(lambda: viewer.got('control', 'pong'))
    assert viewer.newest('control', 'slot').get('camera') == 'clip'


async def test_every_role_that_may_press_the_emergency_stop_can(connect):
    """Also where driving is off, and by spectators where that is allowed; they release nothing."""
    sessions = make_sessions(role='view', view_may_stop=True)
    sessions.robot.teleop.enabled = False
    spectator, driver = await connect(sessions), await connect(sessions)
    sessions.sessions[driver.id].authorization.role = 'drive'
    for viewer in (spectator, driver):
        await viewer.until(lambda viewer=viewer: viewer.got('control', 'hello')
                           and viewer.channels['teleop'].readyState == 'open')
    hello, = spectator.got('control', 'hello')
    assert hello['stop'] == {'may_press': True, 'may_release': False}
    assert not hello['teleop']['enabled']
    spectator.send('teleop', type='stop', request=1)
    await spectator.until(lambda: spectator.newest('control', 'stop').get('request') == 1)
    stop = driver.newest('control', 'stop')
    assert stop['latched'] and sessions.robot.teleop.emergency_stop.engaged
    spectator.send('control', type='release', id=stop['id'])
    await spectator.until(lambda: spectator.got('control', 'error'))
    assert spectator.got('control', 'error')[0]['code'] == 'denied'
    driver.send('control', type='release', id=stop['id'])
    await spectator.until(lambda: not spectator.newest('control', 'stop').get('latched'))
    driver.send('teleop', type='stop', request=2)
    await driver.until(lambda: driver.newest('control', 'stop').get('request') == 2)


async def test_stops_pass_beyond_the_budget(greet):
    sessions = make_sessions()
    rude, honest = await greet(sessions), await greet(sessions)
    session = sessions.sessions[rude.id]
    freeze_budgets(session)
    while session.budgets.commands.allow():
        pass
    rude.send('teleop', type='drive', epoch=1, seq=1, tick=1, linear_x=0, angular_z=0)
    await rude.until(lambda: any(m['reason'] == 'busy' for m in rude.got('teleop', 'refused')))
    rude.send('teleop', type='stop', request=1)
    await rude.until(lambda: any(m.get('request') == 1 for m in rude.got('control', 'stop')))
    assert sessions.robot.teleop.emergency_stop.engaged
    # Once it is in force, answers to more of them have a budget.
    while session.budgets.confirmations.allow():
        pass
    rude.send('teleop', type='stop', request=2)
    await rude.ping()
    # An honest one is answered all the same.
    honest.send('teleop', type='stop', request=3)
    await honest.until(lambda: any(m.get('request') == 3 for m in honest.got('control', 'stop')))


@pytest.mark.parametrize('role', ['view', 'drive'])
async def test_a_command_that_contains_the_word_stop_uses_the_budget(greet, role):
    """A command whose member had the word in it passed without a price."""
    sessions = make_sessions(role=role)
    rude = await greet(sessions)
    session = sessions.sessions[rude.id]
    freeze_budgets(session)
    while session.budgets.commands.allow():
        pass
    teleop = session.channels['teleop']
    told = []
    teleop._refuse = lambda seq, reason, message=None: told.append(reason)
    teleop._on_message(json.dumps({'type': 'drive', 'epoch': 1, 'seq': 1, 'tick': 1, 'stop': 0,
                                   'linear_x': 0, 'angular_z': 0}))
    assert told == ['busy']
    # A stop passes of those only who may press it; of others it is not even read.
    teleop._on_message(json.dumps({'type': 'stop', 'request': 1}))
    assert told == (['busy'] if role == 'drive' else ['busy', 'busy'])
    assert sessions.robot.teleop.emergency_stop.engaged is (role == 'drive')
