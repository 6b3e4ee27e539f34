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
Which addresses of its choice a peer may have us send ICE checks to.

A candidate is an address that somebody else named: without a bound, an offer makes the robot send
packets to hundreds of hosts (RFC 8445, section 19.5.1), of its own network among them.
"""

from ipaddress import ip_address

# Addresses of one peer, and how many of these may be inside of somebody's network.
MAX_ADDRESSES = 32
MAX_INSIDE = 8
# Of both, so many are kept for those that its own checks come from: they are the ones that work.
KEPT_ADDRESSES, KEPT_INSIDE = 4, 2
# STUN requests without an answer, repetitions too, in all; so many are kept for such addresses.
MAX_CHECKS = 100
KEPT_CHECKS = 25
# One for each pair of addresses is more than two honest ends come to.
MAX_CONFLICTS = 32
# Nobody's WebRTC uses system ports; services that answer anybody do (RFC 6335, section 6).
MIN_PORT = 1024


def _is_inside(host: str) -> bool | None:
    """Tell whether an address is in somebody's network; ``None``: send nothing there."""
    try:
        address = ip_address(host)
    except ValueError:
        return None
    address = getattr(address, 'ipv4_mapped', None) or address
    if (address.is_multicast or address.is_unspecified or address.is_loopback
            or host == '255.255.255.255'):
        # On loopback there is only this host itself: its own servers, and no peer of aioice.
        return None
    return not address.is_global


class IceCheckLimits:
    """
    The addresses of one peer, and the checks that go to them.

    ``lifted`` is set after a proof: then the number of checks has no bound, all else stays.
    """

    def __init__(self) -> None:
        self.lifted = False
        # Whether each is inside, by address and port.
        self._known: dict[tuple[str, int], bool] = {}
        self._asking: set[tuple[str, int]] = set()
        self._answered: set[tuple[str, int]] = set()
        self._checks = self._conflicts = 0

    def take(self, host: str, port: int, *, asks: bool = False) -> bool:
        """
        Tell whether an address may be checked.

        :param asks: an authenticated check came from there
        """
        address = host, port
        if asks and len(self._asking) < MAX_ADDRESSES:
            self._asking.add(address)
        if address in self._known:
            return True
        inside = _is_inside(host)
        if inside is None or not MIN_PORT <= port < 65536:
            return False
        most, most_inside = MAX_ADDRESSES, MAX_INSIDE
        if not asks:
            most, most_inside = most - KEPT_ADDRESSES, most_inside - KEPT_INSIDE
        if len(self._known) >= most or (inside and sum(self._known.values()) >= most_inside):
            return False
        self._known[address] = inside
        return True

    def send(self, host: str, port: int) -> bool:
        """Count a STUN request; tell whether it may go out."""
        address = host, port
        if self.lifted or address in self._answered:
            return True
        most = MAX_CHECKS - (0 if address in self._asking else KEPT_CHECKS)
        if address not in self._known or self._checks >= most:
            return False
        self._checks += 1
        return True

    def take_conflict(self) -> bool:
        """Count an answer that tells of a conflict of roles; tell whether it is one of a few."""
        self._conflicts += 1
        return self._conflicts <= MAX_CONFLICTS

    def answered(self, host: str, port: int) -> None:
        """Note that an authenticated answer came from an address: it wants our packets."""
        if (host, port) in self._known:
            self._answered.add((host, port))
