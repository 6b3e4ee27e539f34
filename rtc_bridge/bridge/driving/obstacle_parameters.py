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

"""The parameters ``obstacles.*``, as far as they depend on each other or on the node."""

from rclpy.node import Node

from ..data.telemetry_parameters import resolve_topic
from ...core.errors import ParameterError
from ...core.obstacles.sensor_pose import parse_sensor, POSE_FORMS, SensorPose
from ...core.protocol.strict_json import shorten
from ...core.settings.obstacle_settings import ObstacleSettings

# Sensors of one robot.
MAX_SENSORS = 4


def read_obstacle_topics(node: Node, settings: ObstacleSettings
                         ) -> tuple[list[tuple[str, SensorPose]], str]:
    """
    Return full name and pose of each sensor, and full name of the collision monitor's topic.

    :return: the latter is empty if there is none
    :raises ParameterError: a value is not allowed beside the others, or a topic is none
    """
    _check(settings)
    sensors = []
    for entry in settings.topics:
        try:
            name, pose = parse_sensor(entry)
        except ValueError as error:
            raise ParameterError(f'parameter obstacles.topics has {shorten(entry)}, allowed is '
                                 f'{POSE_FORMS}: {error}') from None
        sensors.append((resolve_topic(node, 'obstacles.topics', name), pose))
    topic = settings.collision_monitor_topic
    return sensors, topic and resolve_topic(node, 'obstacles.collision_monitor_topic', topic)


def _check(settings: ObstacleSettings) -> None:
    """
    Refuse values that do not fit each other.

    :raises ParameterError: they do not
    """
    if settings.red > settings.amber:
        raise ParameterError(f'parameter obstacles.red is {settings.red}, allowed is at most '
                             f'obstacles.amber, which is {settings.amber}')
    if settings.min_height >= settings.max_height:
        raise ParameterError(f'parameter obstacles.min_height is {settings.min_height}, allowed is'
                             f' less than obstacles.max_height, which is {settings.max_height}')
    if len(settings.topics) > MAX_SENSORS:
        raise ParameterError(f'parameter obstacles.topics has {len(settings.topics)} entries, at '
                             f'most {MAX_SENSORS} are allowed')
