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

"""Which of the ICE servers live: the robot asks each of them now and then."""

import asyncio
import contextlib
import errno
import logging
from typing import Awaitable, Callable

from .aiortc_compat import ask_stun, ask_turn
from ..core.access.ice_servers import IceServerPool, IceUrl, VIEWER_RENEWAL_S, VIEWER_TTL_S
from ..core.supervision import failures, first_of

logger = logging.getLogger(__name__)

# An allocation over TLS takes five round trips; 4G may take 0.3 s for one.
PROBE_TIMEOUT_S = 2.0
PERIOD_S = 30.0
# The name in the credentials of a probe.
_NAME = 'probe'
_NO_NETWORK = 'no network'
# The server lives, but viewers would be refused there.
_CLOCK = (f'refuses credentials that hold for {VIEWER_TTL_S:g} s, and takes longer ones: the '
          "robot's clock is slow, or the server's fast, and pages get no address there; set the "
          'clock (timedatectl)')


async def lives(url: IceUrl, ice: IceServerPool) -> str:
    """Return '' if a server does for viewers what it is there for, otherwise what went wrong."""
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            if url.scheme == 'stun':
                await ask_stun(url.host, url.port)
            else:
                return await _ask_turn(url, ice)
    except TimeoutError:
        return 'no answer'
    except OSError as error:
        if error.errno == errno.ENETUNREACH:
            return _NO_NETWORK
        # A wrong password, a full server, a certificate that is not good: all are of no use.
        return str(error) or type(error).__name__
    except Exception as error:
        # One server takes no other one with it.
        failures.note('ICE server', error)
        return f'{type(error).__name__}: {error}'
    return ''


async def _ask_turn(url: IceUrl, ice: IceServerPool) -> str:
    """
    Return '' if a TURN server takes a viewer's credentials, or that the clock is why it does not.

    :raises OSError: it takes none
    """
    server = url.host, url.port, url.transport, url.scheme == 'turns'
    try:
        await ask_turn(*server, *ice.probe_credentials(_NAME))
    except OSError as error:
        # RFC 8656, section 7.2: coturn says so of a password that has expired, too.
        if not ice.credentials_expire or '401' not in str(error):
            raise
        await ask_turn(*server, *ice.robot_credentials(_NAME))
        return _CLOCK
    return ''


class IceWatch:
    """
    Keeps ``living`` of the servers true.

    :param on_change: awaited when viewers have to be told of other servers, or of fresh
        credentials
    """

    def __init__(self, ice: IceServerPool, on_change: Callable[[], Awaitable[None]]) -> None:
        """Prepare; ``probe`` and ``run`` do the work."""
        self._ice = ice
        self._on_change = on_change
        self._now = asyncio.Event()
        self._faults: dict[str, str] = {}

    async def probe(self) -> bool:
        """Ask all servers once; tell whether something has changed."""
        faults = await asyncio.gather(*(lives(url, self._ice) for url in self._ice.urls))
        if faults and all(fault == _NO_NETWORK for fault in faults):
            # On the way from one network to the next nothing is known of any server.
            return False
        found = {url.text: fault for url, fault in zip(self._ice.urls, faults)}
        for url, fault in found.items():
            if fault != self._faults.get(url, ''):
                logger.log(logging.WARNING if fault else logging.INFO, 'ICE server %s: %s', url,
                           fault or 'lives')
        self._faults = found
        living = frozenset(url for url, fault in found.items() if fault in ('', _CLOCK))
        changed, self._ice.reachable = living != self._ice.reachable, living
        return changed

    def network_changed(self) -> None:
        """Ask them now, as others may be within reach."""
        self._now.set()

    async def run(self) -> None:
        """Ask them now and then, for ever."""
        if not self._ice.urls:
            return
        clock = asyncio.get_running_loop().time
        probed = clock()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(
                        VIEWER_RENEWAL_S if self._ice.credentials_expire else PERIOD_S):
                    await self._now.wait()
            changed = False
            if self._now.is_set() or clock() - probed >= PERIOD_S - 1:
                changed = await self._probe_where_we_are()
                probed = clock()
            if changed or self._ice.credentials_expire:
                await self._on_change()

    async def _probe_where_we_are(self) -> bool:
        """Ask them all, and anew if the network changes meanwhile; tell whether they changed."""
        while True:
            self._now.clear()
            changed = await first_of(self.probe(), self._moved())
            if changed is not None:
                return changed

    async def _moved(self) -> None:
        await self._now.wait()
