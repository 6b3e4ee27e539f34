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
Whether commands reach the motors, and only from one place: from the ROS graph to notices.

The bridge looks at the graph (:mod:`rtc_bridge.bridge.command_path`); what that means is decided
here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from .driver_notices import name_all, Notice
from .guard_messages import BridgeId, GuardState, HeldStop
from ..clock import boot_time, Clock

# What DDS says of an endpoint whose node it does not know yet; it stays so for those outside ROS.
UNKNOWN_NODE = '_NODE_NAME_UNKNOWN_'
# What is found in the graph counts if it is there for so long: endpoints of a node come one by
# one, a publisher that changes its type is there twice for a moment.
SETTLE_S = 0.4
# Until a node's name has come; one that has none then is outside ROS.
UNKNOWN_SETTLE_S = 5.0
_SHORT = 'geometry_msgs/msg/'


@dataclass(frozen=True)
class Endpoint:
    """
    A publisher or subscriber of velocities.

    :param node: the node's full name
    :param kind: the message type, as ``geometry_msgs/msg/Twist``
    :param transient: a subscriber that asks for transient local durability, which velocities do
        not have
    """

    node: str
    kind: str
    transient: bool = False


@dataclass(frozen=True)
class VelocityGraph:
    """
    The ROS graph around the topic that velocities are published on.

    :param own: full name of the node that is to publish: the guard, or the bridge without one
    :param kind: the type of its messages
    :param auto: it goes over to the type that the subscribers expect
    :param elsewhere: other topics of velocities that have subscribers, with the nodes' names
    :param twin: another process of the node that is to publish runs, too
    """

    topic: str
    own: str
    kind: str
    auto: bool
    publishers: tuple[Endpoint, ...] = ()
    subscribers: tuple[Endpoint, ...] = ()
    elsewhere: tuple[tuple[str, tuple[str, ...]], ...] = ()
    twin: bool = False


def full_name(name: str, namespace: str) -> str:
    """Return a node's full name, of the two parts that a graph has."""
    return UNKNOWN_NODE if UNKNOWN_NODE in (name, namespace) else (
        f'{namespace.rstrip("/")}/{name}')


def graph_notices(graph: VelocityGraph) -> list[Notice]:
    """Return what is wrong with the publishers and subscribers of velocities."""
    return [*_foreign_publishers(graph), *_subscribers(graph)]


def stop_notice(bridge: BridgeId, stops: tuple[HeldStop, ...],
                engaged: bool = False, folder: str = '') -> list[Notice]:
    """
    Return the notice of emergency stops of others than this bridge.

    :param engaged: this bridge's own is in force; its release ends those of its earlier runs
    :param folder: the id of this bridge's key folder
    """
    def own(stop: HeldStop) -> bool:
        """Tell whether it is of an earlier run of this bridge."""
        return stop.gone and (stop.bridge, stop.folder) == (bridge.name, folder)

    if engaged:
        stops = tuple(stop for stop in stops if not own(stop))
    if not stops:
        return []
    names = _names(stop.bridge for stop in stops)
    if not all(stop.gone for stop in stops):
        text = (f'The emergency stop of {name_all(names)} is in force. Nothing moves until it is '
                "released there: on that bridge's page, or by its service ~/release.")
    elif all(own(stop) for stop in stops):
        text = ('An emergency stop that an earlier run of this bridge did not release is in force.'
                ' Press the emergency stop here, and release it.')
    else:
        text = (f'The emergency stop of {name_all(names)} is in force, and that bridge does not '
                'answer. Start it and release the stop there. If it is no part of this robot any '
                'more, start this bridge and its guard again.')
    return [Notice('other-stop', 'error', text, nodes=names)]


def guard_notices(guards: tuple[GuardState, ...], driven_by: BridgeId | None,
                  bridge: BridgeId) -> list[Notice]:
    """Return what is wrong with the guards that a bridge hears."""
    if len(guards) > 1:
        places = ' and '.join(f'{guard.name} ({guard.where})' for guard in guards)
        return [Notice(
            'two-guards', 'error',
            f"{len(guards)} guards take this robot's commands: {places}. Nothing can be driven "
            'until only one is left: end the others; one may be left over from an earlier launch.',
            guards[0].topic, _names(guard.name for guard in guards))]
    if driven_by is None:
        return []
    name = driven_by.name
    who = f'Another process of {name}' if name == bridge.name else f'Another bridge, {name},'
    return [Notice(
        'other-bridge', 'error',
        f'{who} drives this robot. It takes the commands of one bridge at a time, and is free one '
        'second after its driver gives it up; drive there, or end that bridge.',
        guards[0].topic if guards else '', (name,))]


