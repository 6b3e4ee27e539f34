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

"""What a camera sees, by its camera_info."""

import pytest
from rtc_bridge.core.cameras.camera_mount import Intrinsics
from rtc_bridge.ros.cameras.camera_info import CameraInfoTopic, info_topic, read_intrinsics
from sensor_msgs.msg import CameraInfo
from support.ros_probe import RosProbe


@pytest.fixture
def probe():
    with RosProbe() as probe:
        yield probe


def info(fx=400.0, rectified_fx=350.0):
    """Return the message of a camera of 640 x 480."""
    message = CameraInfo(width=640, height=480)
    message.k = [fx, 0.0, 319.5, 0.0, 300.0, 239.5, 0.0, 0.0, 1.0]
    message.p = [rectified_fx, 0.0, 319.5, 0.0, 0.0, 300.0, 239.5, 0.0, 0.0, 0.0, 1.0, 0.0]
    return message


@pytest.mark.parametrize('images, topic', [
    ('/front/image_raw', '/front/camera_info'), ('/image_raw', '/camera_info'),
    ('/a/b/image_raw/compressed', '/a/b/camera_info'), ('/cam/h264', '/camera_info'),
    ('/a/image_rect', '/a/camera_info')])
def test_it_is_beside_the_images(images, topic):
    assert info_topic(images) == topic


def test_images_without_distortion_have_a_matrix_of_their_own():
    assert read_intrinsics(info(), False) == Intrinsics(0.625, 0.625, 0.5, 0.5)
    assert read_intrinsics(info(), True) == Intrinsics(350 / 640, 0.625, 0.5, 0.5)
    assert read_intrinsics(CameraInfo(width=640, height=480), False) is None


def test_a_part_of_the_sensor_is_seen():
    message = info()
    message.roi.width, message.roi.height = 320, 240
    message.roi.x_offset, message.roi.y_offset = 160, 120
    assert read_intrinsics(message, False) == Intrinsics(1.25, 1.25, 0.5, 0.5)
    # The rectified image is whole, unless it says otherwise.
    assert read_intrinsics(message, True) == Intrinsics(350 / 640, 0.625, 0.5, 0.5)
    message.roi.do_rectify = True
    assert read_intrinsics(message, True) == Intrinsics(350 / 320, 1.25, 0.5, 0.5)


def test_one_message_is_read_each_time_it_is_wanted(probe, clock, caplog):
    read = []
    topic = CameraInfoTopic(probe.node, 'front', read.append, clock)
    topic.check(False, '/front/image_raw')
    assert not probe.node.count_subscribers('/front/camera_info')
    topic.check(True, '/front/image_raw')
    publisher = probe.publisher(CameraInfo, 'front/camera_info')

    def heard(count):
        def found():
            publisher.publish(info())
            return len(read) == count
        probe.wait_for(found, 10)
    heard(1)
    assert read == [Intrinsics(0.625, 0.625, 0.5, 0.5)]
    clock.now += 60
    topic.check(True, '/front/image_raw')
    assert not topic.problem and not publisher.get_subscription_count()
    # Another viewer, later.
    topic.check(False, '/front/image_raw')
    topic.check(True, '/front/image_raw')
    heard(2)
    assert not caplog.records


def test_the_log_says_once_why_there_is_none(probe, clock, caplog):
    topic = CameraInfoTopic(probe.node, 'front', pytest.fail, clock)
    for _ in range(2):
        topic.check(True, '/front/image_raw')
        assert not topic.problem
        clock.now += 6
        topic.check(True, '/front/image_raw')
        assert '/front/camera_info sends no message' in topic.problem
        assert 'cameras.front.fov' in topic.problem
        topic.check(False, '/front/image_raw')
        assert not topic.problem
    assert len(caplog.records) == 1
    topic.check(True, '/front/image_raw')
    publisher = probe.publisher(CameraInfo, 'front/camera_info')

    def found():
        publisher.publish(CameraInfo())
        clock.now += 6
        topic.check(True, '/front/image_raw')
        return 'not calibrated' in topic.problem
    probe.wait_for(found, 10)


def test_a_subscription_that_fails_is_tried_again(probe, clock, monkeypatch):
    topic = CameraInfoTopic(probe.node, 'front', pytest.fail, clock)
    with monkeypatch.context() as patch:
        patch.setattr(probe.node, 'create_subscription', lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            topic.check(True, '/front/image_raw')
    topic.check(True, '/front/image_raw')
    assert probe.node.count_subscribers('/front/camera_info') == 1
