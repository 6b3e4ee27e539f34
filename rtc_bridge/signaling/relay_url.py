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

"""The URL of a relay, in the forms that people write, and the token that it may ask for."""

from collections.abc import Mapping
import os
from pathlib import Path
import re
from urllib.parse import urlsplit

from ..core.errors import ParameterError, ProtocolError
from ..core.network.ice_urls import check_ipv6
from ..core.protocol.robot_names import check_name
from ..core.protocol.strict_json import shorten
from ..system.files.private_files import warn_if_exposed

_ALLOWED = ('an http, https, ws or wss URL with the path of the robot or none, like '
            'https://relay.example.org/myrobot')
_WS = {'http': 'ws', 'https': 'wss', 'ws': 'ws', 'wss': 'wss'}
_HTTP = {'ws': 'http', 'wss': 'https'}
# Characters of a URL (RFC 3986, section 2) without the `#` that starts a fragment.
_CHARACTERS = re.compile(r"[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=%-]+")


def dial_url(relay_url: str, robot_id: str) -> str:
    """
    Return the ``ws`` or ``wss`` URL to dial for a ``relay_url`` parameter.

    If the URL has no path, ``robot_id`` becomes the path. Any other path is kept: ``/ws`` is
    RTCBot's form for one robot, ``/name`` a room.

    :raises ParameterError: the URL is not usable, or ``robot_id`` cannot be a path
    """
    try:
        parts = urlsplit(relay_url)
        port = parts.port
        # As name resolution does, which requires labels of 1 to 63 bytes.
        (parts.hostname or '').encode('idna')
    except ValueError:
        raise _refuse(relay_url) from None
    # Every node can read parameters, so credentials are not allowed in them.
    if (not _CHARACTERS.fullmatch(relay_url) or parts.scheme not in _WS or not parts.hostname
            or port == 0 or '@' in parts.netloc):
        raise _refuse(relay_url)
    if ':' in parts.hostname:
        check_ipv6(parts.hostname, f'parameter relay_url is {shorten(relay_url)}')
    path = parts.path
    if path in ('', '/'):
        try:
            path = '/' + check_name(robot_id)
        except ProtocolError as error:
            raise ParameterError(f'parameter robot_id: {error}') from None
    query = f'?{parts.query}' if parts.query else ''
    return f'{_WS[parts.scheme]}://{parts.netloc}{path}{query}'


def page_url(relay_url: str, robot_id: str) -> str:
    """
    Return the URL of the robot's page at the relay, for people.

    :raises ParameterError: as ``dial_url``
    """
    parts = urlsplit(dial_url(relay_url, robot_id))
    path = '/' if parts.path == '/ws' else parts.path
    return f'{_HTTP[parts.scheme]}://{parts.netloc}{path}'


def read_token(file: str, environment: Mapping[str, str] = os.environ, *,
               parameter: str = 'relay_token_file', variable: str = 'RTC_BRIDGE_RELAY_TOKEN',
               least: int = 0) -> str:
    """
    Return a token, by default the one that the robot shows the relay; empty if there is none.

    The token itself is never a parameter, since every node can read parameters.

    :param file: the value of the parameter that names the file
    :param variable: environment variable that has the token if no file is named
    :param least: characters that a token must have
    :raises ParameterError: the file cannot be read, or its contents are not such a token
    """
    if file:
        warn_if_exposed(Path(file), parameter)
    try:
        token = Path(file).read_text() if file else environment.get(variable, '')
    except (OSError, ValueError) as error:
        raise ParameterError(f'parameter {parameter} is {shorten(file, 200)}, which cannot be '
                             f'read: {error}') from None
    token = token.strip()
    if not token.isascii() or not token.isprintable():
        raise ParameterError(f'the token of {parameter} has other than printable ASCII characters')
    if token and len(token) < least:
        raise ParameterError(f'the token of {parameter}, or {variable}, can be guessed: at least '
                             f'{least} characters are needed')
    return token


def _refuse(relay_url: str) -> ParameterError:
    return ParameterError(f'parameter relay_url is {shorten(relay_url)}, allowed is {_ALLOWED}')
