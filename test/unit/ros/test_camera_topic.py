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
import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace

from builtin_interfaces.msg import Time
import numpy as np
import pytest
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rtc_bridge.bridge.cameras import Cameras
from rtc_bridge.core.errors import ImageError, ParameterError
from rtc_bridge.core.video.tiers import Scale
from rtc_bridge.media.camera import Camera
from rtc_bridge.media.camera_settings import CameraSettings
from rtc_bridge.ros import camera_topic
from rtc_bridge.ros.camera_topic import CameraTopic, find_image_topics
from rtc_bridge.ros.executor_thread import ExecutorThread
from rtc_bridge.ros.images import is_h264
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Empty, Header
from support.patience import PATIENCE
from support.ros_probe import RosProbe

BEST_EFFORT = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
RELIABLE = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
LATCHED = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE,
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

    def put_h264(self, data, age=None):
        self.units.append(data)


class Watched:
    """A camera topic on a node of its own."""

    def __init__(self, topic, kind='auto', qos='auto'):
        self.robot = RosProbe('robot').__enter__()
        self.camera = SeenCamera()
        self.topic = CameraTopic(self.robot.node, topic, kind, qos)
        self.topic.camera = self.camera
        self.camera.source.ask_keyframe = self.topic.ask_keyframe

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
    qos = probe.node.get_subscriptions_info_by_topic('image_raw')[0].qos_profile
    assert qos.reliability == offered.reliability


def test_a_picture_published_before_anybody_came_is_seen(probe, watched):
    probe.publisher(Image, 'image_raw', LATCHED).publish(image())
    one = watched('image_raw')
    assert one.picture(probe, lambda: None)[1] == 'mono8'
    assert one.camera.transient_local
    one.camera.watch = False
    one.topic.check()
    assert not one.camera.transient_local


@pytest.mark.parametrize('kind, topic', [('auto', 'image_raw'), ('compressed', 'image_raw'),
                                         ('auto', 'image_raw/compressed')])
def test_a_compressed_topic_is_found_by_either_name(probe, watched, kind, topic):
    import cv2
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


def test_nobody_watches_nobody_subscribes(probe, watched):
    publisher = probe.publisher(Image, 'image_raw')
    one = watched('image_raw')
    one.picture(probe, lambda: publisher.publish(image()))
    assert probe.node.count_subscribers('image_raw') == 1
    one.camera.watch = False
    one.topic.check()
    probe.wait_for(lambda: probe.node.count_subscribers('image_raw') == 0)


def test_a_silent_camera_is_subscribed_to_again(probe, watched, monkeypatch):
    """DDS loses matches with processes that were killed or stopped."""
    monkeypatch.setattr(camera_topic, 'DEAF_S', 0.05)
    probe.publisher(Image, 'image_raw')
    one = watched('image_raw')
    monkeypatch.setattr(one.camera, 'state', lambda: ('lost', 1.0))
    seen = set()

    def look():
        one.topic.check()
        seen.add(one.topic._subscription)
        return len(seen - {None}) >= 2
    probe.wait_for(look)


def test_image_topics_are_found_by_base_name(probe):
    for kind, topic in ((Image, 'front/image_raw'),
                        (CompressedImage, 'front/image_raw/compressed'),
                        (CompressedImage, 'rear/compressed'), (CompressedImage, 'thumb'),
                        (CompressedImage, 'front/image_raw/compressedDepth')):
        probe.publisher(kind, topic)
    with RosProbe('robot') as robot:
        # A subscription alone is no camera.
        robot.subscribe(Image, 'wanted')
        robot.wait_for(lambda: find_image_topics(robot.node) == {
            '/front/image_raw', '/rear', '/thumb'})


def test_a_topic_of_two_cameras_may_change_its_type(probe, watched):
    """The middleware takes no second type while the other camera still holds the first."""
    first = watched('shared/image_raw')
    other = CameraTopic(first.robot.node, 'shared/image_raw', 'auto', 'auto')
    other.camera = SeenCamera()
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
        # One process cannot publish both types either.
        png = another.publisher(CompressedImage, 'shared/image_raw')
        probe.wait_for(lambda: look(lambda: png.publish(CompressedImage(format='png')), lambda: (
            first.camera.pictures and other.camera.pictures)), PATIENCE)
    for camera in (first.camera, other.camera):
        # Whichever came first was told why it had to wait.
        assert not camera.source.stream.stats.errors or (
            'cannot be subscribed to as' in camera.source.stream.stats.last_error)


class Book:
    """The cameras of a robot, in an event loop."""

    def __init__(self, robot, names):
        self.found = {}
        self.changes = 0
        self.cameras = Cameras(robot, names, (Scale(1),), self.found, self._changed)

    def _changed(self):
        self.changes += 1

    async def until(self, names):
        async with asyncio.timeout(PATIENCE):
            while set(self.found) != set(names):
                await asyncio.sleep(0.01)


