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

"""The robot's own server: the relay's code with the robot in the same process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, AsyncExitStack
import logging
from pathlib import Path
import ssl

from . import certificate
from ..core.errors import ParameterError, RtcBridgeError
from ..core.protocol.robot_link import RobotLink
from ..core.settings.relay_settings import RelaySettings
from ..core.settings.robot_settings import ServerSettings
from ..core.supervision import keep_running, spawn
from ..peer.aiortc_compat import host_addresses
from ..relay.app import create_app
from ..relay.directory.registry import NAMELESS, Registry
from ..relay.http.server import serve, tls
from ..signaling.network_changes import reachable
from ..system.private_files import warn_if_exposed

_logger = logging.getLogger('rtc_bridge.server')
# A certificate that others renewed is noticed after this, one's own is renewed in time.
_LOOK_S = 3600.0


class Certificate:
    """
    What the server shows who it is, by the parameters ``server.tls`` and so on.

    :param directory: where a certificate of its own is kept
    :raises ParameterError: a file cannot be used, or the parameters do not fit together
    :raises StoreError: the certificate of its own cannot be used or made
    """

    def __init__(self, settings: ServerSettings, directory: Path) -> None:
        """Read the certificate, or make one."""
        self.own = settings.tls == 'self'
        given = settings.certificate
        if (settings.tls == 'files') != bool(given) or settings.key and not given:
            raise ParameterError(
                f'parameter server.tls is {settings.tls}, server.certificate is '
                f'{given!r} and server.key is {settings.key!r}: the files are for tls '
                'files, which needs at least the certificate')
        self.file = directory / 'server.pem' if self.own else Path(given).expanduser()
        self._key = Path(settings.key).expanduser() if settings.key else self.file
        if self.own:
            certificate.keep(self.file, host_addresses())
        self._seen = self._changed_at()
        try:
            self.context = tls(str(self.file), str(self._key))
        except OSError as error:
            raise ParameterError(f'parameter server.certificate or server.key: {self.file} and '
                                 f'{self._key} cannot be used: {error}') from None
        if not self.own:
            warn_if_exposed(self._key, 'server.key' if settings.key
                            else 'server.certificate')

    def refresh(self) -> bool:
        """
        Take the newest certificate for connections to come; tell whether it is another one.

        :raises OSError: it cannot be used; the one before stays
        :raises StoreError: the certificate of its own cannot be used or made
        """
        if self.own:
            certificate.keep(self.file, host_addresses())
        seen = self._changed_at()
        if seen == self._seen:
            return False
        # Into the context that is in use only if it is good.
        tls(str(self.file), str(self._key))
        self.context.load_cert_chain(self.file, self._key)
        self._seen = seen
        return True

    def _changed_at(self) -> tuple[int, ...]:
        try:
            return tuple(file.stat().st_mtime_ns for file in (self.file, self._key))
        except OSError:
            return ()  # Whoever reads it says what is wrong.

    @property
    def fingerprint(self) -> str:
        """Return its SHA-256 fingerprint, as browsers show it."""
        return certificate.fingerprint(self.file)


class OwnServer:
    """
    The server of one robot.

    :param directory: of the robot's secrets
    :raises RtcBridgeError: its certificate cannot be had
    """

    def __init__(self, settings: ServerSettings, robot_id: str, directory: Path) -> None:
        """Read the parameters ``server.*``."""
        self._host, self._port = settings.host, settings.port
        self._robot_id = robot_id
        self._hosts = settings.hosts
        self.certificate = None if not self._port or settings.tls == 'off' else (
            Certificate(settings, directory))
        shown = reachable(self._host)
        shown = f'[{shown}]' if ':' in shown else shown
        scheme = 'https' if self.certificate else 'http'
        # Where the robot's page is; empty: nowhere.
        self.page = f'{scheme}://{shown}:{self._port}/{robot_id}' if self._port else ''

    @asynccontextmanager
    async def running(self, link: RobotLink) -> AsyncIterator[None]:
        """
        Serve, unless the port is 0.

        :raises RtcBridgeError: the address or port cannot be had
        """
        if not self._port:
            yield
            return
        registry = Registry()
        registry.add(NAMELESS, link)
        registry.add(self._robot_id, link)
        context: ssl.SSLContext | None = self.certificate and self.certificate.context
        async with AsyncExitStack() as stack:
            try:
                await stack.enter_async_context(
                    serve(create_app(registry, RelaySettings(hosts=self._hosts),
                                     setting_of_hosts='server.hosts'),
                          self._host, self._port, context))
            except OSError as error:
                raise RtcBridgeError(
                    f'cannot serve on {self._host}:{self._port}: {error.strerror}; choose '
                    'another server.host or server.port, or 0 for none') from None
            _logger.info('page: %s', self.page)
            self.print_fingerprint()
            stack.callback(spawn('certificate', keep_running(
                'certificate', self._renew)).cancel)
            yield

    async def _renew(self) -> None:
        while self.certificate is not None:
            await asyncio.sleep(_LOOK_S)
            try:
                if self.certificate.refresh():
                    self.print_fingerprint()
            except (OSError, RtcBridgeError) as error:
                _logger.error('the new certificate cannot be used: %s', error)

    def print_fingerprint(self) -> None:
        """Tell people by what they know a certificate that nobody else vouches for."""
        if self.certificate is not None and self.certificate.own:
            print('certificate of this robot, SHA-256 fingerprint: '
                  f'{self.certificate.fingerprint}', flush=True)
