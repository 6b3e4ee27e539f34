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

"""Notices when this host's addresses or routes change, as from Wi-Fi to 4G. Linux only."""

import asyncio
from collections.abc import Callable, Iterator
import contextlib
import logging
import socket

from ..core.supervision import call_guarded, guarded

_logger = logging.getLogger('rtc_bridge.signaling')

# rtnetlink(7): RTMGRP_IPV4_IFADDR, RTMGRP_IPV4_ROUTE, RTMGRP_IPV6_IFADDR, RTMGRP_IPV6_ROUTE.
_GROUPS = 0x10 | 0x40 | 0x100 | 0x400
# Seconds without a message after which a change is over: a move from one network to another causes
# many messages.
_SETTLE_S = 0.1
# Bytes, of all messages that are read at once.
_MAX_READ = 65_536
# Address and port of hosts beyond every default route. The addresses are those that are reserved
# for documents (RFC 5737, RFC 3849), so no host has them.
WORLD: tuple[tuple[str | int, ...], ...] = (('192.0.2.1', 9), ('2001:db8::1', 9, 0, 0))


@contextlib.contextmanager
def watch_network(on_change: Callable[[], None]) -> Iterator[None]:
    """Call a function in the running event loop, shortly after each change."""
    loop = asyncio.get_running_loop()
    timer: asyncio.TimerHandle | None = None

    def read() -> None:
        nonlocal timer
        # It does not matter what has changed, or whether messages were lost (ENOBUFS).
        with contextlib.suppress(OSError):
            while netlink.recv(_MAX_READ):
                pass
        if timer is not None:
            timer.cancel()
        timer = loop.call_later(_SETTLE_S, call_guarded, 'network change', on_change)

    try:
        netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    except (AttributeError, OSError) as error:
        _logger.warning('changes of the network will be noticed late, by missing answers of the '
                        'relay: %s', error)
        yield
        return
    with netlink:
        netlink.setblocking(False)
        netlink.bind((0, _GROUPS))
        # Without this, a reader that fails would be called again at once, for ever.
        loop.add_reader(netlink, guarded('network change', read, on_failure=lambda error: (
            loop.remove_reader(netlink))))
        try:
            yield
        finally:
            loop.remove_reader(netlink)
            if timer is not None:
                timer.cancel()


def source_address(peer: tuple[str | int, ...]) -> str | None:
    """
    Return the own address from which this host reaches a peer, ``None`` if there is no route.

    :param peer: address and port, as ``getpeername`` gives them
    """
    family = socket.AF_INET6 if len(peer) == 4 else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            # This looks up the route, and sends no packet.
            probe.connect(peer)
            address: str = probe.getsockname()[0]
            return address
        except OSError:
            return None


def reachable(host: str) -> str:
    """Return an address by which others reach this host, where ``host`` stands for all of them."""
    if host == '0.0.0.0':
        return source_address(WORLD[0]) or '127.0.0.1'
    if host in ('::', ''):
        return source_address(WORLD[1]) or source_address(WORLD[0]) or '::1'
    return host
