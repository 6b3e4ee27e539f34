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
from functools import partial
import logging
from typing import TypeVar

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node
from std_msgs.msg import String

from ... import __version__
from ...core.clock import boot_time
from ...core.driving.driver_notices import (
    clock_notices, guard_notices, GuardTraces, missing_guard_notice, Notice, other_joy_notices,
    setting_notices, SettledNotices, stop_notice)
from ...core.driving.emergency_stop import EmergencyStop
from ...core.driving.engaged_stops import BRIDGE_GONE_AFTER_S, EngagedStops
from ...core.driving.guard_messages import BridgeId, EngagedStop, GuardState, StopState
from ...core.driving.guard_monitor import KnownGuards
from ...core.driving.velocity_graph import graph_notices, VelocityGraph
from ...core.errors import ProtocolError
from ...core.settings.driving_settings import TeleopSettings
from ...core.supervision import call_guarded, guard, guarded
from ...ros.diagnostics import make_status
from ...ros.executor_thread import ExecutorThread
from ...ros.velocity.velocity_graph_reader import (
    guard_state_topics, read_guard_traces, read_joy, read_velocity_graph)
from ...ros.velocity.velocity_publisher import (
    GUARD_STATE_TOPIC, STATES_QOS, STOP_STATE_TOPIC, VelocityPublisher)

logger = logging.getLogger(__name__)

_Message = TypeVar('_Message', StopState, GuardState)

# Seconds between two looks at the graph.
LOOK_PERIOD_S = 0.5
# Seconds until DDS has found what was there before this bridge: earlier, what is missing in the
# graph is not told.
DISCOVERY_S = 3.0
# Seconds in which a guard that is started anew, or late, is heard; then there is none.
NO_GUARD_AFTER_S = 8.0
# Guards of other robots that publish on the same topic are heard, too: this many at most.
_MAX_OTHER_GUARDS = 8
# Different notices that are logged; more of them appear on pages and in /diagnostics only.
_MAX_LOGGED = 64
_LEVELS = {'warn': DiagnosticStatus.WARN, 'error': DiagnosticStatus.ERROR}


