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

"""Which programs of the robot's computer viewers may reach: ``services.NAME.*``."""

from dataclasses import dataclass
import re
from urllib.parse import urlsplit

from ..access.policy import may_drive
from ..errors import ParameterError
from ..protocol.kscale_messages import SERVICE as VIDEO
from ..protocol.strict_json import shorten
from ..settings.local_service_settings import LocalServiceSettings

NAME = re.compile(r'[A-Za-z0-9][A-Za-z0-9_-]{0,63}')
_SCHEMES = ('tcp', 'http', 'ws')
# In place of a URL: the program comes by itself.
LISTEN = 'listen'


@dataclass(frozen=True)
class ServiceRule:
    """
    One program, and who may reach it.

    :ivar scheme: ``tcp`` for a stream of bytes, ``ws`` for messages, ``listen`` for those of a
        program that comes by itself
    :ivar url: of its WebSocket; empty for ``tcp``
    :ivar max_rate: bytes per second and direction, of all connections
    """

    name: str
    scheme: str
    host: str
    port: int
    url: str
    role: str
    max_connections: int
    max_rate: int

    def admits(self, role: str) -> bool:
        """Tell whether a role may reach it."""
        return role == 'supervise' or self.role == 'drive' and may_drive(role) or (
            self.role == 'view' and role != 'none')


def service_rule(name: str, settings: LocalServiceSettings) -> ServiceRule:
    """
    Return what the parameters of a service say.

    :raises ParameterError: the name or the URL cannot be used
    """
    if not NAME.fullmatch(name):
        raise ParameterError(f'parameter services.names has {shorten(name)}, allowed are up to 64 '
                             'letters, digits, _ and -')
    scheme, host, port = _read_url(name, settings.url)
    if name == VIDEO and scheme in ('ws', LISTEN):
        raise ParameterError(f"parameter services.names has {name}, which K-Scale's apps call "
                             'the cameras: they cannot reach a service of that name')
    # A shell is more than driving.
    role = settings.role if settings.role != 'auto' else (
        'supervise' if scheme == 'tcp' else 'drive')
    return ServiceRule(name, 'tcp' if scheme == 'http' else scheme, host, port,
                       settings.url if scheme == 'ws' else '', role, settings.max_connections,
                       settings.max_rate)


def _read_url(name: str, url: str) -> tuple[str, str, int]:
    """
    Return scheme, host and port of a service's URL.

    :raises ParameterError: it cannot be used
    """
    if url == LISTEN:
        return LISTEN, '', 0
    refusal = ParameterError(
        f'parameter services.{name}.url is {shorten(url)}, allowed are tcp://127.0.0.1:22, '
        'http://127.0.0.1:3000, ws://127.0.0.1:9000/path, and listen for a program that comes by '
        'itself')
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or '', parts.port or 0
    except ValueError:
        raise refusal from None
    if parts.scheme not in _SCHEMES or not host or '@' in parts.netloc:
        raise refusal
    # Viewers of http: say themselves which path they want.
    if parts.scheme != 'ws' and (parts.path.strip('/') or parts.query or parts.fragment):
        raise refusal
    if not port and parts.scheme == 'tcp':
        raise refusal
    return parts.scheme, host, port or 80
