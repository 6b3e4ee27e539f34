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

"""Gets TURN servers and their credentials from the service of ``ice.credentials_url``."""

import asyncio
from collections.abc import Awaitable, Callable
import contextlib
import logging
from typing import NoReturn
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

from ...core.errors import ProtocolError
from ...core.failure_log import failures
from ...core.limits.log_limits import escape
from ...core.network.connection_reasons import connection_reason
from ...core.network.ice_report import CREDENTIALS
from ...core.network.ice_servers import IceServerPool
from ...core.network.turn_credentials import (
    CredentialLife, CredentialService, MAX_ANSWER, parse_credentials)
from ...system.tls_trust import trust_remedy

logger = logging.getLogger(__name__)

# Seconds for a whole request. The start waits for the first one.
REQUEST_TIMEOUT_S = 5.0
_TOKEN = 'ice.credentials_token_file (RTC_BRIDGE_TURN_API_TOKEN)'
# What to do about the status of an answer.
_STATUS = {
    400: 'it does not accept the request: see ice.credentials_url and ice.credentials_method',
    401: f'it refuses the token of {_TOKEN}',
    403: f'it refuses the token of {_TOKEN}, or its account',
    404: 'nothing is at this path: see ice.credentials_url, and the id in it',
    405: 'it wants another method: set ice.credentials_method to get or post',
    415: 'it wants another method or form: see ice.credentials_method',
    429: 'too many requests: does another robot use the same account?',
}


class _Refused(Exception):
    """The service gives no credentials; the text says why, without the token."""


class TurnCredentialClient:
    """
    Asks a service for credentials before those that it has issued end, and gives them to the pool.

    What was issued last is used until it ends. Belongs to the event loop.

    :param on_change: awaited when the servers or logins in the pool have changed
    """

    def __init__(self, service: CredentialService, pool: IceServerPool,
                 on_change: Callable[[], Awaitable[None]],
                 life: CredentialLife | None = None) -> None:
        self._service = service
        self._pool = pool
        self._on_change = on_change
        self._life = life or CredentialLife()
        self._wake = asyncio.Event()
        # Why the last request failed, '' if it did not; and the reason that was logged last.
        self.fault = ''
        self._logged = ''

    @property
    def place(self) -> str:
        """Return the service's scheme, host and port: paths and queries may have secrets."""
        return self._service.place

    @property
    def left(self) -> float:
        """Return for how many seconds the credentials are still valid, 0 if there are none."""
        return self._life.left

    def network_changed(self) -> None:
        """Ask again at once if the last request has failed: another network may do."""
        self._life.ask_now()
        self._wake.set()

    async def run(self) -> NoReturn:
        """Ask whenever it is time, for ever."""
        while True:
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._life.pause):
                    await self._wake.wait()
            if await self.step():
                await self._on_change()

    async def step(self) -> bool:
        """Ask if it is time, drop what has ended; tell whether servers or logins have changed."""
        asked = await self.ask() if self._life.is_due else False
        if self._life.left:
            return asked
        if changed := self._pool.use_issued({}):
            logger.warning('TURN credentials of %s have ended, and no new ones came: %s',
                           self.place, self.fault)
        return changed

    async def ask(self) -> bool:
        """Ask the service once; tell whether servers or logins have changed."""
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT_S):
                answer = await self._request()
            issued = parse_credentials(answer, self._service.ttl, self._pool.configured)
        except (_Refused, ProtocolError) as refused:
            reason = str(refused) if isinstance(refused, _Refused) else (
                f'its answer cannot be used: {refused}')
            return self._failed(reason)
        except (TimeoutError, OSError, aiohttp.ClientError) as error:
            return self._failed(self._connection_fault(error))
        except Exception as error:
            failures.note('TURN credentials', error)
            return self._failed(type(error).__name__)
        if self.fault or not self._life.left:
            logger.info('TURN credentials from %s: %d servers, valid for %.0f s', self.place,
                        len(issued.servers), issued.ttl)
        if issued.left_out:
            logger.debug('TURN servers that cannot be used here: %s', ', '.join(issued.left_out))
        self.fault = self._logged = ''
        self._pool.service_faults.clear()
        self._life.succeeded(issued.ttl)
        return self._pool.use_issued(issued.servers)

    def _failed(self, reason: str) -> bool:
        self.fault = escape(reason, 400)
        self._pool.service_faults[f'{CREDENTIALS}{self.place}'] = self.fault
        self._life.failed()
        # Each reason once, not at each try.
        if self.fault != self._logged:
            self._logged = self.fault
            left = self._life.left
            logger.warning(
                'no TURN credentials from %s (parameter ice.credentials_url): %s; trying again%s',
                self.place, self.fault,
                f', the last ones are valid for {left:.0f} s more' if left else
                ', and viewers whose network needs a TURN server cannot connect until then')
        return False

    async def _request(self) -> bytes:
        """
        Return the body of the answer.

        :raises _Refused: the service refuses, redirects, or answers too much
        """
        service = self._service
        headers = {'Accept': 'application/json', **service.headers()}
        body = service.body()
        if body is not None:
            headers['Content-Type'] = body[0]
        async with (aiohttp.ClientSession() as http,
                    # The token goes to no other address.
                    http.request(service.method, service.full_url(), headers=headers,
                                 data=body[1] if body is not None else None,
                                 proxy=_proxy_for(service.full_url()),
                                 allow_redirects=False) as response):
            if 300 <= response.status < 400:
                raise _Refused(f'HTTP {response.status}, it redirects, and the token goes to no '
                               'other address: ice.credentials_url has to be the final one')
            if response.status >= 300:
                remedy = _STATUS.get(response.status, 'the service has failed'
                                     if response.status >= 500 else '')
                raise _Refused(f'HTTP {response.status}' + (f', {remedy}' if remedy else ''))
            answer = b''
            async for part in response.content.iter_any():
                answer += part
                if len(answer) > MAX_ANSWER:
                    raise _Refused(f'its answer has more than {MAX_ANSWER // 1024} KiB')
            return answer

    def _connection_fault(self, error: Exception) -> str:
        if isinstance(error, aiohttp.ClientHttpProxyError):
            return (f'the proxy of the environment refuses, HTTP {error.status}: add '
                    f'{self._service.host} to no_proxy to go there without it')
        if isinstance(error, aiohttp.ClientProxyConnectionError):
            return ('the proxy of the environment cannot be reached: add '
                    f'{self._service.host} to no_proxy to go there without it')
        cause: BaseException = error
        if isinstance(error, aiohttp.ClientConnectorCertificateError):
            cause = error.certificate_error
        elif isinstance(error, aiohttp.ClientConnectorError):
            cause = error.os_error
        elif isinstance(error, aiohttp.ClientError):
            # Its text may have the URL, and that the token.
            return f'it does not answer in HTTP ({type(error).__name__})'
        return connection_reason(cause, self._service.host, trust_remedy())


def _proxy_for(url: str) -> str | None:
    """Return the proxy of the environment for a URL. aiohttp's own look reads ~/.netrc, too."""
    parts = urlsplit(url)
    # Without TLS the service is on this host, and a proxy would be shown the token.
    if parts.scheme == 'http' or proxy_bypass(parts.netloc):
        return None
    return getproxies().get(parts.scheme)