@pytest.mark.asyncio
async def test_cameras_are_found_also_later_and_lost(probe):
    with RosProbe('unused') as other:
        robot = Node('robot', context=other.context, use_global_arguments=False)
        book = Book(robot, ['*'])
        failed = []
        ros = ExecutorThread(robot, failed.append)
        book.cameras.start(ros)
        task = asyncio.create_task(book.cameras.run())
        try:
            front = probe.publisher(Image, 'front/image_raw')
            await book.until({'front/image_raw'})
            probe.publisher(CompressedImage, 'rear/compressed')
            await book.until({'front/image_raw', 'rear'})
            probe.node.destroy_publisher(front)
            await book.until({'rear'})
            # It comes back as the same camera.
            probe.publisher(Image, 'front/image_raw')
            await book.until({'front/image_raw', 'rear'})
            assert book.changes == 4 and not failed
        finally:
            task.cancel()
            ros.close()


@pytest.mark.asyncio
async def test_the_list_has_one_order_whatever_came_first(probe):
    """That of the names that are configured, then those that were found, by name."""
    with RosProbe('unused') as other:
        robot = Node('robot', context=other.context, use_global_arguments=False,
                     parameter_overrides=[Parameter('cameras.clip.drive', value=False)])
        book = Book(robot, ['rear', '*', 'front'])
        ros = ExecutorThread(robot, pytest.fail)
        book.cameras.start(ros)
        task = asyncio.create_task(book.cameras.run())
        try:
            names = ['rear', 'front']
            for name in ('top', 'arm', 'mast', 'clip'):
                probe.publisher(Image, name)
                names.append(name)
                await book.until(names)
                assert list(book.found) == ['rear', 'front', *sorted(names[2:])]
            assert [c.name for c in book.found.values() if not c.settings.drive] == ['clip']
            changes = book.changes
            # A camera that is made one for driving is told of as one that has come.
            ros.call('parameters', robot.set_parameters,
                     [Parameter('cameras.clip.drive', value=True)])
            async with asyncio.timeout(PATIENCE):
                while book.changes == changes:
                    await asyncio.sleep(0.01)
            assert book.found['clip'].settings.drive
        finally:
            task.cancel()
            ros.close()


@pytest.mark.parametrize('names', [[], ['front', 'front'], ['']])
def test_camera_names_that_are_not_allowed(probe, names):
    with pytest.raises(ParameterError, match='cameras.names'):
        Book(probe.node, names)


@dataclass
class FFMPEGPacket:
    """What ffmpeg_image_transport_msgs/FFMPEGPacket has; its package is not on PyPI."""

    encoding: str
    data: array
    flags: int = 0
    pts: int = 0
    header: Header = field(default_factory=Header)


@dataclass
class CompressedVideo:
    """What foxglove_msgs/CompressedVideo has; its package is not on PyPI."""

    format: str  # noqa: A003
    data: array
    timestamp: Time = field(default_factory=Time)


@pytest.mark.parametrize('form', ['h264', 'H264', 'h264; yuv420p', 'h264/annexb', 'libx264',
                                  'h264_nvenc', 'h.264'])
@pytest.mark.parametrize('kind', [CompressedImage, FFMPEGPacket, CompressedVideo])
def test_h264_is_recognised(kind, form):
    data = array('B', b'\0\0\0\1')
    message = FFMPEGPacket(form, data) if kind is FFMPEGPacket else kind(format=form, data=data)
    assert is_h264(message)


@pytest.mark.parametrize('form', ['jpeg', 'hevc', 'rgb8; jpeg compressed bgr8', 'h265', 'h2645',
                                  'vp9', ''])
def test_other_formats_are_not_h264(form):
    assert not is_h264(CompressedVideo(form, array('B')))


@pytest.mark.parametrize('kind, message', [
    (camera_topic.FFMPEG, FFMPEGPacket('h264;yuv420p', array('B', b'unit'))),
    (camera_topic.VIDEO, CompressedVideo('h264', array('B', b'unit')))])
def test_packets_are_taken_and_other_codecs_named(probe, watched, kind, message):
    one = watched('image_raw')
    source = camera_topic._Source('image_raw', kind, True, False)
    # As the executor hands them over.
    one.topic._take(source, message)
    assert one.camera.units == [b'unit']
    if kind == camera_topic.FFMPEG:
        message.encoding = 'hevc'
    else:
        message.format = 'hevc'
    one.topic._take(source, message)
    with pytest.raises(ImageError, match='hevc'):
        one.camera.pictures[-1]()


def test_a_missing_message_package_is_named(watched, monkeypatch):
    one = watched('image_raw')
    publisher = SimpleNamespace(topic_type=camera_topic.VIDEO, qos_profile=RELIABLE)
    monkeypatch.setattr(one.topic, '_publishers',
                        lambda topic: [publisher] if topic == '/image_raw' else [])
    monkeypatch.setitem(camera_topic.MESSAGES, camera_topic.VIDEO, None)
    one.topic.check()
    assert 'package foxglove_msgs is not installed' in one.camera.source.stream.stats.last_error


@pytest.mark.parametrize('topic, kind', [('image_raw', 'auto'), ('image_raw/h264', 'auto'),
                                         ('image_raw', 'h264')])
def test_every_h264_message_comes_and_keyframes_can_be_asked_for(probe, watched, topic, kind):
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


def test_transports_are_found_as_one_camera(probe):
    probe.publisher(Image, 'front/image_raw')
    probe.publisher(CompressedImage, 'front/image_raw/h264')
    probe.publisher(CompressedImage, 'rear/image_raw/h264')
    with RosProbe('robot') as robot:
        robot.wait_for(lambda: find_image_topics(robot.node) == {
            '/front/image_raw', '/rear/image_raw'})
