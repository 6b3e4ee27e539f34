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

"""Cameras against real publishers: which topic, which QoS, and only while watched."""

from array import array
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rtc_bridge.core.cameras import arrivals, transport_choice
from rtc_bridge.media.camera import Camera
from rtc_bridge.media.camera_settings import CameraSettings
from rtc_bridge.ros.cameras import image_reception
from rtc_bridge.ros.cameras.camera_topic import CameraTopic
from rtc_bridge.ros.cameras.image_topics import MESSAGES, VIDEO
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Empty
from support.patience import PATIENCE
from support.ros_probe import RosProbe

BEST_EFFORT = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
RELIABLE = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
TRANSIENT_LOCAL = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE,
                             durability=DurabilityPolicy.TRANSIENT_LOCAL)


def image():
    return Image(height=4, width=4, encoding='mono8', step=4, data=bytes(16))


@pytest.fixture
def probe():
    with RosProbe() as probe:
        yield probe


class SeenCamera(Camera):
    """A camera that keeps what comes, and is watched while it is told so."""

    def __init__(self):
        super().__init__('front', CameraSettings(), lambda: None)
        self.watch = True
        self.pictures = []
        self.units = []

    @property
    def watched(self):
        return self.watch

    def put(self, load, age=None):
        self.pictures.append(load)

    def put_video(self, data, age=None, codec='h264'):
        self.units.append(data)


class Watched:
    """A camera topic on a node of its own."""

    def __init__(self, topic, kind='auto', qos='auto'):
        self.robot = RosProbe('robot').__enter__()
        self.camera = SeenCamera()
        self.topic = CameraTopic(self.robot.node, self.camera, topic, kind, qos)

    def picture(self, probe, publish):
        """Publish until a picture came; return its pixels and encoding."""
        def look():
            self.topic.check()
            publish()
            return self.camera.pictures

        return probe.wait_for(look)[-1]()


@pytest.fixture
def watched():
    made = []

    def make(*args, **options):
        made.append(Watched(*args, **options))
        return made[-1]

    yield make
    for one in made:
        one.robot.__exit__()


@pytest.mark.parametrize('offered', [BEST_EFFORT, RELIABLE], ids=['best_effort', 'reliable'])
def test_qos_is_what_the_publisher_offers(probe, watched, offered):
    publisher = probe.publisher(Image, 'image_raw', offered)
    one = watched('image_raw')
    pixels, encoding = one.picture(probe, lambda: publisher.publish(image()))
    assert pixels.shape == (4, 4) and encoding == 'mono8'
    # What reasons tell of the topic, and that no image was lost on its way.
    monitor, losses = one.camera.monitor, one.camera.monitor.losses
    # The name of a node may come later than its publisher.
    probe.wait_for(lambda: one.topic.check() or monitor.source.nodes)
    source = monitor.source
    assert (source.topic, source.nodes, source.same_host) == ('/image_raw', ('/probe',), True)
    assert losses.worth_telling(30.0) is None and losses._last >= 1
    qos = probe.node.get_subscriptions_info_by_topic('image_raw')[0].qos_profile
    assert qos.reliability == offered.reliability


def test_an_image_published_before_the_subscription_is_seen(probe, watched):
    probe.publisher(Image, 'image_raw', TRANSIENT_LOCAL).publish(image())
    one = watched('image_raw')
    assert one.picture(probe, lambda: None)[1] == 'mono8'
    assert one.camera.transient_local
    one.camera.watch = False
    one.topic.check()
    assert not one.camera.transient_local


def test_a_kept_image_is_fetched_beside_publishers_that_keep_none(probe, watched):
    keeping = probe.publisher(Image, 'image_raw', TRANSIENT_LOCAL)
    probe.publisher(Image, 'image_raw', RELIABLE)
    other = probe.publisher(Image, 'image_raw', BEST_EFFORT)
    keeping.publish(image())
    one = watched('image_raw')
    for _ in range(2):
        one.camera.pictures.clear()
        assert one.picture(probe, lambda: None)[1] == 'mono8' and one.camera.transient_local
        one.camera.watch = False
        one.topic.check()
        one.camera.watch = True
    # All that comes later is seen, whoever publishes it, and by one subscription only.
    for publisher in (other, keeping):
        one.camera.pictures.clear()
        one.picture(probe, lambda publisher=publisher: publisher.publish(image()))


