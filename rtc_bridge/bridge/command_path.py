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

"""Watches the way of commands from this bridge to the motors, and tells what is wrong with it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy
from std_msgs.msg import String

from ..core.clock import boot_time
from ..core.driving.driver_notices import (
    guard_notices, missing_guard_notice, Notice, SettledNotices, stop_notice)
from ..core.driving.emergency_stop import EmergencyStop
from ..core.driving.engaged_stops import BRIDGE_GONE_AFTER_S, EngagedStops
from ..core.driving.guard_messages import BridgeId, EngagedStop, GuardState, StopState
from ..core.driving.guard_monitor import KnownGuards
from ..core.driving.velocity_graph import (
    Endpoint, full_name, graph_notices, likely_first, VelocityGraph)
from ..core.errors import ProtocolError
from ..core.supervision import call_guarded, guard, guarded
from ..ros.diagnostics import make_status
from ..ros.executor_thread import ExecutorThread
from ..ros.velocity_publisher import (
    CmdVelOutput, GUARD_STATE_TOPIC, GUARD_TOPIC, STATES_QOS, STOP_TOPIC, TWIST, TWIST_STAMPED)

LOOK_PERIOD_S = 0.5
# Until DDS has found what was there before this bridge: before that, what is missing in the graph
# is not told.
DISCOVERY_S = 3.0
# A guard that is started anew, or late, is heard within this time; else there is none.
NO_GUARD_AFTER_S = 8.0
# Guards of other robots that publish on the same topic are heard, too: this many at most.
_MAX_OTHER_GUARDS = 8
# Different notices that are logged; more of them appear on pages and in /diagnostics only.
_MAX_LOGGED = 64
_LEVELS = {'warn': DiagnosticStatus.WARN, 'error': DiagnosticStatus.ERROR}


class CommandPath:
    """
    Hears the guard and other bridges, and looks at the graph twice a second.

    ``notices`` is what is wrong now. Everything but :meth:`_look` belongs to the event loop.

    :param bridge: this bridge
    :param output: the bridge's own publisher of velocities, where there is no guard
    :param stop: this bridge's own emergency stop
    :param folder: the id of the key folder, which keeps that stop
    :param enabled: the robot can be driven; else only emergency stops are of interest
    """

    def __init__(self, node: Node, bridge: BridgeId, output: CmdVelOutput | None,
                 stop: EmergencyStop, folder: str, enabled: bool) -> None:
        self.notices: tuple[Notice, ...] = ()
        # Called at each change of what keeps the robot from moving, and of the notices.
        self.on_change: list[Callable[[], None]] = []
        self._node = node
        self._bridge = bridge
        self._output = output
        self._stop = stop
        self._folder = folder
        self._enabled = enabled
        # When this began, and when a guard was heard last.
        self._began = self._guard_heard = boot_time()
        self._guards = KnownGuards(bridge)
        self._stops = EngagedStops()
        # When another process of this node was heard last.
        self._twin_heard = float('-inf')
        self._settled = SettledNotices()
        self._graph: list[Notice] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        # Topics of guards that are heard.
        self._heard_topics = {node.resolve_topic_name(GUARD_STATE_TOPIC)}
        self._logged: set[tuple[str, tuple[str, ...]]] = set()

    def reason(self) -> str | None:
        """Return why nothing may move, as a code of ``docs/protocol.md``."""
        return self._guards.reason() or ('other-stop' if self.other_stops else None)

    def lease_reason(self) -> str | None:
        """Return why nobody may drive by this bridge."""
        return self._guards.reason()

    @property
    def other_stops(self) -> tuple[EngagedStop, ...]:
        """Return the emergency stops of other bridges, and of earlier runs of this one."""
        guard = self._guards.guard
        # The guard remembers bridges that ended before this one came.
        stops = {stop.process: stop for stop in guard.stops} if guard is not None else {}
        stops |= {stop.process: stop for stop in self._stops.engaged()}
        return tuple(stop for process, stop in stops.items() if process != self._bridge.process)

    def listen(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to hear guards and other bridges."""
        self._loop = loop
        self._hear(STOP_TOPIC, StopState.parse, self._on_stop)
        if self._output is None:
            self._hear(GUARD_STATE_TOPIC, GuardState.parse, self._on_guard)

    async def run(self, ros: ExecutorThread) -> None:
        """Look at the graph, for ever."""
        while True:
            expected = self._expected()
            if expected is None:
                self._graph = []
            elif self._enabled and boot_time() - self._began > DISCOVERY_S:
                ros.call('command path', self._look, expected)
            # What a guard has told ends with it, without a message.
            self._update()
            await asyncio.sleep(LOOK_PERIOD_S)

    def status(self) -> DiagnosticStatus:
        """Return the state for diagnostics."""
        worst = next((n for n in self.notices if n.level == 'error'),
                     next(iter(self.notices), None))
        guard, output = self._guards.guard, self._output
        topic, kind = ((output.topic, output.kind) if output is not None else
                       (guard.topic, guard.kind) if guard is not None else ('', ''))
        values = {'bridge': str(self._bridge), 'topic': topic, 'type': kind,
                  'notices': ' '.join(notice.code for notice in self.notices)}
        if output is None:
            values['guards'] = ' '.join(state.name for state in self._guards.guards)
            values['driven_by'] = str(guard.holder or '') if guard is not None else ''
        for notice in self.notices:
            values.setdefault(notice.code, notice.text)
        if not self._enabled:
            return make_status('commands', DiagnosticStatus.OK, 'driving is off', values)
        if worst is not None:
            return make_status('commands', _LEVELS[worst.level], worst.text, values)
        return make_status('commands', DiagnosticStatus.OK,
                           f'go to {topic}' if topic else 'no guard is heard', values)

    def _hear(self, topic: str, parse: Callable[[str], object],
              take: Callable[..., None]) -> None:
        def on_message(message: String) -> None:
            try:
                parsed = parse(message.data)
            except ProtocolError as error:
                self._node.get_logger().warning(f'{topic} has a message that is none: {error}',
                                                once=True)
            else:
                self._loop.call_soon_threadsafe(call_guarded, 'command path', on_parsed, parsed)

        def on_parsed(parsed: object) -> None:
            take(parsed)
            self._update()

        self._node.create_subscription(
            String, topic, guarded('command path', on_message), STATES_QOS)

    def _on_guard(self, state: GuardState) -> None:
        self._guards.hear(state)
        self._guard_heard = boot_time()

    def _on_stop(self, state: StopState) -> None:
        if state.bridge.process != self._bridge.process:
            self._stops.hear(state)
            if state.bridge.name == self._bridge.name:
                self._twin_heard = boot_time()

    def _expected(self) -> VelocityGraph | None:
        """Return where velocities are to go, or ``None`` while no guard tells."""
        output, guard = self._output, self._guards.guard
        if output is not None:
            return VelocityGraph(output.topic, self._bridge.name, output.kind, output.auto,
                                 twin=boot_time() - self._twin_heard < BRIDGE_GONE_AFTER_S)
        if guard is not None:
            return VelocityGraph(guard.topic, guard.name, guard.kind, guard.auto)
        return None

    def _seen(self, notices: list[Notice]) -> None:
        self._graph = self._settled.lasting(notices)
        self._update()

    def _update(self) -> None:
        """Put together what is wrong, and tell it if it has changed."""
        notices = stop_notice(self._bridge, self.other_stops, self._stop.engaged, self._folder)
        if self._enabled:
            notices += guard_notices(self._guards.guards, self._guards.driven_by, self._bridge)
            if self._output is None and boot_time() - self._guard_heard > NO_GUARD_AFTER_S:
                notices += missing_guard_notice(self._guards.guards)
            notices += self._graph
        before, self.notices = self.notices, tuple(notices)
        if before != self.notices:
            self._log(before)
            for call in list(self.on_change):
                # A viewer that cannot be told keeps no stop from the guard.
                with guard('command path'):
                    call()

    def _log(self, before: tuple[Notice, ...]) -> None:
        logger = self._node.get_logger()
        for notice in self.notices:
            key = notice.code, notice.nodes
            if key not in self._logged and len(self._logged) < _MAX_LOGGED:
                self._logged.add(key)
                logger.warning(notice.text)
        for code in {n.code for n in before} - {n.code for n in self.notices}:
            logger.info(f'commands: {code} is over')

    # ROS thread

    def _look(self, graph: VelocityGraph) -> None:
        node = self._node
        subscribers = _endpoints(node.get_subscriptions_info_by_topic(graph.topic))
        found = replace(
            graph, publishers=_endpoints(node.get_publishers_info_by_topic(graph.topic)),
            subscribers=subscribers,
            elsewhere=() if subscribers else self._elsewhere(graph.topic))
        notices = graph_notices(found)
        if any(notice.code == 'other-publisher' for notice in notices):
            self._hear_other_guards(
                {p.node for p in found.publishers if p.node != graph.own})
        self._loop.call_soon_threadsafe(guarded('command path', self._seen), notices)

    def _elsewhere(self, topic: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return the other topics on which somebody waits for velocities, the likeliest first."""
        names = [name for name, types in self._node.get_topic_names_and_types()
                 if {TWIST, TWIST_STAMPED} & set(types) and name != topic
                 and not name.endswith(GUARD_TOPIC)]
        found = []
        for name in likely_first(names, topic):
            nodes = {e.node for e in _endpoints(self._node.get_subscriptions_info_by_topic(name))}
            if nodes:
                found.append((name, tuple(sorted(nodes))))
        return tuple(found)

    def _hear_other_guards(self, nodes: set[str]) -> None:
        """Hear those guards of other robots that publish on the same topic."""
        for topic, _ in self._node.get_topic_names_and_types():
            if topic in self._heard_topics or not topic.endswith(f'/{GUARD_STATE_TOPIC}') or (
                    len(self._heard_topics) > _MAX_OTHER_GUARDS):
                continue
            publishers = _endpoints(self._node.get_publishers_info_by_topic(topic))
            if nodes & {p.node for p in publishers}:
                self._heard_topics.add(topic)
                self._hear(topic, GuardState.parse, partial(self._guards.hear, own=False))


def _endpoints(infos: list) -> tuple[Endpoint, ...]:
    return tuple(Endpoint(
        full_name(info.node_name, info.node_namespace), info.topic_type,
        info.qos_profile.durability == DurabilityPolicy.TRANSIENT_LOCAL) for info in infos)
