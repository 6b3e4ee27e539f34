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

"""The guards as a bridge sees them: their answers, and what they tell of themselves."""

from dataclasses import replace

from rtc_bridge.core.driving.guard_messages import BridgeId, GuardState
from rtc_bridge.core.driving.guard_monitor import GuardMonitor, KnownGuards, MAX_GUARDS
from rtc_bridge.core.driving.velocity import ZERO
from rtc_bridge.core.driving.velocity_guard import VelocityGuard
from support.driving import FORWARD

ONE, TWO = BridgeId('1a', '/one'), BridgeId('2b', '/two')
TWIST = 'geometry_msgs/msg/Twist'


def test_a_guard_that_does_not_answer_is_missed(clock):
    matched = [True]
    monitor = GuardMonitor(0.6, lambda: matched[0], clock)
    assert monitor.reason() is None
    monitor.sent(clock.now)
    first = clock.now
    for _ in range(14):
        clock.now += 0.04
        monitor.sent(clock.now)
    assert monitor.reason() is None
    clock.now += 0.05
    assert monitor.reason() == 'guard'
    # An answer to what was sent before it is none.
    assert not monitor.answered(first - 1, 'a.0')
    assert monitor.reason() == 'guard'
    assert not monitor.answered(first + 0.04, 'a.0')
    assert monitor.reason() is None
    assert not monitor.answered(first + 0.08, 'a.0')
    assert monitor.answered(first + 0.12, 'a.1')
    assert monitor.answered(first + 0.16, 'b.0')
    assert not monitor.answered(first + 0.20, 'b.0')
    matched[0] = False
    assert monitor.reason() == 'guard'


def test_the_guard_is_awaited_from_the_first_unanswered_command(clock):
    monitor = GuardMonitor(0.5, lambda: True, clock)
    first = clock.now
    monitor.sent(first)
    clock.now += 0.5
    assert monitor.reason() is None
    # An answer to that very command is one, and the next is waited for anew.
    monitor.answered(first, 'a.0')
    clock.now += 9.0
    assert monitor.reason() is None
    monitor.sent(clock.now)
    clock.now += 0.5
    assert monitor.reason() is None
    clock.now += 0.001
    assert monitor.reason() == 'guard'


def test_a_guard_that_gets_everything_too_late_is_missed(clock):
    """Otherwise the page says "driving" while nothing moves."""
    guard, monitor = VelocityGuard(0.25, clock), GuardMonitor(0.5, lambda: True, clock)
    for number in range(30):
        clock.now += 0.0625
        monitor.sent(clock.now)
        late = clock.now - 0.375
        assert guard.command(ZERO, late) is None
        if guard.last_stamp == late:
            monitor.answered(late, guard.epoch)
    assert monitor.reason() == 'guard'
    assert guard.command(ZERO, clock.now) == ZERO and guard.last_stamp == clock.now
    monitor.answered(clock.now, guard.epoch)
    assert monitor.reason() is None


def test_a_last_zero_that_came_late_is_no_fault(clock):
    monitor = GuardMonitor(0.5, lambda: True, clock)
    monitor.sent(clock.now)
    monitor.forget_unanswered()
    clock.now += 60.0
    assert monitor.reason() is None


def test_a_neutral_command_that_was_lost_on_the_way_is_asked_for_again(clock):
    """Otherwise a hand that holds a control would wait for ever."""
    guard, monitor = VelocityGuard(0.25, clock), GuardMonitor(0.5, lambda: True, clock)
    told = []
    # Neutral again only once the driver has been told.
    for velocity in (FORWARD, FORWARD, ZERO, FORWARD, FORWARD):
        clock.now += 0.03125
        monitor.sent(clock.now)
        passed = guard.command(velocity, clock.now)
        told.append((passed, monitor.answered(clock.now, guard.epoch)))
    assert told == [(None, False), (None, True), (ZERO, False), (FORWARD, False), (FORWARD, False)]


def state(guard='g', name='/cmd_vel_guard', **changes):
    """Return what a guard tells of itself."""
    return GuardState(**{'guard': guard, 'name': name, 'where': 'process 7 on host',
                         'topic': '/cmd_vel', 'kind': TWIST, 'auto': True, **changes})


def test_another_bridge_that_drives_is_known(clock):
    heard = KnownGuards(ONE, clock)
    assert heard.guard is None and heard.reason() is None
    heard.hear(state())
    assert heard.guard == state() and heard.reason() is None
    heard.hear(state(holder=ONE))
    assert heard.reason() is None
    heard.hear(state(holder=TWO))
    assert (heard.reason(), heard.driven_by) == ('other-bridge', TWO)
    # Another process of the same node is another bridge.
    heard.hear(state(holder=replace(ONE, process='9f')))
    assert heard.reason() == 'other-bridge'
    clock.now += 2.1
    assert heard.guard is None and heard.reason() is None


def test_two_guards_count_as_two_if_both_speak(clock):
    heard = KnownGuards(ONE, clock)
    heard.hear(state('g'))
    clock.now += 0.5
    # Started anew: the first one says no more.
    heard.hear(state('h'))
    assert heard.reason() is None and [s.guard for s in heard.guards] == ['h']
    clock.now += 0.1
    heard.hear(state('g'))
    assert heard.reason() == 'two-guards' and {s.guard for s in heard.guards} == {'g', 'h'}
    for _ in range(5):
        clock.now += 0.5
        heard.hear(state('g'))
    assert heard.reason() is None and heard.guard.guard == 'g'


def test_the_guard_of_another_robot_may_drive_on_the_same_topic(clock):
    heard = KnownGuards(ONE, clock)
    heard.hear(state())
    other = state('h', '/r2/cmd_vel_guard')
    heard.hear(other, own=False)
    assert heard.reason() is None
    heard.hear(replace(other, holder=TWO), own=False)
    assert (heard.reason(), heard.driven_by) == ('other-bridge', TWO)
    heard.hear(replace(other, holder=TWO, topic='/r2/cmd_vel'), own=False)
    assert heard.reason() is None


def test_guards_are_bounded(clock):
    heard = KnownGuards(ONE, clock)
    for number in range(3 * MAX_GUARDS):
        heard.hear(state(str(number)))
    assert len(heard.guards) <= MAX_GUARDS