def test_reasons_change_with_what_is_published(probe, watched):
    one = watched('front/image_raw', 'raw', 'reliable')

    def reason(code):
        def found():
            one.topic.check()
            reason = one.camera.topic_reason
            return reason if (reason and reason.code) == code else None
        return probe.wait_for(found)
    probe.publisher(Image, 'frnt/image_raw')
    assert '/frnt/image_raw' in probe.wait_for(
        lambda: reason('no-publisher').values.get('similar'))
    sibling = probe.publisher(CompressedImage, 'front/image_raw/compressed')
    assert 'front.type is raw' in reason('wrong-type').text
    probe.node.destroy_publisher(sibling)
    reason('no-publisher')
    text = probe.publisher(Empty, 'front/image_raw')
    assert reason('wrong-type').values['type'] == 'std_msgs/msg/Empty'
    probe.node.destroy_publisher(text)
    with RosProbe('camera') as camera:
        publisher = camera.publisher(Image, 'front/image_raw', BEST_EFFORT)
        mismatch = reason('qos-mismatch')
        probe.wait_for(lambda: '/camera' in reason('qos-mismatch').text)
        assert mismatch.values['policy'] == 'reliability' and 'front.qos to auto' in mismatch.text
        one.topic.configure('raw', 'auto')
        one.picture(camera, lambda: publisher.publish(image()))
        assert one.camera.topic_reason is None


def test_the_transport_that_comes_is_taken_while_the_other_is_silent(probe, watched, monkeypatch):
    monkeypatch.setattr(arrivals, 'SILENCE_S', 0.3)
    monkeypatch.setattr(transport_choice, 'SILENCE_S', 0.3)
    raw = probe.publisher(Image, 'image_raw', RELIABLE)
    other = probe.publisher(CompressedImage, 'image_raw/compressed')
    one = watched('image_raw')

    def encoding_of(publish, wanted):
        def look():
            one.topic.check()
            publish()
            return one.camera.transport.get('topic') == wanted and one.camera.pictures
        one.camera.pictures.clear()
        probe.wait_for(look)
    png = CompressedImage(format='png', data=array('B', cv2.imencode(
        '.png', np.zeros((4, 4), np.uint8))[1].tobytes()))
    encoding_of(lambda: other.publish(png), '/image_raw/compressed')
    assert one.camera.transport['because'] == 'silent'
    encoding_of(lambda: (other.publish(png), raw.publish(image())), '/image_raw')
    assert 'because' not in one.camera.transport
    # As if the encoder could not use the raw images.
    monkeypatch.setattr(type(one.camera.monitor), 'fails', True)
    encoding_of(lambda: (other.publish(png), raw.publish(image())), '/image_raw/compressed')
    assert one.camera.transport['because'] == 'unreadable'


@pytest.mark.parametrize('kind, topic', [('auto', 'image_raw'), ('compressed', 'image_raw'),
                                         ('auto', 'image_raw/compressed')])
def test_a_compressed_topic_is_found_by_either_name(probe, watched, kind, topic):
    jpeg = cv2.imencode('.jpg', np.full((8, 8, 3), 128, np.uint8))[1].tobytes()
    publisher = probe.publisher(CompressedImage, 'image_raw/compressed')
    one = watched(topic, kind)
    pixels, _ = one.picture(
        probe, lambda: publisher.publish(CompressedImage(format='jpeg', data=jpeg)))
    assert pixels.shape == (8, 8, 3)


def test_raw_is_preferred_and_publishers_may_change(probe, watched):
    raw = probe.publisher(Image, 'image_raw', RELIABLE)
    probe.publisher(CompressedImage, 'image_raw/compressed')
    one = watched('image_raw')
    one.picture(probe, lambda: raw.publish(image()))
    probe.node.destroy_publisher(raw)
    again = probe.publisher(Image, 'image_raw', BEST_EFFORT)
    one.camera.pictures.clear()
    one.picture(probe, lambda: again.publish(image()))


