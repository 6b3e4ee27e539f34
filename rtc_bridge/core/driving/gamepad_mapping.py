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

"""The Gamepad API's standard mapping in the order of ``joy``'s ``game_controller_node``."""

from typing import Sequence

# For each ROS button its index in the W3C standard mapping: A B X Y, BACK GUIDE START,
# left and right stick, left and right shoulder, D-pad up down left right.
_BUTTONS = (0, 1, 2, 3, 8, 16, 9, 10, 11, 4, 5, 12, 13, 14, 15)
# W3C has the triggers among the buttons, ROS among the axes: left, right.
_TRIGGERS = (6, 7)


def to_ros(axes: Sequence[float], buttons: Sequence[float]) -> tuple[list[float], list[int]]:
    """
    Return ``sensor_msgs/Joy``'s axes and buttons.

    W3C sticks are positive to the right and down, ROS ones to the left and up. Axes are left x
    and y, right x and y, then the triggers from 0 to 1. What a pad does not have is zero.
    """
    def at(values: Sequence[float], index: int) -> float:
        return float(values[index]) if index < len(values) else 0.0

    # 0.0 - x, not -x: a stick at rest is 0.0, never -0.0.
    ros_axes = [max(-1.0, min(1.0, 0.0 - at(axes, i))) for i in range(4)]
    ros_axes += [max(0.0, min(1.0, at(buttons, i))) for i in _TRIGGERS]
    return ros_axes, [int(at(buttons, i) > 0.5) for i in _BUTTONS]
