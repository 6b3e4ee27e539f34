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

"""ICE servers: URLs, credentials, who is told of which, and where they come from."""


import pytest
from rtc_bridge.core.errors import ParameterError
from rtc_bridge.core.network.ice_servers import (
    IceServerPool, turn_rest_credentials, VIEWER_TTL_S,
)
from rtc_bridge.core.network.ice_urls import IceUrl, parse_ice_url
from rtc_bridge.core.protocol.ice import IceServer
from support.fake_clock import FakeClock

STUN, UDP = 'stun:s.example.org', 'turn:t.example.org:3478?transport=udp'
TCP, TLS = 'turn:t.example.org:80?transport=tcp', 'turns:t.example.org:443?transport=tcp'
OTHER = 'turn:u.example.org'


@pytest.mark.parametrize('text, parts', [
    (STUN, ('stun', 's.example.org', 3478, 'udp')),
    (UDP, ('turn', 't.example.org', 3478, 'udp')),
    (TCP, ('turn', 't.example.org', 80, 'tcp')),
    ('turn:192.0.2.7', ('turn', '192.0.2.7', 3478, 'udp')),
    ('turns:t', ('turns', 't', 5349, 'tcp')),
    (TLS, ('turns', 't.example.org', 443, 'tcp')),
    ('stun:[2001:db8::1]:3478', ('stun', '2001:db8::1', 3478, 'udp')),
    ('turn:[::1]?transport=tcp', ('turn', '::1', 3478, 'tcp')),
])
def test_urls_are_read(text, parts):
    assert parse_ice_url(text) == IceUrl(text, *parts)


@pytest.mark.parametrize('text', [
    '', 'stun', 'stun:', 'stun://host', 'http:host', 'stuns:host', 'stun:host?transport=udp',
    'turns:host?transport=udp', 'turn:host?transport=sctp', 'turn:host:0', 'turn:host:65536',
    'turn:user@host', 'turn:host:', 'turn:host?transport=udp\n',
])
def test_other_urls_are_refused_by_name(text):
    with pytest.raises(ParameterError) as refused:
        parse_ice_url(text)
    assert str(refused.value).startswith(f'parameter ice.servers has {text!r}, allowed are stun:')


@pytest.mark.parametrize('text, reason', [
    ('stun:2001:db8::1:3478', 'an IPv6 address needs brackets'),
    ('turn:fe80::1', 'an IPv6 address needs brackets'),
    ('stun:[fe80::1%eth0]:3478', 'whose zone %eth0 means something on one host only'),
    ('stun:[fe80::1]', 'no address that others reach'), ('turn:[::]', 'no address that others'),
    ('stun:[2001:db8::zz]', 'no IPv6 address'), ('stun:[192.0.2.1]', 'no IPv6 address'),
    ('stun:[]', 'no IPv6 address')])
def test_ipv6_literals_that_others_cannot_use_are_refused_with_a_word(text, reason):
    with pytest.raises(ParameterError, match='parameter ice.servers has') as refused:
        parse_ice_url(text)
    assert reason in str(refused.value)


@pytest.mark.parametrize('host', ['turn..example.org', f'{"a" * 64}.org', 'turn.example..'])
def test_hosts_that_no_resolver_takes_are_refused_at_the_start(host):
    for url in (f'stun:{host}', f'turn:{host}:3478?transport=udp'):
        with pytest.raises(ParameterError, match='is no host name: allowed are') as refused:
            parse_ice_url(url)
        assert host[:40] in str(refused.value)
    assert parse_ice_url('stun:turn.example.org.').host == 'turn.example.org.'


def test_credentials_are_those_of_coturn():
    # printf 1700000000:robot | openssl dgst -sha1 -hmac north -binary | base64
    assert turn_rest_credentials('north', 'robot', 1700000000) == (
        '1700000000:robot', 'ciI4CGauLzGATBwNQKfSGtWaR2g=')


def test_minted_credentials_end():
    ice = IceServerPool((parse_ice_url(UDP),), secret='north', ttl=600, wall=lambda: 1000.7,
                        make_tag=lambda: '7')
    server, = ice.for_robot('robot')
    assert (server.username, server.credential) == turn_rest_credentials('north', 'robot.7', 1600)
    assert server.credential not in repr(server)
    # Those of somebody who may be anybody hold for a minute.
    server, = ice.for_viewer('robot')
    assert (server.username, server.credential) == turn_rest_credentials('north', 'robot.7', 1060)


def test_a_flood_of_wishes_for_credentials_makes_few():
    clock = FakeClock()
    ice = IceServerPool((parse_ice_url(UDP),), secret='north', wall=clock, clock=clock)

    def names():
        return {ice.for_viewer('robot')[0].username for _ in range(500)}
    assert 1 < len(names()) < 20
    assert len(names()) == 1
    clock.now += 2
    assert 1 <= len(names()) <= 3
    # What is given out again is never old.
    clock.now += 11
    while ice._new_credentials.allow():
        pass
    server, = ice.for_viewer('robot')
    assert int(server.username.split(':')[0]) - clock.now >= VIEWER_TTL_S - 10


def test_only_minted_credentials_expire():
    assert IceServerPool((parse_ice_url(UDP),), secret='north').credentials_expire
    assert not IceServerPool((parse_ice_url(UDP),), ('u', 'p')).credentials_expire
    assert not IceServerPool((parse_ice_url(STUN),), secret='north').credentials_expire


def test_robot_uses_the_first_that_lives():
    ice = IceServerPool(tuple(map(parse_ice_url, (UDP, STUN, TCP, OTHER))), ('u', 'p'))
    assert ice.for_robot('r') == (IceServer((STUN,)), IceServer((UDP,), 'u', 'p'))
    ice.reachable = frozenset({TCP, OTHER})
    assert ice.for_robot('r') == (IceServer((TCP,), 'u', 'p'),)
    ice.reachable = frozenset()
    assert ice.for_robot('r') == ()


def test_viewers_are_told_of_all_ways_to_hosts_that_live():
    ice = IceServerPool(tuple(map(parse_ice_url, (UDP, STUN, TCP, OTHER))), ('u', 'p'))
    ice.reachable = frozenset({TCP})
    assert ice.for_viewer('r') == (IceServer((UDP, TCP), 'u', 'p'),)
    ice.reachable = frozenset({STUN})
    assert ice.for_viewer('r') == (IceServer((STUN,)),)
    # The viewer's network may be a better one.
    ice.reachable = frozenset()
    assert ice.for_viewer('r') == (IceServer((STUN,)), IceServer((UDP, TCP, OTHER), 'u', 'p'))
