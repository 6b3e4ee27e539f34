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

"""What the demo's programs find: files, domain, port and proxies."""

import socket
import urllib.request

import pytest
from rtc_bridge.sim.demo_environment import (
    choose_port, demo_environment, free_domain, shared_file, url_of,
)


@pytest.mark.parametrize('host, url', [
    ('127.0.0.1', 'http://127.0.0.1:80'), ('0.0.0.0', 'http://127.0.0.1:80'),
    ('::', 'http://[::1]:80'), ('robot.local', 'http://robot.local:80')])
def test_urls(host, url):
    assert url_of(host, 80) == url


def test_a_port_is_chosen_or_refused_with_a_suggestion():
    with socket.create_server(('127.0.0.1', 0)) as server:
        taken = server.getsockname()[1]
        with pytest.raises(SystemExit, match=f'port {taken} is taken; choose another'):
            choose_port('127.0.0.1', taken)
        assert choose_port('127.0.0.1', 0) not in (0, taken)
    with pytest.raises(SystemExit, match='out of range'):
        choose_port('127.0.0.1', 70000)


@pytest.mark.parametrize('listed, variable', [
    (None, 'no_proxy'), ('a.org, b.org', 'no_proxy'), ('a.org', 'NO_PROXY'), ('*', 'no_proxy')])
def test_the_programs_reach_each_other_without_a_proxy(monkeypatch, listed, variable):
    for name in ('no_proxy', 'NO_PROXY'):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv('http_proxy', 'http://proxy.example.org:3128')
    if listed:
        monkeypatch.setenv(variable, listed)
    for name, value in demo_environment('10.1.2.3').items():
        monkeypatch.setenv(name, value)
    # As the bridge's WebSockets look it up.
    assert bool(urllib.request.proxy_bypass('c.org:80')) is (listed == '*')
    for host in ('127.0.0.1', 'localhost', '::1', '10.1.2.3', *(['a.org'] if listed else [])):
        assert urllib.request.proxy_bypass(f'{host}:8080'), host


def test_shared_memory_profile_is_found():
    assert shared_file('fastdds_shm.xml').read_text().startswith('<?xml')
    with pytest.raises(FileNotFoundError, match='no such file'):
        shared_file('no such file')


def test_a_domain_in_use_is_not_chosen(monkeypatch):
    domain = free_domain()
    monkeypatch.setattr('random.sample', lambda population, k: [domain, domain + 1])
    assert free_domain() == domain
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(('', 7410 + 250 * domain))
        assert free_domain() != domain
