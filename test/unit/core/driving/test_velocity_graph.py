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

"""What the ROS graph says of the way of velocities to the motors."""

from dataclasses import replace

from rtc_bridge.core.driving.driver_notices import UNKNOWN_NODE
from rtc_bridge.core.driving.velocity_graph import (
    Endpoint, full_name, graph_notices, likely_first, VelocityGraph)

TWIST, STAMPED = 'geometry_msgs/msg/Twist', 'geometry_msgs/msg/TwistStamped'
GRAPH = VelocityGraph('/cmd_vel', '/cmd_vel_guard', TWIST, True,
                      (Endpoint('/cmd_vel_guard', TWIST),), (Endpoint('/base', TWIST),))


def codes(graph):
    """Return the notices of a graph without their texts."""
    return [(n.code, n.level, n.topic, n.nodes) for n in graph_notices(graph)]


def test_a_graph_in_order_has_no_notices():
    assert graph_notices(GRAPH) == []
    # A guard that was killed stays in the graph for a while beside its successor.
    assert graph_notices(replace(GRAPH, publishers=GRAPH.publishers * 2)) == []


def test_a_twin_is_another_publisher():
    graph = replace(GRAPH, own='/rtc_bridge', publishers=(Endpoint('/rtc_bridge', TWIST),) * 2)
    assert graph_notices(graph) == []
    assert codes(replace(graph, twin=True)) == [
        ('other-publisher', 'warn', '/cmd_vel', ('/rtc_bridge',))]
    assert graph_notices(replace(graph, twin=True, publishers=graph.publishers[:1])) == []


def test_another_publisher_is_named():
    nav = Endpoint('/nav', TWIST)
    graph = replace(GRAPH, publishers=(*GRAPH.publishers, nav, nav))
    assert codes(graph) == [('other-publisher', 'warn', '/cmd_vel', ('/nav',))]
    text = graph_notices(graph)[0].text
    assert text.startswith('/nav publishes on /cmd_vel, too') and 'twist_mux' in text
    guard = replace(GRAPH, publishers=(*GRAPH.publishers, Endpoint('/r2/cmd_vel_guard', STAMPED)))
    assert 'namespace' in graph_notices(guard)[0].text


def test_without_subscribers_the_likely_topic_is_named():
    graph = replace(GRAPH, subscribers=())
    assert codes(graph) == [('no-subscriber', 'warn', '/cmd_vel', ())]
    graph = replace(graph, elsewhere=(('/robot1/cmd_vel', ('/robot1/base',)),
                                      ('/diff_cont/cmd_vel_unstamped', ('/diff_cont',))))
    notice, = graph_notices(graph)
    assert notice.nodes == ('/robot1/base',)
    assert 'Is it to be /robot1/cmd_vel (/robot1/base), or /diff_cont/cmd_vel_unstamped' in (
        notice.text)
    deaf = replace(graph, subscribers=(Endpoint('/base', TWIST, True),))
    assert codes(deaf) == [('no-subscriber', 'warn', '/cmd_vel', ('/base',))]
    assert 'transient local' in graph_notices(deaf)[0].text


def test_the_other_type_is_named_unless_it_is_followed():
    graph = replace(GRAPH, subscribers=(Endpoint('/base', STAMPED),))
    assert graph_notices(graph) == []
    fixed = replace(graph, auto=False)
    assert codes(fixed) == [('other-type', 'warn', '/cmd_vel', ('/base',))]
    assert 'expect TwistStamped' in graph_notices(fixed)[0].text
    assert 'expect Twist.' in graph_notices(replace(
        fixed, kind=STAMPED, subscribers=GRAPH.subscribers))[0].text
    mixed = replace(graph, subscribers=(*graph.subscribers, *GRAPH.subscribers[:1],
                                        Endpoint('/log', STAMPED)))
    assert codes(mixed) == [('mixed-types', 'warn', '/cmd_vel', ('/base', '/log'))]


def test_topics_that_are_likely_to_be_meant_come_first():
    assert likely_first(['/speed', '/diff_cont/cmd_vel_unstamped', '/r1/cmd_vel'], '/cmd_vel') == [
        '/r1/cmd_vel', '/diff_cont/cmd_vel_unstamped', '/speed']


def test_full_names_of_nodes():
    assert full_name('base', '/') == '/base' and full_name('base', '/r1') == '/r1/base'
    assert full_name(UNKNOWN_NODE, UNKNOWN_NODE) == UNKNOWN_NODE
