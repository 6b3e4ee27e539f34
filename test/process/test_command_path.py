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

"""Notices of what is wrong on the way of commands to the motors, with guard and graph."""

import signal

from geometry_msgs.msg import Accel, Twist, TwistStamped
import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile
from support.browsers import PATIENCE, until
from support.robot_driving import (
    holds_no_lease, move, notice_of, press_stop, release_stop, SecondBridge, wait_notice)
from support.ros_probe import RosProbe
from support.stack import CmdVel, finish, Robot
from support.viewers import Driver, Viewer


@pytest.fixture(scope='module')
def robot():
    """Run a robot without camera and relay."""
    robot = Robot(relay=False, **{'teleop.max_frame_age': 0.0})
    yield robot
    robot.close()


def test_a_second_guard_is_named(robot, url, cmd_vel):
    """One that a killed launch left behind: nothing is driven, and everybody knows why."""
    driver = Driver(url)
    orphan = robot.start('cmd_vel_guard')
    try:
        notice = wait_notice(driver.viewer, 'two-guards')
        assert notice['nodes'] == ['/cmd_vel_guard']
        assert all(f'process {guard.pid} on' in notice['text'] for guard in (orphan, robot.guard))
        until(lambda: holds_no_lease(driver.viewer), 'the lease ends')
        robot.diagnostics(
            'commands', lambda values, text: values.get('two-guards') == notice['text'])
        robot.bridge.wait_line(r'\[WARN.*2 guards', PATIENCE)
        driver.viewer.send('control', {'type': 'want', 'lease': True})
        driver.viewer.wait('control', lambda m: m.get('code') == 'two-guards')
        orphan.send(signal.SIGKILL)
        orphan.wait(PATIENCE)
        until(lambda: notice_of(driver.viewer, 'two-guards') is None, 'one guard is left')
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
            notice = wait_notice(driver.viewer, 'other-publisher')
            assert (notice['nodes'], notice['level']) == (['/away/nav'], 'warn')
            robot.bridge.wait_line(r'\[WARN.*/away/nav publishes on /cmd_vel', PATIENCE)
            robot.diagnostics('commands', lambda values, text: text == notice['text'])
            move(driver, cmd_vel)
            nav.node.destroy_publisher(foreign)
            until(lambda: notice_of(driver.viewer, 'other-publisher') is None, 'it is gone')
    finally:
        driver.close()


def test_without_subscribers_the_page_says_so_and_names_another_topic(robot, url, cmd_vel):
    driver = Driver(url)
    try:
        assert notice_of(driver.viewer, 'no-subscriber') is None
        cmd_vel.close()
        notice = wait_notice(driver.viewer, 'no-subscriber')
        assert (notice['topic'], notice['nodes']) == ('/cmd_vel', [])
        robot.bridge.wait_line(r'\[WARN.*nobody subscribes to /cmd_vel', PATIENCE)
        # Who only records moves nothing.
        with RosProbe('rosbag2_recorder') as recorder:
            CmdVel(recorder)
            wait_notice(driver.viewer, 'no-subscriber', lambda n: (
                'only /rosbag2_recorder, which moves nothing' in n['text']))
        with RosProbe('base') as base:
            base.subscribe(Twist, '/cmd_vel', qos=QoSProfile(
                depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL))
            notice = wait_notice(driver.viewer, 'qos-mismatch')
            assert notice['nodes'] == ['/base'] and 'transient local' in notice['text']
        with RosProbe('base') as base:
            base.subscribe(Accel, '/cmd_vel')
            notice = wait_notice(driver.viewer, 'unknown-type')
            assert notice['nodes'] == ['/base'] and 'geometry_msgs/msg/Accel' in notice['text']
        # What takes them passes them on to nobody.
        with RosProbe('twist_mux') as mux:
            CmdVel(mux)
            mux.publisher(Twist, '/cmd_vel_out')
            notice = wait_notice(driver.viewer, 'no-subscriber', lambda n: n['nodes'])
            assert (notice['topic'], notice['nodes']) == ('/cmd_vel_out', ['/twist_mux'])
        with RosProbe('base', '/robot1') as base:
            moved = CmdVel(base)
            notice = wait_notice(driver.viewer, 'no-subscriber', lambda n: (
                n['nodes'] == ['/robot1/base']))
            assert '/robot1/cmd_vel (/robot1/base)' in notice['text']
            assert '--ros-args -r cmd_vel:=/robot1/cmd_vel' in notice['text']
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
            move(driver, CmdVel(base))
        with RosProbe('base') as base:
            stamped = CmdVel(base, TwistStamped)
            # It comes while somebody drives: the new motors begin with zero.
            driver.viewer.heard['teleop'][:] = driver.viewer.heard['teleop'][-1:]
            heard = driver.viewer.heard['teleop']
            until(lambda: driver.send(0.2) and any(
                m.get('reason') == 'neutral-first' for m in list(heard)), 'a stop')
            assert stamped.motions() == []
            until(lambda: driver.send(0) and driver.send(0.2) and stamped.motions(), 'motion')
            until(lambda: not driver.viewer.newest('control', 'notices')['notices'], 'in order')
            with RosProbe('recorder') as recorder:
                CmdVel(recorder, Twist)
                notice = wait_notice(driver.viewer, 'mixed-types')
                assert notice['nodes'] == ['/recorder'] and '/base' in notice['text']
            robot.start_guard(**{'teleop.message_type': 'twist'})
            notice = wait_notice(driver.viewer, 'other-type')
            assert notice['nodes'] == ['/base'] and 'teleop.message_type' in notice['text']
    finally:
        driver.close()


def test_a_guard_elsewhere_and_parameters_in_vain_are_told(robot, tmp_path):
    file = tmp_path / 'robot.yaml'
    file.write_text('bridge:\n  ros__parameters:\n    teleop:\n      max_linear_x: 0.2\n')
    bridge = SecondBridge(robot, 'second', remap=['__ns:=/r9'], files=[file])
    viewer = Viewer(bridge.url)
    try:
        notice = wait_notice(viewer, 'unused-parameters')
        assert notice['nodes'] == ['/r9/second']
        assert f'teleop.max_linear_x in {file} stand below bridge:' in notice['text']
        notice = wait_notice(viewer, 'no-guard', lambda n: n['nodes'])
        assert notice['nodes'] == ['/cmd_vel_guard'] and notice['level'] == 'error'
        assert 'on /cmd_vel_guard/command' in notice['text']
        bridge.process.wait_line(r'\[WARN.*Write /r9/second: or', PATIENCE)
        bridge.process.wait_line(r'\[WARN.*/cmd_vel_guard takes those', PATIENCE)
        robot.diagnostics('commands', lambda values, text: (
            values.get('no-guard') == notice['text'] and 'unused-parameters' in values))
    finally:
        viewer.close()
        finish(bridge.process)


def test_a_missing_guard_is_told_unless_driving_is_off(robot):
    finish(*[process for process in robot.processes if process.running])
    for enabled in (True, False):
        bridge = SecondBridge(robot, 'third', **{'teleop.enabled': enabled})
        viewer = Viewer(bridge.url)
        try:
            if enabled:
                assert wait_notice(viewer, 'no-guard')['level'] == 'error'
                continue
            assert not viewer.newest('control', 'hello')['teleop']['enabled']
            # The emergency stop is there all the same, with its release.
            release_stop(viewer, press_stop(viewer)['id'])
            robot.diagnostics('commands', lambda values, text: text == 'driving is off')
            assert viewer.newest('control', 'notices')['notices'] == []
        finally:
            viewer.close()
            finish(bridge.process)
