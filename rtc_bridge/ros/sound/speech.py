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

"""Texts that viewers want the robot to say, for a node that speaks them."""

from rclpy.node import Node
from std_msgs.msg import String


class Speech:
    """
    Publishes ``~/say``.

    Both methods may be called in any thread.
    """

    def __init__(self, node: Node) -> None:
        self._publisher = node.create_publisher(String, '~/say', 10)

    @property
    def is_heard(self) -> bool:
        """Tell whether a node subscribes, which says what comes."""
        return bool(self._publisher.get_subscription_count())

    def say(self, text: str) -> None:
        """Publish a text."""
        self._publisher.publish(String(data=text))
