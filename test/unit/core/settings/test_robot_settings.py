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

"""The robot's parameters, and the YAML files that set them."""

from pathlib import Path
import re

import pytest
from rtc_bridge.core.protocol.robot_names import check_name
from rtc_bridge.core.settings.action_settings import ActionServiceSettings
from rtc_bridge.core.settings.local_service_settings import LocalServiceSettings
from rtc_bridge.core.settings.parameters import parameters_of
from rtc_bridge.core.settings.robot_settings import (
    camera_prefix, CameraTopicSettings, default_robot_id, RobotSettings,
)
from rtc_bridge.core.settings.telemetry_settings import group_name, TelemetryTopicSettings
from support.settings_files import flatten
import yaml

YAML = Path(__file__).parents[4] / 'config' / 'robot.yaml'


def camera_rows(name, topic):
    return parameters_of(CameraTopicSettings(topic=topic), camera_prefix(name))


@pytest.mark.parametrize('with_camera', [False, True])
def test_the_yaml_file_has_all_parameters(with_camera):
    """Also with the lines of the examples uncommented: a camera, a topic, services."""
    text = YAML.read_text()
    rows = list(parameters_of(RobotSettings()))
    if with_camera:
        text = re.sub(r'^#(    .*)$', r'\1', text, flags=re.MULTILINE)
        rows += camera_rows('front', 'front/image_raw')
        rows += parameters_of(TelemetryTopicSettings(topic='diagnostics'), 'telemetry.wifi.')
        rows += parameters_of(ActionServiceSettings(service='lamp/switch'), 'actions.lamp.')
        rows += parameters_of(LocalServiceSettings(url='tcp://127.0.0.1:22'), 'services.ssh.')
    values = flatten(yaml.safe_load(text)['/**']['ros__parameters'])
    assert values == {row.name: row.default for row in rows}
    words = re.sub(r'\s+#?\s*', ' ', text.replace('#', ' '))
    for row in rows:
        assert f'{row.description}; {row.allowed()}' in words, row.name


def test_the_demo_sets_existing_parameters():
    demo = yaml.safe_load(YAML.with_name('demo.yaml').read_text())['/**']['ros__parameters']
    rows = {row.name: row for row in (
        *parameters_of(RobotSettings()), *camera_rows('image_raw', ''))}
    for group, entries, settings in (
            ('telemetry', demo['telemetry']['topics'], TelemetryTopicSettings()),
            ('actions', demo['actions']['services'], ActionServiceSettings())):
        for entry in entries:
            rows |= {row.name: row for row in parameters_of(
                settings, f'{group}.{group_name(entry)}.')}
    for name, value in flatten(demo).items():
        assert rows[name].check(value) == value


def test_the_host_name_is_a_robot_name(monkeypatch):
    for host in ('turtlebot4', 'my robot!', '-x', '..', 'ü', 'a' * 80):
        monkeypatch.setattr('socket.gethostname', lambda host=host: host)
        check_name(default_robot_id())
