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

The bridge looks at the graph (:mod:`rtc_bridge.bridge.command_path`); what that means is decided
here.
"""

from dataclasses import dataclass

from .driver_notices import name_all, Notice, sorted_names, UNKNOWN_NODE

_SHORT = 'geometry_msgs/msg/'
# Topics that are proposed in place of one without subscribers: a notice has a few lines.
_MAX_PROPOSED = 3


@dataclass(frozen=True)
class Endpoint:
    """
    A publisher or subscriber of velocities.

    :param node: the node's full name
    :param kind: the message type, as ``geometry_msgs/msg/Twist``
    :param transient_local: a subscriber that asks for transient local durability, which velocities
        do not have
    """

    node: str
    kind: str
    transient_local: bool = False


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


def likely_first(topics: list[str], meant: str) -> list[str]:
    """Return topics in the order in which they are likely to be meant by another name."""
    last = meant.rpartition('/')[2]
    return sorted(topics, key=lambda name: (name.rpartition('/')[2] != last, 'cmd_vel' not in name,
                                            len(name), name))


def graph_notices(graph: VelocityGraph) -> list[Notice]:
    """Return what is wrong with the publishers and subscribers of velocities."""
    return [*_other_publishers(graph), *_subscribers(graph)]


def _other_publishers(graph: VelocityGraph) -> list[Notice]:
    own = sum(publisher.node == graph.own for publisher in graph.publishers)
    # Without a twin the second one is that of a process that was killed.
    names = sorted_names(publisher.node for publisher in graph.publishers
                         if publisher.node != graph.own or graph.twin and own > 1)
    if not names:
        return []
    publish = 'publish' if len(names) > 1 else 'publishes'
    guards = all(name.endswith('/cmd_vel_guard') for name in names)
    remedy = ('Give each robot a topic of its own: the launch argument namespace, or another '
              'remapping of cmd_vel.' if guards else
              'End it, or let both publish to inputs of twist_mux (config/twist_mux.yaml).')
    return [Notice(
        'other-publisher', 'warn',
        f'{name_all(names)} {publish} on {graph.topic}, too: '
        f'the robot gets those velocities and the ones of {graph.own} in turn. {remedy}',
        graph.topic, names)]


def _subscribers(graph: VelocityGraph) -> list[Notice]:
    """Return the one reason why velocities do not reach all their subscribers, if there is one."""
    listening = [endpoint for endpoint in graph.subscribers if not endpoint.transient_local]
    reached = sorted_names(s.node for s in listening if s.kind == graph.kind)
    of_other_type = sorted_names(s.node for s in listening if s.kind != graph.kind)
    sent = graph.kind.removeprefix(_SHORT)
    if reached and of_other_type:
        return [Notice(
            'mixed-types', 'warn',
            f'No velocities reach {name_all(of_other_type)}: {graph.topic} '
            f'has subscribers of both Twist and TwistStamped, and {graph.own} publishes {sent} '
            f'for {name_all(reached)}. Let all of them expect one type.', graph.topic,
            of_other_type)]
    if reached or of_other_type and graph.auto:
        # In the second case it publishes what they expect in a moment.
        return []
    if of_other_type:
        other = 'TwistStamped' if sent == 'Twist' else 'Twist'
        return [Notice(
            'other-type', 'warn',
            f'The robot will not move: {graph.topic} carries {sent}, and its subscribers '
            f'({name_all(of_other_type)}) expect {other}. '
            f'Set teleop.message_type to auto for {graph.own}.', graph.topic, of_other_type)]
    return [_no_subscriber(graph)]


def _no_subscriber(graph: VelocityGraph) -> Notice:
    unconnected = sorted_names(endpoint.node for endpoint in graph.subscribers)
    if unconnected:
        return Notice(
            'no-subscriber', 'warn',
            f'The robot will not move: the subscribers of {graph.topic} '
            f'({name_all(unconnected)}) ask for transient local durability, which velocities do '
            'not have, so that DDS connects them to nobody. Let them subscribe as volatile.',
            graph.topic, unconnected)
    if graph.elsewhere:
        topic, nodes = graph.elsewhere[0]
        more = ''.join(f', or {name} ({name_all(names)})'
                       for name, names in graph.elsewhere[1:_MAX_PROPOSED])
        return Notice(
            'no-subscriber', 'warn',
            f'The robot will not move: nobody subscribes to {graph.topic}, where its velocities '
            f'go. Is it to be {topic} ({name_all(nodes)}){more}? Then remap cmd_vel of the node '
            f'{graph.own} to {topic}, or that node to {graph.topic}.', graph.topic, nodes)
    return Notice(
        'no-subscriber', 'warn',
        f'The robot will not move: nobody subscribes to {graph.topic}, where its velocities go. '
        'Start the node that drives the motors, or remap its topic or that of '
        f'{graph.own}.', graph.topic)