def missing_guard_notice(guards: tuple[GuardState, ...]) -> list[Notice]:
    """Return the notice that there is no guard, where one is expected."""
    return [] if guards else [Notice(
        'no-guard', 'error',
        'Nothing can be driven: cmd_vel_guard does not run, or its topics do not reach this '
        'bridge. robot.launch.py starts it; with teleop.guard false the bridge does without.')]


def _foreign_publishers(graph: VelocityGraph) -> list[Notice]:
    own = sum(p.node == graph.own for p in graph.publishers)
    # Without a twin the second one is that of a process that was killed.
    names = _names(p.node for p in graph.publishers
                   if p.node != graph.own or graph.twin and own > 1)
    if not names:
        return []
    publish = 'publish' if len(names) > 1 else 'publishes'
    guards = all(name.endswith('/cmd_vel_guard') for name in names)
    remedy = ('Give each robot a topic of its own: the launch argument namespace, or another '
              'remapping of cmd_vel.' if guards else
              'End it, or let both publish to inputs of twist_mux (config/twist_mux.yaml).')
    return [Notice(
        'other-publisher', 'warn',
        f'{_show(names)} {publish} on {graph.topic}, too: '
        f'the robot gets those velocities and the ones of {graph.own} in turn. {remedy}',
        graph.topic, names)]


def _subscribers(graph: VelocityGraph) -> list[Notice]:
    listening = [s for s in graph.subscribers if not s.transient]
    right = _names(s.node for s in listening if s.kind == graph.kind)
    wrong = _names(s.node for s in listening if s.kind != graph.kind)
    sent = graph.kind.removeprefix(_SHORT)
    if right and wrong:
        return [Notice(
            'mixed-types', 'warn',
            f'No velocities reach {_show(wrong)}: {graph.topic} '
            f'has subscribers of both Twist and TwistStamped, and {graph.own} publishes {sent} '
            f'for {_show(right)}. Let all of them expect one type.', graph.topic, wrong)]
    if right or wrong and graph.auto:
        # In a moment it publishes what they expect.
        return []
    if wrong:
        other = 'TwistStamped' if sent == 'Twist' else 'Twist'
        return [Notice(
            'other-type', 'warn',
            f'The robot will not move: {graph.topic} carries {sent}, and its subscribers '
            f'({_show(wrong)}) expect {other}. Set teleop.message_type to auto for {graph.own}.',
            graph.topic, wrong)]
    deaf = _names(s.node for s in graph.subscribers)
    if deaf:
        return [Notice(
            'no-subscriber', 'warn',
            f'The robot will not move: the subscribers of {graph.topic} ({_show(deaf)}) ask for '
            'transient local durability, which velocities do not have, so that DDS connects them '
            'to nobody. Let them subscribe as volatile.', graph.topic, deaf)]
    if graph.elsewhere:
        topic, nodes = graph.elsewhere[0]
        more = ''.join(f', or {name} ({name_all(names)})' for name, names in graph.elsewhere[1:3])
        return [Notice(
            'no-subscriber', 'warn',
            f'The robot will not move: nobody subscribes to {graph.topic}, where its velocities '
            f'go. Is it to be {topic} ({name_all(nodes)}){more}? Then remap cmd_vel of the node '
            f'{graph.own} to {topic}, or that node to {graph.topic}.', graph.topic, nodes)]
    return [Notice(
        'no-subscriber', 'warn',
        f'The robot will not move: nobody subscribes to {graph.topic}, where its velocities go. '
        'Start the node that drives the motors, or remap its topic or that of '
        f'{graph.own}.', graph.topic)]


def likely_first(topics: list[str], meant: str) -> list[str]:
    """Return topics in the order in which they are likely to be meant by another name."""
    last = meant.rpartition('/')[2]
    return sorted(topics, key=lambda name: (name.rpartition('/')[2] != last, 'cmd_vel' not in name,
                                            len(name), name))


class Settled:
    """Lets only those notices of the graph pass that have been there for a moment."""

    def __init__(self, clock: Clock = boot_time) -> None:
        self._clock = clock
        # By code, and whether a node's name is not known.
        self._since: dict[tuple[str, bool], float] = {}

    def lasting(self, notices: list[Notice]) -> list[Notice]:
        """Take what a look at the graph found; return what has lasted."""
        now = self._clock()
        keys = {(n.code, UNKNOWN_NODE in n.nodes) for n in notices}
        self._since = {key: self._since.get(key, now) for key in keys}
        result = []
        for notice in notices:
            unknown = UNKNOWN_NODE in notice.nodes
            if now - self._since[notice.code, unknown] >= (
                    UNKNOWN_SETTLE_S if unknown else SETTLE_S):
                nodes = tuple('a node without a name' if n == UNKNOWN_NODE else n
                              for n in notice.nodes)
                result.append(replace(notice, nodes=nodes))
        return result


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))


def _show(names: tuple[str, ...]) -> str:
    return name_all(tuple('a node without a name' if n == UNKNOWN_NODE else n for n in names))
