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

"""Obstacles: what distance sensors see around the robot, and what a collision monitor does."""

import asyncio
from collections.abc import Callable
import logging

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node

from .obstacle_parameters import read_obstacle_topics
from ...core.clock import boot_time, Clock
from ...core.driving.footprint import Footprint
from ...core.errors import ObstacleError
from ...core.obstacles.own_extent import sector_radii
from ...core.obstacles.report import CollisionMonitor, ObstacleLimits, ObstacleReport, SILENT_S
from ...core.obstacles.sectors import Distances, nearest_of, ScanReader, to_cm
from ...core.obstacles.sensor_pose import SensorPose
from ...core.settings.obstacle_settings import ObstacleSettings
from ...core.supervision import call_guarded, guard
from ...ros.diagnostics import make_status
from ...ros.executor_thread import ExecutorThread
from ...ros.newest_message import NewestMessage
from ...ros.point_clouds import CloudReader

_logger = logging.getLogger(__name__)

# Seconds between two reports: faster than a person reads, and as fast as a page draws.
PERIOD_S = 0.2
# Seconds between two looks for viewers, and for publishers.
UNWATCHED_PERIOD_S = UPDATE_PERIOD_S = 0.5
# Seconds after which a sensor that sends nothing at first is worth a word.
FIRST_MESSAGE_S = 1.5
# The executor's thread rests from sensors for so many times what reading one took: images, and the
# emergency stop from ROS, wait behind each reading.
_RESTS = 5
# Bytes of a message: an organised cloud of 640 x 480 points with colour has 10 MB. To read one of
# 5 MB takes 11 ms (measured 2026-11-30, two cores).
_MAX_MESSAGE = 16 * 1024 * 1024
_MAX_MONITOR_MESSAGE = 4096
_SCAN, _CLOUD = 'sensor_msgs/msg/LaserScan', 'sensor_msgs/msg/PointCloud2'
_MONITOR = 'nav2_msgs/msg/CollisionMonitorState'
# A reason is logged when it has lasted for so long, in s: publishers are found one by one.
_LOG_AFTER_S = 3.0


class _Sensor:
    """One sensor, and what it saw last. Belongs to the executor's thread."""

    def __init__(self, node: Node, topic: str, pose: SensorPose, radii: list[float],
                 heights: tuple[float, float], clock: Clock) -> None:
        self.input = NewestMessage(node, 'obstacle sensor', topic, (_SCAN, _CLOUD), _MAX_MESSAGE)
        self._clock = clock
        self._scans = ScanReader(pose, radii)
        self._clouds = CloudReader(pose, radii, heights)
        self._distances: Distances | None = None
        # When the message came that they are of.
        self.came_at = 0.0
        # What is wrong with the newest message.
        self._fault = ''
        self.messages = 0
        # Seconds that the newest message took to be read.
        self.read_s = 0.0

    def read(self) -> None:
        """Read the newest message, if one has come."""
        came_at, begin = self.input.came_at, self._clock()
        if came_at is None:
            self._distances, self._fault = None, ''
            return
        try:
            message = self.input.take()
            if message is not None:
                reader = self._scans if self.input.type_name == _SCAN else self._clouds
                self._distances = None
                self._distances = reader.read(message)
                self.came_at, self._fault = came_at, ''
                self.messages += 1
                self.read_s = self._clock() - begin
        except (ObstacleError, ValueError) as error:
            self._distances, self._fault = None, str(error)

    @property
    def distances(self) -> Distances | None:
        """Return what the sensor sees now, ``None`` if it tells nothing."""
        if self.input.came_at is None or self._age(self.came_at) > SILENT_S:
            return None
        return self._distances

    def _age(self, came_at: float) -> float:
        return self._clock() - came_at

    @property
    def reason(self) -> str:
        """Return why the sensor tells nothing, '' if it does."""
        topic = self.input.topic
        if self.input.problem:
            return self.input.problem
        if self.input.came_at is None:
            waited = self._clock() - self.input.subscribed_at
            return f'no message comes from {topic}' if waited > FIRST_MESSAGE_S else ''
        if self._age(self.input.came_at) > SILENT_S:
            return f'{topic} is silent'
        if self._distances is not None and self._age(self.came_at) > SILENT_S:
            return (f'{topic} takes {self.read_s * 1e3:.0f} ms to read, so that it is read too '
                    'seldom; publish fewer points, or list fewer sensors')
        return f'{topic}: {self._fault}' if self._fault else ''


