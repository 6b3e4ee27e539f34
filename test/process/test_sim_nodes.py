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

"""The nodes ``sim_robot`` and ``play_video`` as processes, over DDS."""

import math
import signal
import time

import cv2
from geometry_msgs.msg import Twist, TwistStamped
from nav_msgs.msg import Odometry
import numpy as np
import pytest
from rtc_bridge.ros.cameras.images import compressed_to_array, image_to_array
from rtc_bridge.sim import frame_stamp
from rtc_bridge.sim.camera_publisher import image_qos
from sensor_msgs.msg import BatteryState, CameraInfo, CompressedImage, Image
from support.patience import PATIENCE
from support.pictures import picture, real_clip
from support.processes import node, Process
from support.ros_probe import RosProbe

RELIABLE = image_qos('reliable')


@pytest.fixture
def probe():
    """Return a node of the test's own."""
    with RosProbe() as running:
        yield running


def pixels(message):
    """Return what a message shows, as BGR."""
    assert message.encoding == 'bgr8'
    return image_to_array(message)[0].copy()


class Drive:
    """Keeps commanding, as a driver does, until told otherwise."""

    def __init__(self, probe, kind=Twist):
        self._kind = kind
        self._publisher = probe.publisher(kind, 'cmd_vel')
        self._probe = probe
        self.odometry = probe.subscribe(Odometry, 'odom')

    def until(self, linear, angular, done, timeout=PATIENCE):
        """Command until ``done`` holds for the newest odometry, and return that."""
        twist = Twist()
        twist.linear.x, twist.angular.z = linear, angular
        message = twist if self._kind is Twist else TwistStamped(twist=twist)
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            self._publisher.publish(message)
            count = len(self.odometry)
            self._probe.wait_for(lambda: len(self.odometry) > count + 1)
            newest = self.odometry[-1]
            if done(newest):
                return newest
        raise AssertionError(f'not there after {timeout} s: {self.odometry[-1:]}')


def speed(odometry):
    """Return the forward speed."""
    return odometry.twist.twist.linear.x


def place(odometry):
    """Return x and y."""
    return odometry.pose.pose.position.x, odometry.pose.pose.position.y


def test_sim_robot_drives_and_stops_by_itself(probe):
    images = probe.subscribe(Image, 'image_raw', pixels, RELIABLE)
    infos = probe.subscribe(CameraInfo, 'camera_info', qos=RELIABLE)
    batteries = probe.subscribe(BatteryState, 'battery_state')
    with Process(node('sim_robot')):
        drive = Drive(probe)
        probe.wait_for(lambda: len(images) > 2 and infos and len(drive.odometry) > 2)
        assert images[0].shape == (480, 640, 3)
        # Nothing moves: the pictures are all the same.
        assert np.array_equal(images[0], images[-1])
        assert place(drive.odometry[0]) == (0, 0) and speed(drive.odometry[0]) == 0
        assert drive.odometry[0].header.frame_id == 'odom'
        assert drive.odometry[0].child_frame_id == 'base_link'
        info = infos[-1]
        assert (info.width, info.height) == (640, 480)
        assert info.k[0] == pytest.approx(320 / math.tan(1.25 / 2))
        still = images[-1]
        # Where commands come late it stops in between.
        moving = drive.until(0.5, 0.0, lambda o: place(o)[0] > 0.4 and abs(speed(o) - 0.5) < 0.01)
        assert abs(place(moving)[1]) < 1e-6
        assert np.abs(images[-1].astype(int) - still).mean() > 2
        # No more commands: it stops by itself, and the zero was not ours.
        probe.wait_for(lambda: speed(drive.odometry[-1]) == 0)
        drive.until(0.0, 1.0, lambda o: o.pose.pose.orientation.z > 0.2
                    and abs(o.twist.twist.angular.z - 1.0) < 0.05)
        battery = probe.wait_for(lambda: batteries and batteries[-1])
        assert 0.9 < battery.percentage <= 1 and 12 < battery.voltage <= 12.6 and battery.present


def test_sim_robot_collides_with_a_wall(probe):
    with Process(node('sim_robot', max_linear=3.0)):
        drive = Drive(probe)
        # Behind the start is the west wall, 1.7 m away, less the robot's radius.
        drive.until(-3.0, 0.0, lambda o: place(o)[0] < -1.3)
        # By now it may be at the wall.
        assert min(map(speed, drive.odometry)) < -0.5
        blocked = drive.until(-3.0, 0.0, lambda o: speed(o) > -0.05)
        assert -1.52 < place(blocked)[0] < -1.48
        drive.until(1.0, 0.0, lambda o: place(o)[0] > -1.3 and speed(o) > 0.5)


