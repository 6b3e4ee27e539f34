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

"""The TLS certificate of the robot's own server: self-signed, or from files."""

import logging
from pathlib import Path

from . import self_signed_certificate
from ...core.errors import ParameterError
from ...core.settings.robot_settings import ServerSettings
from ...peer.aiortc_compat import host_addresses
from ...relay.http.server import tls_context
from ...system.files.private_files import warn_if_exposed

_logger = logging.getLogger(__name__)


class ServerCertificate:
    """
    The certificate that ``server.tls`` and the parameters beside it ask for.

    ``context`` is the server's TLS context. :meth:`refresh` changes it in place, so that new
    connections get a renewed certificate and running ones are not disturbed.

    :param directory: where a self-signed certificate is kept
    :raises ParameterError: a file cannot be used, or the parameters do not fit together
    :raises StoreError: the self-signed certificate cannot be used or made
    """

    def __init__(self, settings: ServerSettings, directory: Path) -> None:
        self.is_self_signed = settings.tls == 'self'
        if (settings.tls == 'files') != bool(settings.certificate) or (
                settings.key and not settings.certificate):
            raise ParameterError(
                f'parameter server.tls is {settings.tls}, server.certificate is '
                f'{settings.certificate!r} and server.key is {settings.key!r}: the files are for '
                'tls files, which needs at least the certificate')
        self._file = directory / 'server.pem' if self.is_self_signed else (
            Path(settings.certificate).expanduser())
        self._key = Path(settings.key).expanduser() if settings.key else self._file
        if self.is_self_signed:
            self._ensure()
        self._modified = self._modification_times()
        try:
            self.context = tls_context(str(self._file), str(self._key))
        except OSError as error:
            raise ParameterError(f'parameter server.certificate or server.key: {self._file} and '
                                 f'{self._key} cannot be used: {error}') from None
        if not self.is_self_signed:
            warn_if_exposed(self._key, 'server.key' if settings.key else 'server.certificate')

    @property
    def fingerprint(self) -> str:
        """Return the certificate's SHA-256 fingerprint, in the form that browsers show."""
        return self_signed_certificate.fingerprint(self._file)

    def refresh(self) -> bool:
        """
        Renew a self-signed certificate when it is time; use the newest one for new connections.

        :return: whether it is another one than before
        :raises OSError: it cannot be used; the one before stays in use
        :raises StoreError: the self-signed certificate cannot be used or made
        """
        if self.is_self_signed:
            self._ensure()
        modified = self._modification_times()
        if modified == self._modified:
            return False
        _logger.debug('certificate %s has changed', self._file)
        # Raises before the context in use is touched, if the files do not fit together.
        tls_context(str(self._file), str(self._key))
        self.context.load_cert_chain(self._file, self._key)
        self._modified = modified
        return True

    def _ensure(self) -> None:
        self_signed_certificate.ensure_certificate(self._file, host_addresses())

    def _modification_times(self) -> tuple[int, ...]:
        try:
            return tuple(file.stat().st_mtime_ns for file in (self._file, self._key))
        except OSError:
            # Reading the file, which follows, says what is wrong.
            return ()
