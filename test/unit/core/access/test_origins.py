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

"""Origins of pages and names of servers."""

import pytest
from rtc_bridge.core.access.origins import (
    host_port, HostNames, is_address, is_loopback_name, page_origin, parse_origins,
)
from rtc_bridge.core.errors import ParameterError

EVIL = 'https://evil.example.org'


@pytest.mark.parametrize('origins, scheme, host, page', [
    ([], 'http', 'robot:8080', None),
    (['http://robot:8080'], 'http', 'robot:8080', 'same'),
    (['HTTP://Robot:8080'], 'http', 'rObot:8080', 'same'),
    (['http://robot'], 'http', 'robot', 'same'), (['http://robot'], 'http', 'robot:80', 'same'),
    (['https://robot'], 'https', 'robot:443', 'same'),
    (['http://[::1]:8080'], 'http', '[::1]:8080', 'same'),
    # A proxy may end TLS and not say so; the other way round somebody could write pages.
    (['https://robot'], 'http', 'robot', 'same'), (['http://robot'], 'https', 'robot',
                                                   'http://robot'),
    (['http://robot:8081'], 'http', 'robot:8080', 'http://robot:8081'),
    (['http://robot.evil'], 'http', 'robot', 'http://robot.evil'),
    ([EVIL], 'http', 'robot', EVIL), ([EVIL], 'http', '', EVIL),
    (['null'], 'http', 'null', 'null'), ([''], 'http', '', 'null'),
    (['same'], 'http', 'x', 'null'),
    (['*'], 'http', '*', 'null'), (['http://robot http://robot'], 'http', 'robot', 'null'),
    (['http://robot', 'http://robot'], 'http', 'robot', 'null'),
    (['http://robot/'], 'http', 'robot', 'null'), (['http://' + 'a' * 400], 'http', 'x', 'null'),
    (['http://robot\u0130'], 'http', 'robot\u0130', 'null'),
    (['file://'], 'http', '', 'null'), (['chrome-extension://abc'], 'http', 'abc',
                                        'chrome-extension://abc'),
])
def test_origin_of_the_page_that_sent_a_request(origins, scheme, host, page):
    assert page_origin(origins, scheme, host) == page


def test_origins_in_a_parameter():
    assert parse_origins(['HTTPS://A.example:443/', 'http://b:81', '*'], 'x') == {
        'https://a.example', 'http://b:81', '*'}
    for wrong in ('a.example', 'https://a/path', 'null', '', 'https://', 'http://a b'):
        with pytest.raises(ParameterError, match='access.origins has') as fault:
            parse_origins(['http://good', wrong], 'access.origins')
        assert repr(wrong) in str(fault.value)


@pytest.mark.parametrize('host, loopback, address', [
    ('localhost', True, False), ('LocalHost:80', True, False), ('localhost.:80', True, False),
    ('page.localhost', True, False), ('127.0.0.1', True, True), ('127.3.2.1:8080', True, True),
    ('[::1]', True, True), ('[::1]:80', True, True), ('[::ffff:127.0.0.1]', True, True),
    ('10.0.0.1:80', False, True), ('[2001:db8::1]', False, True), ('0.0.0.0', False, True),
    ('evil.example', False, False), ('localhost.evil.example', False, False),
    ('notlocalhost', False, False), ('127.0.0.1.evil.example', False, False), ('', False, False),
    ('127.1', False, False), ('2130706433', False, False), ('localhost/', False, False),
    ('::1', False, False), ('a@localhost', False, False), ('localhost\x00', False, False),
])
def test_loopback_names_and_addresses(host, loopback, address):
    assert (is_loopback_name(host), is_address(host)) == (loopback, address)


@pytest.mark.parametrize('host, scheme, port', [
    ('a.example', 'http', 80), ('a.example', 'https', 443), ('a.example:', 'https', 443),
    ('A.example:8080', 'https', 8080), ('[::1]:81', 'http', 81), ('a b', 'http', None),
    ('', 'http', None), ('[evil]:80', 'http', None)])
def test_the_port_of_a_host(host, scheme, port):
    assert host_port(host, scheme) == port


def test_host_names_of_a_server():
    names = HostNames('hosts', ['Robot.example.org', 'tunnel.example.org:443'])
    assert 'robot.example.org:8080' in names and 'TUNNEL.example.org.' in names
    assert 'x.robot.example.org' not in names and '' not in names
    assert 'any' in HostNames('hosts', ['*']) and 'any' not in HostNames('hosts', [])
    with pytest.raises(ParameterError, match='parameter hosts has'):
        HostNames('hosts', ['http://robot'])
