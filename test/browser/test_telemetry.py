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
"""Values of the robot on the page, and services called from there, over DDS."""

import math
import re
import signal
import threading

from nav_msgs.msg import Odometry
import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rtc_bridge.ros.telemetry_topic import message_type
from sensor_msgs.msg import BatteryState, PointCloud2
from std_msgs.msg import Float32, Int32, String
from std_srvs.srv import Empty, SetBool, Trigger
from support.browsers import PATIENCE, until
from support.processes import node, Process
from support.ros_probe import RosProbe
from support.stack import finish, Robot
from support.viewers import Viewer

LATCHED = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE,
                     durability=DurabilityPolicy.TRANSIENT_LOCAL)
BEST_EFFORT = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
HOSTILE = '<img src=x onerror="window.hurt=1"><script>window.hurt=1</script>'
TOPICS = ['temperature', 'note', 'cloud', 'sim_robot/bumper']
SERVICES = ['dock', 'light', 'slow', 'broken', 'sim_robot/lamp', 'absent:trigger',
            'empty', 'strict:set_bool']
VALUES = """Object.fromEntries([...document.querySelectorAll('#telemetry dt')].map(
  (dt) => [dt.textContent, dt.nextElementSibling.textContent]))"""


class Services:
    """Services of another node, and what was asked of them."""

    def __init__(self, probe):
        """Offer them; ``slow`` answers when ``go`` is set."""
        self.calls = []
        self.go = threading.Event()
        offer = probe.node.create_service
        self.made = [
            offer(Trigger, 'dock', self._dock), offer(SetBool, 'light', self._light),
            offer(Trigger, 'slow', self._slow), offer(Trigger, 'broken', self._broken),
            offer(Trigger, 'strict', self._dock), offer(Empty, 'empty', lambda _, answer: answer)]

    def _dock(self, _, answer):
        self.calls.append('dock')
        answer.success, answer.message = True, f'docked {HOSTILE}'
        return answer

    def _light(self, request, answer):
        self.calls.append(('light', request.data))
        answer.success, answer.message = True, 'on' if request.data else 'off'
        return answer

    def _slow(self, _, answer):
        self.calls.append('slow')
        # Set by the test, or at its end.
        self.go.wait(PATIENCE)
        answer.success = True
        return answer

    def _broken(self, _, answer):
        self.calls.append('broken')
        answer.success, answer.message = False, 'the arm is stuck'
        return answer


@pytest.fixture(scope='module')
def robot():
    """Run a robot with topics and services of other nodes."""
    robot = Robot(relay=False, **{
        'telemetry.topics': TOPICS, 'telemetry.rate': 10.0, 'actions.services': SERVICES,
        'actions.timeout': 2.0, 'access.anonymous': 'drive'})
    robot.services = Services(robot.probe)
    yield robot
    robot.services.go.set()
    robot.close()


@pytest.fixture
def viewer(robot):
    """Return a page's session without a browser, which knows what may be called."""
    viewer = Viewer(f'{robot.own_url}/connect')
    yield viewer
    viewer.close()


def offered(viewer):
    """Return the newest list of actions."""
    lists = [m['actions'] for m in list(viewer.heard['control']) if 'actions' in m]
    return {action['name']: action['kind'] for action in lists[-1]} if lists else {}


def value(viewer, name, condition=lambda value: True):
    """Wait for a value of a name that fulfils a condition."""
    return viewer.wait('control', lambda m: m['type'] == 'telemetry' and name in m['values']
                       and condition(m['values'][name]))['values'][name]


def publishing(robot, publisher, message):
    """Publish until the returned function is called."""
    timer = robot.probe.node.create_timer(0.02, lambda: publisher.publish(message))
    return lambda: robot.probe.node.destroy_timer(timer)


def call(viewer, request, name, **more):
    """Call a service; return its result."""
    viewer.send('control', {'type': 'call', 'request': request, 'name': name, **more})
    return viewer.wait('control', lambda m: m['type'] == 'result' and m['request'] == request)


