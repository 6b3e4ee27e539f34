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

"""Commands go nowhere, or come from two places: bridges and guards as processes."""

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
from support.ros_probe import RosProbe
from support.stack import CmdVel, finish, Robot
from support.viewers import Driver, Viewer

TRANSIENT = QoSProfile(depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL)
STATE = Path(os.environ['ROS_HOME']) / 'rtc_bridge' / 'emergency_stop.second.json'


@pytest.fixture(scope='module')
def robot():
    """Run a robot without camera and relay."""
    robot = Robot(relay=False, **{'teleop.max_frame_age': 0.0})
    yield robot
    robot.close()


class Second:
    """Another bridge beside the robot's own, at the same guard."""

    def __init__(self, robot, name='second', **parameters):
        """Start it, and wait until it can be reached."""
        self.port = free_port()
        self.url = f'http://127.0.0.1:{self.port}/connect'
        self.process = robot.start('bridge', remap=[f'__node:={name}'], **{
            'robot_id': name, 'server.port': self.port, 'access.anonymous': 'drive',
            'teleop.max_frame_age': 0.0, **parameters})
        self.process.wait_line('page: http://', PATIENCE)


@pytest.fixture
def second(robot):
    """Run another bridge."""
    second = Second(robot)
    yield second
    finish(second.process)
    STATE.unlink(missing_ok=True)


def told(viewer, code):
    """Return the notice of this code that a page was told last, if it holds."""
    notices = viewer.newest('control', 'notices')['notices']
    return next((notice for notice in notices if notice['code'] == code), None)


def wait_told(viewer, code, condition=lambda notice: True):
    """Wait until a page is told of something; return the notice."""
    def found():
        notice = told(viewer, code)
        return notice if notice and condition(notice) else None
    return until(found, lambda: viewer.newest('control', 'notices'))


def move(driver, cmd_vel, x=0.2):
    """Drive until the robot moves that way."""
    since = cmd_vel.mark()

    def moves():
        driver.send(0)
        driver.send(x)
        return [v for v in cmd_vel.motions(since) if v[0] * x > 0]
    until(moves, 'motion')


def refused_so(driver, reason):
    """Try to drive until it is refused with a reason."""
    heard = driver.viewer.heard['teleop']
    heard[:] = [m for m in heard if m['type'] == 'tick'][-1:]
    until(lambda: driver.send(0) and driver.send(0.2) and any(
        m.get('reason') == reason for m in list(heard)), lambda: list(heard))


def holds_no_lease(viewer):
    return viewer.newest('control', 'lease')['epoch'] is None


