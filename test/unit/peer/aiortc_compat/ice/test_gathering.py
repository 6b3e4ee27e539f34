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

"""The robot's own candidates by the rules of ``ice.*``, and its servers by IPv6."""

import asyncio
import socket

from aiortc import RTCConfiguration, RTCIceServer, RTCPeerConnection
import pytest
from rtc_bridge.core.errors import SignalingError
from rtc_bridge.core.limits.refusals import refusals
from rtc_bridge.core.network.host_candidates import PortsInUse, read_host_candidates
from rtc_bridge.core.protocol.signaling_messages import Offer
from rtc_bridge.peer.aiortc_compat import ask_stun, gathering_by, host_interfaces
from rtc_bridge.peer.local_robot_link import LocalRobotLink
from support.processes import free_port
from support.viewer import make_sessions, TestCamera, until, Viewer

pytestmark = pytest.mark.asyncio
HERE = next((host for host in host_interfaces() if host.version == 4), None)


def free_range(count):
    """Return the first of several UDP ports that are free on all addresses."""
    for first in range(free_port() % 20_000 + 20_000, 60_000, count):
        sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(count)]
        try:
            for number, sock in enumerate(sockets):
                sock.bind(('', first + number))
            return first
        except OSError:
            pass
        finally:
            for sock in sockets:
                sock.close()
    raise AssertionError('no free ports')


def candidates(sdp):
    """Return the candidates of a description: type, address, port, priority."""
    lines = [line.split() for line in sdp.splitlines() if line.startswith('a=candidate:')]
    return {(words[7], words[4], int(words[5]), int(words[3])) for words in lines}


async def gathered(*rules, servers=()):
    """Return the candidates of a connection that gathers by the rules."""
    with gathering_by(read_host_candidates(*rules)):
        pc = RTCPeerConnection(RTCConfiguration([RTCIceServer(list(servers))] if servers else []))
        pc.createDataChannel('x')
        try:
            await pc.setLocalDescription()
            return candidates(pc.localDescription.sdp)
        finally:
            await pc.close()


@pytest.mark.skipif(HERE is None, reason='this host has no IPv4 address')
async def test_ports_addresses_and_interfaces_are_those_of_the_rules(caplog):
    first = free_range(4)
    found = await gathered((first, first + 3), ('203.0.113.7', '203.0.113.9/192.0.2.99'),
                           (HERE.interface,))
    own = {(kind, address, port) for kind, address, port, _ in found}
    port = next(port for _, address, port in own if address == HERE.address)
    assert first <= port <= first + 3 and ('host', '203.0.113.7', port) in own
    there = {host.address for host in host_interfaces() if host.interface == HERE.interface}
    assert {address for _, address, _ in own} == there | {'203.0.113.7'}
    assert 'ice.addresses has 203.0.113.9, which leads to no address of this host' in caplog.text
    # The port is free again.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind((HERE.address, port))
    assert await gathered((), (), ('no-such0',)) == set()
    assert 'ice.interfaces (no-such0) leaves no interface' in caplog.text
    assert HERE.interface in caplog.text
    # Without rules each address has a priority of its own (RFC 8445, section 5.1.2.1).
    found = await gathered((), (), ())
    assert len({priority for _, _, _, priority in found}) == len(found) == len(host_interfaces())


@pytest.mark.skipif(HERE is None, reason='this host has no IPv4 address')
async def test_a_session_without_a_free_port_is_refused_as_busy_and_leaves_nothing(caplog):
    first = free_range(2)
    rules = read_host_candidates((first, first + 1), (), (HERE.interface,))
    sessions = make_sessions(TestCamera('front', 60), host_candidates=rules)
    link = LocalRobotLink(sessions, 'server')
    viewers = [Viewer() for _ in range(5)]
    offers = [await viewer.offer() for viewer in viewers]
    before = refusals.by_reason['UDP port'].count if 'UDP port' in refusals.by_reason else 0
    try:
        for viewer, offer in zip(viewers[:2], offers):
            await link.answer(Offer(viewer.id, offer, 'v1'))
        for viewer, offer in zip(viewers[2:4], offers[2:]):
            with pytest.raises(SignalingError, match=f'all UDP ports from {first} to') as refused:
                await link.answer(Offer(viewer.id, offer, 'v1'))
            assert refused.value.code == 'busy'
        assert caplog.text.count('refused as busy') == 1
        assert refusals.by_reason['UDP port'].count == before + 2
        await link.close_session(viewers[0].id)
        await until(lambda: viewers[0].id not in sessions.sessions)
        await link.answer(Offer(viewers[4].id, offers[4], 'v1'))
    finally:
        await sessions.close('test ends')
        for viewer in viewers:
            await viewer.close()
    for port in (first, first + 1):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind((HERE.address, port))


async def test_connections_side_by_side_without_enough_ports_leave_none_open():
    first = free_range(2)
    rules = read_host_candidates((first, first + 1), (), ())
    with gathering_by(rules):
        pc = RTCPeerConnection(RTCConfiguration([]))
        # Each section of an offer opens its own ports until the answer bundles them.
        pc.createDataChannel('x')
        pc.addTransceiver('audio')
        pc.addTransceiver('video')
        with pytest.raises(PortsInUse):
            await pc.setLocalDescription()
        await pc.close()
    for host in host_interfaces():
        for port in (first, first + 1):
            family = socket.AF_INET6 if host.version == 6 else socket.AF_INET

            def is_free(place=(host.address, port), family=family):
                with socket.socket(family, socket.SOCK_DGRAM) as free:
                    try:
                        free.bind(place)
                    except OSError:
                        return False
                    return True
            await until(is_free)


class StunServer(asyncio.DatagramProtocol):
    """Answers that it sees each request from 203.0.113.7, or from where it came."""

    def __init__(self, seen=None):
        self._seen = seen

    def connection_made(self, transport):
        self._transport = transport

    def datagram_received(self, data, addr):
        from aioice import stun
        request = stun.parse_message(data)
        response = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, request.transaction_id)
        response.attributes['XOR-MAPPED-ADDRESS'] = self._seen or tuple(addr[:2])
        self._transport.sendto(bytes(response), addr)


@pytest.mark.parametrize('host, version', [('127.0.0.1', 4), ('::1', 6)])
async def test_stun_servers_are_asked_by_the_address_that_they_have(host, version):
    seen = ('203.0.113.7', 4711) if version == 4 else ('2001:db8::7', 4711)
    loop = asyncio.get_running_loop()
    try:
        transport, server = await loop.create_datagram_endpoint(
            lambda: StunServer(seen), local_addr=(host, 0))
    except OSError:
        pytest.skip('this host has no IPv6')
    port = transport.get_extra_info('sockname')[1]
    literal = f'[{host}]' if version == 6 else host
    await ask_stun(host, port)
    found = await gathered((), (), (), servers=[f'stun:{literal}:{port}'])
    reflexive = [candidate[:3] for candidate in found if candidate[0] == 'srflx']
    expected = [host for host in host_interfaces() if host.version == version]
    assert reflexive == [('srflx', *seen)][:len(expected)]
    server._seen = None
    # Without NAT there is nothing to tell.
    found = await gathered((), (), (), servers=[f'stun:{literal}:{port}'])
    assert {candidate[0] for candidate in found} <= {'host'}
    transport.close()
