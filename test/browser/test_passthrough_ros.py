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

"""H.264 from a ROS topic to viewers: as it is where it can be, encoded anew where not."""

from array import array
from itertools import cycle

import av
import cv2
import pytest
from rtc_bridge.sim.clips import open_source
from sensor_msgs.msg import CompressedImage
from support.browsers import PATIENCE, until
from support.stack import finish, Robot
from support.viewers import Viewer

CAMERA = 'video/image_raw'


@pytest.fixture(scope='module')
def frames(clip):
    """Return the clip's frames, BGR, as they are played."""
    return list(open_source(clip, (640, 0)).images())


@pytest.fixture(scope='module')
def robot(clip):
    """Run a robot whose camera encodes H.264 itself."""
    robot = Robot(relay=False)
    player = robot.start('play_video', path=str(clip), camera='video', format='h264', width=640,
                         h264_bitrate=1_500_000)
    yield robot
    finish(player)
    robot.close()


def shows(picture, frames):
    """Check that a BGR picture is one of the clip's."""
    small = [cv2.resize(image, (80, 45), interpolation=cv2.INTER_AREA)
             for image in (picture, *frames)]
    likely = min(range(len(frames)), key=lambda n: cv2.norm(small[0], small[n + 1]))
    return picture.shape == frames[0].shape and cv2.PSNR(picture, frames[likely]) > 26


def passes_on(robot, camera=CAMERA):
    """Wait until viewers get the stream as it is, and nothing is encoded."""
    # A busy host may be taken for a narrow path, for a while.
    values = robot.diagnostics(f'camera {camera}', lambda values, message: (
        float(values.get('h264/source.fps_out', 0)) > 0
        and not any(key.startswith(('h264.', 'h264/2.', 'vp8')) for key in values)))
    assert values['passthrough'] == 'yes'


def test_a_viewer_and_a_late_one_get_it_as_it_is(robot, frames):
    url = f'{robot.own_url}/connect?camera={CAMERA}'
    until(lambda: robot.bridge.text.count(f'camera {CAMERA} found'), 'the camera', PATIENCE)
    viewers = []
    try:
        for _ in range(2):
            viewers.append(viewer := Viewer(url))
            until(lambda: viewer.frames > 10, 'pictures')
            until(lambda: shows(viewer.picture.to_ndarray(format='bgr24'), frames),
                  'pictures of the clip')
            passes_on(robot)
    finally:
        for viewer in viewers:
            viewer.close()


def test_chromium_shows_it(robot, frames, browse):
    page = browse(f'{robot.own_url}/?camera={CAMERA}')
    page.wait_state('live')
    until(lambda: shows(page.grab(), frames), 'pictures of the clip')
    passes_on(robot)


class Film:
    """A camera that repeats the first two seconds of a clip, in a profile of H.264."""

    def __init__(self, probe, topic, frames, profile):
        """Encode all, and begin to publish."""
        height, width = frames[0].shape[:2]
        context = av.CodecContext.create('libx264', 'w')
        context.width, context.height, context.pix_fmt = width, height, 'yuv420p'
        context.framerate, context.bit_rate, context.profile = 25, 1_500_000, profile
        context.options = {'tune': 'zerolatency', 'x264-params': 'colormatrix=smpte170m'}
        packets = []
        for image in frames[:50]:
            packets += context.encode(av.VideoFrame.from_ndarray(image, 'bgr24'))
        assert context.profile == profile
        self._units = cycle([CompressedImage(format='h264', data=array('B', bytes(packet)))
                             for packet in packets])
        self._node = probe.node
        self._publisher = probe.publisher(CompressedImage, topic, 30)
        self._timer = self._node.create_timer(
            1 / 25, lambda: self._publisher.publish(next(self._units)))

    def close(self):
        """Be gone."""
        self._node.destroy_timer(self._timer)
        self._node.destroy_publisher(self._publisher)


@pytest.mark.parametrize('profile', ['Main', 'High'])
def test_chromium_shows_other_profiles_than_negotiated(robot, frames, browse, profile):
    name = f'{profile}/image_raw'
    film = Film(robot.probe, f'{name}/h264', frames, profile)
    try:
        page = browse(f'{robot.own_url}/?camera={name}')
        page.wait_state('live')
        until(lambda: shows(page.grab(), frames), 'pictures of the clip')
        passes_on(robot, name)
    finally:
        film.close()


def test_a_viewer_of_vp8_gets_it_encoded_anew(robot, frames):
    viewer = Viewer(f'{robot.own_url}/connect?camera={CAMERA}', codec='VP8')
    try:
        until(lambda: viewer.frames > 10, 'pictures')
        until(lambda: shows(viewer.picture.to_ndarray(format='bgr24'), frames),
              'pictures of the clip')
        values = robot.diagnostics(f'camera {CAMERA}', lambda values, message: (
            values['viewers'] == '1' and float(values.get('vp8.fps_out', 0)) > 0))
        assert 'h264/source.fps_out' not in values and 'h264.fps_out' not in values
    finally:
        viewer.close()
