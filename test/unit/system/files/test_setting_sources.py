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

"""Where the relay's settings come from."""

from pathlib import Path
import re
import tomllib

import pytest
from rtc_bridge.core.errors import ParameterError
from rtc_bridge.core.settings.parameters import parameters_of
from rtc_bridge.core.settings.relay_settings import RelayLimits, RelaySettings
from rtc_bridge.system.files.setting_sources import (
    command_line_flag, environment_variable, read_settings,
)
from support.settings_files import flatten

TOML = Path(__file__).parents[4] / 'config' / 'relay.toml'


def test_the_example_file_has_all_settings():
    text = TOML.read_text()
    rows = list(parameters_of(RelaySettings()))
    assert flatten(tomllib.loads(text)) == {row.name: row.default for row in rows}
    words = re.sub(r'\s+#?\s*', ' ', text)
    for row in rows:
        assert f'{row.description}; {row.allowed()}' in words, row.name


def test_flag_before_environment_before_file(tmp_path):
    file = tmp_path / 'relay.toml'
    file.write_text('port = 1\n[limits]\nrobots = 2\nviewers_per_robot = 3\n')
    environment = {'RTC_BRIDGE_RELAY_LIMITS_ROBOTS': '20', 'RTC_BRIDGE_RELAY_OPEN': 'true',
                   'RTC_BRIDGE_RELAY_CONFIG': str(file), 'RTC_BRIDGE_RELAY_TOKENS': 'x',
                   'RTC_BRIDGE_RELAY_TRUSTED_PROXIES': '10.0.0.0/8, ::1',
                   'RTC_BRIDGE_RELAY_LIMITS_VIEWERS_PER_ROBOT': '30'}
    settings = read_settings({'limits.viewers_per_robot': '300'}, environment)
    assert settings == RelaySettings(
        port=1, open=True, trusted_proxies=('10.0.0.0/8', '::1'),
        limits=RelayLimits(robots=20, viewers_per_robot=300))
    assert read_settings({'config': str(TOML)}, {}) == RelaySettings()
    names = [row.name for row in parameters_of(RelaySettings())]
    assert len({*map(command_line_flag, names), *map(environment_variable, names)}) == (
        2 * len(names))


@pytest.mark.parametrize('text, flags, named', [
    ('port = "high"', {}, 'port'), ('prot = 1', {}, 'prot'),
    ('[limits]\nrobots = 0', {}, 'robots'), ('port =', {}, 'relay.toml'),
    ('', {'port': '65536'}, 'port'), ('', {'open': 'yes'}, 'open'),
    ('', {'limits.heartbeat': 'nan'}, 'heartbeat'), ('', {'key': 'k.pem'}, 'certificate'),
    ('', {'log.format': 'xml'}, 'text, json')])
def test_settings_that_are_not_allowed(tmp_path, text, flags, named):
    file = tmp_path / 'relay.toml'
    file.write_text(text)
    with pytest.raises(ParameterError, match=named):
        read_settings({'config': str(file), **flags}, {})
