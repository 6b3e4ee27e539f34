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

"""Which topics are cameras, and by which transport they are shown: all of it on one robot."""

from array import array

import cv2
import numpy as np
import pytest
from rcl_interfaces.msg import Parameter, ParameterValue
from rcl_interfaces.srv import SetParameters
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import String
from support.browsers import until
from support.ros_probe import RosProbe
from support.stack import ColourCamera, Robot
from support.viewers import Viewer

LATCHED = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE,
                     durability=DurabilityPolicy.TRANSIENT_LOCAL)
BEST_EFFORT = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
RED, GREEN, BLUE = (20, 20, 200), (20, 200, 20), (200, 20, 20)


@pytest.fixture(scope='module')
def robot():
    """Run a robot that starts before its cameras."""
    robot = Robot(relay=False, guard=None, **{
        'cameras.names': ['/camera/color/image_raw', 'front', 'frnt', 'words', 'eager', 'map',
                          '/m/*', '!*/debug/*', 'nothing/*'],
        'cameras.default.max_fps': 15.0, 'cameras.camera.color.image_raw.label': 'Mast',
        'cameras.m.last.image_raw.order': 7, 'cameras.words.order': -1,
        'cameras.eager.qos': 'reliable', 'cameras.m.last.image_raw.max_fpss': 5.0,
        'cameras.n.last.max_fps': 5.0})
    yield robot
    robot.close()


class Screen:
    """A viewer whose slot shows one camera after the other."""

    def __init__(self, robot):
        """Connect."""
        self.viewer = Viewer(f'{robot.own_url}/connect')
        self.heard = self.viewer.heard['control']

    def select(self, camera):
        """Show a camera in the slot."""
        self.heard[:] = [m for m in self.heard if m['type'] not in ('slot', 'error')]
        self.viewer.send('control', {'type': 'select', 'slot': 0, 'camera': camera})

    def slot(self, condition):
        """Wait for a message about the slot; return it."""
        return self.viewer.wait('control', lambda m: m['type'] == 'slot' and condition(m))

    def reason(self, camera, code):
        """Select a camera, and wait for the reason why it shows nothing; return its text."""
        self.select(camera)
        slot = self.slot(lambda m: m.get('reason', {}).get('code') == code)
        assert slot['camera'] == camera.strip('/')
        return slot['reason']['text']

    def shows(self, colour):
        """Wait until the picture has a colour: blue, green, red."""
        until(lambda: self.looks(colour), f'{colour} on the screen')

    def looks(self, colour):
        """Tell whether the picture has a colour."""
        frame = self.viewer.picture
        return frame and np.abs(frame.to_ndarray(format='bgr24').mean(axis=(0, 1))
                                - colour).max() < 50


@pytest.fixture(scope='module')
def screen(robot):
    """Look at the robot."""
    screen = Screen(robot)
    yield screen
    screen.viewer.close()


class JpegCamera:
    """A camera of one colour that publishes JPEG."""

    def __init__(self, probe, topic, colour):
        """Begin to publish."""
        pixels = np.full((240, 320, 3), colour, np.uint8)
        self.message = CompressedImage(
            format='jpeg', data=array('B', cv2.imencode('.jpg', pixels)[1].tobytes()))
        self.publisher = probe.publisher(CompressedImage, topic)
        probe.node.create_timer(0.1, lambda: self.publisher.publish(self.message))


def test_a_name_may_be_a_topic_that_comes_later(robot, screen):
    camera = ColourCamera(robot.probe, 'camera/color/image_raw', RED)
    screen.select('/camera/color/image_raw')
    screen.shows(RED)
    assert screen.slot(lambda m: m['state'] == 'live')['camera'] == 'camera/color/image_raw'
    camera.close()
    robot.probe.publisher(Image, 'm/debug/image_raw')
    for name in ('last', 'first'):
        robot.probe.publisher(Image, f'm/{name}/image_raw')
    listed = screen.viewer.wait('control', lambda m: m['type'] == 'cameras' and [
        camera for camera in m['cameras'] if camera['name'] == 'm/last/image_raw'] and [
        camera for camera in m['cameras'] if camera['name'] == 'm/first/image_raw'])['cameras']
    assert [camera['name'] for camera in listed] == [
        'words', 'camera/color/image_raw', 'front', 'frnt', 'eager', 'map', 'm/first/image_raw',
        'm/last/image_raw']
    assert [camera.get('label') for camera in listed] == [None, 'Mast', *[None] * 6]


def test_a_name_is_below_image_raw_or_the_topic_itself(robot, screen):
    below = ColourCamera(robot.probe, 'front/image_raw', GREEN)
    screen.select('front')
    screen.shows(GREEN)
    itself = ColourCamera(robot.probe, 'front', BLUE)
    screen.shows(BLUE)
    itself.close()
    screen.shows(GREEN)
    # What is like it is named where a name has no topic.
    text = screen.reason('frnt', 'no-publisher')
    assert 'Nothing publishes /frnt/image_raw' in text and '/front/image_raw' in text
    assert 'cameras.frnt.topic' in text
    below.close()


