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

"""
Pictures as robots publish them, over real DDS: shown as they are meant, or the reason is told.

All of it with a cv_bridge that cannot be imported.
"""

from array import array
import os
import struct

import av
import cv2
import numpy as np
import pytest
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from sensor_msgs.msg import CompressedImage, Image
from support.browsers import PATIENCE, until
from support.pictures import encode, picture, planar_bytes
from support.stack import Robot
from support.viewers import Viewer

WIDTH, HEIGHT = 128, 96
SCENE = picture(WIDTH, HEIGHT)
JPEG = cv2.imencode('.jpg', SCENE)[1].tobytes()
THERMAL = np.linspace(7600, 8100, WIDTH * HEIGHT).reshape(HEIGHT, WIDTH).astype(np.uint16)
RAMP = np.repeat(np.linspace(0, 255, HEIGHT)[:, None], WIDTH, 1)


def image(encoding, data, step=0, size=(WIDTH, HEIGHT)):
    """Return a message of pixels, or of what else some publishers put there."""
    return Image(encoding=encoding, width=size[0], height=size[1], step=step,
                 data=array('B', data))


def compressed(form, data):
    """Return a compressed message."""
    return CompressedImage(format=form, data=array('B', data))


def hevc():
    """Return a keyframe of H.265."""
    context = av.CodecContext.create('libx265', 'w')
    context.width, context.height, context.pix_fmt = WIDTH, HEIGHT, 'yuv420p'
    context.framerate = 30
    context.options = {'tune': 'zerolatency', 'preset': 'ultrafast',
                       'x265-params': 'log-level=none'}
    frame = av.VideoFrame.from_ndarray(SCENE, 'bgr24')
    frame.pts = 0
    return bytes(next(iter([*context.encode(frame), *context.encode(None)])))


YUYV = encode(SCENE, 'yuyv').tobytes()
# Suffix of the topic, message, and what must be seen.
CASES = {
    'planar': ('', image('YUV420', planar_bytes(SCENE, 'i420'), WIDTH), SCENE),
    'spelt': ('', image('RGB8', encode(SCENE, 'rgb8').tobytes(), WIDTH * 3), SCENE),
    'step': ('', image('bgr8', SCENE.tobytes(), 0), SCENE),
    'jpeg': ('', image('jpeg', JPEG, size=(0, 0)), SCENE),
    'endless': ('/compressed', compressed('jpeg', b'HEAD' + JPEG[:-2]), SCENE),
    'depth': ('/compressedDepth', compressed(
        '16UC1; compressedDepth png', struct.pack('<i2f', 0, 0, 0)
        + cv2.imencode('.png', THERMAL)[1].tobytes()), None),
    'thermal': ('', image('mono16', THERMAL.tobytes(), WIDTH * 2), np.dstack([RAMP] * 3)),
    'labels': ('', image('mono8', (RAMP // 32).astype(np.uint8).tobytes(), WIDTH),
               np.dstack([RAMP // 32 * (255 / 7)] * 3)),
    'usb': ('', image('yuv422', YUYV, WIDTH * 2), SCENE),
    'hevc': ('', compressed('h265', hevc()), SCENE)}


@pytest.fixture(scope='module')
def robot(tmp_path_factory):
    """Run a robot whose cv_bridge was built for another NumPy."""
    package = tmp_path_factory.mktemp('broken') / 'cv_bridge'
    package.mkdir()
    (package / '__init__.py').write_text(
        'import sys\nsys.stderr.write("A module that was compiled using NumPy 1.x\\n" * 9)\n'
        'raise ImportError("numpy.core.multiarray failed to import")\n')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('PYTHONPATH', os.pathsep.join(filter(None, (
            str(package.parent), os.environ.get('PYTHONPATH')))))
        robot = Robot(relay=False, guard=None, **{
            'cameras.names': ['*'], 'cameras.usb.encoding': 'yuyv',
            'cameras.labels.range': 'auto'})
    yield robot
    robot.close()


class Watched:
    """A camera, and one who watches it."""

    def __init__(self, robot, name, kind=Image, suffix=''):
        """Connect."""
        self.robot, self.name = robot, name
        self.publisher = robot.probe.publisher(kind, name + suffix, 1)
        robot.bridge.wait_line(f'camera {name} found', PATIENCE)
        self.viewer = Viewer(f'{robot.own_url}/connect?camera={name}')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.viewer.close()
        self.robot.probe.node.destroy_publisher(self.publisher)

    def shows(self, message, condition):
        """Publish until the viewer sees what is expected."""
        def seen():
            self.publisher.publish(message)
            frame = self.viewer.picture
            return frame is not None and condition(
                frame.to_ndarray(format='bgr24').astype(float))
        until(seen, f'{self.name} as it is meant')

    def told(self, message, code):
        """Publish until the viewer is told a reason; return it."""
        def reason():
            self.publisher.publish(message)
            told = [m.get('reason') or {} for m in list(self.viewer.heard['control'])]
            return next((reason for reason in told if reason.get('code') == code), None)
        return until(reason, code)


@pytest.mark.parametrize('name', CASES)
def test_it_is_shown_as_it_is_meant(robot, name):
    suffix, message, expected = CASES[name]

    def like(bgr):
        assert bgr.shape == SCENE.shape
        if expected is None:
            # A distance of eight metres is blue or green, whatever the exact colour is.
            return bgr.std(axis=2).mean() > 20
        return abs(bgr - expected).mean() < 12
    with Watched(robot, name, type(message), suffix) as watched:
        watched.shows(message, like)
    if name == 'step':
        robot.bridge.wait_line('camera step: /step: step is 0, but 128 pixels of bgr8')


def test_a_picture_is_mirrored_while_it_streams(robot):
    client = robot.probe.node.create_client(SetParameters, 'rtc_bridge/set_parameters')
    robot.probe.wait_for(client.service_is_ready)
    message = image('bgr8', SCENE.tobytes(), WIDTH * 3)
    with Watched(robot, 'mirror') as watched:
        watched.shows(message, lambda bgr: abs(bgr - SCENE).mean() < 12)
        for value, refused in (('sideways', True), ('horizontal', False)):
            change = Parameter('cameras.mirror.flip', Parameter.Type.STRING, value)
            future = client.call_async(SetParameters.Request(
                parameters=[change.to_parameter_msg()]))
            robot.probe.wait_for(future.done)
            assert future.result().results[0].successful != refused
        watched.shows(message, lambda bgr: abs(bgr - SCENE[:, ::-1]).mean() < 12)


def test_what_cannot_be_shown_has_its_reason_on_page_log_and_diagnostics(robot):
    with Watched(robot, 'odd') as watched:
        for message, code, words in (
                (image('hsv9', bytes(100)), 'unknown-encoding', 'hsv9'),
                (image('bgr8', SCENE.tobytes() + bytes(WIDTH * 3), 7), 'bad-step', 'step is 7'),
                (image('jpeg', JPEG[:900]), 'broken-picture', 'cut short')):
            reason = watched.told(message, code)
            assert words in reason['text'] and '/odd' in reason['text']
            robot.bridge.wait_line(f'camera odd: .*{words}')
            # The newest one that cannot be shown counts.
            values = robot.diagnostics('camera odd', lambda values, _, code=code: (
                values.get('reason') == code))
            assert words in values['reason_text']


def test_a_broken_cv_bridge_costs_one_line(robot):
    robot.bridge.wait_line('cv_bridge cannot be used .*numpy<2')
    lines = [line for line in robot.bridge.lines if 'cv_bridge' in line or 'compiled' in line]
    assert len(lines) == 1
