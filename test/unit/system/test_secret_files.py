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

"""Secrets that parameters name: in files or in the environment."""

from dataclasses import replace

import pytest
from rtc_bridge.core.access.ice_servers import turn_rest_credentials
from rtc_bridge.core.errors import ParameterError
from rtc_bridge.core.settings.robot_settings import IceSettings
from rtc_bridge.system.secret_files import read_ice

STUN, UDP = 'stun:s.example.org', 'turn:t.example.org:3478?transport=udp'
TCP, TLS = 'turn:t.example.org:80?transport=tcp', 'turns:t.example.org:443?transport=tcp'


def test_no_servers_are_an_empty_pool():
    ice = read_ice(IceSettings(), {'RTC_BRIDGE_TURN_SECRET': 'north'})
    assert ice.for_robot('r') == ice.for_viewer('r') == ()


def test_login_and_secret_come_from_files_or_environment(tmp_path):
    file = tmp_path / 'turn'
    settings = IceSettings(servers=(UDP,))
    file.write_text('user:pass:word\n')
    assert read_ice(replace(settings, login_file=str(file)), {}).robot_credentials('r') == (
        'user', 'pass:word')
    login = {'RTC_BRIDGE_TURN_LOGIN': 'a:b'}
    assert read_ice(settings, login).robot_credentials('r') == ('a', 'b')
    file.write_text('north\n')
    for ice in (read_ice(replace(settings, secret_file=str(file)), {}),
                read_ice(settings, {'RTC_BRIDGE_TURN_SECRET': 'north'})):
        username, password = ice.robot_credentials('r')
        expiry, name = username.split(':')
        assert turn_rest_credentials('north', name, int(expiry)) == (username, password)
        # One use's are not those of another.
        assert name.startswith('r.') and ice.robot_credentials('r') != (username, password)


@pytest.mark.parametrize('changes, environment, text', [
    ({}, {}, 'one of ice.login_file'),
    ({}, {'RTC_BRIDGE_TURN_LOGIN': 'a:b', 'RTC_BRIDGE_TURN_SECRET': 's'}, 'only one of'),
    ({}, {'RTC_BRIDGE_TURN_LOGIN': 'password'}, 'USERNAME:PASSWORD'),
    ({}, {'RTC_BRIDGE_TURN_SECRET': 'two\nlines'}, 'RTC_BRIDGE_TURN_SECRET has to hold one line'),
    ({'secret_file': '/nowhere/at/all'}, {}, 'ice.secret_file'),
    ({'login_file': '/dev/null'}, {}, 'ice.login_file has to hold one line'),
])
def test_bad_logins_are_refused_without_being_shown(changes, environment, text):
    with pytest.raises(ParameterError, match=text) as refused:
        read_ice(IceSettings(servers=(TLS,), **changes), environment)
    assert not any(word in str(refused.value) for word in ('two\n', "'password'", 'a:b'))
