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

"""The guard's rules inside the bridge."""

import asyncio

import pytest
from rtc_bridge.bridge.driving import local_guard
from rtc_bridge.bridge.driving.local_guard import LocalGuard
from rtc_bridge.core.driving.velocity import ZERO
from support.driving import FORWARD, teleop_settings
from support.fake_clock import FakeClock
from support.patience import PATIENCE

pytestmark = pytest.mark.asyncio


class FakePublisher:
    """Keeps what is published."""

    def __init__(self, node, message_type, frame_id):
        self.sent = []
        self.looks = 0
        self.changes = False

    def publish(self, velocity):
        self.sent.append(velocity)

    def follow_subscribers(self, before_change):
        self.looks += 1
        if self.changes:
            self.changes = False
            before_change()
            self.sent.append('changed')


@pytest.fixture
def clock():
    return FakeClock(128.0)


@pytest.fixture
def guard(monkeypatch, clock):
    """Return a guard whose time is the test's."""
    monkeypatch.setattr(local_guard, 'VelocityPublisher', FakePublisher)
    monkeypatch.setattr(local_guard, 'boot_time', clock)
    guard = LocalGuard(None, teleop_settings(timeout=0.25))
    guard.rules._clock = clock
    return guard


async def test_motion_needs_a_neutral_command_here_too(guard, clock):
    for velocity in (FORWARD, ZERO, FORWARD):
        clock.now += 0.03125
        guard.publish(velocity)
    assert guard.publisher.sent == [ZERO, FORWARD]


async def test_an_emergency_stop_lets_nothing_pass(guard, clock):
    guard.rules.set_emergency_stop(True)
    guard.publish(ZERO)
    guard.publish(FORWARD)
    assert guard.publisher.sent == []


async def test_another_type_begins_with_zero_and_needs_a_neutral_command(guard, clock):
    guard.publish(ZERO)
    clock.now += 0.03125
    guard.publish(FORWARD)
    guard.publisher.changes = True
    running = asyncio.ensure_future(guard.run())
    try:
        async with asyncio.timeout(PATIENCE):
            while len(guard.publisher.sent) < 5:
                await asyncio.sleep(0.01)
        assert guard.publisher.sent == [ZERO, FORWARD, ZERO, 'changed', ZERO]
        clock.now += 0.03125
        guard.publish(FORWARD)
        assert guard.publisher.sent[5:] in ([], [ZERO])
    finally:
        running.cancel()


async def test_commands_that_end_are_followed_by_zero(guard, clock):
    required = []
    guard.on_neutral_required = lambda: required.append(True)
    guard.publish(ZERO)
    clock.now += 0.03125
    guard.publish(FORWARD)
    running = asyncio.ensure_future(guard.run())
    try:
        async with asyncio.timeout(PATIENCE):
            while not guard.publisher.looks:
                await asyncio.sleep(0.01)
            assert guard.publisher.sent == [ZERO, FORWARD] and not required
            clock.now += 0.28125
            while not required:
                await asyncio.sleep(0.01)
        assert guard.publisher.sent == [ZERO, FORWARD, ZERO]
    finally:
        running.cancel()
