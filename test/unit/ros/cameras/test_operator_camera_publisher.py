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

"""Pictures of a viewer's camera as messages, over DDS."""

import cv2
import numpy as np
from rtc_bridge.ros.cameras.operator_camera_publisher import OperatorCameraPublisher
from sensor_msgs.msg import CompressedImage, Image
from support.ros_probe import RosProbe


def test_pictures_go_to_who_subscribes(lonely):
    bgr = np.zeros((48, 64, 3), np.uint8)
    bgr[:, :32] = (200, 100, 50)
    with RosProbe('operator') as probe:
        publisher = OperatorCameraPublisher(probe.node)
        assert not publisher.watched
        topic = probe.node.resolve_topic_name('~/operator/image_raw')
        raw = probe.subscribe(Image, topic)
        probe.wait_for(lambda: publisher.watched)
        small = probe.subscribe(CompressedImage, f'{topic}/compressed')
        probe.wait_for(lambda: probe.node.count_subscribers(f'{topic}/compressed'))
        probe.wait_for(lambda: publisher.put(bgr) or (raw and small))
        image, compressed = raw[-1], small[-1]
        assert (image.encoding, image.width, image.height, image.step) == ('bgr8', 64, 48, 192)
        assert np.array_equal(np.frombuffer(image.data, np.uint8).reshape(48, 64, 3), bgr)
        assert image.header.frame_id == 'operator_camera' and image.header.stamp.sec > 0
        decoded = cv2.imdecode(np.frombuffer(compressed.data, np.uint8), cv2.IMREAD_COLOR)
        assert abs(decoded.astype(int) - bgr)[:, 4:28].max() < 12
