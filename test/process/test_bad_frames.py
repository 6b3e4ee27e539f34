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
Pictures and times as they should not be, over real DDS: the next good picture is shown.

All of it on a robot with ``use_sim_time`` and no clock. Run as a program, ``test_bad_frames.py
TOPIC COUNT``, this is a 4K camera at 10 Hz whose pictures are numbered.
"""

from array import array
from itertools import chain, cycle, repeat
import sys
import threading

from builtin_interfaces.msg import Time
import cv2
import numpy as np
import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CompressedImage, Image
from support.browsers import PATIENCE, until
from support.pictures import encode, planar_bytes
from support.ros_probe import RosProbe
from support.stack import CmdVel, ColourCamera, finish, Robot, start
from support.viewers import Driver, Viewer

QOS = {
    'best_effort': QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT),
    'reliable': QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE),
    'transient_local': QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE,
                                  durability=DurabilityPolicy.TRANSIENT_LOCAL)}
CAMERAS = [*QOS, 'slow', 'large', 'jpeg']
# Blue, green, red. Each picture that is waited for differs from the one before.
COLOURS = cycle([(200, 20, 20), (20, 200, 20), (20, 20, 200), (180, 180, 30)])
GREYS = cycle([(60,) * 3, (200,) * 3])
LARGE = 3840, 2160


@pytest.fixture(scope='module')
def robot():
    """Run a robot whose clock never comes."""
    # So many pictures of 4K can be decoded here too, beside much else. Drivers need not see them.
    robot = Robot(relay=False, guard={'use_sim_time': True}, **{
        'use_sim_time': True, 'cameras.names': CAMERAS,
        'cameras.large.max_fps': 2.0, 'teleop.max_frame_age': 0.0})
    yield robot
    robot.close()


def image(colour, width=64, height=48, encoding='bgr8'):
    """Return a message of one colour."""
    bgr = np.full((height, width, 3), colour, np.uint8)
    message = Image(width=width, height=height, encoding=encoding, step=width)
    if encoding == 'nv12':
        message.data = array('B', planar_bytes(bgr, encoding))
    else:
        pixels = encode(bgr, encoding)
        message.step = pixels.nbytes // len(pixels)
        message.data = array('B', pixels.tobytes())
    return message


class Watched:
    """A camera, one who watches it, and its diagnostics."""

    def __init__(self, robot, name, qos):
        """Connect."""
        self.robot, self.name = robot, name
        self.publisher = robot.probe.publisher(Image, f'{name}/image_raw', qos)
        self.viewer = Viewer(f'{robot.own_url}/connect?camera={name}')
        robot.probe.wait_for(self.publisher.get_subscription_count, PATIENCE)

    def show(self, colour=None, stamp=None, **members):
        """Publish good pictures until they are shown; return the frame."""
        colour = colour or next(COLOURS)
        message = image(colour, **members)
        message.header.stamp = stamp or Time()
        # Odd sizes get one more row or column.
        size = message.width + message.width % 2, message.height + message.height % 2

        def shown():
            self.publisher.publish(message)
            frame = self.viewer.picture
            return frame if frame and (frame.width, frame.height) == size and np.abs(
                frame.to_ndarray(format='bgr24').mean(axis=(0, 1)) - colour).max() < 40 else None
        return until(shown, f'{colour} of {size}')

    def refused(self, message, words):
        """Publish bad pictures, and wait until they are counted and named."""
        for _ in range(3):
            self.publisher.publish(message)
        values = self.robot.diagnostics(
            f'camera {self.name}', lambda values, _: words in values.get('last_error', ''))
        assert int(values['dropped_malformed']) > 0

    def close(self):
        """End."""
        self.viewer.close()
        self.robot.probe.node.destroy_publisher(self.publisher)


@pytest.fixture(scope='module')
def watched(robot):
    """Watch a camera as most of them publish."""
    watched = Watched(robot, 'best_effort', QOS['best_effort'])
    yield watched
    watched.close()


@pytest.mark.parametrize('qos', ['reliable', 'transient_local'])
def test_size_and_encoding_change_for_any_publisher(robot, qos):
    watched = Watched(robot, qos, QOS[qos])
    try:
        watched.show()
        watched.show(width=320, height=240, encoding='rgb8')
        watched.show()
    finally:
        watched.close()


def test_the_size_may_change(watched):
    for width, height in ((64, 48), (320, 240), (65, 47), (48, 64), (64, 48)):
        watched.show(width=width, height=height)


def test_the_encoding_may_change(watched):
    for encoding in ('bgr8', 'rgb8', 'uyvy', 'bgra16', 'nv12', 'bayer_rggb8', 'bgr8'):
        watched.show(encoding=encoding)
    # Size and encoding at once.
    watched.show(next(GREYS), encoding='mono8', width=96)
    watched.show(next(GREYS), encoding='mono16', width=32)
    watched.show()


@pytest.mark.parametrize('members, words', [
    ({'step': 191, 'data': array('B', bytes(195 * 48))}, 'step is 191'), ({'height': 0}, '64x0'),
    ({'step': 4000, 'data': array('B', bytes(9215))}, 'step 4000'),
    ({'data': array('B')}, '0 bytes of data'), ({'encoding': 'bgr9'}, 'bgr9'),
    ({'width': 16384, 'height': 1, 'step': 49152, 'data': array('B', bytes(49152))},
     '16384x2 is too large'),
], ids=['short step', 'no rows', 'long step', 'no data', 'unknown encoding', 'too wide'])
def test_a_bad_picture_is_named_and_the_next_is_shown(watched, members, words):
    watched.show()
    bad = image((0, 0, 0))
    for name, value in members.items():
        setattr(bad, name, value)
    watched.refused(bad, words)
    watched.show()


@pytest.mark.parametrize('format_, data, words', [
    ('jpeg', b'\xff\xd8\xff\xe0' + bytes(100), 'broken'),
    ('webp', b'RIFF' + bytes(100), 'no image that is known')])
def test_a_bad_compressed_picture_is_named_and_the_next_is_shown(robot, format_, data, words):
    publisher = robot.probe.publisher(CompressedImage, 'jpeg/image_raw/compressed', 1)
    viewer = Viewer(f'{robot.own_url}/connect?camera=jpeg')
    try:
        robot.probe.wait_for(publisher.get_subscription_count, PATIENCE)
        for _ in range(3):
            publisher.publish(CompressedImage(format=format_, data=array('B', data)))
        robot.diagnostics('camera jpeg', lambda values, _: words in values.get('last_error', ''))
        # The log names the first, the tenth and so on.
        robot.bridge.wait_line('camera jpeg: ')
        good = cv2.imencode('.png', np.zeros((48, 64, 3), np.uint8))[1].tobytes()
        frames = viewer.frames

        def shown():
            publisher.publish(CompressedImage(format='png', data=array('B', good)))
            return viewer.frames > frames
        until(shown, 'a good picture')
    finally:
        viewer.close()
        robot.probe.node.destroy_publisher(publisher)


def test_stamps_do_not_matter(watched):
    before = watched.show()
    for stamp in (Time(sec=2_000_000_000), Time(sec=5), Time(), Time(sec=-7),
                  Time(sec=2_000_000_000, nanosec=4_000_000_000), Time(sec=1_700_000_000)):
        frame = watched.show(stamp=stamp)
        # Viewers get the time of arrival: it goes on, by no more than this test may take.
        assert 0 < (frame.pts - before.pts) * frame.time_base < PATIENCE
        before = frame


def test_a_clock_that_never_comes_or_jumps_stops_nothing(robot, watched):
    cmd_vel = CmdVel(robot.probe)
    driver = Driver(f'{robot.own_url}/connect?camera=best_effort')
    try:
        def all_goes_on():
            since = cmd_vel.mark()
            # After a pause the robot waits for this.
            driver.send(0)

            def drives():
                driver.go(1)
                return len(cmd_vel.motions(since)) > 5
            until(drives, 'motion', period=0.04)
            watched.show()
            robot.diagnostics('camera best_effort', lambda values, _: values['state'] == 'live')
        all_goes_on()
        clock = robot.probe.publisher(Clock, '/clock')
        robot.probe.wait_for(lambda: clock.get_subscription_count() >= 2, PATIENCE)
        for seconds in (1000, 1001, 5, 0):
            clock.publish(Clock(clock=Time(sec=seconds)))
        all_goes_on()
        # It still stops by itself, though the clock stands.
        cmd_vel.wait_zero(cmd_vel.mark())
    finally:
        driver.close()
        cmd_vel.close()


def test_a_slow_camera_is_lost_only_by_its_own_measure(robot):
    viewer = Viewer(f'{robot.own_url}/connect?camera=slow')
    camera = ColourCamera(robot.probe, 'slow/image_raw', next(COLOURS), period=1.2)
    try:
        rhythm = viewer.wait('control', lambda m: m.get('silence_s'))
        assert rhythm['silence_s'] > 2
        since, frames = len(viewer.heard['control']), viewer.frames
        until(lambda: viewer.frames > frames + 2, 'three pictures more')
        # On a busy host it may really be silent for so long.
        told = [m for m in viewer.heard['control'][since:] if m['type'] == 'slot']
        assert all(m['state'] == 'live' or m['since_s'] > 2 for m in told), told
        camera.pause()
        lost = viewer.wait('control', lambda m: m.get('state') == 'lost' and m['since_s'] > 2)
        assert lost['camera'] == 'slow'
    finally:
        camera.close()
        viewer.close()


def numbered(number):
    """Return the grey level of a picture."""
    return 10 + 7 * number


def memory(pid):
    """Return the most memory that a process has had, in MB."""
    with open(f'/proc/{pid}/status') as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith('VmHWM:')) / 1000


def test_4k_never_piles_up(robot):
    count = 30
    viewer = Viewer(f'{robot.own_url}/connect?camera=large')
    camera = start([sys.executable, __file__, 'large/image_raw', str(count)])
    try:
        until(lambda: viewer.frames > 2, 'pictures')
        before = memory(robot.bridge.pid)
        camera.wait_line(f'published {count - 1}', PATIENCE)

        def last():
            frame = viewer.picture
            # Of its first row: padding may follow it.
            luma = np.frombuffer(frame.planes[0], np.uint8)[:frame.width].mean()
            # ITU-R BT.601, limited range.
            return abs(luma - (16 + numbered(count - 1) * 219 / 255)) < 3
        until(last, lambda: (f'the last picture, after {viewer.frames}: {viewer.picture}; '
                             f'{robot.diagnostics("camera large")}'))
        # So large a picture has too few bits, and on a busy host too little time: it says so.
        told = viewer.wait('control', lambda m: (
            m['type'] == 'slot' and m.get('reason', {}).get('code') == 'too-large'
            and m['reason']['values']['shown_width'] == viewer.picture.width))
        values = told['reason']['values']
        assert (values['width'], values['height']) == LARGE
        assert values['shown_width'] <= LARGE[0] // 2
        assert 'cameras.large.max_width' in told['reason']['text']
        # What was too much was left out and counted.
        values = robot.diagnostics('camera large')
        assert int(values['h264.dropped_late']) + int(values['skipped_for_max_fps']) > 0
        # Each picture has 25 MB.
        assert memory(robot.bridge.pid) - before < 8 * 25
    finally:
        finish(camera)
        viewer.close()


def main():
    """Be a camera of numbered pictures, as soon as somebody watches."""
    topic, count = sys.argv[1], int(sys.argv[2])
    width, height = LARGE
    with RosProbe('large') as probe:
        publisher = probe.publisher(Image, topic, QOS['reliable'])
        probe.wait_for(publisher.get_subscription_count, PATIENCE)
        numbers = chain(range(count), repeat(count - 1))

        def publish():
            number = next(numbers)
            if number == count - 1:
                # A busy host may need that long for one: DDS drops a picture that is under way
                # for the next.
                timer.timer_period_ns = 2_000_000_000
            message = Image(width=width, height=height, encoding='bgr8', step=width * 3)
            message.data = array('B', bytes([numbered(number)])) * (width * height * 3)
            publisher.publish(message)
            print('published', number, flush=True)
        timer = probe.node.create_timer(0.1, publish)
        # Whichever picture is left out, one like the last comes after it.
        threading.Event().wait()


if __name__ == '__main__':
    main()