def test_what_fits_nothing_is_said_once(robot):
    bridge = robot.bridge
    bridge.wait_line(r'parameter cameras\.m\.last\.image_raw\.max_fpss is not known; is it '
                     r'cameras\.m\.last\.image_raw\.max_fps\?')
    bridge.wait_line(r"no image topic matches 'nothing/\*'\. Published are .*/m/first/image_raw")
    bridge.wait_line(r'cameras\.n\.last\.max_fps: for a camera that is not there; is it '
                     r'cameras\.m\.last\.image_raw\.max_fps\?')
    bridge.wait_line(r'camera frnt: Nothing publishes /frnt/image_raw')
    values = robot.diagnostics('cameras', lambda values, message: 'nothing/*' in message)
    assert 'm/first/image_raw' in values['names']
    assert any('frnt' in value for key, value in values.items() if key.startswith('finding'))
    assert len([line for line in bridge.lines if "matches 'nothing/*'" in line]) == 1
    # Without a viewer, too.
    values = robot.diagnostics('camera eager', lambda values, _: 'reason' in values)
    assert (values['state'], values['reason']) == ('not watched', 'no-publisher')


def test_another_type_is_named_and_replaced(robot, screen):
    words = robot.probe.publisher(String, 'words/image_raw')
    assert 'std_msgs/msg/String' in screen.reason('words', 'wrong-type')
    robot.probe.node.destroy_publisher(words)
    # One context cannot publish both types.
    with RosProbe('other') as other:
        ColourCamera(other, 'words/image_raw', RED)
        screen.shows(RED)
        screen.slot(lambda m: m['state'] == 'live' and 'reason' not in m)


def test_a_silent_raw_topic_gives_way_to_its_sibling(robot, screen):
    raw = ColourCamera(robot.probe, 'm/quiet/image_raw', BLUE)
    raw.pause()
    JpegCamera(robot.probe, 'm/quiet/image_raw/compressed', GREEN)
    screen.viewer.wait('control', lambda m: m['type'] == 'cameras' and any(
        camera['name'] == 'm/quiet/image_raw' for camera in m['cameras']))
    screen.select('m/quiet/image_raw')
    screen.shows(GREEN)
    values = robot.diagnostics('camera m/quiet/image_raw',
                               lambda values, _: values.get('because') == 'silent')
    assert values['topic'] == '/m/quiet/image_raw/compressed'
    assert values['instead_of'] == '/m/quiet/image_raw'
    robot.bridge.wait_line('/m/quiet/image_raw/compressed is shown instead of /m/quiet/image_raw:')
    raw.go_on()
    screen.shows(BLUE)
    robot.bridge.wait_line('camera m/quiet/image_raw: /m/quiet/image_raw is shown$')
    # So does one whose images cannot be shown.
    raw.image.encoding = 'strange'
    screen.shows(GREEN)
    robot.diagnostics('camera m/quiet/image_raw',
                      lambda values, _: values.get('because') == 'unreadable')


def test_a_kept_image_is_shown_beside_a_silent_publisher(robot, screen):
    publisher = robot.probe.publisher(Image, 'map/image_raw', LATCHED)
    robot.probe.publisher(Image, 'map/image_raw')
    other = robot.probe.publisher(Image, 'map/image_raw', BEST_EFFORT)
    image = Image(height=240, width=320, encoding='bgr8', step=960)
    image.data.frombytes(np.full((240, 320, 3), RED, np.uint8).tobytes())
    publisher.publish(image)
    for _ in range(2):
        screen.select('map')
        screen.slot(lambda m: m['camera'] == 'map' and m['state'] == 'still'
                    and m['first_rtp'] is not None)
        screen.select(None)
        robot.diagnostics('camera map', lambda values, _: values['state'] == 'not watched')
    screen.select('map')
    screen.slot(lambda m: m['state'] == 'still' and m['first_rtp'] is not None)

    def shown():
        # aiortc shows a frame once it has one more.
        other.publish(image)
        return screen.looks(RED)
    until(shown, 'the kept image on the screen')


def set_parameter(robot, name, value):
    """Change a parameter of the bridge while it runs."""
    client = robot.probe.node.create_client(SetParameters, '/rtc_bridge/set_parameters')
    robot.probe.wait_for(client.service_is_ready)
    future = client.call_async(SetParameters.Request(parameters=[
        Parameter(name=name, value=value)]))
    robot.probe.wait_for(future.done)
    return future.result().results[0]


def test_qos_that_does_not_match_is_named_and_can_be_mended(robot, screen):
    camera = ColourCamera(robot.probe, 'eager/image_raw', GREEN, qos=BEST_EFFORT)
    screen.select('eager')
    # The name of a node may come later than its publisher.
    text = screen.slot(lambda m: m.get('reason', {}).get('code') == 'qos-mismatch'
                       and '/probe' in m['reason']['text'])['reason']['text']
    for words in ('best effort', 'reliable', 'cameras.eager.qos to auto'):
        assert words in text, text
    robot.diagnostics('camera eager', lambda values, _: values.get('reason') == 'qos-mismatch')
    assert set_parameter(robot, 'cameras.eager.qos', ParameterValue(
        type=4, string_value='auto')).successful
    screen.shows(GREEN)
    screen.slot(lambda m: m['state'] == 'live' and 'reason' not in m)
    camera.close()


def test_values_of_all_cameras_change_while_they_run(robot, screen):
    camera = ColourCamera(robot.probe, 'camera/color/image_raw', BLUE)
    screen.select('camera/color/image_raw')
    screen.shows(BLUE)
    assert set_parameter(robot, 'cameras.default.rotate', ParameterValue(
        type=2, integer_value=90)).successful
    until(lambda: (screen.viewer.picture.width, screen.viewer.picture.height) == (240, 320),
          'a turned picture')
    refused = set_parameter(robot, 'cameras.default.depth_max', ParameterValue(
        type=3, double_value=0.1))
    assert not refused.successful and '.depth_min' in refused.reason
    camera.close()
