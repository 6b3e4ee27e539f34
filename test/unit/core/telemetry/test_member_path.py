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

"""Paths to members of messages."""

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
import pytest
from rtc_bridge.core.telemetry.member_path import MemberPath
from sensor_msgs.msg import JointState, Temperature

ARRAY = DiagnosticArray(status=[
    DiagnosticStatus(name='motor', message='hot', level=b'\x01'),
    DiagnosticStatus(name='net: wifi.0', values=[KeyValue(key='level', value='-67 dBm')])])


@pytest.mark.parametrize('path, value', [
    ('status[0].message', 'hot'), ('status[1].values[0].value', '-67 dBm'),
    ('status[net: wifi.0].values[level].value', '-67 dBm'), ('header.frame_id', ''),
    ('status[motor].level', b'\x01')])
def test_members_are_found_by_name_index_and_key(path, value):
    assert MemberPath(path).read(ARRAY) == value


@pytest.mark.parametrize('path', ['', '.', '.a', 'a.', 'a..b', '[0]', 'a[', 'a[]', 'a[0', 'a b',
                                  '0a', 'a[[0]]', 'a[0]b', 'a' * 201, '_a', 'a-b'])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(ValueError):
        MemberPath(path)


@pytest.mark.parametrize('path, words', [
    ('temprature', 'there are: header, temperature, variance'),
    ('temperature.x', 'there are: no members'), ('header[0]', 'what is no array'),
    ('header.frame_id[0]', 'what is no array')])
def test_a_member_that_is_not_there_is_named_with_those_that_are(path, words):
    with pytest.raises(LookupError, match=words):
        MemberPath(path).read(Temperature())


def test_items_that_are_not_there_are_named():
    with pytest.raises(LookupError, match='no item 2 .* the array has 2'):
        MemberPath('status[2].name').read(ARRAY)
    with pytest.raises(LookupError, match="no item 'arm' .* there are: 'motor', 'net: wifi.0'"):
        MemberPath('status[arm].name').read(ARRAY)
    with pytest.raises(LookupError, match='none with a name or key'):
        MemberPath('position[x]').read(JointState(position=[1.0]))
    # A path reads fields of messages, no other attributes of Python's objects.
    with pytest.raises(LookupError):
        MemberPath('status[0].get_fields_and_field_types').read(ARRAY)
