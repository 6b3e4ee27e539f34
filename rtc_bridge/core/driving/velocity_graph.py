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
Whether velocities reach the motors, and only from one place: what the ROS graph says of it.

The bridge looks at the graph (:mod:`rtc_bridge.bridge.driving.command_path`); what that means is
decided here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
import re

from .driver_notices import name_all, Notice, sorted_names, UNKNOWN_NODE

TWIST, TWIST_STAMPED = 'geometry_msgs/msg/Twist', 'geometry_msgs/msg/TwistStamped'
_SHORT = 'geometry_msgs/msg/'
# Topics that are proposed in place of one without subscribers: a notice has a few lines.
_MAX_PROPOSED = 3
# Nodes that record or show messages, and move nothing. ROS hides names that begin with _, as
# those of the ros2 command.
_TOOLS = re.compile(r'_|rosbag2|ros2bag|foxglove|rqt|rviz|plotjuggler')
# Nodes that pass velocities on, from one topic to another: twist_mux, those of Nav2, topic_tools.
_RELAYS = re.compile(r'mux|smoother|collision_monitor|stamper|relay|throttle')


@dataclass(frozen=True)
class Endpoint:
    """
    A publisher or subscriber of velocities.

    :param node: the node's full name
    :param kind: the message type, as ``geometry_msgs/msg/Twist``
    :param unmet: the quality of service that a subscriber asks for and velocities do not have, as
        part of a sentence; DDS then does not connect it
    """

    node: str
    kind: str
    unmet: str = ''

    @property
    def is_tool(self) -> bool:
        """Tell whether the node only records or shows messages, as far as its name says."""
        return self.node != UNKNOWN_NODE and bool(
            _TOOLS.match(self.node.rpartition('/')[2]))


@dataclass(frozen=True)
class Onward:
    """
    Where a node that takes velocities passes them on.

    :param node: its full name
    :param topic: the topic that it publishes on
    :param kind: the type of its messages
    :param elsewhere: as for :class:`VelocityGraph`
    """

    node: str
    topic: str
    kind: str
    subscribers: tuple[Endpoint, ...] = ()
    elsewhere: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True)
class VelocityGraph:
    """
    The ROS graph around the topic that velocities are published on.

    :param own: full name of the node that is to publish: the guard, or the bridge without one
    :param kind: the type of its messages
    :param auto: it goes over to the type that the subscribers expect
    :param elsewhere: other topics of velocities that have subscribers, with the nodes' names
    :param twin: another process of the node that is to publish runs, too
    :param onward: where subscribers that pass velocities on do so
    """

    topic: str
    own: str
    kind: str
    auto: bool
    publishers: tuple[Endpoint, ...] = ()
    subscribers: tuple[Endpoint, ...] = ()
    elsewhere: tuple[tuple[str, tuple[str, ...]], ...] = ()
    twin: bool = False
    onward: tuple[Onward, ...] = ()


def full_name(name: str, namespace: str) -> str:
    """Return a node's full name, of the two parts that a graph has."""
    return UNKNOWN_NODE if UNKNOWN_NODE in (name, namespace) else (
        f'{namespace.rstrip("/")}/{name}')


def drives_motors(subscribers: Iterable[Endpoint]) -> bool:
    """Tell whether one of the subscribers may drive motors, whatever its type."""
    return any(not subscriber.is_tool for subscriber in subscribers)


def passes_on(node: str) -> bool:
    """Tell whether a node takes velocities to pass them on, as far as its name says."""
    return bool(_RELAYS.search(node.rpartition('/')[2]))


def expected_kind(subscribers: Iterable[Endpoint], present: str) -> str:
    """
    Return the type that all subscribers expect, Twist or TwistStamped; otherwise the present one.

    Tools adopt the type that they find, and must not keep the motors from theirs.
    """
    usable = [one for one in subscribers if not one.unmet and one.kind in (TWIST, TWIST_STAMPED)]
    kinds = {one.kind for one in usable if not one.is_tool} or {one.kind for one in usable}
    return kinds.pop() if len(kinds) == 1 else present


def likely_first(topics: list[str], meant: str) -> list[str]:
    """Return topics in the order in which they are likely to be meant by another name."""
    last = meant.rpartition('/')[2]
    return sorted(topics, key=lambda name: (
        name.rpartition('/')[2] != last, 'cmd_vel' not in name,
        -round(SequenceMatcher(None, name, meant).ratio(), 1), len(name), name))


