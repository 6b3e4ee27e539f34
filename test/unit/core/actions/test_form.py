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

"""Forms for the requests of services."""

from geometry_msgs.msg import PoseWithCovariance
from nav_msgs.srv import GetPlan, SetMap
import pytest
from rcl_interfaces.srv import ListParameters, SetParameters
from rclpy.serialization import serialize_message
from rtc_bridge.core.actions.action import Action, actions_list, form_size, MAX_FORM
from rtc_bridge.core.actions.answer import answer_text
from rtc_bridge.core.actions.form import check_arguments, fill, make_form
from rtc_bridge.core.errors import ProtocolError
from rtc_bridge.ros.interfaces import field_type
from sensor_msgs.msg import BatteryState, MultiDOFJointState
from std_srvs.srv import Empty


def made(fields):
    """Return fields by name."""
    return {field.name: field for field in fields}


def called(request, values):
    """Return a request with values, which has to be one that ROS can send."""
    fields = make_form(request, field_type)
    message = fill(request(), fields, check_arguments(fields, values), field_type)
    serialize_message(message)
    return message


def test_a_form_has_a_field_for_each_member():
    parameters, = make_form(SetParameters.Request, field_type)
    assert (parameters.kind, parameters.least, parameters.most) == ('list', 0, 16)
    inner = made(parameters.item.fields)
    assert inner['name'].kind == 'string'
    value = made(inner['value'].fields)
    assert (value['type'].kind, value['type'].low, value['type'].high) == ('int', 0, 255)
    assert value['integer_value'].high == 2 ** 53 and value['bool_value'].kind == 'bool'
    assert value['double_value'].kind == 'float' and value['double_value'].high is None
    assert value['byte_array_value'].item.type == 'octet'
    assert make_form(Empty.Request, field_type) == ()
    tolerance = made(make_form(GetPlan.Request, field_type))['tolerance']
    assert tolerance.high == pytest.approx(3.4028235e38)


def test_constants_are_choices_of_the_field_that_they_are_for():
    fields = made(make_form(BatteryState, field_type))
    assert dict(fields['power_supply_status'].choices)['POWER_SUPPLY_STATUS_FULL'] == 4
    assert len(fields['power_supply_health'].choices) == 9
    assert fields['voltage'].choices == ()


def test_what_is_too_large_for_a_person_keeps_its_default():
    assert made(make_form(PoseWithCovariance, field_type))['covariance'].kind == 'left'
    for request in (SetMap.Request, MultiDOFJointState, SetParameters.Request):
        assert form_size(make_form(request, field_type)) <= MAX_FORM
    with pytest.raises(ProtocolError, match='covariance .* keeps its default'):
        check_arguments(make_form(PoseWithCovariance, field_type), {'covariance': [0.0] * 36})


def test_checked_values_become_a_request():
    message = called(SetParameters.Request, {'parameters': [{'name': 'x', 'value': {
        'type': 4, 'byte_array_value': [1, 255], 'double_array_value': [1, 2.5]}}]})
    value = message.parameters[0].value
    assert value.type == 4 and value.byte_array_value == [b'\x01', b'\xff']
    assert list(value.double_array_value) == [1.0, 2.5] and value.string_value == ''
    plan = called(GetPlan.Request, {'goal': {'pose': {'position': {'x': 2}}}})
    assert plan.goal.pose.position.x == 2.0 and plan.goal.pose.orientation.w == 1.0


@pytest.mark.parametrize('values, words', [
    ({'dept': 1}, "no field 'dept'; there are: prefixes, depth"),
    ({'depth': -1}, 'depth must be from 0 to 9007199254740992, got -1'),
    ({'depth': 2 ** 60}, 'depth must be from 0'), ({'depth': 1.5}, 'depth must be an integer'),
    ({'depth': True}, 'depth must be an integer'), ({'depth': '1'}, 'depth must be an integer'),
    ({'depth': None}, 'depth must be an integer'), ({'depth': 10 ** 400}, 'depth must be from 0'),
    ({'prefixes': 'a'}, 'prefixes must be a list of 0 to 16 items'),
    ({'prefixes': ['a'] * 17}, 'prefixes must be a list of 0 to 16 items'),
    ({'prefixes': ['a', 1]}, r'prefixes\[1\] must be a text'),
    ({'prefixes': ['a\n']}, 'printable'), ({'prefixes': ['\ud800']}, 'printable'),
    ({'prefixes': ['x' * 501]}, 'at most 500'), ([], 'arguments must be an object')])
def test_a_value_that_the_type_does_not_allow_is_named(values, words):
    with pytest.raises(ProtocolError, match=words):
        check_arguments(make_form(ListParameters.Request, field_type), values)


@pytest.mark.parametrize('values, words', [
    ({'start': {'pose': 3}}, 'start.pose must be an object'),
    ({'start': {'header': {'stamp': {'sec': 2 ** 31}}}}, 'start.header.stamp.sec must be from'),
    ({'tolerance': 1e39}, 'tolerance must be from'), ({'tolerance': False}, 'a number')])
def test_values_inside_others_are_named_with_their_path(values, words):
    with pytest.raises(ProtocolError, match=words):
        check_arguments(make_form(GetPlan.Request, field_type), values)


def test_a_type_that_is_not_installed_is_named():
    broken = type('Broken', (), {'get_fields_and_field_types': classmethod(
        lambda cls: {'goal': 'no_such_msgs/Goal'}), 'goal': None})
    with pytest.raises(LookupError, match='no_such_msgs/msg/Goal is not installed'):
        make_form(broken, field_type)


def test_answers_are_texts():
    response = SetParameters.Response()
    assert answer_text(response) == 'results: []'
    assert answer_text(Empty.Response()) == ''
    answer = ListParameters.Response()
    answer.result.names = ['use_sim_time']
    assert answer_text(answer) == 'result: {"names":["use_sim_time"],"prefixes":[]}'


def test_the_list_of_actions_is_bounded_and_says_what_is_left_out():
    fields = make_form(SetParameters.Request, field_type)
    actions = {f'a{number}': Action('form', label='A', fields=fields) for number in range(32)}
    listed = actions_list(actions)
    assert len(listed) == 32 and listed[0]['kind'] == 'form' and listed[-1]['kind'] is None
    assert 'too large together' in listed[-1]['reason'] and listed[-1]['label'] == 'A'
    assert actions_list({'x': Action('trigger', icon='dock', confirm=True)}) == [
        {'name': 'x', 'kind': 'trigger', 'icon': 'dock', 'confirm': True}]
