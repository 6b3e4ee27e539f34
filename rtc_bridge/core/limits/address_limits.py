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

"""Which client an IP address stands for, and how much each client may use of a resource."""

from collections import Counter
from collections.abc import Hashable, Iterable
from functools import lru_cache
from ipaddress import ip_address, ip_network, IPv4Address, IPv6Address, IPv6Network

from .rate_limit import RateLimiter
from ..clock import boot_time, Clock
from ..errors import ParameterError
from ..protocol.strict_json import shorten

# Bits of an IPv6 prefix that one client may have to itself: RFC 6177 gives each site at least
# a /64, so all addresses of a /64 count as one client.
_CLIENT_PREFIX_BITS = 64
# Addresses and keys that are kept in memory; the least recently seen ones are forgotten.
_MAX_REMEMBERED = 10_000
# Characters: an IPv6 address with a zone and a port has up to 70. A longer text is no address.
_MAX_ADDRESS_LENGTH = 80


def _parse(text: str | None) -> IPv4Address | IPv6Address | None:
    # The cache keeps short texts only, however long the texts are that others make up.
    return None if text is not None and len(text) > _MAX_ADDRESS_LENGTH else _parse_short(text)


@lru_cache(_MAX_REMEMBERED)
def _parse_short(text: str | None) -> IPv4Address | IPv6Address | None:
    text = (text or '').strip()
    if text.startswith('['):
        text = text[1:].partition(']')[0]
    elif text.count(':') == 1:
        text = text.partition(':')[0]
    try:
        address = ip_address(text.partition('%')[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or address
    return address


def client_key(address: str | None) -> str:
    """
    Return the key under which a client's address is counted.

    It is the address itself, or for IPv6 its /64. Texts that are too long for an address count
    under their beginning.
    """
    return _client_key(address[:_MAX_ADDRESS_LENGTH] if address else address)


@lru_cache(_MAX_REMEMBERED)
def _client_key(address: str | None) -> str:
    parsed = _parse(address)
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((parsed, _CLIENT_PREFIX_BITS), strict=False))
    return str(parsed or address or '')


def is_loopback(address: str | None) -> bool:
    """Return whether an address is one of the loopback."""
    parsed = _parse(address)
    return parsed is not None and parsed.is_loopback


def is_global(address: str | None) -> bool:
    """Return whether an address is one of the internet, not of a private network."""
    parsed = _parse(address)
    return parsed is not None and parsed.is_global


def reachable_address(address: str | None) -> str | None:
    """
    Return an address in its shortest form, ``None`` if packets from elsewhere cannot go there.

    That holds for the loopback, and for link-local IPv6 addresses, which need a zone.
    """
    parsed = _parse(address)
    if parsed is None or parsed.is_loopback or parsed.is_unspecified or parsed.is_multicast or (
            isinstance(parsed, IPv6Address) and parsed.is_link_local):
        return None
    return str(parsed)


class Networks:
    """
    A set of IP networks.

    :param setting: the name of the setting that lists them, for the error
    :param texts: networks like ``10.0.0.0/8`` or ``::1``
    :raises ParameterError: a text is not a network
    """

    def __init__(self, setting: str, texts: Iterable[str]) -> None:
        self._networks = []
        for text in texts:
            try:
                self._networks.append(ip_network(text.strip(), strict=False))
            except ValueError:
                raise ParameterError(f'parameter {setting} has {shorten(text)}, allowed are '
                                     'networks like 10.0.0.0/8 or ::1') from None

    def __contains__(self, address: str | None) -> bool:
        """Return whether an address lies in one of the networks."""
        parsed = _parse(address)
        return parsed is not None and any(parsed in network for network in self._networks)

    def client_behind(self, peer: str | None, forwarded: Iterable[str]) -> str | None:
        """
        Return the address of the client behind proxies in these networks.

        A proxy appends the address of its own peer to ``X-Forwarded-For``, so the entries are
        read from the right. Entries left of the first untrusted address may be forged.

        :param peer: the connection's other end
        :param forwarded: the values of the ``X-Forwarded-For`` headers
        """
        hops = ','.join(forwarded).split(',')
        while peer in self and hops:
            previous = _parse(hops.pop())
            if previous is None:
                break
            peer = str(previous)
        return peer


class ConcurrencyQuota:
    """
    Bounds how many of a resource are in use at once, in all and for each key.

    :param total: at once, of all keys
    :param per_key: at once, of one key
    """

    def __init__(self, total: int, per_key: int) -> None:
        self._total = total
        self._per_key = per_key
        self._by_key: Counter[Hashable] = Counter()
        self.in_use = 0

    def acquire(self, key: Hashable) -> bool:
        """Count one more; return whether it is within the bounds."""
        if self.in_use >= self._total or self._by_key[key] >= self._per_key:
            return False
        self._by_key[key] += 1
        self.in_use += 1
        return True

    def release(self, key: Hashable) -> None:
        """Count one less of a key for which :meth:`acquire` returned true."""
        self.in_use -= 1
        self._by_key[key] -= 1
        if not self._by_key[key]:
            del self._by_key[key]


class KeyedRateLimiter:
    """
    A rate limiter for each key. The least recently seen keys are forgotten.

    :param per_minute: events of one key, in the long run; half of that may come at once
    """

    def __init__(self, per_minute: float, clock: Clock = boot_time) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._limiters: dict[Hashable, RateLimiter] = {}

    def allow(self, key: Hashable) -> bool:
        """Count one more event; return whether it is within the key's limit."""
        limiter = self._limiters.pop(key, None) or RateLimiter(
            self._per_minute / 60, max(1.0, self._per_minute / 2), self._clock)
        # A dict keeps the order of insertion, so the first key is the least recently seen one.
        self._limiters[key] = limiter
        if len(self._limiters) > _MAX_REMEMBERED:
            del self._limiters[next(iter(self._limiters))]
        return limiter.allow()
