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

"""What a bridge logs in ROS, which every node of the graph can read."""

from rcl_interfaces.msg import Log
from rclpy.qos import DurabilityPolicy, QoSProfile
from support.patience import PATIENCE
from support.stack import Robot

# As publishers of /rosout have it: who comes late reads what was said before.
KEPT = QoSProfile(depth=1000, durability=DurabilityPolicy.TRANSIENT_LOCAL)


def test_no_link_is_logged_in_ros():
    robot = Robot(relay=False, guard=None, **{'teleop.guard': False})
    try:
        link = robot.bridge.wait_line(r'link to drive.*(#v1\.\S+)', PATIENCE)[1]
        texts = robot.probe.subscribe(Log, '/rosout', lambda message: message.msg, KEPT)
        said = sum('[rtc_bridge]: ' in line for line in robot.bridge.lines)
        assert said
        robot.probe.wait_for(lambda: len(texts) >= said)
        _, payload, key = link.split('.')
        assert not any(secret in text for text in texts for secret in ('#v1', payload, key))
    finally:
        robot.close()
