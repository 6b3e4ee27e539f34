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

"""Probes of the ICE servers."""

import errno

import pytest
from rtc_bridge.core.network.host_candidates import HostAddress
from rtc_bridge.core.network.ice_servers import IceServerPool, turn_rest_credentials
from rtc_bridge.core.network.ice_urls import parse_ice_url
from rtc_bridge.peer import ice_server_monitor

STUN, UDP = 'stun:s.example.org', 'turn:t.example.org:3478?transport=udp'


@pytest.mark.asyncio
async def test_a_server_that_breaks_its_probe_leaves_the_others(monkeypatch):
    async def ask(host, port):
        if host == 'broken':
            raise UnicodeError('label empty or too long')
    monkeypatch.setattr(ice_server_monitor, 'ask_stun', ask)
    ice = IceServerPool((parse_ice_url('stun:broken'), parse_ice_url('stun:good')))
    assert await ice_server_monitor.IceServerMonitor(ice, None).probe()
    assert ice.reachable == {'stun:good'}


@pytest.mark.parametrize('slow_s, secret, living, warned', [
    (0, 'north', True, None), (-600, 'north', True, None), (90, 'north', True, 'clock is slow'),
    (4000, 'north', False, '401'), (0, 'south', False, '401')])
@pytest.mark.asyncio
async def test_a_slow_clock_is_reported(monkeypatch, caplog, slow_s, secret, living, warned):
    async def ask(host, port, transport, tls, username, password):
        expiry, _, name = username.partition(':')
        expected = turn_rest_credentials('north', name, int(expiry))
        if int(expiry) < 10_000 or (username, password) != expected:
            raise ConnectionError('STUN transaction failed (401 - Unauthorized)')
    monkeypatch.setattr(ice_server_monitor, 'ask_turn', ask)
    ice = IceServerPool((parse_ice_url(UDP),), secret=secret, wall=lambda: 10_000 - slow_s)
    watch = ice_server_monitor.IceServerMonitor(ice, None)
    await watch.probe()
    await watch.probe()
    assert ice.reachable == ({UDP} if living else set())
    told = [record.getMessage() for record in caplog.records if record.levelname == 'WARNING']
    assert len(told) == (warned is not None) and all(warned in text for text in told)


@pytest.mark.parametrize('version, told', [(4, True), (6, False), (None, False)])
@pytest.mark.asyncio
async def test_a_server_of_another_ip_version_is_told_and_a_missing_network_is_not(
        monkeypatch, caplog, version, told):
    async def ask(host, port):
        raise OSError(errno.ENETUNREACH, 'Network is unreachable')
    there = {4: [HostAddress('eth0', '192.0.2.5')], 6: [HostAddress('eth0', '2001:db8::5')]}
    monkeypatch.setattr(ice_server_monitor, 'ask_stun', ask)
    monkeypatch.setattr(ice_server_monitor, 'host_interfaces', lambda: there.get(version, []))
    ice = IceServerPool((parse_ice_url('stun:[2001:db8::1]'),))
    assert await ice_server_monitor.IceServerMonitor(ice, None).probe() == told
    assert ('has an IPv6 address, and this robot has none' in caplog.text) == told


@pytest.mark.parametrize('code, words', [
    ('401', 'the login or secret is wrong'), ('440', 'allocation-default-address-family=keep'),
    ('486', 'quota'), ('508', 'min-port')])
@pytest.mark.asyncio
async def test_errors_of_turn_servers_have_a_remedy(monkeypatch, code, words):
    async def ask(*args):
        raise ConnectionError(f'STUN transaction failed ({code} - Text)')
    monkeypatch.setattr(ice_server_monitor, 'ask_turn', ask)
    url = parse_ice_url(UDP)
    fault = await ice_server_monitor.probe_server(url, IceServerPool((url,), ('u', 'p')))
    assert code in fault and words in fault
