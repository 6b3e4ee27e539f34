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
from rtc_bridge.core.errors import ParameterError
from rtc_bridge.core.network.ice_servers import turn_rest_credentials
from rtc_bridge.core.network.ice_urls import parse_ice_url
from rtc_bridge.core.protocol.ice import IceServer
from rtc_bridge.core.settings.robot_settings import IceSettings
from rtc_bridge.system.files.secret_files import read_ice

STUN, UDP = 'stun:s.example.org', 'turn:t.example.org:3478?transport=udp'
URL = parse_ice_url(UDP)
TCP, TLS = 'turn:t.example.org:80?transport=tcp', 'turns:t.example.org:443?transport=tcp'


def test_no_servers_are_an_empty_pool():
    ice = read_ice(IceSettings(), {'RTC_BRIDGE_TURN_SECRET': 'north'})
    assert ice.for_robot('r') == ice.for_viewer('r') == ()


def test_login_and_secret_come_from_files_or_environment(tmp_path):
    file = tmp_path / 'turn'
    settings = IceSettings(servers=(UDP,))
    file.write_text('user:pass:word\n')
    assert read_ice(replace(settings, login_file=str(file)), {}).robot_credentials('r', URL) == (
        'user', 'pass:word')
    login = {'RTC_BRIDGE_TURN_LOGIN': 'a:b'}
    assert read_ice(settings, login).robot_credentials('r', URL) == ('a', 'b')
    file.write_text('north\n')
    for ice in (read_ice(replace(settings, secret_file=str(file)), {}),
                read_ice(settings, {'RTC_BRIDGE_TURN_SECRET': 'north'})):
        username, password = ice.robot_credentials('r', URL)
        expiry, name = username.split(':')
        assert turn_rest_credentials('north', name, int(expiry)) == (username, password)
        # One use's are not those of another.
        assert name.startswith('r.') and ice.robot_credentials('r', URL) != (username, password)


@pytest.mark.parametrize('changes, environment, text', [
    ({}, {}, 'one of ice.login_file'),
    ({}, {'RTC_BRIDGE_TURN_LOGIN': 'a:b', 'RTC_BRIDGE_TURN_SECRET': 's'}, 'only one of'),
    ({}, {'RTC_BRIDGE_TURN_LOGIN': 'password'}, 'USERNAME:PASSWORD'),
    ({}, {'RTC_BRIDGE_TURN_SECRET': 'two\nlines'}, 'RTC_BRIDGE_TURN_SECRET has to hold one line'),
    ({'secret_file': '/nowhere/at/all'}, {}, 'ice.secret_file'),
    ({'login_file': '/dev/null'}, {}, 'ice.login_file has to hold lines'),
])
def test_bad_logins_are_refused_without_being_shown(changes, environment, text):
    with pytest.raises(ParameterError, match=text) as refused:
        read_ice(IceSettings(servers=(TLS,), **changes), environment)
    assert not any(word in str(refused.value) for word in ('two\n', "'password'", 'a:b'))


def test_each_host_has_a_login_of_its_own(tmp_path, caplog):
    file = tmp_path / 'logins'
    file.write_text('# HOST USERNAME:PASSWORD\n\nt.example.org alice:one:two\n'
                    '[2001:db8::1]\tbob:three\nspare.example.org carol:four\n')
    six = 'turn:[2001:db8::1]:3478?transport=udp'
    settings = IceSettings(servers=(STUN, UDP, TCP, six), login_file=str(file))
    ice = read_ice(settings, {})
    expected = (IceServer((STUN,)), IceServer((UDP, TCP), 'alice', 'one:two'),
                IceServer((six,), 'bob', 'three'))
    assert ice.for_viewer('r') == expected
    assert ice.for_robot('r') == (expected[0], IceServer((UDP,), 'alice', 'one:two'))
    ice.reachable = frozenset({six})
    assert ice.for_robot('r') == (expected[2],)
    assert "a login for 'spare.example.org', of which ice.servers has no" in caplog.text
    assert not ice.credentials_expire
    environment = {'RTC_BRIDGE_TURN_LOGIN': 't.example.org a:b\n2001:db8::1 c:d'}
    assert read_ice(replace(settings, login_file=''), environment).for_viewer('r')[2] == (
        IceServer((six,), 'c', 'd'))


@pytest.mark.parametrize('text, reason', [
    ('other.example.org a:secret', 'no line that begins with t.example.org'),
    ('t.example.org a:secret\nu.example.org secret', 'line 2 is neither'),
    ('t.example.org\nu.example.org a:secret', 'line 1 is neither'),
    ('t.example.org a:secret\n\nt.example.org b:secret', "two lines for 't.example.org', the "
                                                         'second is line 3'),
])
def test_a_wrong_line_of_logins_is_told_by_its_number(tmp_path, text, reason):
    file = tmp_path / 'logins'
    file.write_text(text)
    with pytest.raises(ParameterError, match='ice.login_file') as refused:
        read_ice(IceSettings(servers=(UDP,), login_file=str(file)), {})
    assert reason in str(refused.value) and 'secret' not in str(refused.value)
