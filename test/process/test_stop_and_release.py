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

"""The emergency stop of a robot of processes: pages, topics, services and a disk."""

import os
from pathlib import Path
import signal

import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile
from rtc_bridge.bridge.driving.emergency_stop_topics import REPEAT_PERIOD_S
from std_msgs.msg import Bool
from std_srvs.srv import Trigger
from support.browsers import PATIENCE, until
from support.robot_driving import move, press_stop, release_stop, wait_refusal
from support.stack import CmdVel, finish, ROBOT, Robot
from support.viewers import Driver, Viewer
import yaml

ROOT = Path(__file__).resolve().parents[2]
TRANSIENT_LOCAL = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
STATE = Path(os.environ['ROS_HOME']) / 'rtc_bridge' / f'emergency_stop.{ROBOT}.json'


@pytest.fixture(scope='module')
def robot():
    """Run a robot without camera and relay."""
    robot = Robot(relay=False, **{'teleop.max_frame_age': 0.0})
    yield robot
    robot.close()
    STATE.unlink(missing_ok=True)


def call_service(robot, name):
    """Call a Trigger service of the bridge; return its answer."""
    client = robot.probe.node.create_client(Trigger, f'rtc_bridge/{name}')
    try:
        assert client.wait_for_service(PATIENCE)
        future = client.call_async(Trigger.Request())
        until(future.done, f'an answer of {name}')
        return future.result()
    finally:
        robot.probe.node.destroy_client(client)


def test_a_page_stops_the_robot_and_a_restart_does_not_release_it(robot, url, cmd_vel):
    locks = robot.probe.subscribe(Bool, 'emergency_stop_lock', lambda m: m.data, TRANSIENT_LOCAL)
    driver, other = Driver(url), Viewer(url)
    try:
        move(driver, cmd_vel)
        stop = press_stop(other)
        assert stop['latched'] and stop['by'] == 'somebody' and stop['id'] in STATE.read_text()
        wait_refusal(driver, 'stopped', (0.2,))
        robot.probe.wait_for(lambda: locks[-1:] == [True], PATIENCE)
        zero = cmd_vel.wait_zero(cmd_vel.mark() + 5)
        # As in a loss of power, without an orderly end. The guard goes on by itself.
        robot.bridge.send(signal.SIGKILL)
        robot.bridge.wait(PATIENCE)
        cmd_vel.wait(lambda *v: True, cmd_vel.mark() + 40)
        assert cmd_vel.motions(zero) == []
    finally:
        driver.close()
        other.close()
    robot.start_guard()
    robot.start_bridge()
    robot.diagnostics('driving', lambda values, text: values['emergency_stop'] == stop['id']
                      and text == 'emergency stop by somebody')
    # Nobody drives, and zero is said all the same.
    cmd_vel.wait(lambda *v: True, cmd_vel.mark() + 40)
    driver = Driver(url)
    try:
        assert driver.viewer.newest('control', 'stop') == {
            key: value for key, value in stop.items() if key != 'request'}
        since = cmd_vel.mark()
        driver.send(0)
        wait_refusal(driver, 'stopped', (0.2,))
        assert cmd_vel.motions(since) == []
        release_stop(driver.viewer, stop['id'])
        move(driver, cmd_vel)
        robot.probe.wait_for(lambda: locks[-1:] == [False], PATIENCE)
    finally:
        driver.close()


def test_a_topic_and_a_service_stop_the_robot(robot, url, cmd_vel):
    button = robot.probe.publisher(Bool, 'emergency_stop')
    robot.probe.wait_for(button.get_subscription_count, PATIENCE)
    driver = Driver(url)
    try:
        for press, by in (
                (lambda: call_service(robot, 'emergency_stop'), 'the service ~/emergency_stop'),
                (lambda: button.publish(Bool(data=True)), 'the topic emergency_stop')):
            move(driver, cmd_vel)
            since = cmd_vel.mark()
            press()
            cmd_vel.wait_zero(since)
            stop = until(lambda: (m := driver.viewer.newest('control', 'stop'))['latched'] and m,
                         'the stop')
            assert stop['by'] == by
            # False is no release.
            button.publish(Bool(data=False))
            answer = call_service(robot, 'release')
            assert answer.success and answer.message == 'released'
            until(lambda: not driver.viewer.newest('control', 'stop')['latched'], 'the release')
        answer = call_service(robot, 'release')
        assert not answer.success and 'no emergency stop' in answer.message
        for _ in range(2):
            assert call_service(robot, 'emergency_stop').success
        assert call_service(robot, 'release').success
        move(driver, cmd_vel)
    finally:
        driver.close()


def test_a_button_that_is_let_go_at_once_stops(robot, url, cmd_vel):
    """Even if the bridge has no time to look in between: true and false are there together."""
    button = robot.probe.publisher(Bool, 'emergency_stop')
    robot.probe.wait_for(button.get_subscription_count, PATIENCE)
    driver = Driver(url)
    try:
        move(driver, cmd_vel)
        robot.bridge.send(signal.SIGSTOP)
        try:
            for pressed in (True, False, False):
                button.publish(Bool(data=pressed))
        finally:
            robot.bridge.send(signal.SIGCONT)
        robot.diagnostics('driving', lambda values, _: values['emergency_stop'] != '')
        assert call_service(robot, 'release').success
    finally:
        driver.close()


def test_a_state_that_cannot_be_read_is_a_stop(robot, url, cmd_vel):
    robot.bridge.send(signal.SIGKILL)
    robot.bridge.wait(PATIENCE)
    # Half a file, as a loss of power could leave it on a disk that confirms too early.
    STATE.write_text('{"id": nu')
    robot.start_bridge()
    robot.diagnostics('driving', lambda values, text: values['emergency_stop'] != '')
    driver = Driver(url)
    try:
        wait_refusal(driver, 'stopped')
        assert call_service(robot, 'release').success
        move(driver, cmd_vel)
    finally:
        driver.close()


def test_the_example_for_twist_mux_names_the_right_topics(robot):
    config, = yaml.safe_load((ROOT / 'config' / 'twist_mux.yaml').read_text()).values()
    lock = config['ros__parameters']['locks']['emergency_stop']
    topics = dict(robot.probe.node.get_topic_names_and_types())
    assert topics[f'/{lock["topic"]}'] == ['std_msgs/msg/Bool']
    # Some may be lost before the timeout locks, and a lock is above all topics.
    assert 2 * REPEAT_PERIOD_S < lock['timeout']
    assert all(topic['priority'] < lock['priority']
               for topic in config['ros__parameters']['topics'].values())


def test_without_a_guard_the_bridge_says_zero(robot, cmd_vel):
    """The bridge itself publishes `cmd_vel` then."""
    cmd_vel.close()
    finish(robot.bridge)
    finish(robot.guard)
    other = Robot(relay=False, guard=None,
                  **{'teleop.guard': False, 'teleop.max_frame_age': 0.0})
    try:
        heard = CmdVel(other.probe)
        other.probe.wait_for(lambda: other.probe.node.count_publishers('cmd_vel'), PATIENCE)
        driver = Driver(f'{other.own_url}/connect')
        try:
            move(driver, heard)
            assert call_service(other, 'emergency_stop').success
            zero = heard.wait_zero(heard.mark())
            heard.wait(lambda *v: True, zero + 40)
            assert heard.motions(zero) == []
            assert call_service(other, 'release').success
            move(driver, heard)
        finally:
            driver.close()
    finally:
        other.close()
