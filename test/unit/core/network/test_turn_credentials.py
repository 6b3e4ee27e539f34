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

"""Credentials that a service issues: requests, forms of answers, and when to ask again."""

import base64
import json

import pytest
from rtc_bridge.core.errors import ParameterError, ProtocolError
from rtc_bridge.core.network.ice_urls import parse_ice_url
from rtc_bridge.core.network.turn_credentials import (
    CredentialLife, make_service, parse_credentials,
)
from support.fake_clock import FakeClock

STUN, TURN = 'stun:turn.example.org:3478', 'turn:turn.example.org:3478?transport=udp'
TLS = 'turns:turn.example.org:443?transport=tcp'
OTHER = 'turn:other.example.org:80?transport=tcp'
CLOUDFLARE = 'https://rtc.live.cloudflare.com/v1/turn/keys/ID/credentials/generate-ice-servers'
TWILIO = 'https://api.twilio.com/2010-04-01/Accounts/AC1/Tokens.json'
METERED = 'https://robots.metered.live/api/v1/turn/credentials?apiKey={token}'


def test_requests_are_those_that_the_services_take():
    cloudflare = make_service(CLOUDFLARE, 'abc', 'auto', 3600.0)
    assert (cloudflare.method, cloudflare.full_url()) == ('POST', CLOUDFLARE)
    assert cloudflare.headers() == {'Authorization': 'Bearer abc'}
    assert cloudflare.body() == ('application/json', '{"ttl": 3600}')
    twilio = make_service(TWILIO, 'AC1:hidden', 'auto', 600.0)
    assert twilio.method == 'POST'
    assert twilio.headers() == {
        'Authorization': 'Basic ' + base64.b64encode(b'AC1:hidden').decode()}
    assert twilio.body() == ('application/x-www-form-urlencoded', 'Ttl=600')
    metered = make_service(METERED, 'a b&c', 'auto', 600.0)
    assert (metered.method, metered.headers(), metered.body()) == ('GET', {}, None)
    assert metered.full_url().endswith('?apiKey=a%20b%26c')
    assert metered.place == 'https://robots.metered.live'
    assert make_service(CLOUDFLARE, 'abc', 'get', 600.0).method == 'GET'
    assert make_service('http://127.0.0.1:8000/turn', '', 'auto', 600.0).method == 'GET'
    assert make_service('http://[::1]:8000/turn', '', 'post', 600.0).body() is not None
    assert 'hidden' not in repr(twilio)


@pytest.mark.parametrize('url, token, reason', [
    ('http://turn.example.org/api', 't', 'use https'), ('http://10.0.0.1/api', 't', 'use https'),
    ('ftp://h/', 't', 'allowed is https'), ('https://', 't', 'allowed is https'),
    ('https://user:hidden@h/', 't', 'allowed is https'), ('https://h:0/', 't', 'allowed is'),
    ('https://{token}.h/', 't', 'allowed is'), ('https://h/#x', 't', 'allowed is https'),
    ('https://a..b/', 't', 'allowed is https'), ('https://h/a b', 't', 'allowed is https'),
    (METERED, '', 'there is no token for its {token}'),
    (METERED.replace('{token}', 'hidden'), 't', 'every node can read parameters'),
    ('https://h/?secret=hidden', '', 'every node can read parameters')])
def test_other_urls_are_refused_with_a_word(url, token, reason):
    with pytest.raises(ParameterError, match='parameter ice.credentials_url') as refused:
        make_service(url, token, 'auto', 600.0)
    assert reason in str(refused.value)


def server(*urls, **more):
    return {'urls': list(urls), 'username': 'u', 'credential': 'p', **more}


