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

"""Why two ends found no path: counts, reasons, and addresses behind mDNS names."""

from itertools import product

import pytest
from rtc_bridge.core.network.ice_report import (
    CandidateCounts, describe_no_path, IceFacts, NoPathLog, revealed,
)

MDNS = 'candidate:1 1 udp 2113937151 6f1c-ab.local 50000 typ host generation 0 ufrag x'
HOST = 'candidate:2 1 UDP 1 192.168.1.5 50001 typ host'
HOST6 = 'candidate:2 1 udp 1 2001:db8::5 50001 typ host'
SRFLX = 'candidate:3 1 udp 1 198.51.100.7 50002 typ srflx raddr 0.0.0.0 rport 0'
RELAY = 'candidate:4 1 udp 1 198.51.100.1 50003 typ relay raddr 0.0.0.0 rport 0'
TCP = 'candidate:5 1 tcp 1 192.168.1.5 9 typ host tcptype active'
TURN, STUN = 'turn:t.example.org:3478', 'stun:s.example.org:3478'


def counts(*lines):
    made = CandidateCounts()
    made.add(lines)
    return made


def test_candidates_are_counted_once_and_without_tcp():
    made = counts(MDNS, 'a=' + HOST, HOST, HOST6, SRFLX, RELAY, TCP, 'a=mid:0', 'candidate:',
                  HOST.replace(' 1 UDP', ' 2 UDP'), 'candidate:1 1 udp 1 h 1 typ strange')
    assert str(made) == '2 host, 1 mDNS, 1 srflx, 1 relay (3 IPv4, 1 IPv6)'
    assert str(counts()) == 'none'
    assert len(counts(*(HOST.replace('50001', str(port)) for port in range(5000)))) == 100


def test_an_address_stands_for_an_mdns_name_and_for_nothing_else():
    assert revealed(MDNS, '10.0.0.7') == MDNS.replace('6f1c-ab.local', '10.0.0.7')
    assert revealed('a=' + MDNS, '2001:db8::7').split()[4] == '2001:db8::7'
    for other in (HOST, SRFLX, TCP, 'a=' + MDNS + '\r\nx', MDNS.replace('typ host', 'typ srflx'),
                  MDNS.replace('50000', '500000'), ''):
        assert revealed(other, '10.0.0.7') is None


@pytest.mark.parametrize('robot, viewer, changes, text', [
    ((), (HOST,), {}, 'The robot has no address'),
    ((HOST,), (), {}, 'blocks WebRTC'),
    ((HOST,), (MDNS,), {}, 'hides its addresses behind .local names. In a container: run it with '
                           '--network host'),
    ((HOST,), (HOST,), {}, '--network host. Elsewhere: add a STUN server'),
    ((HOST,), (HOST6,), {}, 'IPv4 addresses only and the viewer IPv6 only'),
    ((HOST,), (HOST,), {'checks_received': 3}, 'one way only'),
    ((HOST,), (MDNS,), {'servers': {TURN: '401 Unauthorized'}}, f'Mend the TURN server {TURN}'),
    ((HOST,), (MDNS,), {'servers': {'credentials from https://h': 'HTTP 401'}},
     'No credentials from https://h come, see the error; it is that of ice.credentials_url'),
    ((HOST,), (MDNS,), {'servers': {STUN: 'no answer'}}, f'Mend the STUN server {STUN}'),
    ((HOST, SRFLX), (MDNS, SRFLX), {'servers': {STUN: ''}}, 'symmetric NAT'),
    ((HOST, RELAY), (MDNS,), {'servers': {TURN: ''}}, 'relay ports'),
    ((HOST,), (MDNS,), {'servers': {TURN: ''}}, 'turns:HOST:443'),
])
def test_each_case_has_its_reason_and_remedy(robot, viewer, changes, text):
    said = describe_no_path(IceFacts(counts(*robot), counts(*viewer), 7, 0, **changes))
    assert text in said
    assert f'the robot offered {counts(*robot)}; the viewer {counts(*viewer)}; 7 checks' in said
    for url, fault in changes.get('servers', {'none': 'in ice.servers'}).items():
        assert url in said and (fault or 'reachable') in said


def test_the_newest_one_is_a_warning_for_a_minute():
    now = [0.0]
    log = NoPathLog(lambda: now[0])
    assert not log.is_recent and log.newest == ''
    log.note('a')
    log.note('b')
    assert (log.count, log.newest, log.is_recent) == (2, 'b', True)
    now[0] = 61.0
    assert not log.is_recent and log.newest == 'b'


def test_every_case_has_a_remedy():
    ends = [(), (HOST,), (HOST6,), (MDNS,), (HOST, SRFLX), (HOST, RELAY)]
    servers = [{}, {STUN: ''}, {TURN: ''}, {STUN: 'no answer', TURN: 'no answer'}]
    for robot, viewer, checks, known in product(ends, ends, (0, 1), servers):
        said = describe_no_path(IceFacts(counts(*robot), counts(*viewer), 1, 0, checks, known))
        assert said.rpartition('. ')[2] and len(said) < 700
