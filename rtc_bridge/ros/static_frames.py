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

"""``/tf_static``: where the parts of the robot are that do not move."""

from typing import Any

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.subscription import Subscription

from ..core.cameras.frame_tree import FrameTree
from ..core.supervision import guarded

try:
    from tf2_msgs.msg import TFMessage
except ImportError:
    # Where cameras are, parameters tell then.
    TFMessage = None

# Each publisher keeps its frames for those that come later.
_QOS = QoSProfile(depth=100, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class StaticFrames:
    """
    Reads frames from the time on when they are wanted first.

    Belongs to the executor's thread.

    :ivar available: whether the package ``tf2_msgs`` is there
    :ivar tree: what was read
    """

    available = TFMessage is not None

    def __init__(self, node: Node) -> None:
        self.tree = FrameTree()
        self._node = node
        self._subscription: Subscription | None = None

    def read(self) -> None:
        """Subscribe, unless that is done."""
        if self._subscription is None and self.available:
            # Programs with frames of their own remap this name, as those of tf2 have it.
            self._subscription = self._node.create_subscription(
                TFMessage, '/tf_static', guarded('frames', self._on_message), _QOS)

    def _on_message(self, message: Any) -> None:
        for one in message.transforms:
            position, rotation = one.transform.translation, one.transform.rotation
            self.tree.add(one.header.frame_id, one.child_frame_id,
                          (position.x, position.y, position.z),
                          (rotation.x, rotation.y, rotation.z, rotation.w))