@pytest.mark.parametrize('answer, urls, ttl', [
    # Cloudflare, of 2024 and of today; its port 53 is blocked in browsers.
    ({'iceServers': server(STUN, TURN, TLS)}, [STUN, TURN, TLS], 3600),
    ({'iceServers': [{'urls': [STUN, 'stun:turn.example.org:53']}, server(TURN, TLS)]},
     [STUN, TURN, TLS], 3600),
    # Twilio, which names each URL twice, and the life as a text.
    ({'username': 'x', 'password': 'y', 'ttl': '86400', 'ice_servers': [
        {'url': STUN, 'urls': STUN}, {'url': TURN, **server(), 'urls': TURN}]},
     [STUN, TURN], 86400),
    # Metered.
    ([{'urls': STUN}, server(), {**server(), 'urls': TLS}], [STUN, TLS], 3600),
    # The draft of REST APIs, as with coturn and Matrix.
    ({'username': 'u', 'password': 'p', 'ttl': 600, 'uris': [TURN, TLS]}, [TURN, TLS], 600),
    # What is not for us is left out.
    ([server('stuns:turn.example.org', 'turns:turn.example.org?transport=udp', TURN)], [TURN],
     3600),
    ([server(TURN), {'urls': OTHER}], [TURN], 3600),
    (server(TURN, ttl=10 ** 9), [TURN], 7 * 86400)])
def test_the_usual_answers_are_read(answer, urls, ttl):
    issued = parse_credentials(json.dumps(answer), 3600.0)
    assert [url.text for url in issued.servers] == urls
    assert issued.ttl == ttl
    assert all(login == (None if url.scheme == 'stun' else ('u', 'p'))
               for url, login in issued.servers.items())
    assert "'p'" not in repr(issued)


def test_each_server_has_its_own_login_and_urls_may_be_configured():
    issued = parse_credentials(json.dumps([
        server(TURN), {'urls': OTHER, 'username': 'v', 'credential': 'q'}]), 600.0)
    assert list(issued.servers.values()) == [('u', 'p'), ('v', 'q')]
    configured = tuple(map(parse_ice_url, (STUN, TURN, TLS)))
    issued = parse_credentials('{"username": "u", "password": "p", "ttl": 60}', 600.0, configured)
    assert issued.servers == {url: ('u', 'p') for url in configured[1:]} and issued.ttl == 60


@pytest.mark.parametrize('answer, reason', [
    ('<html>', 'not JSON'), ('[' * 100_000, 'not JSON'), ('"hidden"', 'a server that is no'),
    ('[1]', 'no object'), ('{}', 'no server that can be used'), ('[]', 'no server that can be'),
    (json.dumps([server(TURN)] * 17), '17 servers'), (json.dumps(server(*[TURN] * 17)), '17 URLs'),
    (json.dumps(server(7)), 'neither a text nor a list'), ('{"urls": {"hidden": 1}}', 'neither'),
    (json.dumps({'urls': TURN}), f'left out: {TURN}'),
    (json.dumps({'urls': TURN, 'username': 'hidden'}), f'left out: {TURN}'),
    (json.dumps({'urls': TURN, 'credential': 'hidden'}), f'left out: {TURN}'),
    (json.dumps({'urls': TURN, 'username': 'u', 'credential': 7}), 'the credential of a server'),
    (json.dumps({'urls': TURN, 'username': 'hidden' * 200, 'credential': 'p'}), 'the username'),
    (json.dumps({'urls': TURN, 'username': 'u', 'credential': 'hidden\n'}), 'the credential'),
    (json.dumps(server(TURN, ttl='soon')), 'ttl is no number'),
    (json.dumps(server(TURN, ttl=True)), 'ttl is no number'),
    (json.dumps(server(TURN, ttl=5)), 'ttl is below 30 s'),
    (json.dumps(server(TURN, ttl=float('nan'))), 'ttl is below 30 s')])
def test_other_answers_are_refused_without_being_quoted(answer, reason):
    with pytest.raises(ProtocolError) as refused:
        parse_credentials(answer, 600.0)
    assert reason in str(refused.value) and 'hidden' not in str(refused.value)


def test_new_ones_are_asked_for_before_the_old_ones_end():
    clock = FakeClock()
    life = CredentialLife(clock, lambda: 1.0)
    assert life.is_due and life.left == life.pause == 0
    life.succeeded(600)
    assert not life.is_due and (life.left, life.pause) == (600, 300)
    clock.now += 300
    assert life.is_due
    pauses = []
    for _ in range(9):
        life.failed()
        pauses.append(life.pause)
        clock.now += life.pause
    # The last one is the end of the credentials.
    assert pauses[:6] == [5, 10, 20, 40, 80, 145] and life.left == 0
    assert pauses[-1] == 300
    life.failed()
    assert not life.is_due
    life.ask_now()
    assert life.is_due
    life.succeeded(600)
    life.ask_now()
    assert not life.is_due
