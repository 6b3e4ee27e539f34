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

"""One bridge, one guard, one topic: what is decided of that, without ROS."""

from dataclasses import replace
import json

from hypothesis import given, strategies as st
import pytest
from rtc_bridge.core.driving.command_gate import CommandGate, TeleopRefused
from rtc_bridge.core.driving.command_path import (
    Endpoint, full_name, graph_notices, guard_notices, likely_first, missing_guard_notice,
    Settled, stop_notice, UNKNOWN_NODE, VelocityGraph)
from rtc_bridge.core.driving.driver_notices import name_all
from rtc_bridge.core.driving.engaged_stops import EngagedStops, MAX_STOPS
from rtc_bridge.core.driving.guard_messages import BridgeId, GuardState, HeldStop, StopState
from rtc_bridge.core.driving.known_guards import KnownGuards, MAX_GUARDS
from rtc_bridge.core.driving.lease import Lease
from rtc_bridge.core.driving.teleop_controller import TeleopController
from rtc_bridge.core.driving.velocity import Limits, Velocity, ZERO
from rtc_bridge.core.driving.velocity_guard import VelocityGuard
from rtc_bridge.core.errors import ProtocolError

FORWARD, BACK = Velocity(0.5, 0.0, 0.0), Velocity(-0.5, 0.0, 0.0)
ONE, TWO = BridgeId('1a', '/one'), BridgeId('2b', '/two')
TWIST, STAMPED = 'geometry_msgs/msg/Twist', 'geometry_msgs/msg/TwistStamped'


# The guard takes the commands of one bridge


@pytest.fixture
def guard(clock):
    """Return a guard that takes the commands of bridge one, which moves the robot."""
    guard = VelocityGuard(0.3, clock)
    guard.command(ZERO, clock.now, 'one')
    clock.now += 0.05
    assert guard.command(FORWARD, clock.now, 'one') == FORWARD
    return guard


def test_the_first_bridge_drives_and_another_one_is_refused(guard, clock):
    epoch = guard.epoch
    for _ in range(40):
        clock.now += 0.03
        assert guard.command(FORWARD, clock.now, 'one') == FORWARD
        clock.now += 0.02
        for velocity in (ZERO, BACK):
            assert guard.command(velocity, clock.now, 'two') is None
            assert not guard.took(clock.now)
        assert guard.holder == 'one' and guard.poll() is None
    assert guard.epoch == epoch


def test_a_bridge_that_says_zero_still_drives(guard, clock):
    for _ in range(40):
        clock.now += 0.05
        guard.command(ZERO, clock.now, 'one')
        assert guard.command(FORWARD, clock.now + 0.001, 'two') is None
    assert guard.holder == 'one'


def test_a_bridge_that_is_silent_for_a_second_makes_room(guard, clock):
    clock.now += 1.0
    assert guard.poll() == ZERO and guard.holder == 'one'
    assert guard.command(ZERO, clock.now, 'two') is None
    clock.now += 0.01
    assert guard.holder is None
    # As after a stop: the other one begins with a neutral command.
    epoch = guard.epoch
    assert guard.command(BACK, clock.now, 'two') is None
    assert guard.holder == 'two' and guard.epoch != epoch
    clock.now += 0.05
    assert guard.command(ZERO, clock.now, 'two') == ZERO
    clock.now += 0.05
    assert guard.command(BACK, clock.now, 'two') == BACK
    assert guard.command(FORWARD, clock.now, 'one') is None


def test_a_long_timeout_ends_with_the_turn(clock):
    """The last command of the one before would else be in force for seconds."""
    guard = VelocityGuard(5.0, clock)
    guard.command(ZERO, clock.now, 'one')
    clock.now += 0.05
    guard.command(FORWARD, clock.now, 'one')
    clock.now += 1.5
    assert guard.poll() is None
    guard.command(BACK, clock.now, 'two')
    assert guard.poll() == ZERO


def test_what_is_too_old_keeps_no_place(guard, clock):
    for _ in range(30):
        clock.now += 0.05
        assert guard.command(FORWARD, clock.now - 0.31, 'one') is None
    assert guard.holder is None
    # Nor does it take one.
    assert guard.command(ZERO, clock.now - 0.31, 'two') is None and guard.holder is None


@given(st.lists(st.tuples(st.sampled_from(['one', 'two', '']), st.sampled_from([ZERO, FORWARD]),
                          st.sampled_from([0.01, 0.05, 0.31, 1.01])), max_size=40))