def test_topics_are_subscribed_as_they_are_offered_and_only_while_somebody_watches(robot):
    probe = robot.probe
    temperature = probe.publisher(Float32, 'temperature', BEST_EFFORT)
    note = probe.publisher(String, 'note', LATCHED)
    battery = probe.publisher(BatteryState, 'battery_state')
    note.publish(String(data=HOSTILE))
    probe.wait_for(lambda: temperature.get_subscription_count() == 0)
    stops = [publishing(robot, temperature, Float32(data=math.nan)),
             publishing(robot, battery, BatteryState(percentage=0.25, voltage=math.nan))]
    viewer = Viewer(f'{robot.own_url}/connect')
    try:
        hello = viewer.wait('control', lambda m: m['type'] == 'hello')
        assert hello['telemetry'] == ['battery', 'odometry', '/temperature', '/note', '/cloud',
                                      '/sim_robot/bumper']
        assert value(viewer, '/temperature') == {'data': None}
        assert value(viewer, '/note') == {'data': HOSTILE}
        assert value(viewer, 'battery') == {'percentage': 0.25, 'voltage': None,
                                            'charging': None}
        # 10 a second go out, however many come.
        came = []
        flood = probe.node.create_timer(0.002, lambda: (
            came.append(1), battery.publish(BatteryState(percentage=0.25))))

        def batteries():
            return sum('battery' in m.get('values', ()) for m in list(viewer.heard['control']))
        count, before = batteries(), len(came)
        until(lambda: batteries() > count + 20, 'the battery')
        assert len(came) - before > 2 * (batteries() - count)
        probe.node.destroy_timer(flood)
        stops.append(publishing(robot, probe.publisher(PointCloud2, 'cloud'),
                                PointCloud2(data=bytes(200_000))))
        assert value(viewer, '/cloud').startswith('too large')
        # One that comes later sees at once what does not come again.
        other = Viewer(f'{robot.own_url}/connect')
        old = other.wait('control', lambda m: m['type'] == 'telemetry' and 'ages' in m)
        assert old['values']['/note'] == {'data': HOSTILE} and old['ages']['/note'] > 0
        other.close()
    finally:
        viewer.close()
    probe.wait_for(lambda: not any(p.get_subscription_count() for p in (
        temperature, note, battery)), PATIENCE)
    for stop in stops:
        stop()
    probe.node.destroy_publisher(temperature)
    # What was seen then is not shown as of now to who comes now.
    viewer = Viewer(f'{robot.own_url}/connect')
    try:
        value(viewer, '/note')
        assert not any('battery' in m.get('values', ()) for m in list(viewer.heard['control']))
    finally:
        viewer.close()


@pytest.mark.parametrize('name', ['os/msg/path', 'no_such_msgs/msg/One', 'std_msgs/msg/Nothing',
                                  'std_msgs', '', '../msg/X', 'std_msgs/srv/String'])
def test_types_that_are_not_installed_are_named(name):
    assert message_type('std_msgs/msg/String') is String
    with pytest.raises(LookupError, match='is not installed'):
        message_type(name)


def test_odometry_of_another_type_is_not_taken(robot, viewer):
    # One process cannot have two types on one topic.
    with RosProbe('other') as other:
        wrong = other.publisher(String, 'odom')
        timer = other.node.create_timer(0.02, lambda: wrong.publish(String(data='x')))
        robot.bridge.wait_line('telemetry /odom: it has the types std_msgs/msg/String', PATIENCE)
        other.node.destroy_timer(timer)
    right = robot.probe.publisher(Odometry, 'odom')
    message = Odometry()
    message.twist.twist.linear.x = -1.5
    stop = publishing(robot, right, message)
    assert value(viewer, 'odometry') == {'speed': -1.5, 'turn': 0.0, 'heading': 0.0}
    stop()
    robot.probe.node.destroy_publisher(right)


def test_a_topic_may_change_its_type(robot, viewer):
    with RosProbe('other') as other:
        number = other.publisher(Int32, 'temperature')
        timer = other.node.create_timer(0.02, lambda: number.publish(Int32(data=7)))
        assert value(viewer, '/temperature', lambda v: v == {'data': 7})
        other.node.destroy_timer(timer)
    with RosProbe('another') as other:
        text = other.publisher(String, 'temperature')
        timer = other.node.create_timer(0.02, lambda: text.publish(String(data='warm')))
        assert value(viewer, '/temperature', lambda v: v == {'data': 'warm'})
        other.node.destroy_timer(timer)


