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

"""Whether switches are on, by messages of their topics."""

from types import SimpleNamespace

import pytest
from rclpy.qos import QoSProfile
from rtc_bridge.bridge.data.action_states import ActionStates, StateReader
from rtc_bridge.core.actions.service_calls import CallableService
from rtc_bridge.core.settings.action_settings import ActionServiceSettings
from sensor_msgs.msg import Temperature
from std_msgs.msg import Bool, String
from unique_identifier_msgs.msg import UUID


def read(message, member):
    """Return the state of a switch by a message that comes twice."""
    reader = StateReader(CallableService('~/lamp', '/bridge/lamp', 'set_bool',
                                         ActionServiceSettings(state_member=member)))
    states = {reader.read(message), reader.read(message)}
    assert len(states) == 1
    return states.pop()


@pytest.mark.parametrize('message, member, state', [
    (Bool(data=True), 'data', 'on'), (Bool(data=False), 'data', 'off'),
    (Temperature(temperature=0.5), 'temperature', 'on'),
    (UUID(uuid=[0, 1] * 8), 'uuid[1]', 'on'), (UUID(uuid=[0, 1] * 8), 'uuid[0]', 'off')])
def test_members_that_are_numbers_tell_it(message, member, state, caplog):
    assert read(message, member) == state
    assert not caplog.records


@pytest.mark.parametrize('message, member, reason', [
    (Bool(data=True), 'on', 'there is no member on for on; there are: data'),
    (String(data='on'), 'data', 'it is neither a number nor true or false')])
def test_the_log_says_once_why_a_state_is_unknown(message, member, reason, caplog):
    assert read(message, member) == 'unknown'
    assert [record.getMessage() for record in caplog.records] == [
        f'actions.lamp.state_member: {reason}; the switch is shown as unknown']


def test_what_is_wrong_with_a_topic_is_logged_under_its_parameter(caplog):
    publisher = SimpleNamespace(topic_type='no_such_msgs/msg/Lamp',
                                qos_profile=QoSProfile(depth=1))
    node = SimpleNamespace(resolve_topic_name='/{}'.format,
                           get_publishers_info_by_topic=lambda topic: [publisher])
    states = ActionStates(node, [CallableService(
        'lamp', '/lamp', 'set_bool', ActionServiceSettings(state_topic='lamp_state'))])
    states.update(True)
    record, = caplog.records
    assert record.getMessage().startswith(
        'actions.lamp.state_topic /lamp_state: type no_such_msgs/msg/Lamp is not installed')