def test_sim_robot_parameters(probe):
    best_effort = image_qos('best_effort')
    images = probe.subscribe(Image, '/robot/front/image_raw', lambda m: m, best_effort)
    odometry = probe.subscribe(Odometry, '/robot/odom')
    command = probe.publisher(TwistStamped, '/robot/cmd_vel')
    with Process(node('sim_robot', remap=['__ns:=/robot'], width=480, height=320, rate=20.0,
                      camera='front', qos='best_effort', stamped=True, draw_stamp=True,
                      camera_frame='lens', base_frame='base')):
        probe.wait_for(lambda: len(images) > 4 and odometry)
        assert (images[-1].width, images[-1].height, images[-1].step) == (480, 320, 1440)
        assert images[-1].header.frame_id == 'lens' and odometry[-1].child_frame_id == 'base'
        stamps = [frame_stamp.read(image_to_array(image)[0]) for image in images[:3]]
        assert all(stamps) and stamps == sorted(set(stamps))
        # The stamp in the picture and the one in the header are of one moment.
        header = images[0].header.stamp
        header_us = (header.sec * 10 ** 6 + header.nanosec // 1000) % 2 ** 48
        assert abs(header_us - stamps[0]) < 5_000_000

        def moving():
            twist = TwistStamped()
            twist.twist.linear.x = 0.3
            command.publish(twist)
            return speed(odometry[-1]) > 0.25

        probe.wait_for(moving)


@pytest.mark.parametrize('module, parameters, words', [
    ('sim_robot', {'rate': 0.0}, 'sim_robot: parameter rate is 0.0, allowed is a number from 1'),
    ('sim_robot', {'qos': 'best'}, "qos is 'best', allowed is one of reliable, best_effort"),
    ('sim_robot', {'width': 'wide'}, "width is 'wide', allowed is an integer"),
    ('sim_robot', {'width': 320, 'draw_stamp': True}, 'needs 448x32 pixels.* 320x480'),
    ('play_video', {}, 'play_video: parameter path is empty'),
    ('play_video', {'path': '/no/such/clip.mp4'}, 'play_video: there is no /no/such/clip.mp4'),
    ('play_video', {'path': __file__}, 'play_video: .*test_sim_nodes.py cannot be played'),
    ('play_video', {'path': __file__, 'jpeg_quality': 0}, 'jpeg_quality is 0')])
def test_what_is_wrong_is_told_in_one_line(module, parameters, words):
    with Process(node(module, **parameters)) as process:
        process.wait_line(words)
        assert process.wait() == 2
        assert len(process.lines) == 1


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize('module', ['sim_robot', 'play_video'])
def test_signals_end_them_quietly(probe, tmp_path, module, number):
    cv2.imwrite(str(tmp_path / '1.png'), picture(64, 48))
    images = probe.subscribe(Image, 'image_raw', qos=RELIABLE)
    parameters = {'path': str(tmp_path)} if module == 'play_video' else {}
    with Process(node(module, **parameters)) as process:
        probe.wait_for(lambda: images)
        said = len(process.lines)
        process.send(number)
        assert process.wait() == 0
        assert process.lines[said:] == []


def test_play_video_plays_a_real_clip_at_its_rate(probe, clip):
    capture = cv2.VideoCapture(str(clip))
    rate = capture.get(cv2.CAP_PROP_FPS)
    clip_pictures = []
    while (read := capture.read())[0]:
        clip_pictures.append(read[1][::16, ::16].astype(int))
    count = len(clip_pictures)

    def look(message):
        # The probe has to be quicker than the clip.
        when = message.header.stamp.sec + message.header.stamp.nanosec / 1e9
        assert (message.width, message.height) == (1280, 720)
        return when, pixels(message)[::16, ::16].astype(int)

    images = probe.subscribe(Image, 'image_raw', look, RELIABLE)
    with Process(node('play_video', path=str(clip))) as process:
        process.wait_line(rf'1280x720 at {rate:g} Hz')
        probe.wait_for(lambda: len(images) > count + 20, timeout=PATIENCE)
    # Which picture of the clip is each? A busy machine loses some, so nothing is said of how
    # many came: only that they are the clip's, that it began again, and was never hurried.
    clip_pictures = np.stack(clip_pictures)
    places, round_trips = [], 0
    for _, image in images:
        errors = np.abs(clip_pictures - image).mean(axis=(1, 2, 3))
        place = int(np.argmin(errors)) + round_trips * count
        assert errors.min() < 3
        if places and place < places[-1] - count / 2:
            round_trips += 1
            place += count
        places.append(place)
    assert places[0] < count / 2 and round_trips >= 1
    seconds = images[-1][0] - images[0][0]
    assert (places[-1] - places[0]) / seconds < rate * 1.05


def test_play_video_scales_stamps_and_compresses(probe):
    path = real_clip('bikes.mp4')
    images = probe.subscribe(Image, 'front/image_raw', qos=RELIABLE)
    jpegs = probe.subscribe(CompressedImage, 'front/image_raw/compressed', qos=RELIABLE)
    infos = probe.subscribe(CameraInfo, 'front/camera_info', qos=RELIABLE)
    with Process(node('play_video', path=str(path), width=480, rate=40.0, camera='front',
                      compressed=True, draw_stamp=True, frame_id='lens')):
        probe.wait_for(lambda: len(images) > 12 and len(jpegs) > 12 and infos)
    assert images[0].width == 480 and infos[0].width == 480 and infos[0].k[0] == 0
    assert images[0].height == infos[0].height
    assert images[0].header.frame_id == 'lens'
    decoded = [compressed_to_array(message) for message in jpegs]
    assert decoded[0][1] == 'bgr8' and decoded[0][0].shape == (images[0].height, 480, 3)
    raw = {frame_stamp.read(image_to_array(message)[0]): pixels(message) for message in images}
    assert None not in raw
    common = [image for image, _ in decoded if frame_stamp.read(image) in raw]
    assert common
    for image in common:
        assert np.abs(image.astype(int) - raw[frame_stamp.read(image)]).mean() < 6


def test_play_video_plays_a_folder_once(probe, tmp_path):
    for index in range(8, 13):
        cv2.imwrite(str(tmp_path / f'{index}.png'), np.full((48, 64, 3), index * 10, np.uint8))
    brightness = probe.subscribe(Image, 'image_raw', lambda m: int(pixels(m).mean()), RELIABLE)
    with Process(node('play_video', path=str(tmp_path), loop=False, rate=20.0)) as process:
        assert process.wait() == 0
        process.wait_line('the end')
    probe.wait_for(lambda: 120 in brightness)
    assert brightness == sorted(set(brightness)) and set(brightness) <= {80, 90, 100, 110, 120}
