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

"""Who is at the other end of a connection, and how much of a thing each may have."""

from collections import Counter
from collections.abc import Hashable, Iterable
from functools import lru_cache
from ipaddress import ip_address, ip_network, IPv4Address, IPv6Address, IPv6Network

from .rate_limit import RateLimit
from ..clock import boot_time, Clock
from ..errors import ParameterError
from ..protocol.strict_json import shorten

# A site has at least this much of IPv6 (RFC 6177), so its addresses count as one.
_SITE_BITS = 64
_REMEMBERED = 10_000


# Characters of an address: IPv6 with a zone and a port has up to 70. More of them is no address.
_MAX_ADDRESS = 80


def _parse(text: str | None) -> IPv4Address | IPv6Address | None:
    # What is remembered is short, however long a text others made up.
    return None if text is not None and len(text) > _MAX_ADDRESS else _parse_short(text)


@lru_cache(_REMEMBERED)
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
    return getattr(address, 'ipv4_mapped', None) or address


def site(address: str | None) -> str:
    """
    Return what an address is counted under: itself, or for IPv6 its site.

    Texts too long for an address count as one, with what they begin with.
    """
    return _site(address[:_MAX_ADDRESS] if address else address)


@lru_cache(_REMEMBERED)
def _site(address: str | None) -> str:
    parsed = _parse(address)
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((parsed, _SITE_BITS), strict=False))
    return str(parsed or address or '')


def is_here(address: str | None) -> bool:
    """Tell whether an address is this host's own, the loopback."""
    parsed = _parse(address)
    return parsed is not None and parsed.is_loopback


class Networks:
    """
    A set of networks.

    :param texts: like ``10.0.0.0/8`` or ``::1``
    :raises ParameterError: one that is no network; the text names the setting
    """

    def __init__(self, setting: str, texts: Iterable[str]) -> None:
        """Read the texts."""
        self._networks = []
        for text in texts:
            try:
                self._networks.append(ip_network(text.strip(), strict=False))
            except ValueError:
                raise ParameterError(f'parameter {setting} has {shorten(text)}, allowed are '
                                     'networks like 10.0.0.0/8 or ::1') from None

    def __contains__(self, address: str | None) -> bool:
        """Tell whether an address lies in one of them."""
        parsed = _parse(address)
        return parsed is not None and any(parsed in network for network in self._networks)

    def viewer(self, peer: str | None, forwarded: Iterable[str]) -> str | None:
        """
        Return who is behind a proxy of these networks.

        :param peer: the connection's other end
        :param forwarded: the ``X-Forwarded-For`` headers; what strangers wrote into them stands
            left of what a proxy adds, and is not believed
        """
        hops = ','.join(forwarded).split(',')
        while peer in self and hops:
            before = _parse(hops.pop())
            if before is None:
                break
            peer = str(before)
        return peer


class Places:
    """
    A number of places, and a number for each who takes some.

    :param total: how many at once
    :param each: how many of them for one key
    """

    def __init__(self, total: int, each: int) -> None:
        """Start with all of them free."""
        self._total = total
        self._each = each
        self._taken: Counter[Hashable] = Counter()
        self.taken = 0

    def take(self, key: Hashable) -> bool:
        """Take a place; return whether there was one."""
        if self.taken >= self._total or self._taken[key] >= self._each:
            return False
        self._taken[key] += 1
        self.taken += 1
        return True

    def give_back(self, key: Hashable) -> None:
        """Free a place that was taken."""
        self.taken -= 1
        self._taken[key] -= 1
        if not self._taken[key]:
            del self._taken[key]


class Rates:
    """
    A rate limit for each key; the keys that were not seen for longest are forgotten.

    :param per_minute: how many a minute for one key, in the long run; half of that at once
    """

    def __init__(self, per_minute: float, clock: Clock = boot_time) -> None:
        """Start full."""
        self._per_minute = per_minute
        self._clock = clock
        self._limits: dict[Hashable, RateLimit] = {}

    def allow(self, key: Hashable) -> bool:
        """Tell whether one more is within the key's limit, and count it if so."""
        limit = self._limits.pop(key, None) or RateLimit(
            self._per_minute / 60, max(1.0, self._per_minute / 2), self._clock)
        self._limits[key] = limit
        if len(self._limits) > _REMEMBERED:
            del self._limits[next(iter(self._limits))]
        return limit.allow()
