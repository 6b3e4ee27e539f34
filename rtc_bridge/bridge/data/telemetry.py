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

"""Telemetry: the topics that viewers see besides cameras, such as battery and odometry."""

import asyncio
from collections.abc import Callable
import logging
from typing import Any

from rclpy.node import Node

from .telemetry_parameters import declare_topics, resolve_topic
from ...core.clock import boot_time
from ...core.settings.telemetry_settings import group_name, TelemetrySettings
from ...core.supervision import call_guarded, guard
from ...core.telemetry.readings import KEPT_MESSAGES
from ...core.telemetry.telemetry_values import Battery, odometry
from ...core.telemetry.topic_reader import problem, TopicReader
from ...ros.executor_thread import ExecutorThread
from ...ros.telemetry_topic import TelemetryTopic

_logger = logging.getLogger(__name__)

# How often publishers are looked for: a topic that appears is shown within this time.
UPDATE_PERIOD_S = 0.5


class Telemetry:
    """
    Collects the newest messages of the topics, while somebody watches.

    :meth:`run` belongs to the event loop; the topics, and :meth:`_collect`, to the executor's
    thread.

    :param newest: where the JSON values are kept by name with the boot time when they came, in the
        order that viewers see; ``None`` before the first. Changed in the event loop only.
    :param display: takes how pages show the values, by name
    :param is_watched: tells in the event loop whether there is a viewer
    :param deliver: takes new values by name, in the event loop
    :raises ParameterError: an entry or a value is not allowed, or there are too many entries
    """

    def __init__(self, node: Node, settings: TelemetrySettings,
                 newest: dict[str, tuple[Any, float] | None],
                 display: dict[str, dict[str, object]], is_watched: Callable[[], bool],
                 deliver: Callable[[dict[str, Any]], None]) -> None:
        self._node = node
        self._newest = newest
        self._is_watched = is_watched
        self._deliver = deliver
        self._period = 1 / settings.rate
        # Outlives a restart of run(): otherwise subscriptions could stay without viewers.
        self._was_watched = False
        # Boot time of the next look for publishers; of the executor's thread.
        self._next_update = 0.0
        self._topics: dict[str, TelemetryTopic] = {}
        if settings.battery:
            self._topics['battery'] = TelemetryTopic(
                node, resolve_topic(node, 'telemetry.battery', settings.battery), Battery().read,
                'sensor_msgs/msg/BatteryState')
        if settings.odometry:
            self._topics['odometry'] = TelemetryTopic(
                node, resolve_topic(node, 'telemetry.odometry', settings.odometry), odometry,
                'nav_msgs/msg/Odometry')
        for entry in declare_topics(node, settings):
            self._topics[entry.name] = TelemetryTopic(
                node, entry.topic,
                TopicReader(entry.settings, f'telemetry.{group_name(entry.name)}.').read,
                kept=KEPT_MESSAGES, problem=problem)
            if entry.display:
                display[entry.name] = entry.display
        self._forget_values()

    def _forget_values(self) -> None:
        self._newest.update(dict.fromkeys(self._topics))

    async def run(self, ros: ExecutorThread) -> None:
        """Collect at the configured rate, for ever; without topics return at once."""
        if not self._topics:
            return
        loop = asyncio.get_running_loop()
        while True:
            watched = self._is_watched()
            if watched != self._was_watched:
                _logger.debug('telemetry: %s', 'watched' if watched else 'no viewer is left')
            if watched or self._was_watched:
                ros.call('telemetry', self._collect, loop, watched)
            if not watched:
                # The next viewer must not be shown values from long ago.
                self._forget_values()
            self._was_watched = watched
            await asyncio.sleep(self._period)

    def _collect(self, loop: asyncio.AbstractEventLoop, watched: bool) -> None:
        """Update the subscriptions when that is due, and hand over the new messages."""
        now = boot_time()
        if now >= self._next_update or not watched:
            self._next_update = now + UPDATE_PERIOD_S
            for topic in self._topics.values():
                with guard('telemetry topic'):
                    topic.update(watched)
        values = {}
        for name, topic in self._topics.items():
            with guard('telemetry topic'):
                value = topic.take()
                if value is not None:
                    values[name] = value
        if values:
            loop.call_soon_threadsafe(call_guarded, 'telemetry', self._on_values, values)

    def _on_values(self, values: dict[str, Any]) -> None:
        now = boot_time()
        self._newest.update({name: (value, now) for name, value in values.items()})
        self._deliver(values)
