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

"""What viewers are told of obstacles: the message ``obstacles``."""

from dataclasses import dataclass
from typing import Any

from ..limits.text_limits import MAX_LENGTHS

# Actions of nav2_msgs/CollisionMonitorState by their number, as pages read them; 0 is none.
MONITOR_ACTIONS = {1: 'stop', 2: 'slow down', 3: 'approach', 4: 'limit'}
# Characters of a polygon's name.
_MAX_NAME = 64
# A sensor that is silent for longer, in s, tells nothing of now.
SILENT_S = 1.0


@dataclass(frozen=True)
class ObstacleLimits:
    """
    What pages have to know beforehand, as ``obstacles`` in ``hello``.

    :param amber: nearer than this is a warning, m
    :param red: nearer than this is an alarm, m
    :param view: how much of the front the cameras for driving see, rad
    :param sensors: whether there are distance sensors, or only a collision monitor
    """

    amber: float
    red: float
    view: float
    sensors: bool = True

    def members(self) -> dict[str, object]:
        """Return it as a JSON object."""
        return {'amber': self.amber, 'red': self.red, 'view': self.view, 'sensors': self.sensors}


@dataclass(frozen=True)
class CollisionMonitor:
    """
    What a collision monitor does now.

    :param action: one of the values of :data:`MONITOR_ACTIONS`
    :param polygon: the name of the zone that something is in
    """

    action: str
    polygon: str = ''

    @classmethod
    def of(cls, message: Any) -> 'CollisionMonitor | None':
        """Return what a ``nav2_msgs/CollisionMonitorState`` says, ``None`` if it does nothing."""
        action = MONITOR_ACTIONS.get(message.action_type)
        name = ''.join(one for one in message.polygon_name if one.isprintable())
        return cls(action, name[:_MAX_NAME]) if action else None


@dataclass(frozen=True)
class ObstacleReport:
    """
    What is seen now.

    :param cm: for each sector, see :func:`~.sectors.to_cm`; ``None`` if no sensor tells anything
    :param came_at: boot time of the oldest message in it
    :param reason: why a sensor or the collision monitor tells nothing, as sentences; '': all do
    :param monitor: what the collision monitor does; ``None``: nothing, or there is none
    """

    cm: tuple[int, ...] | None = None
    came_at: float = 0.0
    reason: str = ''
    monitor: CollisionMonitor | None = None

    def members(self, now: float) -> dict[str, object]:
        """
        Return the members of the message.

        :param now: boot time
        """
        monitor = self.monitor
        return {'cm': None if self.cm is None else list(self.cm),
                'age': None if self.cm is None else round(max(now - self.came_at, 0.0), 2),
                'reason': self.reason[:MAX_LENGTHS['finding']],
                'monitor': None if monitor is None else
                {'action': monitor.action, 'polygon': monitor.polygon}}