def test_no_motion_of_two_bridges_within_a_second(steps):
    """Whatever they send: between motions of two bridges lies a second of the first's silence."""
    now = [100.0]
    guard, last, spoke = VelocityGuard(0.3, lambda: now[0]), None, {}
    for bridge, velocity, pause in steps:
        now[0] += pause
        passed = guard.command(velocity, now[0], bridge)
        if passed == FORWARD:
            if last not in (None, bridge):
                assert now[0] - spoke[last] > 1.0
            last = bridge
        if guard.holder == bridge:
            spoke[bridge] = now[0]


# Emergency stops of several bridges


def stop_of(bridge, stop, released=None):
    return StopState(bridge, stop, released)


def test_another_bridge_without_a_stop_releases_nothing(clock):
    stops = EngagedStops(clock)
    stops.hear(stop_of(ONE, 'x'))
    for _ in range(20):
        clock.now += 0.2
        stops.hear(stop_of(TWO, None, 'y'))
        stops.hear(stop_of(ONE, 'x'))
        assert stops.held() == (HeldStop('1a', '/one', False),)
    stops.hear(stop_of(ONE, None, 'x'))
    assert not stops


def test_the_stop_of_a_bridge_that_died_stays_until_that_very_one_is_released(clock):
    stops, again = EngagedStops(clock), BridgeId('1c', '/one')
    stops.hear(stop_of(ONE, 'x'))
    clock.now += 60.0
    for released in (None, 'w'):
        stops.hear(stop_of(TWO, None, released))
        # Killed before its disk had the stop: after the restart it has none.
        stops.hear(stop_of(again, None, released))
        assert stops.held() == (HeldStop('1a', '/one', True),)
    stops.hear(stop_of(again, 'x', 'w'))
    assert len(stops.held()) == 2
    stops.hear(stop_of(again, None, 'x'))
    assert not stops


def test_a_release_that_the_guard_did_not_hear_is_told_after_the_restart(clock):
    stops = EngagedStops(clock)
    stops.hear(stop_of(ONE, 'x'))
    again = BridgeId('1c', '/one')
    stops.hear(stop_of(again, None, 'x'))
    # The first one may be alive: it has just spoken.
    assert stops
    clock.now += 2.1
    stops.hear(stop_of(again, None, 'x'))
    assert not stops


def test_a_person_may_release_what_died_before_it_was_written(clock):
    """By a press and a release at the bridge of the same name; at no other one."""
    stops = EngagedStops(clock)
    stops.hear(stop_of(ONE, 'x'))
    clock.now += 3.0
    stops.hear(stop_of(TWO, 'y'))
    stops.hear(stop_of(TWO, None, 'y'))
    assert stops
    again = BridgeId('1c', '/one')
    stops.hear(stop_of(again, 'z'))
    stops.hear(stop_of(again, None, 'z'))
    assert not stops


@pytest.mark.parametrize('folder, released', [('aa', True), ('bb', False), ('', False)])
def test_a_bridge_of_the_same_name_on_another_robot_releases_nothing(clock, folder, released):
    stops, other = EngagedStops(clock), BridgeId('1c', '/one')
    stops.hear(StopState(ONE, 'x', None, 'aa'))
    clock.now += 3.0
    stops.hear(StopState(other, 'z', None, folder))
    stops.hear(StopState(other, None, 'z', folder))
    assert bool(stops) != released
    # What its own robot has released is, whatever the folder's name.
    stops.hear(StopState(BridgeId('1d', '/one'), None, 'x', ''))
    assert not stops


def test_a_stop_of_another_robot_is_not_told_as_of_an_earlier_run():
    for folder, text in (('aa', 'earlier run'), ('bb', 'does not answer')):
        stop = HeldStop('1c', '/one', True, folder)
        notice, = stop_notice(ONE, (stop,), folder='aa')
        assert text in notice.text
        # The release of this bridge's own stop ends the first one only.
        assert bool(stop_notice(ONE, (stop,), True, 'aa')) == (folder == 'bb')


def test_two_live_bridges_with_one_file_both_have_to_release(clock):
    stops, twin = EngagedStops(clock), BridgeId('1c', '/one')
    stops.hear(stop_of(ONE, 'x'))
    stops.hear(stop_of(twin, 'x'))
    stops.hear(stop_of(twin, None, 'x'))
    assert stops.held() == (HeldStop('1a', '/one', False),)


