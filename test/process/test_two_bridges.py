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

"""Two bridges at one robot: one drives, and an emergency stop holds for both."""

import os
from pathlib import Path
import signal

from geometry_msgs.msg import Twist, TwistStamped
import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile
from rtc_bridge.core.clock import boot_time
from std_msgs.msg import Bool
from support.browsers import PATIENCE, until
from support.processes import free_port
from support.robot_driving import (
    holds_no_lease, move, notice_of, press_stop, release_stop, SecondBridge, wait_notice,
    wait_refusal)
from support.ros_probe import RosProbe
from support.stack import CmdVel, finish, Robot
from support.viewers import Driver, Viewer

TRANSIENT_LOCAL = QoSProfile(depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL)
STATE = Path(os.environ['ROS_HOME']) / 'rtc_bridge' / 'emergency_stop.second.json'


@pytest.fixture(scope='module')
def robot():
    """Run a robot without camera and relay."""
    robot = Robot(relay=False, **{'teleop.max_frame_age': 0.0})
    yield robot
    robot.close()


@pytest.fixture
def second(robot):
    """Run another bridge."""
    second = SecondBridge(robot)
    yield second
    finish(second.process)
    STATE.unlink(missing_ok=True)


def test_the_guard_takes_one_bridge_and_both_pages_know(robot, url, cmd_vel, second):
    two = Driver(second.url)
    one = Driver(url)
    try:
        # Nothing came of the second one for a second, so that the first gets the guard.
        since = cmd_vel.mark()
        move(one, cmd_vel)

        def ended():
            one.go(0.2)
            return holds_no_lease(two.viewer) and notice_of(two.viewer, 'other-bridge')
        notice = until(ended, 'the second driver drives no more')
        assert notice['level'] == 'error' and notice['nodes'] == ['/rtc_bridge']
        assert '/rtc_bridge' in notice['text']
        second.process.wait_line(r'\[WARN.*/rtc_bridge.*drives this robot', PATIENCE)

        def refused():
            one.go(0.2)
            two.viewer.send('control', {'type': 'want', 'lease': True})
            return [m for m in list(two.viewer.heard['control'])
                    if m.get('code') == 'other-bridge']
        assert '/rtc_bridge' in until(refused, 'no lease')[0]['message']
        assert holds_no_lease(two.viewer) and notice_of(one.viewer, 'other-bridge') is None
        robot.diagnostics('commands', lambda values, text: one.go(0.2)
                          and values['driven_by'].endswith(' /rtc_bridge'))
        assert all(x >= 0 for x, _, _ in cmd_vel.heard[since:])
        # Silent for a second, it makes room.
        until(lambda: notice_of(two.viewer, 'other-bridge') is None, 'the guard is free')
        two.take()
        since = cmd_vel.mark()
        move(two, cmd_vel, -0.2)
        until(lambda: two.go(-0.2) and notice_of(one.viewer, 'other-bridge')
              and holds_no_lease(one.viewer), 'the first is told')
        assert all(x <= 0 for x, _, _ in cmd_vel.heard[since:])
    finally:
        one.close()
        two.close()


def test_a_bridge_that_does_not_listen_is_refused_by_name(robot, url, cmd_vel):
    """The guard refuses it whatever it believes."""
    rogue = robot.probe.publisher(TwistStamped, 'cmd_vel_guard/command')
    robot.probe.wait_for(rogue.get_subscription_count, PATIENCE)
    driver = Driver(url)
    try:
        move(driver, cmd_vel)
        since = cmd_vel.mark()

        def refused():
            driver.go(0.2)
            for x in (0.0, -1.0):
                message = TwistStamped()
                now = boot_time()
                message.header.stamp.sec = int(now)
                message.header.stamp.nanosec = int(now % 1 * 1e9)
                message.header.frame_id = 'ff /rogue'
                message.twist.linear.x = x
                rogue.publish(message)
            return 'the commands of /rogue are refused: /rtc_bridge drives' in robot.guard.text
        until(refused, 'the guard says so')
        assert all(x >= 0 for x, _, _ in cmd_vel.heard[since:])
    finally:
        driver.close()
        robot.probe.node.destroy_publisher(rogue)


