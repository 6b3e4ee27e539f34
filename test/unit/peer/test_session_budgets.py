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

"""Sessions that ask for more than their share, and others beside them who notice nothing."""

import json
import logging
import time

import pytest
import pytest_asyncio
from rtc_bridge.core.limits.peer_limits import (
    KEYFRAME_DEMANDS, KEYFRAME_DEMANDS_HZ, SessionBudgets,
)
from rtc_bridge.peer.channels import rtcbot
from rtc_bridge.peer.local_robot_link import LocalRobotLink
from support.viewer import all_closed, make_sessions, TestCamera, until, Viewer

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def watch():
    async with all_closed() as (viewers, robots):
        async def connect(sessions, viewer=None, **options):
            ours = viewer is None
            viewer = viewer or Viewer(**options)
            viewers.append(viewer)
            if sessions not in robots:
                robots.append(sessions)
            await viewer.connect(LocalRobotLink(sessions, 'server'), 'v1' if ours else 'rtcbot')
            if ours:
                await viewer.until(lambda: viewer.got('control', 'hello'))
            return viewer
        yield connect


def without_refill(session):
    """Let the budgets of a session be what there is at once: tests take no time that counts."""
    session.budgets.__init__(clock=lambda: 0.0)


async def pong(viewer, number=99):
    viewer.send('control', type='ping', id=number)
    await viewer.until(lambda: any(m['id'] == number for m in viewer.got('control', 'pong')))


async def test_changes_of_cameras_draw_on_the_budget_for_keyframes(watch):
    """They forced 19 keyframes on another viewer in 6 s."""
    front = TestCamera('front', 60)
    sessions = make_sessions(front, TestCamera('rear', 120))
    honest = await watch(sessions)
    await honest.until(lambda: len(honest.lumas[0]) > 10)
    rude = await watch(sessions, slots=2)
    await rude.until(lambda: len(rude.lumas[0]) > 10)
    session = sessions.sessions[rude.id]
    rate = session.slots[0].keyframes.budget
    assert rate is session.slots[1].keyframes.budget is session.budgets.keyframes
    asked, began = [], time.monotonic()
    for stream in front.camera.streams.values():
        request = stream.request_keyframe

        def count(request=request):
            asked.append(request)
            request()

        stream.request_keyframe = count
    # All at once, and some that come when others are through.
    for turn in range(40):
        for slot in (0, 1):
            rude.send('control', type='select', slot=slot, camera=(None, 'front')[turn % 2])
        await pong(rude, turn)
    seconds = time.monotonic() - began
    # The first pictures of both slots cost nothing; others draw on one budget. A move to another
    # tier, which a busy host may bring about, asks for one of each viewer.
    tiers = [slot.stream for s in sessions.sessions.values() for slot in s.slots]
    assert len(asked) <= KEYFRAME_DEMANDS + KEYFRAME_DEMANDS_HZ * seconds + 2 + len(tiers)
    # What there was no budget for comes when there is.
    rude.send('control', type='select', slot=0, camera='front')
    seen = len(rude.lumas[0])
    await rude.until(lambda: len(rude.lumas[0]) > seen or rude.got('control', 'error'))


def demands_of_lossy_slots(session):
    """Let each slot's viewer ask for keyframes (RFC 4585, section 6.3.1); return who got them."""
    without_refill(session)
    session.slots[0].keyframes.driving_budget = session.budgets.driving_keyframes
    asked = []
    for number, slot in enumerate(session.slots):
        slot.keyframes.budget = session.budgets.keyframes
        slot.keyframes.request = lambda number=number: asked.append(number)
    for _ in range(10):
        for slot in reversed(session.slots):
            # As if those asked for had been lost, on a path with room.
            slot.keyframes._demanded_at, slot.keyframes._congested = float('-inf'), False
            slot.on_keyframe_request()
    return asked


async def test_other_slots_leave_the_driver_the_keyframes_of_slot_0(watch):
    """All slots shared one budget: three lossy ones starved the picture that was driven by."""
    sessions = make_sessions(TestCamera('front', 60), TestCamera('rear', 120))
    viewer = await watch(sessions, slots=4)
    session = sessions.sessions[viewer.id]
    viewer.send('control', type='want', lease=True)
    for slot in (1, 2, 3):
        viewer.send('control', type='select', slot=slot, camera='rear')
    await viewer.until(lambda: all(viewer.lumas[n] for n in range(4)))
    await until(lambda: session.slots[0].drives)
    assert session.slots[0].keyframes.driving_budget is session.budgets.driving_keyframes
    asked = demands_of_lossy_slots(session)
    assert asked.count(0) == KEYFRAME_DEMANDS
    assert len(asked) == 2 * KEYFRAME_DEMANDS
    # Who does not drive has no more than others.
    viewer.send('control', type='want', lease=False)
    await until(lambda: not session.slots[0].drives)
    asked = demands_of_lossy_slots(session)
    assert len(asked) == KEYFRAME_DEMANDS and 0 not in asked


