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
Two private networks behind symmetric NAT, and a public host between them.

::

    robot -- nat -- public -- nat -- viewer
"""

import os
import subprocess

import pytest
from support.netns import sweep

# The public host's address; those of the private networks are the same on both sides.
PUBLIC = '198.51.100.1'
# Linux keeps a port if it can; with this each destination sees another one.
NAT = 'table ip nat { chain post { type nat hook postrouting priority 100; oifname "out" ' \
      'masquerade random,fully-random; }; }'
PUBLISHED_PORT = 'table ip published { chain pre { type nat hook prerouting priority -100; ' \
                 'iifname "out" tcp dport 8080 dnat to 172.17.0.2; }; ' \
                 'chain f { type filter hook forward priority 0; ct status dnat accept; ' \
                 'ct state established,related accept; iifname "out" drop; }; }'
NO_UDP = 'table ip wall { chain f { type filter hook forward priority 0; ' \
         'ip protocol udp drop; }; }'
SILENCE = 'table ip silence { chain f { type filter hook forward priority 0; drop; }; }'


def _run(*words, text=None):
    subprocess.run(words, check=True, capture_output=True, text=True, input=text)


class Networks:
    """
    The namespaces. Needs root, iproute2 and nftables.

    :raises OSError: this machine does not let us
    """

    def __init__(self):
        """Make them, with no way from one side to the other except by the public host."""
        sweep()
        self._names = {}
        self._ways = [('wifi', 0), ('4g', 9)]
        try:
            self._build()
        except (OSError, subprocess.CalledProcessError) as error:
            self.close()
            raise OSError(f'no networks: {error} {getattr(error, "stderr", "")}') from error

    def _build(self):
        self._add('public', 'robot', 'robot-nat', 'viewer', 'viewer-nat')
        self.ip('public', 'address', 'add', f'{PUBLIC}/32', 'dev', 'lo')
        # Where else packets may go they vanish, as on the internet.
        self.ip('public', 'link', 'add', 'rest', 'type', 'veth', 'peer', 'name', 'hole')
        self.ip('public', 'link', 'set', 'hole', 'up')
        self.ip('public', 'link', 'set', 'rest', 'arp', 'off', 'up')
        self.ip('public', 'route', 'add', 'default', 'dev', 'rest')
        for number, side in enumerate(('robot', 'viewer'), 1):
            nat = f'{side}-nat'
            self.link(side, 'wifi', '10.0.0.2', nat, 'in', '10.0.0.1')
            self.link(nat, 'out', f'198.18.{number}.2', 'public', side, f'198.18.{number}.1')
            self.ip(side, 'route', 'add', 'default', 'via', '10.0.0.1')
            self.ip(nat, 'route', 'add', 'default', 'via', f'198.18.{number}.1')
            self.forward(nat, True)
            self.load_rules(nat, NAT)
        self.forward('public', False)

    def _add(self, *names):
        for name in names:
            self._names[name] = f'rtc-bridge-{os.getpid()}-{name}'
            _run('ip', 'netns', 'add', self._names[name])
            self.ip(name, 'link', 'set', 'lo', 'up')

    def prefix(self, name):
        """Return what a command is to be started with in a namespace."""
        return ['ip', 'netns', 'exec', self._names[name]]

    def ip(self, name, *words):
        """Run the command ``ip`` in a namespace."""
        _run('ip', '-n', self._names[name], *words)

    def link(self, a, dev_a, address_a, b, dev_b, address_b):
        """Put a cable with addresses between two namespaces."""
        self.ip(a, 'link', 'add', dev_a, 'type', 'veth', 'peer', 'name', dev_b, 'netns',
                self._names[b])
        for name, dev, address in ((a, dev_a, address_a), (b, dev_b, address_b)):
            self.ip(name, 'address', 'add', f'{address}/30', 'dev', dev)
            self.ip(name, 'link', 'set', dev, 'up')

    def forward(self, name, on):
        """Let a namespace pass packets on, or not."""
        _run(*self.prefix(name), 'sysctl', '-qw', f'net.ipv4.ip_forward={int(on)}')

    def pass_ipv6_on(self, name):
        """Let a namespace pass packets of IPv6 on."""
        _run(*self.prefix(name), 'sysctl', '-qw', 'net.ipv6.conf.all.forwarding=1')

    def load_rules(self, name, rules):
        """Load rules of nftables."""
        _run(*self.prefix(name), 'nft', '-f', '-', text=rules)

    def block_udp(self, on):
        """Let no UDP through either NAT, or let it again."""
        for name in ('robot-nat', 'viewer-nat'):
            if on:
                self.load_rules(name, NO_UDP)
            else:
                self.load_rules(name, 'delete table ip wall')

    def cut(self, side):
        """Let nothing through from or to a side; its own end of the cable stays up."""
        self.ip(f'{side}-nat', 'link', 'set', 'in', 'down')

    def mend(self, side):
        """Let everything through again."""
        self.ip(f'{side}-nat', 'link', 'set', 'in', 'up')

    def silence(self, side, on):
        """Let packets of a side vanish, as a radio link does, or let them through again."""
        if on:
            self.load_rules(f'{side}-nat', SILENCE)
        else:
            self.load_rules(f'{side}-nat', 'delete table ip silence')

    def move_robot(self):
        """Take the robot's Wi-Fi away, and give it 4G; or back: another address and network."""
        (old, _), (new, number) = self._ways
        self._ways.reverse()
        self.ip('robot', 'link', 'del', old)
        self.link('robot', new, f'10.{number}.0.2', 'robot-nat', 'in', f'10.{number}.0.1')
        self.ip('robot', 'route', 'add', 'default', 'via', f'10.{number}.0.1')

    def close(self):
        """Take all away."""
        for name in self._names.values():
            subprocess.run(['ip', 'netns', 'del', name], check=False, capture_output=True)


class ContainerNetworks(Networks):
    """
    A robot in a container behind its host's bridge, and a viewer in the host's LAN.

    The host lets the LAN reach port 8080 of the container, and the container reach the LAN under
    the host's address, as ``docker run -p 8080:8080`` does.
    """

    HOST = '192.168.7.1'

    def _build(self):
        self._add('robot', 'host', 'viewer')
        self.link('robot', 'eth0', '172.17.0.2', 'host', 'docker0', '172.17.0.1')
        self.link('viewer', 'wifi', '192.168.7.2', 'host', 'out', self.HOST)
        self.ip('robot', 'route', 'add', 'default', 'via', '172.17.0.1')
        # Without one Chromium finds no address of its own.
        self.ip('viewer', 'route', 'add', 'default', 'via', self.HOST)
        self.forward('host', True)
        self.load_rules('host', NAT)
        self.load_rules('host', PUBLISHED_PORT)


def make_or_skip(kind):
    """Return what makes networks, made, or skip the test."""
    try:
        return kind()
    except OSError as error:
        pytest.skip(f'{error} (it takes root, iproute2 and nftables)')


@pytest.fixture
def container_networks():
    """Make these namespaces, or skip the test."""
    made = make_or_skip(ContainerNetworks)
    yield made
    made.close()


@pytest.fixture
def networks():
    """Make the namespaces, or skip the test."""
    made = make_or_skip(Networks)
    yield made
    made.close()
