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

"""The ROS graph around a topic of velocities; everything here runs in the executor's thread."""

from dataclasses import replace

from rclpy.node import Node, NodeNameNonExistentError

from .velocity_endpoints import endpoints
from .velocity_publisher import GUARD_STATE_TOPIC, GUARD_TOPIC
from ...core.driving.driver_notices import GuardTraces, sorted_names
from ...core.driving.velocity_graph import (
    drives_motors, Endpoint, likely_first, Onward, passes_on, TWIST, TWIST_STAMPED,
    VelocityGraph)

# Topics that are followed from one node to the next.
_MAX_ONWARD = 8


def read_velocity_graph(node: Node, expected: VelocityGraph) -> VelocityGraph:
    """Return the graph as it is, for a topic and a publisher that are expected."""
    topic = expected.topic
    subscribers = endpoints(node.get_subscriptions_info_by_topic(topic))
    return replace(
        expected, publishers=endpoints(node.get_publishers_info_by_topic(topic)),
        subscribers=subscribers,
        elsewhere=() if drives_motors(subscribers) else _elsewhere(node, topic),
        onward=_onward(node, subscribers))


def _onward(node: Node, subscribers: tuple[Endpoint, ...]) -> tuple[Onward, ...]:
    """Return where subscribers pass velocities on, and where those do to whom they are passed."""
    found: list[Onward] = []
    waiting = [one.node for one in subscribers]
    while waiting and len(found) < _MAX_ONWARD:
        name = waiting.pop()
        if not passes_on(name) or name in {one.node for one in found}:
            continue
        for topic, kind in _velocities_of(node, name):
            takers = endpoints(node.get_subscriptions_info_by_topic(topic))
            meant = () if drives_motors(takers) else tuple(
                (other, names) for other, names in _elsewhere(node, topic) if name not in names)
            found.append(Onward(name, topic, kind, takers, meant))
            waiting += [one.node for one in takers]
    return tuple(found)


def _velocities_of(node: Node, name: str) -> list[tuple[str, str]]:
    """Return topic and type of the velocities that a node publishes."""
    namespace, _, base = name.rpartition('/')
    try:
        topics = node.get_publisher_names_and_types_by_node(base, namespace or '/')
    except NodeNameNonExistentError:
        # It has gone a moment ago.
        return []
    return [(topic, kind) for topic, kinds in topics for kind in kinds
            if kind in (TWIST, TWIST_STAMPED)]


def guard_state_topics(node: Node, guards: set[str]) -> list[str]:
    """Return the topics on which those of these nodes that are guards tell of themselves."""
    return [topic for topic, _ in node.get_topic_names_and_types()
            if topic.endswith(f'/{GUARD_STATE_TOPIC}') and guards & {
                endpoint.node for endpoint in endpoints(
                    node.get_publishers_info_by_topic(topic))}]


def read_joy(node: Node) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Return the topic of gamepads, and the names of its publishers and of its readers."""
    topic = node.resolve_topic_name('joy')
    publishers = endpoints(node.get_publishers_info_by_topic(topic))
    readers = endpoints(node.get_subscriptions_info_by_topic(topic))
    return topic, sorted_names(one.node for one in publishers), sorted_names(
        one.node for one in readers if not one.is_tool)


def read_guard_traces(node: Node) -> GuardTraces:
    """Return which nodes take velocities from bridges, heard or not."""
    own = node.resolve_topic_name(GUARD_TOPIC)
    takers = {topic: sorted_names(endpoint.node for endpoint in endpoints(
        node.get_subscriptions_info_by_topic(topic)) if not endpoint.is_tool)
        for topic, _ in node.get_topic_names_and_types() if topic.endswith(f'/{GUARD_TOPIC}')}
    return GuardTraces(own, takers.pop(own, ()), tuple(
        (name, topic) for topic, names in sorted(takers.items()) for name in names))


def _elsewhere(node: Node, topic: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the other topics of velocities that have subscribers, the likeliest first."""
    names = [name for name, types in node.get_topic_names_and_types()
             if {TWIST, TWIST_STAMPED} & set(types) and name != topic
             and not name.endswith(GUARD_TOPIC)]
    found = []
    for name in likely_first(names, topic):
        motors = sorted_names(endpoint.node for endpoint in endpoints(
            node.get_subscriptions_info_by_topic(name)) if not endpoint.is_tool)
        if motors:
            found.append((name, motors))
    return tuple(found)