def test_services_are_called_once_and_their_answers_told(robot, viewer):
    calls = robot.services.calls
    until(lambda: {'dock', 'light', 'slow', 'broken'} <= offered(viewer).keys(), 'the services')
    assert {k: v for k, v in offered(viewer).items() if k != 'sim_robot/lamp'} == {
        'dock': 'trigger', 'light': 'set_bool', 'slow': 'trigger', 'broken': 'trigger'}
    calls.clear()
    result = call(viewer, 1, 'dock')
    assert result['success'] and result['message'] == f'docked {HOSTILE}'
    viewer.heard['control'].clear()
    assert call(viewer, 1, 'dock') == result and calls == ['dock']
    assert call(viewer, 2, 'light', value=False)['message'] == 'off'
    assert call(viewer, 3, 'broken') == {'type': 'result', 'request': 3, 'success': False,
                                         'message': 'the arm is stuck'}
    assert calls == ['dock', ('light', False), 'broken']


@pytest.mark.parametrize('request_id, wrong, words', [
    (11, {'name': 'absent'}, 'no action'),
    (12, {'name': 'rtc_bridge/get_parameters'}, 'no action'),
    (13, {'name': 'light'}, 'takes true or false'),
    (14, {'name': 'dock', 'value': True}, 'no value'),
    (15, {'name': 'empty'}, 'no action'), (16, {'name': 'strict', 'value': True}, 'no action')])
def test_what_is_not_offered_is_not_called(robot, viewer, request_id, wrong, words):
    until(lambda: {'dock', 'light'} <= offered(viewer).keys(), 'the services')
    robot.services.calls.clear()
    result = call(viewer, request_id, **wrong)
    assert not result['success'] and words in result['message']
    assert robot.services.calls == []


@pytest.mark.parametrize('wrong', [{}, {'request': 'x', 'name': 'dock'}, {'request': 1, 'name': 2},
                                   {'request': 1, 'name': 'light', 'value': 'on'},
                                   {'request': -1, 'name': 'dock'}])
def test_calls_that_are_none_get_an_error(robot, viewer, wrong):
    robot.services.calls.clear()
    viewer.send('control', {'type': 'call', **wrong})
    viewer.wait('control', lambda m: m['type'] == 'error' and m['code'] == 'bad-message')
    assert robot.services.calls == []


def test_a_flood_of_calls_is_refused(robot, viewer):
    until(lambda: 'dock' in offered(viewer), 'the services')
    robot.services.calls.clear()
    for request in range(100, 140):
        viewer.send('control', {'type': 'call', 'request': request, 'name': 'dock'})
    until(lambda: len([m for m in list(viewer.heard['control']) if m['type'] == 'result']) == 40,
          'all results')
    results = [m for m in list(viewer.heard['control']) if m['type'] == 'result']
    made = sum(m['success'] for m in results)
    assert 5 <= made == len(robot.services.calls) < 40
    assert all('too many' in m['message'] for m in results if not m['success'])


def test_a_service_that_does_not_answer_fails_in_time_and_once(robot, viewer):
    until(lambda: 'slow' in offered(viewer), 'the services')
    robot.services.calls.clear()
    result = call(viewer, 1, 'slow')
    assert not result['success'] and 'within 2 s' in result['message']
    robot.services.go.set()
    robot.probe.wait_for(lambda: robot.services.calls == ['slow'])
    # The late answer is nobody's; the next call gets its own.
    assert call(viewer, 2, 'slow') == {'type': 'result', 'request': 2, 'success': True,
                                       'message': ''}


def test_services_that_come_and_go_are_told(robot, viewer):
    until(lambda: 'dock' in offered(viewer), 'the services')
    assert 'absent' not in offered(viewer)
    late = robot.probe.node.create_service(Trigger, 'absent', lambda _, answer: answer)
    until(lambda: offered(viewer).get('absent') == 'trigger', 'the late service')
    robot.probe.node.destroy_service(late)
    until(lambda: 'absent' not in offered(viewer), 'its end')


