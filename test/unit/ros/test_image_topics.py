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

"""Which topics of the graph are cameras."""

import pytest
from rtc_bridge.ros.image_topics import find_image_topics
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import String
from support.ros_probe import RosProbe


@pytest.fixture
def probe():
    with RosProbe() as probe:
        yield probe


def test_image_topics_are_found_by_base_name(probe):
    for kind, topic in ((Image, 'front/image_raw'),
                        (CompressedImage, 'front/image_raw/compressed'),
                        (CompressedImage, 'rear/compressed'), (CompressedImage, 'thumb'),
                        (CompressedImage, 'front/image_raw/compressedDepth'),
                        (CompressedImage, 'depth/image_raw/compressedDepth'),
                        (CompressedImage, 'other/zstd')):
        probe.publisher(kind, topic)
    with RosProbe('robot') as robot:
        # A subscription alone is no camera, nor is its type that of another's topic.
        robot.subscribe(Image, 'wanted')
        probe.publisher(String, 'text')
        with RosProbe('viewer') as viewer:
            viewer.subscribe(Image, 'text')
            robot.wait_for(lambda: robot.node.count_subscribers('text'))
            robot.wait_for(lambda: find_image_topics(robot.node) == {
                '/front/image_raw', '/rear', '/thumb', '/depth/image_raw'})


def test_transports_are_found_as_one_camera(probe):
    probe.publisher(Image, 'front/image_raw')
    probe.publisher(CompressedImage, 'front/image_raw/h264')
    probe.publisher(CompressedImage, 'rear/image_raw/h264')
    with RosProbe('robot') as robot:
        robot.wait_for(lambda: find_image_topics(robot.node) == {
            '/front/image_raw', '/rear/image_raw'})
