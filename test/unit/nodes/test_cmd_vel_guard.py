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

"""When the guard tells of itself: at once of what bridges have to know, and now and then."""

from geometry_msgs.msg import Twist, TwistStamped
import pytest
import rclpy
from rtc_bridge.core.driving.guard_messages import BridgeId, GuardState, StopState
from rtc_bridge.core.driving.velocity_guard import VelocityGuard
from rtc_bridge.nodes import cmd_vel_guard
from std_msgs.msg import Header, String

pytestmark = pytest.mark.usefixtures('lonely')

BRIDGE, OTHER = BridgeId('1' * 16, '/r1/rtc_bridge'), BridgeId('2' * 16, '/r2/rtc_bridge')


@pytest.fixture
def guard(clock, monkeypatch):
    """Make the node, whose time passes when the test says so, and hear what it tells."""
    monkeypatch.setattr(cmd_vel_guard, 'boot_time', clock)
    rclpy.init(args=[])
    try:
        node = cmd_vel_guard.CmdVelGuard()
        node._guard = VelocityGuard(0.3, clock)
        node.told = []
        monkeypatch.setattr(node._states, 'publish', lambda message: node.told.append(
            GuardState.parse(message.data)))
        node.step()
        node.told.clear()
        yield node
        node.destroy_node()
    finally:
        rclpy.shutdown()


def command(guard, clock, bridge):
    guard._on_command(TwistStamped(twist=Twist(), header=Header(
        stamp=rclpy.time.Time(seconds=clock()).to_msg(), frame_id=str(bridge))))
    guard.step()


def test_a_bridge_that_is_followed_and_one_that_falls_silent_are_told_at_once(guard, clock):
    command(guard, clock, BRIDGE)
    command(guard, clock, BRIDGE)
    command(guard, clock, OTHER)
    assert [state.holder for state in guard.told] == [BRIDGE]
    # Neither at the next periodic time.
    guard._next_state = float('inf')
    clock.now += 1.5
    guard.step()
    guard.step()
    assert [state.holder for state in guard.told] == [BRIDGE, None]
    command(guard, clock, OTHER)
    assert guard.told[-1].holder == OTHER


def test_a_stop_is_told_at_once(guard):
    guard._on_stop(String(data=StopState(BRIDGE, 'stop', None).dump()))
    guard.step()
    guard.step()
    state, = guard.told
    assert [stop.process for stop in state.stops] == [BRIDGE.process]


def test_without_anything_new_it_tells_twice_a_second(guard, clock):
    for _ in range(20):
        clock.now += 0.1
        guard.step()
    assert 3 <= len(guard.told) <= 4


def test_the_end_is_bounded_behind_the_last_zero_and_before_the_node_goes(guard):
    """Whatever the bound does must not keep the zero back; what it bounds is the node's end."""
    order = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(guard._velocities, 'flush', lambda: order.append('flush'))
        patch.setattr(cmd_vel_guard, 'bound_end', lambda: order.append('bound'))
        patch.setattr(guard, 'destroy_node', lambda: order.append('destroy'))
        guard.end()
    assert order == ['flush', 'bound', 'destroy']