def test_the_stop_of_one_bridge_holds_for_the_other_and_outlives_it(robot, url, cmd_vel, second):
    locks = robot.probe.subscribe(Bool, 'emergency_stop_lock', lambda m: m.data, TRANSIENT_LOCAL)
    one, other = Driver(url), Viewer(second.url)
    again = None
    try:
        move(one, cmd_vel)
        stop = press_stop(other)['id']
        zero = cmd_vel.wait_zero(cmd_vel.mark() + 5)
        notice = wait_notice(one.viewer, 'other-stop')
        assert notice['nodes'] == ['/second'] and 'released there' in notice['text']
        wait_refusal(one, 'other-stop')
        # Both bridges say so at the lock: one that has no stop of its own opens nothing.
        since = len(locks)
        robot.probe.wait_for(lambda: len(locks) >= since + 20, PATIENCE)
        assert all(locks[since:])
        second.process.send(signal.SIGKILL)
        second.process.wait(PATIENCE)
        notice = wait_notice(one.viewer, 'other-stop', lambda n: 'does not answer' in n['text'])
        wait_refusal(one, 'other-stop')
        assert all(locks[since:]) and cmd_vel.motions(zero) == []
        # Started again it has its stop from the disk, and it alone can release it.
        again = SecondBridge(robot)
        other.close()
        other = Viewer(again.url)
        assert other.newest('control', 'stop')['id'] == stop
        wait_refusal(one, 'other-stop')
        release_stop(other, stop)
        until(lambda: notice_of(one.viewer, 'other-stop') is None, 'the release')
        if holds_no_lease(one.viewer):
            one.take()
        move(one, cmd_vel)
        robot.probe.wait_for(lambda: locks[-5:] == [False] * 5, PATIENCE)
    finally:
        one.close()
        other.close()
        if again is not None:
            finish(again.process)


def test_two_robots_whose_guards_share_a_topic(robot):
    """Each has its own bridge and guard, and both publish for the same motors."""
    finish(robot.bridge, robot.guard)
    remap = ['cmd_vel:=/motors']
    bridges = []
    with RosProbe('base') as base:
        signs = base.subscribe(
            Twist, '/motors', lambda m: (m.linear.x > 0) - (m.linear.x < 0))
        for name in ('r1', 'r2'):
            robot.start('cmd_vel_guard', remap=[f'__ns:=/{name}', *remap])
            port = free_port()
            bridge = robot.start('bridge', remap=[f'__ns:=/{name}'], **{
                'robot_id': name, 'server.port': port, 'access.anonymous': 'drive',
                'teleop.max_frame_age': 0.0, 'cameras.names': ['front']})
            bridge.wait_line('page: http://', PATIENCE)
            bridges.append((bridge, f'http://127.0.0.1:{port}/connect'))
        (_, url), (second, second_url) = bridges
        one, two = Driver(url), Viewer(second_url)
        try:
            for viewer, other in ((one.viewer, '/r2/cmd_vel_guard'), (two, '/r1/cmd_vel_guard')):
                notice = wait_notice(viewer, 'other-publisher')
                assert notice['nodes'] == [other] and 'namespace' in notice['text']
            until(lambda: one.send(0) and one.go(0.2) and 1 in signs, 'motion')
            notice = until(lambda: one.go(0.2) and notice_of(two, 'other-bridge'),
                           'the other is told')
            assert notice['nodes'] == ['/r1/rtc_bridge']

            def refused():
                one.go(0.2)
                two.send('control', {'type': 'want', 'lease': True})
                return any(m.get('code') == 'other-bridge' for m in list(two.heard['control']))
            until(refused, 'no lease')
            assert holds_no_lease(two) and -1 not in signs
            # It may once the first is silent; then that one has to ask.
            until(lambda: two.send('control', {'type': 'want', 'lease': True})
                  or not holds_no_lease(two), 'the lease')
            until(lambda: holds_no_lease(one.viewer), 'the lease of the first ends')
            second.wait_line(r'\[WARN.*/r1/rtc_bridge.*drives this robot', PATIENCE)
        finally:
            one.close()
            two.close()


def test_without_a_guard_bridges_know_each_other_as_well(robot):
    """Two processes of one node: the graph alone takes them for one that was started anew."""
    finish(*[process for process in robot.processes if process.running])
    one = SecondBridge(robot, 'twin', **{'teleop.guard': False})
    two = SecondBridge(robot, 'twin', **{'teleop.guard': False, 'robot_id': 'second'})
    cmd_vel = CmdVel(robot.probe)
    driver, other = Driver(one.url), Viewer(two.url)
    try:
        notice = wait_notice(driver.viewer, 'other-publisher')
        assert notice['nodes'] == ['/twin']
        assert wait_notice(other, 'other-publisher')['nodes'] == ['/twin']
        move(driver, cmd_vel)
        stop = press_stop(other)['id']
        wait_notice(driver.viewer, 'other-stop')
        wait_refusal(driver, 'other-stop')
        release_stop(other, stop)
        until(lambda: notice_of(driver.viewer, 'other-stop') is None, 'the release')
        move(driver, cmd_vel)
    finally:
        driver.close()
        other.close()
        finish(one.process, two.process)