def test_a_camera_without_viewers_is_not_subscribed_to(probe, watched):
    publisher = probe.publisher(Image, 'image_raw')
    one = watched('image_raw')
    one.picture(probe, lambda: publisher.publish(image()))
    assert probe.node.count_subscribers('image_raw') == 1
    one.camera.watch = False
    one.topic.check()
    probe.wait_for(lambda: probe.node.count_subscribers('image_raw') == 0)


def test_a_silent_camera_is_subscribed_to_again(probe, watched, monkeypatch):
    """DDS loses matches with processes that were killed or stopped."""
    monkeypatch.setattr(image_reception, 'RESUBSCRIBE_AFTER_S', 0.05)
    probe.publisher(Image, 'image_raw')
    one = watched('image_raw')
    seen = set()

    def look():
        one.topic.check()
        for reception in one.topic._receptions.values():
            seen.update(reception._subscriptions)
        return len(seen) >= 2
    probe.wait_for(look)


def test_a_topic_of_two_cameras_may_change_its_type(probe, watched):
    """The middleware takes no second type while the other camera still holds the first."""
    first = watched('shared/image_raw')
    other = CameraTopic(first.robot.node, SeenCamera(), 'shared/image_raw', 'auto', 'auto')
    raw = probe.publisher(Image, 'shared/image_raw')

    def look(publish, seen):
        first.topic.check()
        other.check()
        publish()
        return seen()
    probe.wait_for(lambda: look(lambda: raw.publish(Image()), lambda: (
        first.camera.pictures and other.camera.pictures)), PATIENCE)
    probe.node.destroy_publisher(raw)
    first.camera.pictures, other.camera.pictures = [], []
    with RosProbe('other') as another:
        # One context cannot publish both types either.
        png = another.publisher(CompressedImage, 'shared/image_raw')
        probe.wait_for(lambda: look(lambda: png.publish(CompressedImage(format='png')), lambda: (
            first.camera.pictures and other.camera.pictures)), PATIENCE)
    for camera in (first.camera, other.camera):
        # Whichever came first was told why it had to wait.
        assert not camera.source.stream.stats.errors or (
            'cannot be subscribed to as' in camera.source.stream.stats.last_error)


def test_of_video_in_images_each_message_is_kept(probe, watched):
    publisher = probe.publisher(Image, 'image_raw', 30)
    one = watched('image_raw')
    for video, depth in ((False, 1), (True, 30), (False, 1)):
        one.camera.source.active = video
        one.camera.pictures.clear()
        one.picture(probe, lambda: publisher.publish(image()))
        reception, = one.topic._receptions.values()
        assert reception.source.qos.depth == depth


def test_a_missing_message_package_is_the_reason(watched, monkeypatch):
    one = watched('image_raw')
    publisher = SimpleNamespace(topic_type=VIDEO, qos_profile=RELIABLE, endpoint_gid=[1] * 16,
                                node_name='camera', node_namespace='/')
    monkeypatch.setattr(one.robot.node, 'get_publishers_info_by_topic',
                        lambda topic: [publisher] if topic == '/image_raw' else [])
    monkeypatch.setitem(MESSAGES, VIDEO, None)
    one.topic.check()
    assert one.camera.topic_reason.code == 'package-missing'
    assert 'package foxglove_msgs is not installed' in one.camera.topic_reason.text


@pytest.mark.parametrize('topic, kind', [('image_raw', 'auto'), ('image_raw/h264', 'auto'),
                                         ('image_raw', 'h264')])
def test_every_h264_message_arrives_and_keyframes_can_be_requested(probe, watched, topic, kind):
    form = 'h264' if kind == 'auto' else 'unknown'
    publisher = probe.publisher(CompressedImage, 'image_raw/h264', 30)
    asked = probe.subscribe(Empty, 'image_raw/h264/request_keyframe')
    one = watched(topic, kind)

    def matched():
        one.topic.check()
        return publisher.get_subscription_count()
    probe.wait_for(matched)
    sent = [bytes([number]) for number in range(25)]
    for data in sent:
        publisher.publish(CompressedImage(format=form, data=array('B', data)))
    probe.wait_for(lambda: len(one.camera.units) == len(sent))
    assert one.camera.units == sent and not one.camera.pictures

    def ask():
        one.camera.source.ask_keyframe()
        return asked
    probe.wait_for(ask)
