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

"""The parameters of what viewers see of obstacles."""

from dataclasses import dataclass

from .parameters import parameter


@dataclass(frozen=True)
class ObstacleSettings:
    """What viewers see of obstacles: ``obstacles.*``."""

    topics: tuple[str, ...] = parameter(
        (), 'topics of distance sensors (sensor_msgs/LaserScan or PointCloud2) whose nearest '
        'points viewers see as a ring, each with the place of its sensor if that is not the '
        "middle of the robot: ['scan', 'rear/scan x=-0.3 yaw=3.14', 'depth/points x=0.2 z=0.4 "
        "optical']; empty: none")
    amber: float = parameter(
        1.0, 'nearer obstacles are shown in amber', unit='m', low=0.01, high=50.0)
    red: float = parameter(
        0.4, 'nearer obstacles are shown in red; at most obstacles.amber', unit='m', low=0.01,
        high=50.0)
    min_height: float = parameter(
        0.1, 'points of a PointCloud2 below this height are no obstacles, as the floor', unit='m',
        low=-50.0, high=50.0)
    max_height: float = parameter(
        1.5, 'points of a PointCloud2 above this height are no obstacles, as what the robot fits '
        'under', unit='m', low=-50.0, high=50.0)
    view: float = parameter(
        1.25, 'horizontal field of view of the cameras for driving: what is ahead within it is '
        'shown along the foot of the picture, too', unit='rad', low=0.1, high=3.14)
    collision_monitor_topic: str = parameter(
        '', "topic of Nav2's collision monitor (nav2_msgs/CollisionMonitorState), whose action "
        'viewers read; empty: none')
