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

"""
Parameters ``ice.*`` in networks that need them.

A port mapping before a robot with several interfaces; IPv6 alone, with a real coturn.
"""

import json
import re
import subprocess
import sys

import pytest
from support.browsers import until
from support.needs import need_program
from support.networks import make_or_skip, Networks, PUBLIC
from support.patience import PATIENCE
from support.processes import Process

# The robot's NAT, of which a few ports lead to the robot.
ROBOT_NAT, FIRST, LAST = '198.18.1.2', 50_000, 50_009
MAPPING = ('table ip mapping { chain pre { type nat hook prerouting priority -100; '
           f'iifname "out" udp dport {FIRST}-{LAST} dnat to 10.0.0.2; }}; }}')
SIX = '2001:db8:0:9::1'


class Site:
    """The networks, with a relay on the public host; its programs end with it."""

    def __init__(self):
        self.networks = Networks()
        self._processes = []
        relay = self.start('public', sys.executable, '-m', 'rtc_bridge.nodes.relay', '--open',
                           '--host', '::', '--port', '8080')
        relay.wait_line('listens on', PATIENCE)

    def start(self, place, *command, **environment):
        """Start a program somewhere."""
        process = Process([*self.networks.prefix(place), *command], env=environment)
        self._processes.append(process)
        return process

    def robot(self, url, *servers, **ice):
        """Start a robot with these parameters ``ice.*``; wait until it is registered."""
        robot = self.start('robot', sys.executable, 'test/support/plain_robot.py', url, *servers,
                           ICE=json.dumps(ice))
        robot.wait_line('state connected', PATIENCE)
        return robot

    def watch(self, url, transport='none'):
        """Return the robot's candidates (type, address, port) and the types of the pair in use."""
        viewer = self.start('viewer', sys.executable, 'test/support/plain_viewer.py', url,
                            transport)
        pair = viewer.wait_line(r'picture \d+ (\w+) (\w+)', PATIENCE).groups()
        # The same in each section of the answer.
        found = dict.fromkeys(
            re.findall(r'^candidate (\w+) (\S+) (\d+) (\d+)', viewer.text, re.M))
        viewer.stop()
        return [(kind, address, int(port), int(priority))
                for kind, address, port, priority in found], pair

    def close(self):
        """End all."""
        for process in reversed(self._processes):
            process.stop()
        self.networks.close()


@pytest.fixture(scope='module')
def site():
    """Make the networks, or skip the tests."""
    made = make_or_skip(Site)
    yield made
    made.close()


def test_a_port_mapping_and_a_choice_of_interfaces(site):
    """The viewer reaches the robot by the mapped ports of its NAT alone."""
    networks, url = site.networks, f'http://{PUBLIC}:8080/robot'
    networks.forward('public', True)
    networks.load_rules('robot-nat', MAPPING)
    for number, name in enumerate(('docker0', 'wg0'), 17):
        networks.ip('robot', 'link', 'add', name, 'type', 'veth', 'peer', 'name', f'end{number}')
        networks.ip('robot', 'address', 'add', f'172.{number}.0.1/16', 'dev', name)
        networks.ip('robot', 'link', 'set', name, 'up')
    robot = site.robot(url, ports=[FIRST, LAST], addresses=[ROBOT_NAT],
                       interfaces=['!docker*', '*'])
    candidates, pair = site.watch(url)
    assert pair in [('host', 'host'), ('host', 'prflx')]
    assert [(kind, address) for kind, address, _, _ in candidates] == [
        ('host', '10.0.0.2'), ('host', '172.18.0.1'), ('host', ROBOT_NAT)]
    ports = {address: port for _, address, port, _ in candidates}
    assert all(FIRST <= port <= LAST for port in ports.values())
    assert ports[ROBOT_NAT] == ports['10.0.0.2']
    # The VPN comes after the LAN.
    priorities = {address: priority for _, address, _, priority in candidates}
    assert priorities['10.0.0.2'] > priorities['172.18.0.1']
    robot.stop()


