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

"""Which of a robot's addresses viewers get: ports, public addresses, interfaces."""

import pytest
from rtc_bridge.core.errors import ParameterError
from rtc_bridge.core.network.host_candidates import (
    HostAddress, kind_of, PortRange, read_host_candidates,
)
from rtc_bridge.system.network_interfaces import interface_kind

LAN, WLAN = HostAddress('eth0', '192.168.1.5'), HostAddress('wlan0', '10.1.2.3')
LAN6 = HostAddress('eth0', '2001:db8::5')
VPN = HostAddress('tailscale0', '100.64.0.7', 'vpn')
DOCKER = HostAddress('docker0', '172.17.0.1', 'bridge')
ALL = (DOCKER, VPN, LAN, LAN6, WLAN)


def used(rules, hosts=ALL):
    return [host for host, _ in rules.usable(hosts)]


def test_without_settings_all_are_used_the_lan_first():
    rules = read_host_candidates((), (), ('*',))
    pairs = rules.usable(ALL)
    assert [host for host, _ in pairs] == [LAN, LAN6, WLAN, VPN, DOCKER]
    preferences = [preference for _, preference in pairs]
    assert len(set(preferences)) == 5 and 65_535 == max(preferences) and min(preferences) > 0
    assert rules.ports is None and rules.advertised(ALL) == []


@pytest.mark.parametrize('patterns, names', [
    (['!docker*', '!tailscale0', '*'], {'eth0', 'wlan0'}),
    (['*', '!docker*', '!tailscale0'], {'eth0', 'wlan0'}),
    (['!docker*'], {'eth0', 'wlan0', 'tailscale0'}),
    (['wlan0'], {'wlan0'}), (['eth?', 'wlan[0-3]'], {'eth0', 'wlan0'}), (['eth9'], set()),
    ([], {'eth0', 'wlan0', 'tailscale0', 'docker0'}),
])
def test_interfaces_by_patterns(patterns, names):
    assert {host.interface for host in used(read_host_candidates((), (), patterns))} == names
    alias = HostAddress('wlan0:1', '10.1.2.4')
    assert bool(used(read_host_candidates((), (), patterns), [alias])) == ('wlan0' in names)


@pytest.mark.parametrize('name, kind', [
    ('eth0', ''), ('enp3s0', ''), ('wlan0', ''), ('wwan0', ''), ('ppp0', ''), ('br0', ''),
    ('tailscale0', 'vpn'), ('wg0', 'vpn'), ('tun0', 'vpn'), ('tap1', 'vpn'), ('ztab12', 'vpn'),
    ('docker0', 'bridge'), ('br-0123456789ab', 'bridge'), ('virbr0', 'bridge'),
    ('veth12ab', 'bridge'), ('podman1', 'bridge'), ('cni0', 'bridge')])
def test_kinds_by_name(name, kind):
    assert kind_of(name) == kind


def test_a_vpn_of_any_name_is_known_by_the_system(tmp_path):
    for name, file, text in (('corp', 'tun_flags', '0x1'), ('office', 'uevent', (
            'DEVTYPE=wireguard\nINTERFACE=office\n')), ('eth0', 'uevent', 'INTERFACE=eth0\n')):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).write_text(text)
    assert [interface_kind(name, tmp_path) for name in ('corp', 'office', 'eth0', 'gone', 'wg1')
            ] == ['vpn', 'vpn', '', '', 'vpn']


def test_a_port_that_was_just_used_comes_last():
    ports = PortRange(50_000, 50_003)
    assert (len(ports), str(ports)) == (4, '50000 to 50003')
    assert list(ports.each()) == [50_000, 50_001, 50_002, 50_003]
    assert next(ports.each()) == 50_000
    assert list(ports.each()) == [50_001, 50_002, 50_003, 50_000]
    assert next(read_host_candidates((50_000, 50_100), (), ()).ports.each()) == 50_000


@pytest.mark.parametrize('ports, reason', [
    ((50_000,), 'two numbers, the first and the last'), ((1, 2, 3), 'two numbers'),
    ((50_100, 50_000), r'smaller one: \[50000, 50100\]'), ((80, 90), 'from 1024 to 65535'),
    ((60_000, 70_000), 'from 1024 to 65535'), ((-1, 0), 'from 1024'),
    ((50_000, 50_000), 'one port: each session takes one')])
def test_other_ports_are_refused_with_a_word(ports, reason):
    with pytest.raises(ParameterError, match=f'parameter ice.ports is .*{reason}'):
        read_host_candidates(ports, (), ())


def test_public_addresses_are_added_to_those_of_the_lan():
    rules = read_host_candidates((), ('203.0.113.7', '[2001:db8:9::9]', '203.0.113.8/100.64.0.7'),
                                 ())
    assert rules.advertised(used(rules)) == [
        ('203.0.113.7', LAN), ('203.0.113.7', WLAN), ('2001:db8:9::9', LAN6),
        ('203.0.113.8', VPN)]
    # Where there are none, the others do.
    assert rules.advertised([DOCKER]) == [('203.0.113.7', DOCKER)]
    assert rules.not_led([LAN]) == ['2001:db8:9::9', '203.0.113.8']


@pytest.mark.parametrize('address, reason', [
    ('robot.example.org', 'browsers take no names here, so give the address that "getent hosts '
                          'robot.example.org" shows'),
    ('fe80::1%eth0', 'whose zone %eth0 means something on one host only'),
    ('fe80::1', 'no address that others reach'), ('::', 'no address that others reach'),
    ('0.0.0.0', 'not the address of one host'), ('224.0.0.1', 'not the address of one host'),
    ('255.255.255.255', 'not the address of one host'),
    ('203.0.113.7:5000', 'the ports are those of ice.ports'), ('203.0.113.0/24', 'a network'),
    ('2001:db8::/64', 'a network'), ('203.0.113.7/::1', 'of different kinds'),
    ('203.0.113', 'no IP address'), ('', 'no IP address'), ('203.0.113.7/', 'no IP address'),
    ('2001:db8::zz', 'is no IPv6 address')])
def test_other_addresses_are_refused_with_a_word(address, reason):
    with pytest.raises(ParameterError, match='parameter ice.addresses has') as refused:
        read_host_candidates((), (address,), ())
    assert reason in str(refused.value)


@pytest.mark.parametrize('pattern', ['', '!', 'eth 0', '192.168.1.5', 'fe80::1', 'a/b', '!!x'])
def test_other_interfaces_are_refused_with_a_word(pattern):
    with pytest.raises(ParameterError, match='ice.interfaces has .* allowed are names of network'):
        read_host_candidates((), (), (pattern,))
