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

"""Client keys, networks, quotas and rates by client."""

import pytest
from rtc_bridge.core.errors import ParameterError
from rtc_bridge.core.limits import address_limits
from rtc_bridge.core.limits.address_limits import (
    client_key, ConcurrencyQuota, KeyedRateLimiter, Networks,
)


def test_client_behind_trusted_proxies():
    proxies = Networks('trusted_proxies', ['10.0.0.0/8', 'fd00::/8'])
    for peer, headers, viewer in (
            ('1.2.3.4', ['5.6.7.8'], '1.2.3.4'), ('10.0.0.1', ['5.6.7.8'], '5.6.7.8'),
            ('10.0.0.1', ['6.6.6.6, 5.6.7.8'], '5.6.7.8'), ('10.0.0.1', [], '10.0.0.1'),
            ('10.0.0.1', ['6.6.6.6', '5.6.7.8, 10.0.0.2'], '5.6.7.8'),
            ('10.0.0.1', ['5.6.7.8:1234'], '5.6.7.8'),
            ('fd00::1', ['[2001:db8::1]:5'], '2001:db8::1'),
            ('10.0.0.1', ['6.6.6.6, unknown'], '10.0.0.1'),
            ('::ffff:10.0.0.1', ['5.6.7.8'], '5.6.7.8'),
            ('10.0.0.1', ['10.0.0.3'], '10.0.0.3'), (None, ['5.6.7.8'], None)):
        assert proxies.client_behind(peer, headers) == viewer, (peer, headers)
    with pytest.raises(ParameterError, match='trusted_proxies'):
        Networks('trusted_proxies', ['10.0.0.0/33'])


def test_a_64_bit_prefix_of_ipv6_is_one_client():
    assert client_key('2001:db8::1') == client_key('2001:db8::ffff:1')
    assert client_key('2001:db8::1') != client_key('2001:db8:0:1::1')
    assert client_key('::ffff:1.2.3.4') == client_key('1.2.3.4') == '1.2.3.4'
    assert client_key('fe80::1%eth0') == client_key('fe80::2') and client_key(None) == ''


def test_quota_bounds_total_and_each_key():
    places = ConcurrencyQuota(3, 2)
    assert [places.acquire('a') for _ in range(3)] == [True, True, False]
    assert places.acquire('b') and not places.acquire('c')
    places.release('a')
    assert places.in_use == 2 and places.acquire('c')


def test_each_key_has_its_own_rate(clock):
    rates = KeyedRateLimiter(60, clock)
    assert sum(rates.allow('a') for _ in range(100)) == 30
    assert rates.allow('b') and not rates.allow('a')
    clock.now += 2.0
    assert [rates.allow('a') for _ in range(3)] == [True, True, False]
    for number in range(20_000):
        rates.allow(number)
    assert len(rates._limiters) == 10_000


def test_long_texts_take_little_memory():
    cached = address_limits._client_key.cache_info().currsize
    for number in range(100):
        long = f'{number}' + 'x' * 100_000
        assert len(client_key(long)) == 80
        assert long not in Networks('n', ['::/0'])
    assert address_limits._client_key.cache_info().currsize <= cached + 100
    assert client_key('2001:db8::1%' + 'z' * 200) == client_key('2001:db8::1')
    assert client_key('x' * 81) == client_key('x' * 82) != client_key('x' * 79)