class Obstacles:
    """
    Reduces the newest messages of the sensors while somebody watches, five times a second.

    The sensors take turns, so that other callbacks run between two of them, and large messages are
    read less often.

    :meth:`run` belongs to the event loop; the sensors, and :meth:`_collect`, to the executor's
    thread. The collision monitor is heard all the time, since it speaks only when its state
    changes.

    :param footprint: outline of the robot: what is seen within it belongs to the robot
    :param is_watched: tells in the event loop whether there is a viewer
    :param deliver: takes each report, in the event loop
    :ivar limits: what pages have to know beforehand; ``None`` if nothing is configured
    :raises ParameterError: a value is not allowed beside the others, or a topic is none
    """

    def __init__(self, node: Node, settings: ObstacleSettings, footprint: Footprint,
                 is_watched: Callable[[], bool], deliver: Callable[[ObstacleReport], None],
                 clock: Clock = boot_time) -> None:
        self._node = node
        self._is_watched = is_watched
        self._deliver = deliver
        self._clock = clock
        sensors, monitor_topic = read_obstacle_topics(node, settings)
        radii, heights = sector_radii(footprint), (settings.min_height, settings.max_height)
        self._sensors = [_Sensor(node, topic, pose, radii, heights, clock)
                         for topic, pose in sensors]
        self._monitor = NewestMessage(
            node, 'collision monitor', monitor_topic, (_MONITOR,), _MAX_MONITOR_MESSAGE
        ) if monitor_topic else None
        # What the collision monitor said last, and what is wrong with that.
        self._action: CollisionMonitor | None = None
        self._fault = ''
        self.limits = ObstacleLimits(
            settings.amber, settings.red, settings.view, bool(self._sensors)
        ) if self._sensors or self._monitor is not None else None
        # Outlives a restart of run(): otherwise subscriptions could stay without viewers.
        self._was_watched = False
        # Boot time of the next look for publishers; of the executor's thread.
        self._next_update = 0.0
        # Boot time from which on the next sensor may be read, and which one that is.
        self._next_read, self._turn = 0.0, 0
        # Calls since the last report: there is one in each round of the sensors.
        self._calls = 0
        self._report = ObstacleReport()
        # The reason that was logged last, and since when there is another one.
        self._logged, self._changed_at = '', 0.0
        self._reason = ''

    async def run(self, ros: ExecutorThread) -> None:
        """Collect, for ever; without anything to collect return at once."""
        if self.limits is None:
            return
        loop = asyncio.get_running_loop()
        while True:
            watched = self._is_watched()
            if watched or self._was_watched or self._monitor is not None:
                ros.call('obstacles', self._collect, loop, watched)
            if not watched:
                # The next viewer must not be shown what was seen long ago.
                self._report = ObstacleReport()
                self._deliver(self._report)
            self._was_watched = watched
            await asyncio.sleep(
                PERIOD_S / self._calls_per_report if watched else UNWATCHED_PERIOD_S)

    @property
    def _calls_per_report(self) -> int:
        return max(len(self._sensors), 1)

    def _collect(self, loop: asyncio.AbstractEventLoop, watched: bool) -> None:
        """Update the subscriptions when due, read a sensor, and hand over a report when due."""
        now = self._clock()
        if now >= self._next_update or not watched:
            # At once when somebody comes.
            self._next_update = now + UPDATE_PERIOD_S if watched else 0.0
            for sensor in self._sensors:
                with guard('obstacle sensor'):
                    sensor.input.update(watched)
            with guard('collision monitor'):
                if self._monitor is not None:
                    # Without a viewer, too: it says once what it does.
                    self._monitor.update(True)
        with guard('collision monitor'):
            self._hear_monitor()
        if not watched:
            return
        self._read_next()
        self._calls += 1
        if self._calls >= self._calls_per_report:
            self._calls = 0
            loop.call_soon_threadsafe(
                call_guarded, 'obstacles', self._on_report, self._make_report())

    def _read_next(self) -> None:
        """Read the sensor whose turn it is, unless it is too early for that."""
        begin = self._clock()
        if not self._sensors or begin < self._next_read:
            return
        sensor = self._sensors[self._turn]
        self._turn = (self._turn + 1) % len(self._sensors)
        with guard('obstacle sensor'):
            sensor.read()
        end = self._clock()
        self._next_read = end + _RESTS * (end - begin)

    def _make_report(self) -> ObstacleReport:
        seen = [(distances, sensor.came_at) for sensor in self._sensors
                if (distances := sensor.distances) is not None]
        reasons = [sensor.reason for sensor in self._sensors]
        if self._monitor is not None:
            reasons.append(self._monitor.problem or self._fault)
        cm = tuple(to_cm(nearest_of(one for one, _ in seen))) if seen else None
        return ObstacleReport(cm, min((at for _, at in seen), default=0.0),
                              '; '.join(filter(None, reasons)), self._action)

    def _hear_monitor(self) -> None:
        monitor = self._monitor
        if monitor is None:
            return
        if monitor.came_at is None:
            self._action, self._fault = None, ''
            return
        try:
            message = monitor.take()
            if message is not None:
                self._action, self._fault = CollisionMonitor.of(message), ''
        except ValueError as error:
            self._action, self._fault = None, f'{monitor.topic}: {error}'

    def _on_report(self, report: ObstacleReport) -> None:
        # Of sensors that stay silent there is nothing new to tell.
        if report.cm is not None or report != self._report:
            self._report = report
            self._deliver(report)
        now = self._clock()
        if report.reason != self._reason:
            self._reason, self._changed_at = report.reason, now
        elif self._reason != self._logged and now - self._changed_at >= _LOG_AFTER_S:
            self._logged = self._reason
            if self._reason:
                _logger.warning('obstacles: %s', self._reason)

    def status(self) -> DiagnosticStatus | None:
        """Return the state for diagnostics; ``None`` if nothing is configured."""
        if self.limits is None:
            return None
        report, watched = self._report, self._was_watched
        reason = report.reason if watched else ''
        values: dict[str, object] = {}
        for number, sensor in enumerate(self._sensors, 1):
            values |= {f'sensor{number}': sensor.input.topic,
                       f'sensor{number}.type': sensor.input.type_name,
                       f'sensor{number}.messages': sensor.messages,
                       f'sensor{number}.read_ms': f'{sensor.read_s * 1e3:.1f}',
                       f'sensor{number}.reason': sensor.reason if watched else ''}
        if self._monitor is not None:
            monitor = report.monitor
            values |= {'collision_monitor': self._monitor.topic,
                       'collision_monitor.action': monitor.action if monitor else 'none'}
        near = [cm for cm in report.cm or () if cm >= 0]
        if watched:
            values['nearest_cm'] = min(near) if near else ''
        return make_status(
            'obstacles', DiagnosticStatus.WARN if reason else DiagnosticStatus.OK,
            reason or ('live' if watched else 'nobody watches'), values)