def test_another_stop_of_a_bridge_takes_the_place_of_its_first(clock):
    stops = EngagedStops(clock)
    stops.hear(stop_of(ONE, 'x'))
    stops.hear(stop_of(ONE, 'y', 'x'))
    assert len(stops.held()) == 1
    stops.hear(stop_of(ONE, None, 'y'))
    assert not stops


def test_many_stops_are_bounded_and_one_is_enough(clock):
    stops = EngagedStops(clock)
    for number in range(2 * MAX_STOPS):
        stops.hear(stop_of(BridgeId(str(number), '/x'), 'x'))
    assert len(stops.held()) == MAX_STOPS


# Guards that are heard


def state(guard='g', name='/cmd_vel_guard', **changes):
    return GuardState(**{'guard': guard, 'name': name, 'where': 'process 7 on host',
                         'topic': '/cmd_vel', 'kind': TWIST, 'auto': True, **changes})


def test_the_bridge_that_drives_is_known(clock):
    heard = KnownGuards(ONE, clock)
    assert heard.guard is None and heard.reason() is None
    heard.hear(state())
    assert heard.guard == state() and heard.reason() is None
    heard.hear(state(holder=ONE))
    assert heard.reason() is None
    heard.hear(state(holder=TWO))
    assert (heard.reason(), heard.driven_by) == ('other-bridge', TWO)
    # Another process of the same node is another bridge.
    heard.hear(state(holder=replace(ONE, process='9f')))
    assert heard.reason() == 'other-bridge'
    clock.now += 2.1
    assert heard.guard is None and heard.reason() is None


def test_two_guards_are_two_if_both_speak(clock):
    heard = KnownGuards(ONE, clock)
    heard.hear(state('g'))
    clock.now += 0.5
    # Started anew: the first one says no more.
    heard.hear(state('h'))
    assert heard.reason() is None and [s.guard for s in heard.guards] == ['h']
    clock.now += 0.1
    heard.hear(state('g'))
    assert heard.reason() == 'two-guards' and {s.guard for s in heard.guards} == {'g', 'h'}
    for _ in range(5):
        clock.now += 0.5
        heard.hear(state('g'))
    assert heard.reason() is None and heard.guard.guard == 'g'


def test_the_guard_of_another_robot_on_the_same_topic(clock):
    heard = KnownGuards(ONE, clock)
    heard.hear(state())
    other = state('h', '/r2/cmd_vel_guard')
    heard.hear(other, own=False)
    assert heard.reason() is None
    heard.hear(replace(other, holder=TWO), own=False)
    assert (heard.reason(), heard.driven_by) == ('other-bridge', TWO)
    heard.hear(replace(other, holder=TWO, topic='/r2/cmd_vel'), own=False)
    assert heard.reason() is None


def test_guards_without_end_are_bounded(clock):
    heard = KnownGuards(ONE, clock)
    for number in range(3 * MAX_GUARDS):
        heard.hear(state(str(number)))
    assert len(heard.guards) <= MAX_GUARDS


def test_nobody_takes_the_lease_while_another_bridge_drives(clock):
    reasons = [None]
    controller = TeleopController(CommandGate(Limits(), Lease(clock=clock), clock=clock),
                                  lambda velocity: None,
                                  lease_reason=lambda: reasons[0], clock=clock)
    controller.request_lease('a')
    controller.request_lease('b')
    reasons[0] = 'other-bridge'
    controller.revoke_lease_if_refused()
    assert controller.lease.holder is None and not controller.lease.requesters
    for ask in (controller.request_lease, controller.take_lease):
        with pytest.raises(TeleopRefused, match='other-bridge'):
            ask('a')
    reasons[0] = None
    controller.revoke_lease_if_refused()
    controller.request_lease('a')
    assert controller.lease.holder == 'a'


# Messages


def test_messages_are_read_as_they_were_written():
    for stop, released in (('x', None), (None, 'y'), (None, None)):
        for folder in ('', 'f0'):
            told = StopState(ONE, stop, released, folder)
            assert StopState.parse(told.dump()) == told
    # An earlier version does not tell its folder.
    obj = json.loads(StopState(ONE, 'x', None).dump())
    del obj['folder']
    assert StopState.parse(json.dumps(obj)) == StopState(ONE, 'x', None)
    for told in (state(), state(holder=TWO, auto=False, stops=(
            HeldStop('1a', '/one', True), HeldStop('2a', '/one', True, 'f0')))):
        assert GuardState.parse(told.dump()) == told
    assert BridgeId.parse(str(ONE)) == ONE
    assert BridgeId.parse('') == BridgeId('', 'a node that gives no name')
    assert BridgeId.new('/one').process != BridgeId.new('/one').process


