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

"""RTCBot's channel: messages to the application, and driving."""

import json

import pytest
from rtc_bridge.core.driving.velocity import Velocity, ZERO
from rtc_bridge.peer.channels import rtcbot
from support.viewer import freeze_budgets, make_sessions, TestCamera, until

pytestmark = pytest.mark.asyncio


async def test_messages_drive_and_reach_the_application(connect):
    sent = []
    sessions = make_sessions(TestCamera('front', 60), publish=sent.append)
    viewer = await connect(sessions, protocol='rtcbot', labels=('default',))
    channel = viewer.channels['default']
    await viewer.until(lambda: viewer.shows(0, 60))
    channel.send('Button Clicked!')
    channel.send(json.dumps({'forward': 1, 'leftright': -0.5}))
    await until(lambda: len(sent) >= 2)
    assert sent == [ZERO, Velocity(1.0, 0.0, 1.0)]
    assert sessions.received[0] == 'Button Clicked!'
    sessions.send_message({'data': 'pong'})
    sessions.send_message('text')
    await viewer.until(lambda: len(viewer.messages['default']) == 2)
    assert viewer.messages['default'] == ['{"data": "pong"}', '"text"']


async def test_a_fast_gamepad_keeps_the_lease_and_its_newest_state_counts(
        connect, monkeypatch):
    """Its sticks send 250 changes in a second, and lost the lease by more than 100."""
    sessions = make_sessions(TestCamera('front', 60))
    viewer = await connect(sessions, protocol='rtcbot', labels=('default',))
    session = sessions.sessions[viewer.id]
    freeze_budgets(session)
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
