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
    Endpoint, expected_kind, full_name, graph_notices, likely_first, Onward, passes_on,
    VelocityGraph)

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
    text = graph_notices(guard)[0].text
    assert 'namespace' in text and 'publishes TwistStamped on /cmd_vel, too' in text
    # A bridge without a guard, beside one that runs all the same.
    text = graph_notices(replace(GRAPH, own='/rtc_bridge'))[0].text
    assert 'set teleop.guard of /rtc_bridge to true' in text
    mux = replace(GRAPH, publishers=(*GRAPH.publishers, Endpoint('/twist_mux', TWIST)))
    assert '-r cmd_vel:=cmd_vel_rtc' in graph_notices(mux)[0].text


def test_without_subscribers_the_likely_topic_is_named():
    graph = replace(GRAPH, subscribers=())
    assert codes(graph) == [('no-subscriber', 'warn', '/cmd_vel', ())]
    graph = replace(graph, elsewhere=(('/robot1/cmd_vel', ('/robot1/base',)),
                                      ('/diff_cont/cmd_vel_unstamped', ('/diff_cont',))))
    notice, = graph_notices(graph)
    assert notice.nodes == ('/robot1/base',)
    assert 'Is it to be /robot1/cmd_vel (/robot1/base), or /diff_cont/cmd_vel_unstamped' in (
        notice.text)
    assert '-r cmd_vel:=/robot1/cmd_vel' in notice.text and 'namespace:=robot1' in notice.text
    assert 'namespace' not in graph_notices(replace(graph, elsewhere=graph.elsewhere[1:]))[0].text


def test_who_only_records_or_shows_moves_nothing():
    tools = (Endpoint('/_ros2cli_7', TWIST), Endpoint('/r1/rosbag2_recorder', TWIST))
    graph = replace(GRAPH, subscribers=tools, elsewhere=(('/r1/cmd_vel', ('/r1/base',)),))
    notice, = graph_notices(graph)
    assert (notice.code, notice.nodes) == ('no-subscriber', ('/r1/base',))
    assert 'only /_ros2cli_7 and /r1/rosbag2_recorder, which moves nothing' in notice.text
    assert graph_notices(replace(graph, subscribers=(*tools, Endpoint(UNKNOWN_NODE, TWIST)))) == []
    # Nor do they say of which type velocities have to be.
    base = Endpoint('/base', STAMPED)
    assert expected_kind((*tools, base), TWIST) == STAMPED
    assert expected_kind(tools, STAMPED) == TWIST
    assert expected_kind((), STAMPED) == STAMPED
    assert expected_kind((base, Endpoint('/other', TWIST)), TWIST) == TWIST
    # One that is not connected, or asks for something else, has no say either.
    for other in (Endpoint('/x', TWIST, 'a deadline of 1 s'), Endpoint('/x', 'a/msg/B')):
        assert expected_kind((base, other), TWIST) == STAMPED


def test_who_asks_for_what_velocities_do_not_have_is_named():
    deaf = Endpoint('/base', TWIST, 'transient local durability')
    graph = replace(GRAPH, subscribers=(deaf,))
    assert codes(graph) == [('qos-mismatch', 'warn', '/cmd_vel', ('/base',))]
    text = graph_notices(graph)[0].text
    assert text.startswith('The robot will not move: none reach /base, which asks for transient')
    beside = replace(GRAPH, subscribers=(deaf, Endpoint('/wheels', TWIST)))
    assert graph_notices(beside)[0].text.startswith('No velocities reach /base')


def test_who_asks_for_another_kind_of_message_is_named():
    other = Endpoint('/base', 'ackermann_msgs/msg/AckermannDrive')
    graph = replace(GRAPH, subscribers=(other,))
    for auto in (True, False):
        assert codes(replace(graph, auto=auto)) == [
            ('unknown-type', 'warn', '/cmd_vel', ('/base',))]
    text = graph_notices(graph)[0].text
    assert text.startswith('The robot will not move') and 'expects ackermann_msgs' in text
    both = replace(graph, subscribers=(other, Endpoint('/wheels', TWIST)))
    assert graph_notices(both)[0].text.startswith('No velocities reach /base')


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
    # The base gets one of the two that it subscribes to.
    assert codes(mixed) == [('mixed-types', 'warn', '/cmd_vel', ('/log',))]
    both = replace(graph, subscribers=(Endpoint('/base', STAMPED), Endpoint('/base', TWIST)))
    assert graph_notices(both) == graph_notices(replace(both, auto=False)) == []


def test_who_passes_velocities_on_to_nobody_is_named():
    mux = replace(GRAPH, subscribers=(Endpoint('/twist_mux', TWIST),))
    base = Endpoint('/base', TWIST)

    def told(*onward):
        return [(n.code, n.topic, n.nodes, n.text) for n in graph_notices(
            replace(mux, onward=onward))]
    assert told(Onward('/twist_mux', '/out', TWIST, (base,))) == []
    # One of several outputs is enough: others are for people.
    assert told(Onward('/twist_mux', '/debug', TWIST),
                Onward('/twist_mux', '/out', TWIST, (base,))) == []
    (code, topic, nodes, text), = told(Onward(
        '/twist_mux', '/out', TWIST, (Endpoint('/_ros2cli_1', TWIST),),
        (('/base/cmd_vel', ('/base',)),)))
    assert (code, topic, nodes) == ('no-subscriber', '/out', ('/twist_mux',))
    assert 'passes them on as Twist on /out, to which nobody' in text
    assert 'Is it to be /base/cmd_vel (/base)?' in text
    text = told(Onward('/twist_mux', '/out', TWIST, (Endpoint('/base', STAMPED),)))[0][3]
    assert 'whose subscribers (/base) expect TwistStamped. Let' in text and 'use_stamped' in text
    deaf = Endpoint('/base', TWIST, unmet='transient local durability')
    text = told(Onward('/twist_mux', '/out', TWIST, (deaf,)))[0][3]
    assert 'whose subscribers (/base) expect Twist of another QoS. Let' in text
    assert 'Start the node' in told(Onward('/velocity_smoother', '/out', TWIST))[0][3]
    assert [passes_on(name) for name in ('/r1/twist_mux', '/collision_monitor', '/base')] == [
        True, True, False]


def test_topics_that_are_likely_to_be_meant_come_first():
    assert likely_first(['/speed', '/diff_cont/cmd_vel_unstamped', '/r1/cmd_vel'], '/cmd_vel') == [
        '/r1/cmd_vel', '/diff_cont/cmd_vel_unstamped', '/speed']


def test_full_names_of_nodes():
    assert full_name('base', '/') == '/base' and full_name('base', '/r1') == '/r1/base'
    assert full_name(UNKNOWN_NODE, UNKNOWN_NODE) == UNKNOWN_NODE
