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
To which addresses of its choice a peer may make the robot send ICE checks.

A candidate is an address that somebody else names. Without a bound one offer makes the robot send
packets to hundreds of hosts (RFC 8445, section 19.5.1), in its own network among others.
"""

from ipaddress import ip_address

# Addresses of one peer, and how many of these may be in a private network.
MAX_ADDRESSES = 32
MAX_PRIVATE_ADDRESSES = 8
# The part of both that is reserved for sources of the peer's own authenticated checks: these are
# the addresses that work.
RESERVED_ADDRESSES, RESERVED_PRIVATE_ADDRESSES = 4, 2
# STUN requests without an answer, repetitions included, and the part that is reserved likewise.
MAX_CHECKS = 100
RESERVED_CHECKS = 25
# Answers that tell of a role conflict (RFC 8445, section 7.3.1.1). Two honest peers have at most
# one for each pair of addresses.
MAX_ROLE_CONFLICTS = 32
# WebRTC uses no system ports (RFC 6335, section 6); services that answer to anything do.
MIN_PORT = 1024


def _is_private(host: str) -> bool | None:
    """Return whether an address is in a private network, ``None`` if nothing may go there."""
    try:
        address = ip_address(host)
    except ValueError:
        return None
    address = getattr(address, 'ipv4_mapped', None) or address
    if (address.is_multicast or address.is_unspecified or address.is_loopback
            or host == '255.255.255.255'):
        # The loopback has the robot's own servers, and no peer: aioice gathers no candidate there.
        return None
    return not address.is_global


class IceCheckLimits:
    """
    The addresses of one peer, and the checks that go to them.

    ``proven`` is set after a proof: it lifts the bound on checks, and no other. ``sent``,
    ``answered`` and ``received`` count checks for the log, without repetitions.
    """

    def __init__(self) -> None:
        self.proven = False
        self.sent = self.answered = self.received = 0
        # Whether each address (with its port) is private.
        self._addresses: dict[tuple[str, int], bool] = {}
        # Sources of authenticated checks, and of authenticated answers.
        self._check_sources: set[tuple[str, int]] = set()
        self._answered: set[tuple[str, int]] = set()
        self._checks = self._role_conflicts = 0

    def allow_address(self, host: str, port: int, *, sends_checks: bool = False) -> bool:
        """
        Return whether an address may be checked.

        :param sends_checks: an authenticated check came from there
        """
        address = host, port
        if sends_checks and len(self._check_sources) < MAX_ADDRESSES:
            self._check_sources.add(address)
        if address in self._addresses:
            return True
        private = _is_private(host)
        if private is None or not MIN_PORT <= port < 65536:
            return False
        most, most_private = MAX_ADDRESSES, MAX_PRIVATE_ADDRESSES
        if not sends_checks:
            most -= RESERVED_ADDRESSES
            most_private -= RESERVED_PRIVATE_ADDRESSES
        if len(self._addresses) >= most:
            return False
        if private and sum(self._addresses.values()) >= most_private:
            return False
        self._addresses[address] = private
        return True

    def allow_check(self, host: str, port: int) -> bool:
        """Count a STUN request to an address; return whether it may be sent."""
        address = host, port
        if self.proven or address in self._answered:
            return True
        most = MAX_CHECKS - (0 if address in self._check_sources else RESERVED_CHECKS)
        if address not in self._addresses or self._checks >= most:
            return False
        self._checks += 1
        return True

    def allow_role_conflict(self) -> bool:
        """Count an answer that tells of a role conflict; return whether to follow it."""
        self._role_conflicts += 1
        return self._role_conflicts <= MAX_ROLE_CONFLICTS

    def note_answer(self, host: str, port: int) -> None:
        """Note an authenticated answer: its sender wants the robot's packets."""
        if (host, port) in self._addresses:
            self._answered.add((host, port))