def test_a_name_breaks_no_log_line():
    assert BridgeId.parse('a /x\n[ERROR] all is lost').name == r'/x\n[ERROR] all is lost'
    forged = state(name='/x\ny', holder=BridgeId('1', '/z\r'))
    read = GuardState.parse(forged.dump())
    assert read.name.isprintable() and read.holder.name.isprintable()


@pytest.mark.parametrize('text', [
    '', '[]', '{}', '{"bridge":1}', '{"bridge":{},"stop":"x"}',
    '{"bridge":{"process":"1","name":"/a"},"stop":7}', 'x' * 20_000,
    '{"guard":"g","name":"/g","where":"","topic":"/c","kind":"t","auto":true,"stops":[1]}'])
def test_other_texts_are_no_messages(text):
    for kind in (StopState, GuardState):
        with pytest.raises(ProtocolError):
            kind.parse(text)


# Notices

GRAPH = VelocityGraph('/cmd_vel', '/cmd_vel_guard', TWIST, True,
                      (Endpoint('/cmd_vel_guard', TWIST),), (Endpoint('/base', TWIST),))


def codes(graph):
    return [(n.code, n.level, n.topic, n.nodes) for n in graph_notices(graph)]


def test_a_graph_in_order_says_nothing():
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


def test_where_nobody_listens_the_likely_topic_is_named():
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


def test_what_the_graph_shows_for_a_moment_is_not_told(clock):
    settled = Settled(clock)
    notices = graph_notices(replace(GRAPH, subscribers=()))
    assert settled.lasting(notices) == []
    clock.now += 0.3
    assert settled.lasting([]) == []
    assert settled.lasting(notices) == []
    clock.now += 0.5
    assert settled.lasting(notices) == notices
    # That another node waits elsewhere is no other notice.
    named = graph_notices(replace(GRAPH, subscribers=(), elsewhere=(('/x', ('/y',)),)))
    assert settled.lasting(named) == named != notices
    # Names come later than endpoints; some never do.
    foreign = graph_notices(replace(GRAPH, publishers=(Endpoint(UNKNOWN_NODE, TWIST),)))
    assert settled.lasting(foreign) == []
    clock.now += 4.9
    assert settled.lasting(foreign) == []
    clock.now += 0.2
    told, = settled.lasting(foreign)
    assert told.nodes == ('a node without a name',) and 'a node without a name' in told.text


def test_guards_and_stops_are_told_by_name():
    assert guard_notices((state(),), None, ONE) == missing_guard_notice((state(),)) == []
    assert missing_guard_notice(())[0].code == 'no-guard'
    two, = guard_notices((state(), state('h', '/r1/cmd_vel_guard')), None, ONE)
    assert two.code == 'two-guards' and two.nodes == ('/cmd_vel_guard', '/r1/cmd_vel_guard')
    assert two.text.count('process 7 on host') == 2
    other, = guard_notices((state(),), TWO, ONE)
    assert (other.code, other.nodes) == ('other-bridge', ('/two',)) and '/two' in other.text
    twin, = guard_notices((state(),), BridgeId('9', '/one'), ONE)
    assert twin.text.startswith('Another process of /one')
    assert stop_notice(ONE, ()) == []
    # The release of its own stop ends that one as well.
    assert stop_notice(ONE, (HeldStop('0', '/one', True),), engaged=True) == []
    assert stop_notice(ONE, (HeldStop('2b', '/two', True),), engaged=True)
    for stop, word in ((HeldStop('2b', '/two', False), 'released there'),
                       (HeldStop('2b', '/two', True), 'does not answer'),
                       (HeldStop('0', '/one', True), 'Press the emergency stop here')):
        told, = stop_notice(ONE, (stop,))
        assert (told.code, told.level) == ('other-stop', 'error') and word in told.text


def test_names_in_texts():
    assert name_all(()) == 'nobody' and name_all(('/a',)) == '/a'
    assert name_all(('/a', '/b', '/c')) == '/a, /b and /c'
    assert name_all(tuple('abcdefgh')) == 'a, b, c, d, e, f and 2 more'
    assert full_name('base', '/') == '/base' and full_name('base', '/r1') == '/r1/base'
    assert full_name(UNKNOWN_NODE, UNKNOWN_NODE) == UNKNOWN_NODE
