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
Why two ends found no path: from the ICE candidates of both to sentences with the remedy.

The page has the same for its own end, in ``web/ui/texts/no_path_texts.js``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
import re

from ..clock import boot_time, Clock

# As RFC 8839, section 5.1, writes a candidate; the sizes are those of any valid one.
_CANDIDATE = re.compile(
    r'(?P<head>(?:a=)?candidate:\S{1,32} (?P<component>\d{1,3}) (?P<transport>\w{1,8}) \d{1,10}) '
    r'(?P<host>\S{1,255}) (?P<tail>(?P<port>\d{1,5}) typ (?P<kind>\w{1,16})\b.{0,300})')
_MDNS = '.local'
KINDS = ('host', 'mDNS', 'srflx', 'prflx', 'relay')
# Candidates that are counted; a session may have no more.
_MOST = 100
# What the address of a service that issues credentials follows, in the place of a URL.
CREDENTIALS = 'credentials from '


@dataclass
class CandidateCounts:
    """
    How many UDP candidates of each kind one end has, and of which IP version.

    ``mDNS`` are host candidates whose address is hidden behind a ``.local`` name; their IP version
    is not known.
    """

    kinds: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    ipv4: int = 0
    ipv6: int = 0
    _seen: set[tuple[str, str, str]] = field(default_factory=set)

    def add(self, lines: Iterable[str]) -> None:
        """Count the candidates in lines of a session description, or as browsers write them."""
        for line in lines:
            found = _CANDIDATE.match(line)
            if found is None or found['component'] != '1' or found['transport'].lower() != 'udp':
                continue
            host, kind = found['host'], found['kind']
            key = kind, host, found['port']
            if key in self._seen or len(self._seen) >= _MOST or kind not in self.kinds:
                continue
            self._seen.add(key)
            if host.endswith(_MDNS):
                self.kinds['mDNS'] += 1
                continue
            self.kinds[kind] += 1
            if ':' in host:
                self.ipv6 += 1
            else:
                self.ipv4 += 1

    def __len__(self) -> int:
        """Return how many candidates there are."""
        return sum(self.kinds.values())

    def __str__(self) -> str:
        """Return the counts as people read them, such as ``2 host, 1 srflx (2 IPv4, 1 IPv6)``."""
        kinds = ', '.join(f'{count} {kind}' for kind, count in self.kinds.items() if count)
        versions = ', '.join(f'{count} {version}' for version, count in (
            ('IPv4', self.ipv4), ('IPv6', self.ipv6)) if count)
        return (kinds or 'none') + (f' ({versions})' if versions else '')


@dataclass(frozen=True)
class IceFacts:
    """
    What was tried to connect two ends, as the robot sees it.

    :param checks_sent: connectivity checks of the robot
    :param checks_answered: those that the viewer has answered
    :param checks_received: connectivity checks of the viewer that arrived
    :param servers: what is wrong with each STUN and TURN server of the robot by URL, '' if nothing
    """

    robot: CandidateCounts
    viewer: CandidateCounts
    checks_sent: int = 0
    checks_answered: int = 0
    checks_received: int = 0
    servers: Mapping[str, str] = field(default_factory=dict)


class NoPathLog:
    """
    How many viewers of a robot found no path, and why the newest one did not.

    :ivar count: since the start
    :ivar newest: what :func:`describe_no_path` says, '' if there was none
    """

    # Seconds for which the newest one is a warning: the page tries again in less.
    RECENT_S = 60.0

    def __init__(self, clock: Clock = boot_time) -> None:
        self.count = 0
        self.newest = ''
        self._clock = clock
        self._noted_at = float('-inf')

    def note(self, text: str) -> None:
        """Note one more."""
        self.count += 1
        self.newest = text
        self._noted_at = self._clock()

    @property
    def is_recent(self) -> bool:
        """Tell whether one was noted within ``RECENT_S``."""
        return self._clock() - self._noted_at < self.RECENT_S


def revealed(candidate: str, address: str) -> str | None:
    """
    Return an mDNS candidate with the address that it hides; ``None`` for any other candidate.

    :param candidate: as in a session description, or as browsers write it
    :param address: the viewer's own, as signaling knows it
    """
    found = _CANDIDATE.fullmatch(candidate)
    if found is None or not found['host'].endswith(_MDNS) or found['kind'] != 'host':
        return None
    return f'{found["head"]} {address} {found["tail"]}'


def describe_no_path(facts: IceFacts) -> str:
    """Return what was tried, the most likely reason, and the remedy."""
    tried = (f'the robot offered {facts.robot}; the viewer {facts.viewer}; '
             f'{facts.checks_sent} checks sent, {facts.checks_answered} answered, '
             f'{facts.checks_received} received')
    servers = '; '.join(f'{url}: {fault or "reachable"}' for url, fault in facts.servers.items())
    return (f'{tried}; STUN and TURN servers: {servers or "none in ice.servers"}. '
            f'{path_remedy(facts)}')


def path_remedy(facts: IceFacts) -> str:
    """Return the most likely reason for which there is no path, and the remedy."""
    robot, viewer, faults = facts.robot, facts.viewer, {
        url: fault for url, fault in facts.servers.items() if fault}
    has_turn = any(url.startswith('turn') for url in facts.servers)
    if not robot:
        return ('The robot has no address to offer: is it in a network, and do ice.interfaces and '
                'ice.addresses leave one?')
    if not viewer:
        return ("The viewer's browser offered no address: an extension, a setting or a policy "
                'there blocks WebRTC.')
    for url in faults:
        if url.startswith(CREDENTIALS):
            return (f'No {url} come, see the error; it is that of ice.credentials_url '
                    '(docs/turn.md).')
        if url.startswith('turn'):
            return (f'Mend the TURN server {url}, see its error: 401 is the login or a clock, no '
                    'answer a wrong address or a firewall (docs/turn.md).')
    if not viewer.kinds['mDNS'] and not (robot.ipv4 and viewer.ipv4) and not (
            robot.ipv6 and viewer.ipv6):
        one, other = ('IPv6', 'IPv4') if robot.ipv6 else ('IPv4', 'IPv6')
        return (f'The robot has {one} addresses only and the viewer {other} only: add a TURN '
                'server with both to ice.servers.')
    if facts.checks_received and not facts.checks_answered:
        return ("The viewer's packets arrive and the robot's do not: a firewall lets UDP pass one "
                'way only. Open UDP, or add a TURN server to ice.servers.')
    if robot.kinds['relay'] or viewer.kinds['relay']:
        return ("A TURN server gave an address and no packet passed: open the server's relay "
                'ports (min-port to max-port), and let it reach the other end.')
    if faults:
        return (f'Mend the STUN server {next(iter(faults))}, see its error, or add a TURN server '
                'to ice.servers.')
    if not facts.servers:
        hidden = (' The browser hides its addresses behind .local names.'
                  if viewer.kinds['mDNS'] and not viewer.kinds['srflx'] else '')
        return ('No address of one end can be reached from the other.' + hidden
                + ' In a container: run it with --network host. Elsewhere: add a STUN server to '
                'ice.servers, and a TURN server for networks that block UDP.')
    if not has_turn:
        return ('STUN alone is not enough between these networks (symmetric NAT or a firewall): '
                'add a TURN server to ice.servers.')
    return ('The robot has a TURN server, and neither end got an address there: a firewall blocks '
            'it. Add turns:HOST:443?transport=tcp to ice.servers.')