def test_a_tunnel_drops_nothing_that_is_too_large_for_it(site):
    """Nothing tells that it does, so that larger packets would be lost again and again."""
    networks, url = site.networks, f'http://{PUBLIC}:8080/small'
    networks.forward('public', True)
    networks.load_rules('robot-nat', MAPPING)
    # With the header of UDP. What is that large comes from here.
    networks.load_rules('robot-nat', """table ip tunnel {
      counter large { }; counter whole { };
      chain f { type filter hook forward priority -1;
        udp length > 1208 counter name large drop; udp length > 1050 counter name whole; }; }""")
    site.start('robot', sys.executable, 'test/support/plain_robot.py', url, NOISE='yes',
               ICE=json.dumps({'ports': [FIRST, LAST], 'addresses': [ROBOT_NAT]})
               ).wait_line('state connected', PATIENCE)
    site.watch(url)
    counters = subprocess.run([*networks.prefix('robot-nat'), 'nft', 'list', 'counters'],
                              capture_output=True, check=True, text=True).stdout
    large, whole = map(int, re.findall(r'packets (\d+)', counters))
    assert large == 0 and whole > 0
    networks.load_rules('robot-nat', 'delete table ip tunnel')


def to_ipv6(networks):
    """Take all IPv4 addresses from robot and viewer, and give both a network of IPv6."""
    networks.ip('public', 'address', 'add', f'{SIX}/128', 'dev', 'lo')
    for number, side in enumerate(('robot', 'viewer'), 1):
        networks.ip('public', 'link', 'add', f'{side}6', 'type', 'veth', 'peer', 'name', 'six',
                    'netns', networks.prefix(side)[-1])
        networks.ip('public', 'address', 'add', f'2001:db8:0:{number}::1/64', 'dev', f'{side}6',
                    'nodad')
        networks.ip('public', 'link', 'set', f'{side}6', 'up')
        networks.ip(side, '-4', 'address', 'flush', 'scope', 'global')
        networks.ip(side, 'address', 'add', f'2001:db8:0:{number}::2/64', 'dev', 'six', 'nodad')
        networks.ip(side, 'link', 'set', 'six', 'up')
        networks.ip(side, '-6', 'route', 'add', 'default', 'via', f'2001:db8:0:{number}::1')


def start_coturn(site, folder):
    config = folder / 'turnserver.conf'
    config.write_text('\n'.join([
        f'listening-ip={SIX}', f'relay-ip={SIX}', 'realm=test', 'fingerprint', 'lt-cred-mech',
        'user=alice:not-used-elsewhere', 'no-cli', 'no-tls', 'no-dtls', 'no-stdout-log',
        'allocation-default-address-family=keep', f'userdb={folder / "turndb"}',
        f'pidfile={folder / "pid"}', f'log-file={folder / "log"}', 'simple-log',
        'proc-user=root', 'proc-group=root', '']))
    site.start('public', 'turnserver', '-c', str(config))
    listening = [*site.networks.prefix('public'), 'ss', '-Hlnt', 'sport = :3478']
    until(lambda: subprocess.run(listening, capture_output=True).stdout, 'coturn listens')


def test_ipv6_alone_direct_and_by_a_turn_server_of_a_service(site, tmp_path):
    need_program('turnserver')
    networks, url = site.networks, f'http://[{SIX}]:8080/robot'
    turn = f'turn:[{SIX}]:3478?transport='
    to_ipv6(networks)
    start_coturn(site, tmp_path)
    (tmp_path / 'turn').write_text(json.dumps({'iceServers': {
        'urls': [f'stun:[{SIX}]:3478', f'{turn}udp', f'{turn}tcp'],
        'username': 'alice', 'credential': 'not-used-elsewhere'}}))
    service = site.start('robot', sys.executable, '-m', 'http.server', '9000', '--bind',
                         '127.0.0.1', '--directory', str(tmp_path))
    service.wait_line('Serving HTTP', PATIENCE)
    robot = site.robot(url, credentials_url='http://127.0.0.1:9000/turn')
    assert robot.wait_line('probed (.*)')[1] == f'stun:[{SIX}]:3478 {turn}tcp {turn}udp'
    # Nothing is passed on, so that only the TURN server reaches both.
    candidates, pair = site.watch(url, 'udp')
    assert 'relay' in pair
    assert {(kind, address) for kind, address, _, _ in candidates} == {
        ('host', '2001:db8:0:1::2'), ('relay', SIX)}
    networks.pass_ipv6_on('public')
    # A busy host may find the way by the TURN server before the direct one.
    _, pair = site.watch(url)
    assert pair in [('host', 'host'), ('host', 'prflx'), ('host', 'relay')]
    robot.stop()
    site.robot(url)
    _, pair = site.watch(url)
    assert pair in [('host', 'host'), ('host', 'prflx')]
