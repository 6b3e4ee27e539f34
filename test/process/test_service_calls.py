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

"""Services of a real robot that drivers call from the page, called without a browser."""

import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import BatteryState
from std_srvs.srv import Trigger
from support.browsers import until
from support.services import HOSTILE, LISTED, Services
from support.stack import Robot
from support.viewers import Viewer


@pytest.fixture(scope='module')
def robot():
    """Run a robot beside a node that has services; through the relay one may only watch."""
    robot = Robot(guard=None, **{
        'actions.services': LISTED, 'actions.timeout': 5.0,
        'actions.light.state_topic': 'light_state', 'actions.light.state_member': 'present',
        'access.anonymous_via_relay': 'view'})
    robot.services = Services(robot.probe)
    yield robot
    robot.services.go.set()
    robot.close()


def offered(viewer):
    """Return the newest list of actions."""
    return {name: action['kind'] for name, action in listed(viewer).items() if action['kind']}


def listed(viewer):
    """Return the newest list with what cannot be called now, by name."""
    lists = [m['actions'] for m in list(viewer.heard['control']) if 'actions' in m]
    return {action['name']: action for action in lists[-1]} if lists else {}


def call(viewer, request, name, **more):
    """Call a service; return its result."""
    viewer.send('control', {'type': 'call', 'request': request, 'name': name, **more})
    return viewer.wait('control', lambda m: m['type'] == 'result' and m['request'] == request)


def test_each_request_is_made_once_and_its_answer_told(robot, viewer):
    calls = robot.services.calls
    there = {'dock': 'trigger', 'light': 'set_bool', 'slow': 'trigger', 'broken': 'trigger',
             'empty': 'form', 'plan': 'form'}
    # They are found one after the other.
    until(lambda: offered(viewer) == there and listed(viewer)['strict']['reason'],
          lambda: f'the services: {listed(viewer)}')
    # What is listed and cannot be called says why.
    assert listed(viewer)['absent']['reason'] == (
        'the service /absent is not there: start the node that has it')
    assert 'has the type std_srvs/srv/Trigger' in listed(viewer)['strict']['reason']
    assert 'no_such_msgs/srv/Dock is not installed' in robot.bridge.text
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
    (11, {'name': 'gone'}, 'no action'),
    (12, {'name': 'rtc_bridge/get_parameters'}, 'no action'),
    (13, {'name': 'light'}, 'takes true or false'),
    (14, {'name': 'dock', 'value': True}, 'no value'),
    (15, {'name': 'empty'}, 'takes arguments'),
    (16, {'name': 'strict', 'value': True}, 'change one of them'),
    (17, {'name': 'absent'}, 'start the node that has it'),
    (18, {'name': 'plan', 'arguments': {'goal': {'pose': {'position': {'z': 'up'}}}}},
     "goal.pose.position.z must be a number, got 'up'")])
def test_a_service_that_is_not_offered_is_not_called(robot, viewer, request_id, wrong, words):
    until(lambda: {'dock', 'light'} <= offered(viewer).keys(), 'the services')
    robot.services.calls.clear()
    result = call(viewer, request_id, **wrong)
    assert not result['success'] and words in result['message']
    assert robot.services.calls == []


@pytest.mark.parametrize('wrong', [{}, {'request': 'x', 'name': 'dock'}, {'request': 1, 'name': 2},
                                   {'request': 1, 'name': 'light', 'value': 'on'},
                                   {'request': -1, 'name': 'dock'}])
def test_an_invalid_call_gets_an_error(robot, viewer, wrong):
    robot.services.calls.clear()
    viewer.send('control', {'type': 'call', **wrong})
    viewer.wait('control', lambda m: m['type'] == 'error' and m['code'] == 'bad-message')
    assert robot.services.calls == []


def test_a_service_of_any_type_is_called_with_checked_arguments(robot, viewer):
    until(lambda: 'plan' in offered(viewer), 'the service')
    fields = {field['name']: field for field in listed(viewer)['plan']['fields']}
    assert fields['goal']['kind'] == 'group' and fields['tolerance']['kind'] == 'float'
    robot.services.calls.clear()
    result = call(viewer, 1, 'plan', arguments={
        'goal': {'header': {'frame_id': 'map'}, 'pose': {'position': {'x': 2}}}, 'tolerance': 0.5})
    assert result['success'] and '"frame_id":"map"' in result['message']
    assert robot.services.calls == [('plan', 'map', 2.0, 0.5)]
    assert call(viewer, 2, 'empty', arguments={})['success']


def test_the_state_of_a_switch_is_what_its_topic_says(robot, viewer):
    def state():
        states = [m['states'] for m in list(viewer.heard['control'])
                  if m['type'] == 'action_states']
        return states[-1]['light'] if states else 'not told'
    until(lambda: state() is None, 'that it is not known')
    publisher = robot.probe.publisher(BatteryState, 'light_state', QoSProfile(
        depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL))
    for present in (True, False):
        publisher.publish(BatteryState(present=present))
        until(lambda present=present: state() is present, f'that it is {present}')
    robot.probe.node.destroy_publisher(publisher)
    until(lambda: state() is None, 'that it is not known any more')


def test_calls_above_the_rate_are_refused(robot, viewer):
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
    try:
        result = call(viewer, 1, 'slow')
        assert not result['success'] and 'within 5 s' in result['message']
    finally:
        robot.services.go.set()
    robot.probe.wait_for(lambda: robot.services.calls == ['slow'])
    # The late answer is nobody's; the next call gets its own.
    assert call(viewer, 2, 'slow') == {'type': 'result', 'request': 2, 'success': True,
                                       'message': ''}


def test_pages_are_told_of_services_that_come_and_go(robot, viewer):
    until(lambda: 'dock' in offered(viewer), 'the services')
    assert 'absent' not in offered(viewer)
    late = robot.probe.node.create_service(Trigger, 'absent', lambda _, answer: answer)
    until(lambda: offered(viewer).get('absent') == 'trigger', 'the late service')
    assert 'reason' not in listed(viewer)['absent']
    robot.probe.node.destroy_service(late)
    until(lambda: 'absent' not in offered(viewer), 'its end')


def test_a_viewer_without_the_role_drive_sees_and_calls_nothing(robot):
    viewer = Viewer(robot.url)
    try:
        robot.services.calls.clear()
        hello = viewer.wait('control', lambda m: m['type'] == 'hello')
        assert hello['role'] == 'view' and hello['actions'] == []
        result = call(viewer, 1, 'dock')
        assert not result['success'] and 'only watch' in result['message']
        assert robot.services.calls == [] and offered(viewer) == {}
    finally:
        viewer.close()
