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

"""What viewers see of the robot besides its cameras."""

import asyncio
from typing import Any, Callable

from rclpy.node import Node

from ..core.clock import boot_time
from ..core.errors import ParameterError
from ..core.protocol.strict_json import shorten
from ..core.protocol.telemetry_values import Battery, odometry, to_json
from ..core.settings.robot_settings import TelemetrySettings
from ..core.supervision import call_guarded, guard
from ..ros.executor_thread import ExecutorThread
from ..ros.telemetry_topic import TelemetryTopic

LOOK_PERIOD_S = 0.5
MAX_TOPICS = 32
# What makes the reader of each, which may remember.
_KNOWN = {'battery': ('sensor_msgs/msg/BatteryState', lambda: Battery().read),
          'odometry': ('nav_msgs/msg/Odometry', lambda: odometry)}


class Telemetry:
    """
    Collects the newest messages of the topics, while somebody watches.

    :param settings: the parameters ``telemetry.*``
    :param newest: where the values are kept by name with the time when they came, in the order
        that viewers see; changed in the event loop only
    :param watched: tells in the event loop whether there are viewers to tell
    :param deliver: takes what is new by name, in the event loop
    :raises ParameterError: a name is no topic's
    """

    def __init__(self, node: Node, settings: TelemetrySettings,
                 newest: dict[str, tuple[Any, float] | None], watched: Callable[[], bool],
                 deliver: Callable[[dict[str, Any]], None]) -> None:
        """Subscribe to nothing yet."""
        self._node = node
        self._newest = newest
        self._watched = watched
        self._deliver = deliver
        self._period = 1 / settings.rate
        self._next_look = 0.0
        self._was_watched = False
        self._topics: dict[str, TelemetryTopic] = {}
        given = {'battery': settings.battery, 'odometry': settings.odometry}
        for name, (kind, make_read) in _KNOWN.items():
            if given[name]:
                topic = self._resolve(f'telemetry.{name}', given[name])
                self._topics[name] = TelemetryTopic(node, topic, make_read(), kind)
        listed = settings.topics
        if len(listed) > MAX_TOPICS:
            raise ParameterError(f'parameter telemetry.topics has {len(listed)} entries, at most '
                                 f'{MAX_TOPICS} are allowed')
        for entry in listed:
            topic = self._resolve('telemetry.topics', entry)
            self._topics[topic] = TelemetryTopic(node, topic, to_json)
        self._newest.update(dict.fromkeys(self._topics))

    def _resolve(self, parameter: str, name: str) -> str:
        try:
            return self._node.resolve_topic_name(name)
        except (ValueError, RuntimeError) as error:
            raise ParameterError(f'parameter {parameter} has {shorten(name)}, allowed are names '
                                 f'of topics: {str(error).splitlines()[0]}') from None

    async def run(self, ros: ExecutorThread) -> None:
        """Look after the topics, for ever."""
        if not self._topics:
            return
        loop = asyncio.get_running_loop()
        while True:
            watched = self._watched()
            if watched or self._was_watched:
                ros.call('telemetry', self._collect, loop, watched)
            if not watched:
                # Whoever comes later must not see what was long ago.
                self._newest.update(dict.fromkeys(self._topics))
            self._was_watched = watched
            await asyncio.sleep(self._period)

    def _collect(self, loop: asyncio.AbstractEventLoop, watched: bool) -> None:
        """Look for publishers now and then, and hand over what came; in the ROS thread."""
        now = boot_time()
        if now >= self._next_look or not watched:
            self._next_look = now + LOOK_PERIOD_S
            for topic in self._topics.values():
                with guard('telemetry topic'):
                    topic.check(watched)
        values = {}
        for name, topic in self._topics.items():
            with guard('telemetry topic'):
                values[name] = topic.take()
        values = {name: value for name, value in values.items() if value is not None}
        if values:
            loop.call_soon_threadsafe(call_guarded, 'telemetry', self._take, values)

    def _take(self, values: dict[str, Any]) -> None:
        now = boot_time()
        self._newest.update({name: (value, now) for name, value in values.items()})
        self._deliver(values)
