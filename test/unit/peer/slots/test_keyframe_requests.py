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

"""Keyframes that viewers bring about, and their budgets."""

import pytest
from rtc_bridge.core.congestion.bandwidth_estimate import BandwidthEstimate
from rtc_bridge.core.limits.peer_limits import KEYFRAME_DEMANDS, KEYFRAME_DEMANDS_HZ
from rtc_bridge.core.limits.rate_limit import RateLimiter
from rtc_bridge.peer.slots.slot import Slot
from support.viewer import freeze_budgets, make_sessions, TestCamera, until

pytestmark = pytest.mark.asyncio


class Asked:
    """A subscription that counts keyframes."""

    def __init__(self):
        self.count = 0

    def request_keyframe(self):
        self.count += 1

    def set_estimate(self, estimate, drives, quality):
        pass


async def test_no_keyframe_is_requested_on_a_congested_path():
    slot = Slot(['h264'], set(), None)
    slot._subscription = asked = Asked()
    slot.set_estimate(BandwidthEstimate(500_000, overuse=True))
    for _ in range(10):
        slot.keyframes.on_demand()
    assert asked.count == 0
    # They are owed, once.
    slot.set_estimate(BandwidthEstimate(500_000))
    assert asked.count == 1
    slot.set_estimate(BandwidthEstimate(500_000))
    assert asked.count == 1


async def test_a_keyframe_on_its_way_is_not_requested_again():
    slot = Slot(['h264'], set(), None)
    slot._subscription = asked = Asked()
    slot.set_estimate(BandwidthEstimate(500_000, rtt=60.0))
    for _ in range(10):
        slot.keyframes.on_demand()
    assert asked.count == 1


async def test_selections_use_the_budget_for_keyframes(greet):
    """They forced 19 keyframes on another viewer in 6 s."""
    front = TestCamera('front', 60)
    sessions = make_sessions(front, TestCamera('rear', 120))
    honest = await greet(sessions)
    await honest.until(lambda: len(honest.lumas[0]) > 10)
    rude = await greet(sessions, slots=2)
    await rude.until(lambda: len(rude.lumas[0]) > 10)
    session = sessions.sessions[rude.id]
    assert all(slot.keyframes.budget is session.budgets.keyframes for slot in session.slots)
    now = 0.0
    budget = RateLimiter(KEYFRAME_DEMANDS_HZ, KEYFRAME_DEMANDS, clock=lambda: now)
    # Others ask for keyframes as well, on a busy host.
    asked, selecting = [], []
    for stream in front.camera.streams.values():
        def count(request=stream.request_keyframe):
            asked.extend(selecting)
            request()

        stream.request_keyframe = count
    for slot in session.slots:
        def select(camera, show=slot.show):
            selecting.append(camera)
            show(camera)
            selecting.clear()

        slot.show, slot.keyframes.budget = select, budget
    # All at once, and some that come when others are through.
    for turn in range(40):
        for slot in (0, 1):
            rude.send('control', type='select', slot=slot, camera=(None, 'front')[turn % 2])
        await rude.ping(turn)
    # The first pictures of both slots cost nothing; others draw on one budget.
    assert 0 < len(asked) <= KEYFRAME_DEMANDS + 2
    # What there was no budget for comes when there is.
    now = 100.0
    rude.send('control', type='select', slot=0, camera='front')
    seen = len(rude.lumas[0])
    await rude.until(lambda: len(rude.lumas[0]) > seen or rude.got('control', 'error'))


def demands_of_lossy_slots(session):
    """Let each slot's viewer ask for keyframes (RFC 4585, section 6.3.1); return who got them."""
    freeze_budgets(session)
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


async def test_other_slots_leave_the_driver_the_keyframes_of_slot_0(greet):
    """All slots shared one budget: three lossy ones starved the picture that was driven by."""
    sessions = make_sessions(TestCamera('front', 60), TestCamera('rear', 120))
    viewer = await greet(sessions, slots=4)
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