def test_who_may_only_watch_sees_and_calls_nothing(robot):
    watcher = Robot(relay=False, guard=None, **{
        'access.anonymous': 'view', 'telemetry.topics': ['note'], 'actions.services': ['dock'],
        'robot_id': 'other'})
    try:
        viewer = Viewer(f'{watcher.own_url}/connect')
        try:
            robot.services.calls.clear()
            hello = viewer.wait('control', lambda m: m['type'] == 'hello')
            assert hello['actions'] == [] and '/note' in hello['telemetry']
            result = call(viewer, 1, 'dock')
            assert not result['success'] and 'only watch' in result['message']
            assert robot.services.calls == [] and offered(viewer) == {}
        finally:
            viewer.close()
    finally:
        watcher.close()


@pytest.mark.parametrize('parameters, words', [
    ({'actions.services': ['dock', '~/release']}, "'~/release'"),
    ({'actions.services': ['rtc_bridge/release:trigger']}, "'rtc_bridge/release:trigger'"),
    ({'actions.services': ['a:b']}, "'a:b'"),
    ({'telemetry.topics': ['no topic']}, "'no topic'"),
    ({'telemetry.battery': '1st'}, 'telemetry.battery')])
def test_what_may_not_be_listed_is_refused_at_the_start(parameters, words):
    with Process(node('bridge', **{'server.port': 0, **parameters})) as process:
        line = process.wait_line('parameter')
        assert words in line.string
        assert process.wait() == 2


def test_page_shows_values_calls_services_and_runs_nothing_of_them(robot, chromium):
    note = robot.probe.publisher(String, 'note', LATCHED)
    note.publish(String(data=HOSTILE))
    simulator = robot.start('sim_robot', camera='sim')
    page = chromium.show(f'{robot.url}?camera=sim/image_raw')
    try:
        page.wait_state('live')
        page.wait("!document.getElementById('more').hidden")
        page.evaluate("document.getElementById('more').click()")
        page.wait(f"({VALUES})['/sim_robot/bumper'] === 'false'")
        page.wait(f"({VALUES}).Battery?.endsWith(' V')")
        shown = page.evaluate(VALUES)
        assert shown['Speed'] == '0.00 m/s'
        # It was said once; a busy machine shows it late.
        assert re.fullmatch(re.escape(HOSTILE) + r'( \(\d+ s ago\))?', shown['/note'])
        page.wait("document.getElementById('vitals').textContent.endsWith('%0.00 m/s')")
        page.arm()
        page.down('w')
        page.wait(f'parseFloat(({VALUES}).Speed) > 0.1')
        page.up('w')
        click = """(label) => {
          const all = [...document.querySelectorAll('#actions button')];
          const found = all.find((one) => (one.ariaLabel ?? one.textContent) === label);
          found?.click();
          return !!found;
        }"""
        result = """[...document.querySelectorAll('#actions [role=status]')].map(
          (one) => one.textContent)"""
        until(lambda: page.evaluate(click, 'dock'), 'the button')
        page.wait(f"({result}).includes({f'✓ docked {HOSTILE}'!r})")
        before = page.grab().mean()
        until(lambda: page.evaluate(click, 'sim_robot/lamp off'), 'the button')
        page.wait(f"({result}).includes('✓ the light is off')")
        until(lambda: page.grab().mean() < before / 2, 'the dark')
        assert page.evaluate(click, 'broken')
        page.wait(f"({result}).includes('✗ the arm is stuck')")
        assert page.evaluate('window.hurt === undefined')
        page.wait("!document.querySelector('#panels img, #panels script')")
        assert page.errors == []
        # What has fallen silent says so.
        simulator.send(signal.SIGSTOP)
        page.wait(f"({VALUES}).Battery.includes('s ago')")
        simulator.send(signal.SIGCONT)
    finally:
        page.close()
        finish(simulator)
        robot.probe.node.destroy_publisher(note)
