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

"""Where a camera is, frames and camera_info tell: with a message package made on the spot."""

import math
import signal
import sys

import pytest
from sensor_msgs.msg import CameraInfo
from support.browsers import until
from support.made_messages import MadePackage
from support.processes import Process
from support.stack import ColourCamera, finish, Robot
from support.viewers import Viewer

# Publishes frames, with the pitch of the mast in rad, for each line on its standard input.
FRAMES = """
import math, sys
import rclpy
from geometry_msgs.msg import TransformStamped
from rclpy.qos import DurabilityPolicy, QoSProfile
from tf2_msgs.msg import TFMessage
rclpy.init()
node = rclpy.create_node('robot_state_publisher')
publisher = node.create_publisher(TFMessage, '/tf_static', QoSProfile(
    depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL))

def frame(parent, name, position, rotation):
    made = TransformStamped(child_frame_id=name)
    made.header.frame_id = parent
    place = made.transform
    place.translation.x, place.translation.y, place.translation.z = position
    place.rotation.x, place.rotation.y, place.rotation.z, place.rotation.w = rotation
    return made

for line in sys.stdin:
    half = float(line) / 2
    publisher.publish(TFMessage(transforms=[
        frame('base_footprint', 'base_link', (0.0, 0.0, 0.1), (0.0, 0.0, 0.0, 1.0)),
        frame('base_link', 'mast', (0.2, -0.1, 0.5), (0.0, math.sin(half), 0.0, math.cos(half))),
        frame('mast', 'lens', (0.0, 0.0, 0.0), (-0.5, 0.5, -0.5, 0.5))]))
    print('published', line, flush=True)
"""


@pytest.fixture(scope='module')
def robot(tmp_path_factory):
    """Run a robot that knows frames, with a camera."""
    tf2 = MadePackage(tmp_path_factory.mktemp('tf2'), 'tf2_msgs',
                      {'TFMessage': 'geometry_msgs/TransformStamped[] transforms'},
                      ('geometry_msgs', 'std_msgs', 'builtin_interfaces'))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in tf2.environment.items():
            patch.setenv(name, value)
        robot = Robot(relay=False, guard=None, **{'cameras.names': ['front']})
        robot.frames = Process([sys.executable, '-c', FRAMES], stdin=True)
    camera = ColourCamera(robot.probe, 'front/image_raw', (0, 0, 255))
    info = CameraInfo(width=640, height=480)
    info.header.frame_id = 'lens'
    info.k = [320.0, 0.0, 319.5, 0.0, 320.0, 239.5, 0.0, 0.0, 1.0]
    publisher = robot.probe.publisher(CameraInfo, 'front/camera_info')
    robot.probe.node.create_timer(0.1, lambda: publisher.publish(info))
    try:
        yield robot
    finally:
        robot.frames.send(signal.SIGKILL)
        finish(robot.frames)
        camera.close()
        robot.close()


def test_pages_are_told_where_a_camera_is_by_frames(robot):
    viewer = Viewer(f'{robot.own_url}/connect')

    def mount():
        told = next(m for m in reversed(list(viewer.heard['control'])) if 'cameras' in m)
        assert 'mount_problem' not in told['cameras'][0]
        return told['cameras'][0].get('mount')
    try:
        viewer.wait('control', lambda m: m['type'] == 'hello')
        assert mount() is None
        robot.frames.say('0.25\n')
        told = until(mount, 'a place that is told')
        assert told == {'x': 0.2, 'y': -0.1, 'z': 0.6, 'roll': 0.0, 'pitch': 0.25, 'yaw': 0.0,
                        'fx': 0.5, 'fy': round(320 / 480, 5), 'cx': 0.5, 'cy': 0.5}
        # The mast was moved.
        robot.frames.say('-0.5\n')
        until(lambda: math.isclose(mount()['pitch'], -0.5), mount)
    finally:
        viewer.close()
