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

"""How the robot's programs start and end."""

import contextlib
import signal
import threading

from aiortc import InvalidStateError
import cv2
from geometry_msgs.msg import Twist, TwistStamped
import numpy as np
import pytest
from sensor_msgs.msg import CompressedImage, Image
from support.browsers import PATIENCE, until
from support.processes import free_port
from support.ros_probe import RosProbe
from support.stack import CmdVel, finish, Robot
from support.viewers import Driver, Viewer


class Driving:
    """Drives forward in a thread, until it is told to stop or the robot goes."""

    def __init__(self, url):
        """Take the wheel."""
        self._driver = Driver(url)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        with contextlib.suppress(InvalidStateError):
            # The robot may go, and the channel with it.
            while not self._ended.wait(0.04):
                self._driver.go(1)

    def wait_refusal(self, reason):
        """Wait until a command was refused for a reason."""
        self._driver.viewer.wait('teleop', lambda m: m.get('reason') == reason)

    def close(self):
        """Let go."""
        self._ended.set()
        self._thread.join()
        self._driver.close()


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_end_while_driving_is_zero(number):
    # Without a guard, so that the zero is the bridge's own.
    robot = Robot(relay=False, guard=None, **{'teleop.guard': False, 'teleop.max_frame_age': 0.0})
    driving = None
    try:
        cmd_vel = CmdVel(robot.probe)
        driving = Driving(f'{robot.own_url}/connect')
        cmd_vel.wait(lambda x, y, z: x == 0.5)
        robot.bridge.send(number)
        assert robot.bridge.wait(PATIENCE) == 0
        cmd_vel.wait_end()
        assert 'Traceback' not in robot.bridge.text
    finally:
        if driving:
            driving.close()
        robot.close()


def test_without_a_guard_zero_is_repeated_by_the_bridge():
    robot = Robot(relay=False, guard=None, **{'teleop.guard': False, 'teleop.max_frame_age': 0.0})
    try:
        cmd_vel = CmdVel(robot.probe)
        driving = Driving(f'{robot.own_url}/connect')
        cmd_vel.wait(lambda x, y, z: x == 0.5)
        driving.close()
        zero = cmd_vel.wait_zero(cmd_vel.mark())
        # For a second, 20 times a second; a busy machine may lose most of them.
        robot.probe.wait_for(lambda: cmd_vel.mark() >= zero + 2)
        assert cmd_vel.motions(zero) == []
    finally:
        robot.close()


def test_without_a_guard_cmd_vel_has_the_type_of_its_subscribers():
    """The type changes while the ROS thread's executor waits for the same node."""
    robot = Robot(relay=False, guard=None, **{
        'teleop.guard': False, 'teleop.max_frame_age': 0.0, 'teleop.message_type': 'auto'})
    driver = None
    try:
        driver = Driver(f'{robot.own_url}/connect')
        for kind in (TwistStamped, Twist, TwistStamped):
            # One ROS context cannot hold both.
            with RosProbe('motors') as probe:
                motors = CmdVel(probe, kind)
                until(lambda: driver.send(0) and driver.send(1) and motors.motions(), kind)
    finally:
        if driver is not None:
            driver.close()
        robot.close()


def test_second_bridge_takes_the_place_of_one_that_hangs():
    robot = Robot(guard=None)
    try:
        hanging = robot.bridge
        hanging.send(signal.SIGSTOP)
        # It proves that it is the same robot, or finds the name free: the relay gives up a
        # connection that is silent for long.
        robot.start_bridge(**{'server.port': free_port()})
        Viewer(robot.url).close()
        hanging.send(signal.SIGCONT)
        hanging.wait_line('replaced: ', PATIENCE)
        robot.diagnostics('relay', lambda values, message: message == 'connected')
        assert 'replaced' not in robot.bridge.text
    finally:
        robot.close()


@pytest.fixture(scope='module')
def robot():
    """Run a robot with two cameras."""
    robot = Robot(relay=False, **{'cameras.names': list(CAMERAS), 'teleop.max_frame_age': 0.0})
    yield robot
    robot.close()


def test_end_of_the_guard_is_zero(robot):
    cmd_vel = CmdVel(robot.probe)
    driving = Driving(f'{robot.own_url}/connect')
    try:
        cmd_vel.wait_motion()
        assert finish(robot.guard) == 0
        cmd_vel.wait_end()
    finally:
        driving.close()


def image(width=64, height=48, encoding='bgr8', step=None, size=None):
    """Return an image message, a wrong one if wanted."""
    message = Image(width=width, height=height, encoding=encoding,
                    step=width * 3 if step is None else step)
    message.data.frombytes(bytes(message.step * height if size is None else size))
    return message


def compressed(form, data):
    """Return a compressed image message."""
    message = CompressedImage(format=form)
    message.data.frombytes(data)
    return message


def png():
    """Return a black picture as PNG."""
    return cv2.imencode('.png', np.zeros((48, 64, 3), np.uint8))[1].tobytes()


# Each camera's topic and a picture that can be shown.
CAMERAS = {'raw': ('raw/image_raw', image()),
           'jpeg': ('jpeg/image_raw/compressed', compressed('png', png()))}
# Camera, message, what is said of it.
MALFORMED = {
    'short data': ('raw', image(size=100), '100 bytes of data'),
    'unknown encoding': ('raw', image(encoding='rgb7'), 'rgb7'),
    'zero size': ('raw', image(width=0), '0x48'),
    'short step': ('raw', image(step=10), 'step is 10'),
    'broken JPEG': ('jpeg', compressed('jpeg', b'\xff\xd8\xff\xe0' + bytes(100)), 'broken'),
    'neither': ('jpeg', compressed('webp', b'RIFF' + bytes(100)), 'neither'),
}


@pytest.fixture(scope='module')
def watched(robot):
    """Watch both cameras; give publisher and viewer of each."""
    publishers = {name: robot.probe.publisher(type(good), topic, 1)
                  for name, (topic, good) in CAMERAS.items()}
    viewers = {name: Viewer(f'{robot.own_url}/connect?camera={name}') for name in CAMERAS}
    for publisher in publishers.values():
        robot.probe.wait_for(publisher.get_subscription_count, PATIENCE)
    yield {name: (publishers[name], viewers[name]) for name in CAMERAS}
    for viewer in viewers.values():
        viewer.close()


@pytest.mark.parametrize('kind', MALFORMED)
def test_malformed_images_are_counted_and_named(robot, watched, kind):
    camera, bad, fault = MALFORMED[kind]
    publisher, viewer = watched[camera]
    # The message tells of the last second only, and the one with the picture may have been said
    # before this process looks.
    timer = robot.probe.node.create_timer(0.1, lambda: publisher.publish(bad))
    values = robot.diagnostics(f'camera {camera}', lambda values, message: (
        fault in values.get('last_error', '') and 'malformed' in message))
    robot.probe.node.destroy_timer(timer)
    assert int(values['dropped_malformed']) > 0
    # Named in the log as well, not each time.
    assert f'camera {camera}: ' in robot.bridge.text
    # The stream goes on.
    frames = viewer.frames

    def shown():
        publisher.publish(CAMERAS[camera][1])
        return viewer.frames > frames
    until(shown, 'a good picture')
