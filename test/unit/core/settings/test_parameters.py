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

"""Parameter tables, and the YAML file that shows them."""

from dataclasses import replace
import re

import pytest
from rtc_bridge.core.errors import ParameterError
from rtc_bridge.core.settings.driving_settings import TeleopSettings
from rtc_bridge.core.settings.parameters import Parameter, with_values
from rtc_bridge.core.settings.robot_settings import (
    camera_prefix, CameraSelection, CameraTopicSettings, RobotSettings,
)


@pytest.mark.parametrize('value, low, high', [(1, 0.0, 2.0), (0.0, 0.0, 2.0), (2.0, 0.0, 2.0)])
def test_numbers_in_range(value, low, high):
    checked = Parameter('x', 1.0, '', '', low, high).check(value)
    assert checked == value and type(checked) is float


@pytest.mark.parametrize('default, value', [
    (1.0, 3.0), (1.0, -0.1), (1.0, float('nan')), (1.0, float('inf')), (1.0, '1'), (1.0, True),
    (1, 1.0), (1, 3), (1, True), (1, None), (True, 1), (True, 'true'), ('a', 1), ('a', None),
    (('a',), 'a'), (('a',), [1]),
])
def test_what_is_not_allowed_is_named(default, value):
    number = isinstance(default, (int, float)) and not isinstance(default, bool)
    row = Parameter('a.b', default, '', 'm/s', *((0, 2) if number else ()))
    with pytest.raises(ParameterError) as error:
        row.check(value)
    assert 'a.b' in str(error.value) and row.allowed() in str(error.value)
    assert repr(value)[:20] in str(error.value)


@pytest.mark.parametrize('default, value, hint', [
    (('*',), 'front', "a list of texts: write ['front']"), ('', 7, "a text: write '7', with"),
    ('', True, "a text: write 'True', with"), (1, '1', 'an integer$')])
def test_a_value_that_yaml_took_for_another_type_is_told_how_to_write_it(default, value, hint):
    with pytest.raises(ParameterError) as error:
        Parameter('x', default, '').check(value)
    assert re.search(hint.replace('[', r'\['), str(error.value)), str(error.value)


def test_choices():
    row = Parameter('rotate', 0, '', choices=(0, 90))
    assert row.check(90) == 90
    with pytest.raises(ParameterError, match='rotate is 45, allowed is one of 0, 90'):
        row.check(45)


def test_an_empty_list_has_no_type_in_ros():
    assert Parameter('x', (), '').check(None) == ()
    assert Parameter('x', ('*',), '').check(['a']) == ('a',)


def test_values_replace_defaults_in_groups():
    settings = with_values(RobotSettings(), {'robot_id': 'bot', 'teleop.max_age': 1,
                                             'cameras.names': ['front']})
    assert settings == replace(RobotSettings(), robot_id='bot', teleop=TeleopSettings(max_age=1.0),
                               cameras=CameraSelection(('front',)))
    camera = with_values(CameraTopicSettings(topic='a'), {'cameras.x.y.drive': False},
                         camera_prefix('x/y'))
    assert camera == CameraTopicSettings(topic='a', drive=False)


@pytest.mark.parametrize('name, value', [
    ('teleop.max_age', 9.0), ('max_age', 1.0), ('teleop', 1.0), ('teleop.max', 1.0)])
def test_a_value_must_be_allowed_and_belong_to_a_parameter(name, value):
    with pytest.raises(ParameterError, match=name):
        with_values(RobotSettings(), {name: value})