async def test_the_last_choice_of_each_slot_is_shown_however_many_there_were(watch):
    """A page says once what it wants to see; without budget it comes later."""
    sessions = make_sessions(TestCamera('front', 60), TestCamera('rear', 120))
    viewer = await watch(sessions, slots=2)
    session = sessions.sessions[viewer.id]
    now = [0.0]
    session.budgets.__init__(clock=lambda: now[0])
    while session.budgets.selects.allow():
        pass
    for camera in ('rear', 'front', 'nothing', 'rear'):
        viewer.send('control', type='select', slot=0, camera=camera)
    viewer.send('control', type='select', slot=1, camera='rear')
    viewer.send('control', type='select', slot=1, camera='front')
    await pong(viewer)
    assert session.slots[0].camera.name == 'front' and session.slots[1].camera is None
    now[0] = 60.0
    await viewer.until(lambda: {(m['slot'], m['camera']) for m in viewer.got('control', 'slot')}
                       >= {(0, 'rear'), (1, 'front')})
    assert session.slots[0].camera.name == 'rear' and session.slots[1].camera.name == 'front'
    assert not viewer.got('control', 'error')


async def test_each_control_message_costs(watch):
    sessions = make_sessions()
    rude, honest = await watch(sessions), await watch(sessions)
    session = sessions.sessions[rude.id]
    without_refill(session)
    for number in range(1000):
        rude.send('control', type='figures', width=number)
    await rude.until(lambda: rude.got('control', 'error'))
    rude.send('control', type='ping', id=1)
    rude.send('teleop', type='stop', request=1)
    # A stop passes whatever else is sent.
    await honest.until(lambda: any(m['latched'] for m in honest.got('control', 'stop')))
    codes = [m['code'] for m in rude.got('control', 'error')]
    assert codes.count('busy') <= 2 and not rude.got('control', 'pong')
    await pong(honest)


async def test_wishes_to_drive_change_little_for_others(watch, caplog):
    sessions = make_sessions()
    rude, honest = await watch(sessions), await watch(sessions)
    without_refill(sessions.sessions[rude.id])
    caplog.set_level(logging.INFO, 'rtc_bridge.core.driving.teleop_controller')
    told = len(honest.got('control', 'lease'))
    for _ in range(60):
        rude.send('control', type='want', lease=True)
        rude.send('control', type='want', lease=False)
    await rude.until(lambda: rude.got('control', 'error'))
    await pong(rude)
    await pong(honest)
    assert len(honest.got('control', 'lease')) - told <= 24
    assert len([r for r in caplog.records if r.getMessage().startswith('driver')]) <= 24
    assert sessions.robot.teleop.lease.holder is None


async def test_an_rtcbot_gamepad_keeps_the_lease_and_its_newest_state_counts(
        watch, monkeypatch):
    """Its sticks send 250 changes in a second, and lost the lease by more than 100."""
    sessions = make_sessions(TestCamera('front', 60))
    viewer = Viewer(labels=('default',))
    await watch(sessions, viewer)
    session = sessions.sessions[viewer.id]
    without_refill(session)
    # However long this host takes: all comes at once.
    monkeypatch.setattr(rtcbot, 'boot_time', lambda: 0.0)
    teleop, holds = sessions.robot.teleop, []
    hold = teleop.latch_rtcbot_state

    def note(name, forward, left, **neutral):
        holds.append(forward)
        hold(name, forward, left, **neutral)

    teleop.latch_rtcbot_state = note
    await until(lambda: session.channels)
    channel = session.channels['default']
    # All at once, as they come in one packet.
    for share in range(1, 251):
        channel._on_message(json.dumps({'forward': share / 250}))
    assert holds == [1 / 250] and teleop.lease.holder == viewer.id
    await until(lambda: len(holds) > 1)
    assert holds == [1 / 250, 1.0]
    # The end of a motion is told at once, and another one that begins.
    for share in (0.5, 0, 0.25, 0.75):
        channel._on_message(json.dumps({'forward': share}))
    assert holds[-2:] == [0.0, 0.25]
    await until(lambda: holds[-1] == 0.75)
    assert teleop.lease.holder == viewer.id
    # What no client sends could be the end of a motion, of which nothing is left over then.
    channel._on_message(json.dumps({'forward': 0.5}))
    count = len(holds)
    while session.budgets.rtcbot.allow():
        pass
    channel._on_message(json.dumps({'forward': 0.25}))
    assert teleop.lease.holder is None and channel._due is None
    assert len(holds) == count


async def test_stops_pass_and_other_commands_are_limited(watch):
    sessions = make_sessions()
    rude, honest = await watch(sessions), await watch(sessions)
    session = sessions.sessions[rude.id]
    without_refill(session)
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
    await pong(rude)
    # An honest one is answered all the same.
    honest.send('teleop', type='stop', request=3)
    await honest.until(lambda: any(m.get('request') == 3 for m in honest.got('control', 'stop')))


@pytest.mark.parametrize('role', ['view', 'drive'])
async def test_what_only_looks_like_a_stop_costs_as_others(watch, role):
    """A command whose member had the word in it passed without a price."""
    sessions = make_sessions(role=role)
    rude = await watch(sessions)
    session = sessions.sessions[rude.id]
    without_refill(session)
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


async def test_releases_are_few(watch):
    sessions = make_sessions()
    rude = await watch(sessions)
    without_refill(sessions.sessions[rude.id])
    for _ in range(50):
        rude.send('control', type='release', id='x')
    await rude.until(lambda: any(m['code'] == 'busy' for m in rude.got('control', 'error')))
    assert len([m for m in rude.got('control', 'error') if m['code'] == 'no-stop']) == 30


async def test_what_our_page_sends_passes():
    """25 commands, 25 gamepad states and 25 stops a second on one channel, for a minute."""
    now = [0.0]
    budgets = SessionBudgets(clock=lambda: now[0])
    for _ in range(60 * 25):
        now[0] += 0.04
        assert all([*(budgets.commands.allow() for _ in ('drive', 'joy', 'stop')),
                    budgets.confirmations.allow(), budgets.messages.allow()])
