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

"""Addresses that a server listens on: names, IPv4, IPv6, and what is refused."""

import pytest
from rtc_bridge.core.errors import ParameterError
from rtc_bridge.core.network.listen_address import listen_host


@pytest.mark.parametrize('text, host', [
    ('', ''), ('127.0.0.1', '127.0.0.1'), ('::', '::'), ('[::1]', '::1'), ('localhost',) * 2,
    ('2001:db8::1',) * 2, ('0.0.0.0',) * 2])
def test_hosts_are_read(text, host):
    assert listen_host(text, 'server.host') == host


@pytest.mark.parametrize('text, reason', [
    ('fe80::1%eth0', 'browsers take no zone'), ('fe80::1', 'a link-local address'),
    ('127.0.0.1:8080', 'without a port'), ('http://robot', 'without http://'),
    ('ff02::1', 'of a group'), ('224.0.0.1', 'of a group'), ('[::1]:8080', 'without a port')])
def test_others_are_refused_with_a_word(text, reason):
    with pytest.raises(ParameterError, match='parameter server.host is') as refused:
        listen_host(text, 'server.host')
    assert reason in str(refused.value)