class CommandPath:
    """
    Hears the guard and other bridges, and looks at the graph twice a second.

    Everything belongs to the event loop but :meth:`_look`, which runs in the executor's thread.

    :param bridge: this bridge
    :param publisher: the bridge's own publisher of velocities; ``None`` where there is a guard
    :param stop: this bridge's own emergency stop
    :param folder: the id of the key folder, which keeps that stop
    :param settings: while the robot cannot be driven, only emergency stops are of interest
    :param is_received: returns whether commands reach a subscriber that answers, as far as is
        known
    """

    # Set by listen().
    _loop: asyncio.AbstractEventLoop

    def __init__(self, node: Node, bridge: BridgeId, publisher: VelocityPublisher | None,
                 stop: EmergencyStop, folder: str, settings: TeleopSettings,
                 is_received: Callable[[], bool]) -> None:
        # What is wrong now.
        self.notices: tuple[Notice, ...] = ()
        # What is wrong from the start on.
        self.start_notices: list[Notice] = []
        # The emergency stops of other bridges, and of earlier runs of this one.
        self.other_stops: tuple[EngagedStop, ...] = ()
        # Called at each change of the notices, and so of what keeps the robot from moving.
        self.on_change: list[Callable[[], None]] = []
        # Set once a guard is heard and takes commands, or is missing for NO_GUARD_AFTER_S, which
        # was told then; and at once where none is needed.
        self.guard_settled = asyncio.Event()
        self._node = node
        self._bridge = bridge
        self._publisher = publisher
        self._stop = stop
        self._folder = folder
        self._settings, self._enabled = settings, settings.enabled
        self._is_received = is_received
        # The topic of velocities for this node, with and without remapping.
        self._cmd_vel = node.resolve_topic_name('cmd_vel')
        self._plain_cmd_vel = f'{node.get_namespace().rstrip("/")}/cmd_vel'
        # Boot times at which :meth:`run` began, infinite before it, and at which a guard was heard
        # last.
        self._began = float('inf')
        self._guard_heard = boot_time()
        self._guards = KnownGuards(bridge)
        self._guard_traces = GuardTraces()
        # Why the newest message of a guard could not be read.
        self._unreadable = ''
        self._stops = EngagedStops()
        # Boot time at which another process of this node was heard last.
        self._twin_heard = float('-inf')
        self._settled = SettledNotices()
        self._graph_notices: list[Notice] = []
        # Reason code of what keeps the robot from moving, as of the newest message or look.
        self._reason: str | None = None
        # Topics of guards that are heard; belongs to the executor's thread.
        self._guard_topics = {node.resolve_topic_name(GUARD_STATE_TOPIC)}
        self._logged: set[tuple[str, tuple[str, ...]]] = set()

    def reason(self) -> str | None:
        """Return why nothing may move, as a code of ``docs/protocol.md``."""
        return self._reason

    def lease_reason(self) -> str | None:
        """Return why nobody may drive by this bridge, as a code of ``docs/protocol.md``."""
        return self._guards.reason()

    def listen(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to hear guards and other bridges."""
        self._loop = loop
        self._subscribe(STOP_STATE_TOPIC, StopState.parse, self._stop_heard)
        if self._publisher is None:
            self._subscribe(GUARD_STATE_TOPIC, GuardState.parse, self._guard_state_heard)

    async def run(self, ros: ExecutorThread) -> None:
        """Look at the graph, for ever."""
        if self._began == float('inf'):
            # The start may have waited for servers, and heard nobody meanwhile.
            self._began = self._guard_heard = boot_time()
        while True:
            expected = self._expected_graph()
            if expected is None:
                self._graph_notices = []
                if self._enabled:
                    ros.call('command path', self._look_for_guards)
            elif self._enabled and boot_time() - self._began > DISCOVERY_S:
                ros.call('command path', self._look, expected)
            # What a guard has told ends with it, without a message.
            self._update()
            await asyncio.sleep(LOOK_PERIOD_S)

    def status(self) -> DiagnosticStatus:
        """Return the state for diagnostics."""
        worst = next((notice for notice in self.notices if notice.level == 'error'),
                     next(iter(self.notices), None))
        own_guard, publisher = self._guards.guard, self._publisher
        topic, kind = ((publisher.topic, publisher.kind) if publisher is not None else
                       (own_guard.topic, own_guard.kind) if own_guard is not None else ('', ''))
        values = {'bridge': str(self._bridge), 'topic': topic, 'type': kind,
                  'notices': ' '.join(notice.code for notice in self.notices)}
        if publisher is None:
            values['guards'] = ' '.join(state.name for state in self._guards.guards)
            values['driven_by'] = (
                str(own_guard.holder or '') if own_guard is not None else '')
        for notice in self.notices:
            values.setdefault(notice.code, notice.text)
        if not self._enabled:
            return make_status('commands', DiagnosticStatus.OK, 'driving is off', values)
        if worst is not None:
            return make_status('commands', _LEVELS[worst.level], worst.text, values)
        return make_status('commands', DiagnosticStatus.OK,
                           f'go to {topic}' if topic else 'no guard is heard', values)

    # Messages of guards and bridges

    def _subscribe(self, topic: str, parse: Callable[[str], _Message],
                   take: Callable[[_Message], None]) -> None:
        """Hear a topic of JSON texts: parse in the executor's thread, take in the event loop."""
        def on_message(message: String) -> None:
            try:
                parsed = parse(message.data)
            except ProtocolError as error:
                self._node.get_logger().warning(
                    f'{topic} has an invalid message, which is ignored: {error}', once=True)
                if topic == GUARD_STATE_TOPIC:
                    self._loop.call_soon_threadsafe(
                        call_guarded, 'command path', self._not_readable, str(error))
            else:
                self._loop.call_soon_threadsafe(call_guarded, 'command path', on_parsed, parsed)

        def on_parsed(parsed: _Message) -> None:
            take(parsed)
            self._update()

        self._node.create_subscription(
            String, topic, guarded('command path', on_message), STATES_QOS)

    def _guard_state_heard(self, state: GuardState) -> None:
        self._guards.hear(state)
        self._guard_heard = boot_time()
        self._unreadable = ''

    def _not_readable(self, reason: str) -> None:
        self._unreadable = reason

    def _stop_heard(self, state: StopState) -> None:
        if state.bridge.process != self._bridge.process:
            self._stops.hear(state)
            if state.bridge.name == self._bridge.name:
                self._twin_heard = boot_time()

    # What follows

    def _expected_graph(self) -> VelocityGraph | None:
        """Return where velocities are to be published; ``None`` while no guard tells."""
        publisher, own_guard = self._publisher, self._guards.guard
        if publisher is not None:
            return VelocityGraph(publisher.topic, self._bridge.name, publisher.kind,
                                 publisher.auto,
                                 twin=boot_time() - self._twin_heard < BRIDGE_GONE_AFTER_S)
        if own_guard is not None:
            return VelocityGraph(own_guard.topic, own_guard.name, own_guard.kind, own_guard.auto)
        return None

    def _update(self) -> None:
        """Put together what is wrong, and tell it if it has changed."""
        now = boot_time()
        self.other_stops = self._find_other_stops()
        reason = self._guards.reason() or ('other-stop' if self.other_stops else None)
        if reason != self._reason:
            logger.debug('command path: %s', reason or 'nothing keeps the robot from moving')
            self._reason = reason
        notices = stop_notice(self._bridge, self.other_stops, self._stop.engaged, self._folder)
        notices += self.start_notices
        if self._enabled:
            notices += guard_notices(self._guards.guards, self._guards.driven_by, self._bridge)
            if self._publisher is None and now - self._guard_heard > NO_GUARD_AFTER_S:
                notices += missing_guard_notice(
                    self._guards.guards, self._guard_traces, self._unreadable)
            notices += setting_notices(self._settings, __version__, self._guards.guard,
                                       self._cmd_vel, self._plain_cmd_vel)
            notices += self._graph_notices
        before, self.notices = self.notices, tuple(notices)
        if before != self.notices:
            self._log(before)
            for call in list(self.on_change):
                # A viewer that cannot be told must not keep a stop from the guard.
                with guard('command path'):
                    call()
        # Last, so that what waits for it speaks after the notices.
        if not self.guard_settled.is_set() and self._is_guard_settled(now):
            self.guard_settled.set()

    def _is_guard_settled(self, now: float) -> bool:
        if self._publisher is not None or not self._enabled:
            return True
        # DDS finds the topics one after the other: a guard that is heard may not hear yet.
        return (self._guards.guard is not None and self._is_received()
                or now - self._began > NO_GUARD_AFTER_S)

    def _find_other_stops(self) -> tuple[EngagedStop, ...]:
        own_guard = self._guards.guard
        # The guard remembers bridges that ended before this one came.
        stops = {stop.process: stop for stop in own_guard.stops} if own_guard is not None else {}
        stops |= {stop.process: stop for stop in self._stops.engaged()}
        return tuple(stop for process, stop in stops.items() if process != self._bridge.process)

    def _log(self, before: tuple[Notice, ...]) -> None:
        node_logger = self._node.get_logger()
        for notice in self.notices:
            key = notice.code, notice.nodes
            if key not in self._logged and len(self._logged) < _MAX_LOGGED:
                self._logged.add(key)
                node_logger.warning(notice.text)
        for code in {n.code for n in before} - {n.code for n in self.notices}:
            node_logger.info(f'commands: {code} is over')

    # The graph

    def _look(self, expected: VelocityGraph) -> None:
        """Look at the graph, in the executor's thread."""
        graph = read_velocity_graph(self._node, expected)
        notices = graph_notices(graph)
        if self._settings.joy:
            topic, publishers, readers = read_joy(self._node)
            notices += other_joy_notices(topic, self._bridge.name, publishers, readers)
        if self._publisher is not None:
            notices += clock_notices(
                self._publisher.clock_problem(), self._publisher.topic, self._bridge.name)
        if any(notice.code == 'other-publisher' for notice in notices):
            self._hear_other_guards(
                {publisher.node for publisher in graph.publishers} - {graph.own})
        self._loop.call_soon_threadsafe(
            call_guarded, 'command path', self._graph_seen, notices)

    def _look_for_guards(self) -> None:
        """Look for guards that are not heard, in the executor's thread."""
        traces = read_guard_traces(self._node)
        self._loop.call_soon_threadsafe(
            call_guarded, 'command path', self._traces_seen, traces)

    def _traces_seen(self, traces: GuardTraces) -> None:
        self._guard_traces = traces

    def _hear_other_guards(self, nodes: set[str]) -> None:
        """Hear those guards of other robots that publish on the same topic."""
        for topic in guard_state_topics(self._node, nodes):
            if topic not in self._guard_topics and len(self._guard_topics) <= _MAX_OTHER_GUARDS:
                self._guard_topics.add(topic)
                self._subscribe(topic, GuardState.parse, partial(self._guards.hear, own=False))

    def _graph_seen(self, notices: list[Notice]) -> None:
        self._graph_notices = self._settled.lasting(notices)
        self._update()