def graph_notices(graph: VelocityGraph) -> list[Notice]:
    """Return what is wrong with the publishers and subscribers of velocities."""
    return [*_other_publishers(graph), *_subscribers(graph), *_onward(graph)]


def _other_publishers(graph: VelocityGraph) -> list[Notice]:
    own = sum(publisher.node == graph.own for publisher in graph.publishers)
    # Without a twin the second one is that of a process that was killed.
    others = [publisher for publisher in graph.publishers
              if publisher.node != graph.own or graph.twin and own > 1]
    names = sorted_names(publisher.node for publisher in others)
    if not names:
        return []
    publish = 'publish' if len(names) > 1 else 'publishes'
    kinds = {publisher.kind for publisher in others}
    what = '' if kinds == {graph.kind} else (
        ' ' + ' and '.join(sorted(kind.removeprefix(_SHORT) for kind in kinds)))
    return [Notice(
        'other-publisher', 'warn',
        f'{name_all(names)} {publish}{what} on {graph.topic}, too: '
        f'the robot gets those velocities and the ones of {graph.own} in turn. '
        f'{_remedy_for_publishers(graph, names)}', graph.topic, names)]


def _remedy_for_publishers(graph: VelocityGraph, names: tuple[str, ...]) -> str:
    if all(map(_is_guard, names)):
        if _is_guard(graph.own):
            return ('Give each robot a topic of its own: the launch argument namespace, or '
                    'another remapping of cmd_vel.')
        return (f'End {name_all(names)}, or let this bridge use it: set teleop.guard of '
                f'{graph.own} to true.')
    mux = next((name for name in names if 'mux' in name), None)
    if mux is not None:
        return (f'Start {graph.own} with --ros-args -r cmd_vel:=cmd_vel_rtc, and make cmd_vel_rtc '
                f'an input of {mux} (config/twist_mux.yaml).')
    return 'End it, or let both publish to inputs of twist_mux (config/twist_mux.yaml).'


def _is_guard(name: str) -> bool:
    return name.endswith('/cmd_vel_guard')


def _subscribers(graph: VelocityGraph) -> list[Notice]:
    """Return why velocities do not reach their subscribers, if they do not."""
    motors = [endpoint for endpoint in graph.subscribers if not endpoint.is_tool]
    if not motors:
        return [_no_subscriber(graph)]
    deaf = [endpoint for endpoint in motors if endpoint.unmet]
    hearing = [endpoint for endpoint in motors if not endpoint.unmet]
    reached = any(endpoint.kind == graph.kind for endpoint in hearing)
    notices = _types(graph, hearing)
    if deaf:
        names = sorted_names(endpoint.node for endpoint in deaf)
        ask = 'ask' if len(names) > 1 else 'asks'
        fact = 'No velocities reach' if reached else 'The robot will not move: none reach'
        wanted = ' and '.join(sorted({endpoint.unmet for endpoint in deaf}))
        notices.append(Notice(
            'qos-mismatch', 'warn',
            f'{fact} {name_all(names)}, which {ask} for {wanted} on {graph.topic}. Velocities are '
            'reliable and volatile, without a deadline, so DDS does not connect the two. Use the '
            'default QoS for that subscription.', graph.topic, names))
    return notices


