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

"""Where a robot is found: one URL, in any of the forms people write it, and maybe a token."""

from collections.abc import Mapping
import os
from pathlib import Path
import re
from urllib.parse import urlsplit

from ..core.errors import ParameterError, ProtocolError
from ..core.protocol.signaling_messages import check_name
from ..core.protocol.strict_json import shorten
from ..system.private_files import warn_if_exposed

_ALLOWED = ('an http, https, ws or wss URL with the path of the robot or none, like '
            'https://relay.example.org/myrobot')
_WS = {'http': 'ws', 'https': 'wss', 'ws': 'ws', 'wss': 'wss'}
_HTTP = {'ws': 'http', 'wss': 'https'}
# What a URL may hold (RFC 3986, section 2), without the `#` that starts a fragment.
_CHARACTERS = re.compile(r"[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=%-]+")


def dial_url(relay_url: str, robot_id: str) -> str:
    """
    Return the ``ws`` or ``wss`` URL to dial for a ``relay_url`` parameter.

    Without a path ``robot_id`` becomes the path. Any other path is kept: ``/ws`` is RTCBot's
    one-robot form, ``/name`` a room.

    :raises ParameterError: no such URL, or a ``robot_id`` that cannot be a path
    """
    try:
        parts = urlsplit(relay_url)
        port = parts.port
        # As name resolution does: it wants labels of 1 to 63 bytes.
        (parts.hostname or '').encode('idna')
    except ValueError:
        raise _refuse(relay_url) from None
    # Credentials in a parameter could be read by every node, so there is no form for them.
    if (not _CHARACTERS.fullmatch(relay_url) or parts.scheme not in _WS or not parts.hostname
            or port == 0 or '@' in parts.netloc):
        raise _refuse(relay_url)
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
    Return a token, by default what the robot shows the relay; empty: none.

    The token itself is never a parameter: those can be read by every node.

    :param file: the value of the parameter
    :param variable: has it in the environment, where there is no file
    :param least: how many characters it must have, if there is one
    :raises ParameterError: the file cannot be read, or holds what is no such token
    """
    if file:
        warn_if_exposed(Path(file), parameter)
    try:
        token = Path(file).read_text() if file else environment.get(variable, '')
    except (OSError, ValueError) as error:
        raise ParameterError(f'parameter {parameter} is {shorten(file)}, which cannot be read: '
                             f'{error}') from None
    token = token.strip()
    if not token.isascii() or not token.isprintable():
        raise ParameterError(f'the token of {parameter} has other than printable ASCII characters')
    if token and len(token) < least:
        raise ParameterError(f'the token of {parameter}, or {variable}, can be guessed: at least '
                             f'{least} characters are needed')
    return token


def _refuse(relay_url: str) -> ParameterError:
    return ParameterError(f'parameter relay_url is {shorten(relay_url)}, allowed is {_ALLOWED}')
