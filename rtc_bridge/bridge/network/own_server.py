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

"""The robot's own HTTP server: the relay's code, with the robot in the same process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, AsyncExitStack
import logging
from pathlib import Path

from .server_certificate import ServerCertificate
from ...core.errors import RtcBridgeError
from ...core.network.listen_address import listen_host
from ...core.protocol.robot_link import RobotLink
from ...core.settings.relay_settings import RelaySettings
from ...core.settings.robot_settings import ServerSettings
from ...core.supervision import keep_running, spawn
from ...relay.app import create_app
from ...relay.directory.registry import NAMELESS, Registry
from ...relay.http.server import serve
from ...signaling.network_changes import reachable

_logger = logging.getLogger(__name__)

# Seconds between looks at the certificate. A self-signed one is renewed 30 days early; one that
# others renew, such as certbot, is in use an hour later at most.
_CERTIFICATE_PERIOD_S = 3600.0


class OwnServer:
    """
    The HTTP server of one robot; belongs to the event loop.

    ``page`` is the address of the robot's page there, empty if the server is off.

    :param directory: the key folder, where a self-signed certificate is kept
    :raises ParameterError: a parameter ``server.*`` cannot be used
    :raises StoreError: the self-signed certificate cannot be used or made
    """

    def __init__(self, settings: ServerSettings, robot_id: str, directory: Path) -> None:
        self._settings = settings
        self._robot_id = robot_id
        self._certificate: ServerCertificate | None = None
        self.page = ''
        if not settings.port:
            _logger.debug('own server: off, as server.port is 0')
            return
        self._host = listen_host(settings.host, 'server.host')
        if settings.tls != 'off':
            self._certificate = ServerCertificate(settings, directory)
        host = reachable(self._host)
        host = f'[{host}]' if ':' in host else host
        scheme = 'https' if self._certificate else 'http'
        self.page = f'{scheme}://{host}:{settings.port}/{robot_id}'

    @asynccontextmanager
    async def running(self, link: RobotLink) -> AsyncIterator[None]:
        """
        Serve the robot while the block runs, unless the port is 0.

        :raises RtcBridgeError: the address or port cannot be had
        """
        if not self.page:
            yield
            return
        registry = Registry()
        registry.add(NAMELESS, link)
        registry.add(self._robot_id, link)
        settings, certificate = self._settings, self._certificate
        host = f'[{self._host}]' if ':' in self._host else self._host
        app = create_app(registry, RelaySettings(hosts=settings.hosts),
                         program='bridge', setting_of_hosts='server.hosts')
        async with AsyncExitStack() as stack:
            try:
                await stack.enter_async_context(serve(
                    app, self._host, settings.port,
                    certificate.context if certificate is not None else None))
            except OSError as error:
                raise RtcBridgeError(
                    f'cannot serve on {host}:{settings.port}: {error.strerror or error}; choose '
                    'another server.host or server.port, or 0 for none') from None
            _logger.info('page: %s', self.page)
            if certificate is not None:
                _print_fingerprint(certificate)
                stack.callback(spawn('certificate', keep_running(
                    'certificate', lambda: _refresh(certificate))).cancel)
            yield


async def _refresh(certificate: ServerCertificate) -> None:
    """Use a renewed certificate within an hour, for ever."""
    while True:
        await asyncio.sleep(_CERTIFICATE_PERIOD_S)
        try:
            if certificate.refresh():
                _print_fingerprint(certificate)
        except (OSError, RtcBridgeError) as error:
            _logger.error('the new certificate cannot be used, the old one stays: %s', error)


def _print_fingerprint(certificate: ServerCertificate) -> None:
    """Print what a viewer compares: no authority vouches for a self-signed certificate."""
    if certificate.is_self_signed:
        print('certificate of this robot, SHA-256 fingerprint: '
              f'{certificate.fingerprint}', flush=True)
