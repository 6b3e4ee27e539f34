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

"""Notices for people who drive: what is wrong with guards, stops and the graph."""

from dataclasses import replace

from rtc_bridge.core.driving.driver_notices import (
    guard_notices, GuardTraces, missing_guard_notice, name_all, other_joy_notices,
    setting_notices, SettledNotices, stop_notice, UNKNOWN_NODE, unused_parameter_notices)
from rtc_bridge.core.driving.guard_messages import BridgeId, EngagedStop, GuardState
from rtc_bridge.core.driving.velocity_graph import Endpoint, graph_notices, VelocityGraph
from rtc_bridge.core.settings.driving_settings import TeleopSettings

ONE, TWO = BridgeId('1a', '/one'), BridgeId('2b', '/two')
TWIST = 'geometry_msgs/msg/Twist'
GRAPH = VelocityGraph('/cmd_vel', '/cmd_vel_guard', TWIST, True,
                      (Endpoint('/cmd_vel_guard', TWIST),), (Endpoint('/base', TWIST),))


def state(guard='g', name='/cmd_vel_guard', **changes):
    """Return what a guard tells of itself."""
    return GuardState(**{'guard': guard, 'name': name, 'where': 'process 7 on host',
                         'topic': '/cmd_vel', 'kind': TWIST, 'auto': True, **changes})


def test_guards_and_stops_are_named():
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
    assert stop_notice(ONE, (EngagedStop('0', '/one', True),), engaged=True) == []
    assert stop_notice(ONE, (EngagedStop('2b', '/two', True),), engaged=True)
    for stop, word in ((EngagedStop('2b', '/two', False), 'released there'),
                       (EngagedStop('2b', '/two', True), 'does not answer'),
                       (EngagedStop('0', '/one', True), 'Press the emergency stop here')):
        told, = stop_notice(ONE, (stop,))
        assert (told.code, told.level) == ('other-stop', 'error') and word in told.text


def test_what_is_there_of_a_guard_that_is_not_heard_is_named():
    own = '/r1/cmd_vel_guard/command'
    for traces, nodes, word in (
            (GuardTraces(own), (), 'does not run'),
            (GuardTraces(own, ('/r1/cmd_vel_guard',)), ('/r1/cmd_vel_guard',), 'hangs'),
            (GuardTraces(own, (), (('/cmd_vel_guard', '/cmd_vel_guard/command'),)),
             ('/cmd_vel_guard',), '/cmd_vel_guard takes those on /cmd_vel_guard/command')):
        notice, = missing_guard_notice((), traces)
        assert (notice.code, notice.level, notice.nodes) == ('no-guard', 'error', nodes)
        assert word in notice.text and notice.topic == own
    notice, = missing_guard_notice((), GuardTraces(own, ('/g',)), 'member "kind" is missing')
    assert notice.code == 'guard-version' and '/g' in notice.text and '"kind"' in notice.text


def test_what_is_wrong_with_the_start_is_named():
    settings = TeleopSettings()
    own = state(version='1')
    assert setting_notices(settings, '1', None, '/x', '/cmd_vel') == []
    for topic in ('/cmd_vel', '/r1/cmd_vel'):
        guard = state(version='1', topic=topic)
        assert setting_notices(settings, '1', guard, topic, '/cmd_vel') == []
        assert setting_notices(settings, '1', guard, '/cmd_vel', '/cmd_vel') == []
    unused, = setting_notices(settings, '1', own, '/base/cmd_vel', '/cmd_vel')
    assert unused.code == 'unused-remapping' and '-r cmd_vel:=/base/cmd_vel' in unused.text
    for version, word in (('', 'an earlier version'), ('0.9', '0.9')):
        other, = setting_notices(settings, '1', state(version=version))
        assert other.code == 'guard-version' and word in other.text
    standing = TeleopSettings(max_linear_x=0.0, max_angular_z=0.0)
    assert [n.code for n in setting_notices(standing, '1', own)] == ['no-speed']
    assert setting_notices(replace(standing, max_linear_z=1.0), '1', own) == []
    assert unused_parameter_notices(['a', 'b'], '/n')[1].members() == {
        'code': 'unused-parameters', 'level': 'warn', 'topic': '', 'nodes': ['/n'], 'text': 'b'}
    told = setting_notices(settings, '1', replace(own, warnings=('a',), clock='b'))
    assert [(n.code, n.text, n.nodes) for n in told] == [
        ('unused-parameters', 'a', ('/cmd_vel_guard',)), ('clock', 'b', ('/cmd_vel_guard',))]


def test_another_gamepad_and_one_that_nobody_reads_are_named():
    assert other_joy_notices('/joy', '/b', ('/b',), ('/teleop_twist_joy',)) == []
    other, = other_joy_notices('/joy', '/b', ('/b', '/joy_node'), ('/x',))
    assert other.nodes == ('/joy_node',) and other.text.startswith('/joy_node publishes on /joy')
    nobody, = other_joy_notices('/joy', '/b', ('/b',), ())
    assert nobody.code == 'no-joy-reader' and '-r joy:=TOPIC' in nobody.text


def test_a_stop_of_another_robot_is_not_one_of_an_earlier_run():
    for folder, text in (('aa', 'earlier run'), ('bb', 'does not answer')):
        stop = EngagedStop('1c', '/one', True, folder)
        notice, = stop_notice(ONE, (stop,), folder='aa')
        assert text in notice.text
        # The release of this bridge's own stop ends the first one only.
        assert bool(stop_notice(ONE, (stop,), True, 'aa')) == (folder == 'bb')


def test_only_what_lasts_is_told(clock):
    settled = SettledNotices(clock)
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


def test_names_in_texts():
    assert name_all(()) == 'nobody' and name_all(('/a',)) == '/a'
    assert name_all(('/a', '/b', '/c')) == '/a, /b and /c'
    assert name_all(tuple('abcdefgh')) == 'a, b, c, d, e, f and 2 more'
    assert name_all((UNKNOWN_NODE,)) == 'a node without a name'
