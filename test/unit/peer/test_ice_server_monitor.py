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

import pytest
from rtc_bridge.core.access.ice_servers import IceServerPool, turn_rest_credentials
from rtc_bridge.core.access.ice_urls import parse_ice_url
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