def test_the_guard_takes_one_bridge_and_both_pages_know(robot, url, cmd_vel, second):
    two = Driver(second.url)
    one = Driver(url)
    try:
        # Nothing came of the second one for a second, so that the first gets the guard.
        since = cmd_vel.mark()
        move(one, cmd_vel)

        def ended():
            one.go(0.2)
            return holds_no_lease(two.viewer) and told(two.viewer, 'other-bridge')
        notice = until(ended, 'the second driver drives no more')
        assert notice['level'] == 'error' and notice['nodes'] == ['/rtc_bridge']
        assert '/rtc_bridge' in notice['text']
        second.process.wait_line(r'\[WARN.*/rtc_bridge.*drives this robot', PATIENCE)

        def refused():
            one.go(0.2)
            two.viewer.send('control', {'type': 'want', 'lease': True})
            return [m for m in list(two.viewer.heard['control']) if m['type'] == 'error']
        error = until(refused, 'no lease')[0]
        assert error['code'] == 'other-bridge' and '/rtc_bridge' in error['message']
        assert holds_no_lease(two.viewer) and told(one.viewer, 'other-bridge') is None
        robot.diagnostics('commands', lambda values, text: one.go(0.2)
                          and values['driven_by'].endswith(' /rtc_bridge'))
        assert all(x >= 0 for x, _, _ in cmd_vel.heard[since:])
        # Silent for a second, it makes room.
        until(lambda: told(two.viewer, 'other-bridge') is None, 'the guard is free')
        two.take()
        since = cmd_vel.mark()
        move(two, cmd_vel, -0.2)
        until(lambda: two.go(-0.2) and told(one.viewer, 'other-bridge')
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
    locks = robot.probe.subscribe(Bool, 'emergency_stop_lock', lambda m: m.data, TRANSIENT)
    one, other = Driver(url), Viewer(second.url)
    again = None
    try:
        move(one, cmd_vel)
        until(lambda: other.send('teleop', {'type': 'stop', 'request': 1}) or any(
            m.get('request') == 1 for m in list(other.heard['control'])), 'a confirmation')
        stop = other.newest('control', 'stop')['id']
        zero = cmd_vel.wait_zero(cmd_vel.mark() + 5)
        notice = wait_told(one.viewer, 'other-stop')
        assert notice['nodes'] == ['/second'] and 'released there' in notice['text']
        refused_so(one, 'other-stop')
        # Both bridges say so at the lock: one that has no stop of its own opens nothing.
        since = len(locks)
        robot.probe.wait_for(lambda: len(locks) >= since + 20, PATIENCE)
        assert all(locks[since:])
        second.process.send(signal.SIGKILL)
        second.process.wait(PATIENCE)
        notice = wait_told(one.viewer, 'other-stop', lambda n: 'does not answer' in n['text'])
        refused_so(one, 'other-stop')
        assert all(locks[since:]) and cmd_vel.motions(zero) == []
        # Started again it has its stop from the disk, and it alone can release it.
        again = Second(robot)
        other.close()
        other = Viewer(again.url)
        assert other.newest('control', 'stop')['id'] == stop
        refused_so(one, 'other-stop')
        other.send('control', {'type': 'release', 'id': stop})
        until(lambda: told(one.viewer, 'other-stop') is None, 'the release')
        if holds_no_lease(one.viewer):
            one.take()
        move(one, cmd_vel)
        robot.probe.wait_for(lambda: locks[-5:] == [False] * 5, PATIENCE)
    finally:
        one.close()
        other.close()
        if again is not None:
            finish(again.process)


def test_a_second_guard_is_named(robot, url, cmd_vel):
    """One that a killed launch left behind: nothing is driven, and everybody knows why."""
    driver = Driver(url)
    orphan = robot.start('cmd_vel_guard')
    try:
        notice = wait_told(driver.viewer, 'two-guards')
        assert notice['nodes'] == ['/cmd_vel_guard']
        assert all(f'process {guard.pid} on' in notice['text'] for guard in (orphan, robot.guard))
        until(lambda: holds_no_lease(driver.viewer), 'the lease ends')
        robot.diagnostics('commands', lambda values, text: values['two-guards'] == notice['text'])
        robot.bridge.wait_line(r'\[WARN.*2 guards', PATIENCE)
        driver.viewer.send('control', {'type': 'want', 'lease': True})
        driver.viewer.wait('control', lambda m: m.get('code') == 'two-guards')
        orphan.send(signal.SIGKILL)
        orphan.wait(PATIENCE)
        until(lambda: told(driver.viewer, 'two-guards') is None, 'one guard is left')
        driver.take()
        move(driver, cmd_vel)
    finally:
        orphan.send(signal.SIGKILL)
        driver.close()


def test_another_publisher_is_named_and_driving_goes_on(robot, url, cmd_vel):
    driver = Driver(url)
    try:
        with RosProbe('nav', '/away') as nav:
            foreign = nav.publisher(Twist, '/cmd_vel')
            notice = wait_told(driver.viewer, 'other-publisher')
            assert (notice['nodes'], notice['level']) == (['/away/nav'], 'warn')
            robot.bridge.wait_line(r'\[WARN.*/away/nav publishes on /cmd_vel', PATIENCE)
            robot.diagnostics('commands', lambda values, text: text == notice['text'])
            move(driver, cmd_vel)
            nav.node.destroy_publisher(foreign)
            until(lambda: told(driver.viewer, 'other-publisher') is None, 'it is gone')
    finally:
        driver.close()


def test_where_nobody_listens_the_page_says_so_and_names_another_topic(robot, url, cmd_vel):
    driver = Driver(url)
    try:
        assert told(driver.viewer, 'no-subscriber') is None
        cmd_vel.close()
        notice = wait_told(driver.viewer, 'no-subscriber')
        assert (notice['topic'], notice['nodes']) == ('/cmd_vel', [])
        robot.bridge.wait_line(r'\[WARN.*nobody subscribes to /cmd_vel', PATIENCE)
        with RosProbe('base', '/robot1') as base:
            moved = CmdVel(base)
            notice = wait_told(driver.viewer, 'no-subscriber', lambda n: n['nodes'])
            assert notice['nodes'] == ['/robot1/base']
            assert '/robot1/cmd_vel (/robot1/base)' in notice['text']
            # Driving is allowed all the same.
            heard = driver.viewer.heard['teleop']
            until(lambda: driver.send(0) and driver.send(0.2)
                  and any('seq' in m for m in list(heard)), 'a command is taken')
            assert moved.heard == []
    finally:
        driver.close()


def test_the_other_type_is_named(robot, url, cmd_vel):
    """The guard follows it by default; with a fixed type it does not."""
    cmd_vel.close()
    driver = Driver(url)
    try:
        with RosProbe('base') as base:
            stamped = CmdVel(base, TwistStamped)
            until(lambda: driver.send(0) and driver.send(0.2) and stamped.motions(), 'motion')
            until(lambda: not driver.viewer.newest('control', 'notices')['notices'], 'in order')
            with RosProbe('recorder') as recorder:
                CmdVel(recorder, Twist)
                notice = wait_told(driver.viewer, 'mixed-types')
                assert notice['nodes'] == ['/recorder'] and '/base' in notice['text']
            robot.start_guard(**{'teleop.message_type': 'twist'})
            notice = wait_told(driver.viewer, 'other-type')
            assert notice['nodes'] == ['/base'] and 'teleop.message_type' in notice['text']
    finally:
        driver.close()


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
                notice = wait_told(viewer, 'other-publisher')
                assert notice['nodes'] == [other] and 'namespace' in notice['text']
            until(lambda: one.send(0) and one.go(0.2) and 1 in signs, 'motion')
            notice = until(lambda: one.go(0.2) and told(two, 'other-bridge'), 'the other is told')
            assert notice['nodes'] == ['/r1/rtc_bridge']

            def refused():
                one.go(0.2)
                two.send('control', {'type': 'want', 'lease': True})
                return [m for m in list(two.heard['control']) if m['type'] == 'error']
            assert until(refused, 'no lease')[0]['code'] == 'other-bridge'
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
    one = Second(robot, 'twin', **{'teleop.guard': False})
    two = Second(robot, 'twin', **{'teleop.guard': False, 'robot_id': 'second'})
    cmd_vel = CmdVel(robot.probe)
    driver, other = Driver(one.url), Viewer(two.url)
    try:
        notice = wait_told(driver.viewer, 'other-publisher')
        assert notice['nodes'] == ['/twin']
        assert wait_told(other, 'other-publisher')['nodes'] == ['/twin']
        move(driver, cmd_vel)
        until(lambda: other.send('teleop', {'type': 'stop', 'request': 1}) or any(
            m.get('request') == 1 for m in list(other.heard['control'])), 'a confirmation')
        wait_told(driver.viewer, 'other-stop')
        refused_so(driver, 'other-stop')
        other.send('control', {'type': 'release',
                               'id': other.newest('control', 'stop')['id']})
        until(lambda: told(driver.viewer, 'other-stop') is None, 'the release')
        move(driver, cmd_vel)
    finally:
        driver.close()
        other.close()
        finish(one.process, two.process)


def test_a_guard_that_is_missing_is_told_and_no_matter_where_driving_is_off(robot):
    finish(*[process for process in robot.processes if process.running])
    for enabled in (True, False):
        bridge = Second(robot, 'third', **{'teleop.enabled': enabled})
        viewer = Viewer(bridge.url)
        try:
            if enabled:
                assert wait_told(viewer, 'no-guard')['level'] == 'error'
                continue
            assert not viewer.newest('control', 'hello')['teleop']['enabled']
            # The emergency stop is there all the same, with its release.
            until(lambda: viewer.send('teleop', {'type': 'stop', 'request': 1}) or any(
                m.get('request') == 1 for m in list(viewer.heard['control'])), 'a confirmation')
            stop = viewer.newest('control', 'stop')['id']
            viewer.send('control', {'type': 'release', 'id': stop})
            until(lambda: not viewer.newest('control', 'stop')['latched'], 'the release')
            robot.diagnostics('commands', lambda values, text: text == 'driving is off')
            assert viewer.newest('control', 'notices')['notices'] == []
        finally:
            viewer.close()
            finish(bridge.process)