def _types(graph: VelocityGraph, hearing: list[Endpoint]) -> list[Notice]:
    """Return which subscribers do not get velocities since they expect another type."""
    reached = sorted_names(s.node for s in hearing if s.kind == graph.kind)
    # Some nodes subscribe to both types, and get one.
    others = [s for s in hearing if s.kind != graph.kind and s.node not in reached]
    strange = sorted_names(s.node for s in others if s.kind not in (TWIST, TWIST_STAMPED))
    of_other_twist = sorted_names(s.node for s in others if s.kind in (TWIST, TWIST_STAMPED))
    sent = graph.kind.removeprefix(_SHORT)
    notices = []
    if strange:
        kinds = ' and '.join(sorted({s.kind for s in others if s.node in strange}))
        moves = reached or of_other_twist and graph.auto
        fact = 'No velocities reach' if moves else 'The robot will not move: none reach'
        expect = 'expect' if len(strange) > 1 else 'expects'
        notices.append(Notice(
            'unknown-type', 'warn',
            f'{fact} {name_all(strange)}, which {expect} {kinds} on {graph.topic}. Velocities are '
            'Twist or TwistStamped: run a node that converts them, or let that one expect Twist.',
            graph.topic, strange))
    if reached and of_other_twist:
        notices.append(Notice(
            'mixed-types', 'warn',
            f'No velocities reach {name_all(of_other_twist)}: {graph.topic} '
            f'has subscribers of both Twist and TwistStamped, and {graph.own} publishes {sent} '
            f'for {name_all(reached)}. Let all of them expect one type.', graph.topic,
            of_other_twist))
    elif of_other_twist and not graph.auto:
        other = 'TwistStamped' if sent == 'Twist' else 'Twist'
        notices.append(Notice(
            'other-type', 'warn',
            f'The robot will not move: {graph.topic} carries {sent}, and its subscribers '
            f'({name_all(of_other_twist)}) expect {other}. '
            f'Set teleop.message_type to auto for {graph.own}.', graph.topic, of_other_twist))
    # With auto the node publishes what they expect in a moment.
    return notices


def _no_subscriber(graph: VelocityGraph) -> Notice:
    tools = sorted_names(endpoint.node for endpoint in graph.subscribers)
    who = (f'only {name_all(tools)}, which moves nothing, subscribes' if tools else
           'nobody subscribes')
    fact = f'The robot will not move: {who} to {graph.topic}, where its velocities go.'
    if not graph.elsewhere:
        return Notice(
            'no-subscriber', 'warn',
            f'{fact} Start the node that drives the motors, or start {graph.own} with the topic '
            'of that node: --ros-args -r cmd_vel:=TOPIC.', graph.topic)
    topic, nodes = graph.elsewhere[0]
    more = ''.join(f', or {name} ({name_all(names)})'
                   for name, names in graph.elsewhere[1:_MAX_PROPOSED])
    return Notice(
        'no-subscriber', 'warn',
        f'{fact} Is it to be {topic} ({name_all(nodes)}){more}? Then start {graph.own} with '
        f'--ros-args -r cmd_vel:={topic}{_or_namespace(graph.topic, topic)}, or remap that node '
        f'to {graph.topic}.', graph.topic, nodes)


def _onward(graph: VelocityGraph) -> list[Notice]:
    """Return which nodes pass velocities on to nobody; one topic that is taken is enough."""
    notices = []
    for node in sorted({one.node for one in graph.onward}):
        ways = [one for one in graph.onward if one.node == node]
        if any(s.kind == way.kind and not s.unmet and not s.is_tool
               for way in ways for s in way.subscribers):
            continue
        way = ways[0]
        others = sorted_names(s.node for s in way.subscribers if not s.is_tool)
        fact = (f'The robot will not move: {node} takes its velocities, and passes them on as '
                f'{way.kind.removeprefix(_SHORT)} on {way.topic},')
        if others:
            kinds = ' and '.join(sorted({s.kind.removeprefix(_SHORT) for s in way.subscribers}))
            text = (f'{fact} whose subscribers ({name_all(others)}) expect {kinds}'
                    f'{" of another QoS" if kinds == way.kind.removeprefix(_SHORT) else ""}. '
                    f'Let {node} publish what they expect (twist_mux: use_stamped).')
        else:
            meant = next(iter(way.elsewhere), None)
            remedy = (f'Is it to be {meant[0]} ({name_all(meant[1])})? Then remap that topic of '
                      f'{node}.' if meant else 'Start the node that drives the motors, or remap '
                      f'that topic of {node}.')
            text = f'{fact} to which nobody subscribes. {remedy}'
        notices.append(Notice('no-subscriber', 'warn', text, way.topic, (node, *others)))
    return notices


def _or_namespace(topic: str, meant: str) -> str:
    """Return the other remedy where only the namespace differs, and has one part."""
    namespace, _, last = meant.rpartition('/')
    is_one_part = namespace.count('/') == 1
    return (f', or bridge and guard with the launch argument namespace:={namespace[1:]}'
            if is_one_part and topic == f'/{last}' else '')
