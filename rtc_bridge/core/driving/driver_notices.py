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

"""
What is wrong on the way of commands to the motors, as notices for people who drive.

This module has the notices about guards and emergency stops; those about publishers and
subscribers are in :mod:`.velocity_graph`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from .guard_messages import BridgeId, EngagedStop, GuardState
from ..clock import boot_time, Clock
from ..settings.driving_settings import TeleopSettings

# Node names in one notice; more of them are counted. A page shows it in a few lines.
MAX_NODES = 6
# What DDS says of an endpoint whose node it does not know yet; it stays so for those outside ROS.
UNKNOWN_NODE = '_NODE_NAME_UNKNOWN_'
# Seconds that a finding of the graph has to last: endpoints of a node come one by one, and a
# publisher that changes its type is there twice for a moment.
SETTLE_S = 0.4
# The same for an endpoint whose node's name has not come; one without it by then is outside ROS.
UNKNOWN_SETTLE_S = 5.0


@dataclass(frozen=True)
class Notice:
    """
    One thing that is wrong.

    :param code: what, for programs; ``docs/protocol.md`` lists them
    :param level: ``warn``, or ``error`` where nothing can be driven
    :param text: one or two sentences for people: what is wrong, and what to do
    :param topic: the topic that it is about, or nothing
    :param nodes: the full names of the nodes that it is about
    """

    code: str
    level: str
    text: str
    topic: str = ''
    nodes: tuple[str, ...] = ()

    def members(self) -> dict[str, Any]:
        """Return the notice as an object of the message ``notices``."""
        return {'code': self.code, 'level': self.level, 'topic': self.topic,
                'nodes': list(self.nodes[:MAX_NODES]), 'text': self.text}


def sorted_names(names: Iterable[str]) -> tuple[str, ...]:
    """Return names in order, each once."""
    return tuple(sorted(set(names)))


def name_all(names: tuple[str, ...]) -> str:
    """Return names of nodes as part of a sentence: ``/a, /b and 3 more``."""
    names = tuple('a node without a name' if name == UNKNOWN_NODE else name for name in names)
    if len(names) > MAX_NODES:
        return f'{", ".join(names[:MAX_NODES])} and {len(names) - MAX_NODES} more'
    return ' and '.join(filter(None, (', '.join(names[:-1]), names[-1]))) if names else 'nobody'


def stop_notice(bridge: BridgeId, stops: tuple[EngagedStop, ...],
                engaged: bool = False, folder: str = '') -> list[Notice]:
    """
    Return the notice of emergency stops of others than this bridge.

    :param engaged: this bridge's own is in force; its release ends those of its earlier runs
    :param folder: the id of this bridge's key folder
    """
    def of_earlier_run(stop: EngagedStop) -> bool:
        return stop.gone and (stop.bridge, stop.folder) == (bridge.name, folder)

    if engaged:
        stops = tuple(stop for stop in stops if not of_earlier_run(stop))
    if not stops:
        return []
    names = sorted_names(stop.bridge for stop in stops)
    if not all(stop.gone for stop in stops):
        text = (f'The emergency stop of {name_all(names)} is in force. Nothing moves until it is '
                "released there: on that bridge's page, or by its service ~/release.")
    elif all(of_earlier_run(stop) for stop in stops):
        text = ('An emergency stop that an earlier run of this bridge did not release is in force.'
                ' Press the emergency stop here, and release it.')
    else:
        text = (f'The emergency stop of {name_all(names)} is in force, and that bridge does not '
                'answer. Start it and release the stop there. If it is no part of this robot any '
                'more, start this bridge and its guard again.')
    return [Notice('other-stop', 'error', text, nodes=names)]


def guard_notices(guards: tuple[GuardState, ...], driven_by: BridgeId | None,
                  bridge: BridgeId) -> list[Notice]:
    """
    Return what is wrong with the guards that a bridge hears.

    :param driven_by: another bridge whose commands move the motors
    :param bridge: this bridge
    """
    if len(guards) > 1:
        places = ' and '.join(f'{guard.name} ({guard.where})' for guard in guards)
        return [Notice(
            'two-guards', 'error',
            f"{len(guards)} guards take this robot's commands: {places}. Nothing can be driven "
            'until only one is left: end the others; one may be left over from an earlier launch.',
            guards[0].topic, sorted_names(guard.name for guard in guards))]
    if driven_by is None:
        return []
    name = driven_by.name
    other = f'Another process of {name}' if name == bridge.name else f'Another bridge, {name},'
    return [Notice(
        'other-bridge', 'error',
        f'{other} drives this robot. The robot takes the commands of one bridge at a time, and is '
        'free one second after the driver there gives up the lease; drive there, or end that '
        'bridge.', guards[0].topic if guards else '', (name,))]


@dataclass(frozen=True)
class GuardTraces:
    """
    What the graph has of guards, beside what they tell.

    :param topic: where this bridge's commands go
    :param here: the nodes that take them
    :param elsewhere: guards that take the commands of other bridges, with the topic of those
    """

    topic: str = ''
    here: tuple[str, ...] = ()
    elsewhere: tuple[tuple[str, str], ...] = ()


def missing_guard_notice(guards: tuple[GuardState, ...], traces: GuardTraces = GuardTraces(),
                         unreadable: str = '') -> list[Notice]:
    """
    Return the notice that no guard is heard, where one is expected.

    :param unreadable: why what a guard tells cannot be read
    """
    if guards:
        return []
    if unreadable:
        return [Notice(
            'guard-version', 'error',
            f'What the guard {name_all(traces.here)} tells cannot be read: it is of another '
            'version than this bridge. End both, and start them from one installation '
            f'({unreadable}).', traces.topic, traces.here)]
    if traces.here:
        return [Notice(
            'no-guard', 'error',
            f'Nothing can be driven: {name_all(traces.here)} takes the commands, and does not '
            'answer. It hangs, or was killed a moment ago: end it, and start it again.',
            traces.topic, traces.here)]
    if traces.elsewhere:
        names = sorted_names(node for node, _ in traces.elsewhere)
        take = 'take' if len(names) > 1 else 'takes'
        topics = ' and '.join(sorted({topic for _, topic in traces.elsewhere}))
        return [Notice(
            'no-guard', 'error',
            f'Nothing can be driven: no guard takes the commands on {traces.topic}. '
            f'{name_all(names)} {take} those on {topics}. Start bridge and guard in one '
            'namespace: the launch argument namespace, or --ros-args -r __ns:=/NAME for both.',
            traces.topic, names)]
    return [Notice(
        'no-guard', 'error',
        'Nothing can be driven: cmd_vel_guard does not run, or its topics do not reach this '
        'bridge. robot.launch.py starts it; with teleop.guard false the bridge does without.',
        traces.topic)]


def unused_parameter_notices(texts: Iterable[str], node: str) -> list[Notice]:
    """Return notices that parameters were given to a node in vain."""
    return [Notice('unused-parameters', 'warn', text, nodes=(node,)) for text in texts]


def clock_notices(text: str, topic: str, node: str) -> list[Notice]:
    """Return the notice that a base may ignore velocities for their stamps, if there is a text."""
    return [Notice('clock', 'warn', text, topic, (node,))] if text else []


def other_joy_notices(topic: str, own: str, publishers: tuple[str, ...],
                      subscribers: tuple[str, ...]) -> list[Notice]:
    """
    Return what is wrong with the topic of gamepads.

    :param own: full name of this bridge's node
    :param publishers: the nodes that publish there, this one among them
    :param subscribers: the nodes that may act on it
    """
    others = sorted_names(name for name in publishers if name != own)
    notices = []
    if others:
        publish = 'publish' if len(others) > 1 else 'publishes'
        notices.append(Notice(
            'other-joy', 'warn',
            f'{name_all(others)} {publish} on {topic}, too: readers get that gamepad and the one '
            'of the page in turn. End it, or set teleop.joy to false.', topic, others))
    if not subscribers:
        notices.append(Notice(
            'no-joy-reader', 'warn',
            f'Nobody subscribes to {topic}, where the gamepad goes (teleop.joy). Start its '
            f'reader, or start {own} with --ros-args -r joy:=TOPIC.', topic))
    return notices


def setting_notices(settings: TeleopSettings, version: str, guard: GuardState | None,
                    cmd_vel: str = '', plain_cmd_vel: str = '') -> list[Notice]:
    """
    Return what is wrong with how bridge and guard were started.

    :param version: of this bridge
    :param guard: the guard that takes its commands, if there is one
    :param cmd_vel: the topic that ``cmd_vel`` is for this bridge, all remapping done
    :param plain_cmd_vel: the same without remapping
    """
    notices = []
    if not (settings.max_linear_x or settings.max_linear_y or settings.max_linear_z
            or settings.max_angular_z):
        notices.append(Notice(
            'no-speed', 'warn',
            'The robot will not move: its largest speeds, teleop.max_linear_x, .max_linear_y, '
            '.max_linear_z and .max_angular_z, are all 0. Set those that it has.'))
    if guard is None:
        return notices
    notices += unused_parameter_notices(guard.warnings, guard.name)
    notices += clock_notices(guard.clock, guard.topic, guard.name)
    if guard.version != version:
        notices.append(Notice(
            'guard-version', 'warn',
            f'{guard.name} ({guard.where}) is of {guard.version or "an earlier version"}, and '
            f'this bridge of {version}: some commands may not pass. End both, and start them from '
            'one installation.', guard.topic, (guard.name,)))
    if cmd_vel not in (plain_cmd_vel, guard.topic):
        notices.append(Notice(
            'unused-remapping', 'warn',
            f'This bridge has cmd_vel remapped to {cmd_vel}, which has no effect: {guard.name} '
            f'publishes the velocities, on {guard.topic}. Give that remapping to {guard.name}: '
            f'--ros-args -r cmd_vel:={cmd_vel}.', guard.topic, (guard.name,)))
    return notices


class SettledNotices:
    """Lets only those notices of the graph pass that have lasted for a moment."""

    def __init__(self, clock: Clock = boot_time) -> None:
        self._clock = clock
        # Boot time since when it is there, by code and whether a node's name is not known.
        self._since: dict[tuple[str, bool], float] = {}

    def lasting(self, notices: list[Notice]) -> list[Notice]:
        """Take what a look at the graph found; return what has lasted."""
        now = self._clock()
        keys = {(notice.code, UNKNOWN_NODE in notice.nodes) for notice in notices}
        self._since = {key: self._since.get(key, now) for key in keys}
        lasting = []
        for notice in notices:
            unknown = UNKNOWN_NODE in notice.nodes
            if now - self._since[notice.code, unknown] >= (
                    UNKNOWN_SETTLE_S if unknown else SETTLE_S):
                nodes = tuple('a node without a name' if node == UNKNOWN_NODE else node
                              for node in notice.nodes)
                lasting.append(replace(notice, nodes=nodes))
        return lasting
