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

"""
Secrets that parameters name, in files or in the environment.

Secrets are never parameters themselves, because every node can read parameters.
"""

from collections.abc import Mapping
import logging
import os
from pathlib import Path
import re

from .private_files import warn_if_exposed
from ...core.errors import ParameterError
from ...core.network.ice_servers import IceServerPool, Login
from ...core.network.ice_urls import parse_ice_url
from ...core.network.turn_credentials import CredentialService, make_service
from ...core.protocol.ice import MAX_ICE_URLS
from ...core.protocol.strict_json import shorten
from ...core.settings.robot_settings import IceSettings

logger = logging.getLogger(__name__)
_LOGIN, _SECRET = ('ice.login_file (RTC_BRIDGE_TURN_LOGIN)',
                   'ice.secret_file (RTC_BRIDGE_TURN_SECRET)')


_COMMENT = re.compile(r'(?:^|\s)#')


def read_words(file: str, text: str, variable: str = '') -> tuple[list[str], list[str]]:
    """
    Return the words of a file and of a text, and where each was found, for errors.

    A ``#`` at the begin of a line, or after a space, begins a comment.

    :param file: the path, or empty for no file
    :param variable: the environment variable that has the text
    :raises ParameterError: the file cannot be read
    """
    words: list[str] = []
    places: list[str] = []
    if file:
        warn_if_exposed(Path(file), 'tokens_file')
        try:
            lines = Path(file).read_text(encoding='utf-8-sig').splitlines()
        except (OSError, ValueError) as error:
            raise ParameterError(f'the tokens in {file} cannot be read: '
                                 f'{getattr(error, "strerror", None) or error}') from None
        for number, line in enumerate(lines, 1):
            found = _COMMENT.split(line)[0].split()
            words += found
            places += [f'{file}, line {number}'] * len(found)
    found = text.split()
    return words + found, places + [f'{variable}, word {number}'
                                    for number, _ in enumerate(found, 1)]


def _read_secret(file: str, parameter: str, environment: Mapping[str, str],
                 variable: str, *, lines: bool = False) -> str:
    """
    Return the text of a file, or of a variable of the environment if no file is named.

    :param lines: it may have several lines
    :raises ParameterError: the file cannot be read, is empty, or has several lines
    """
    path = Path(file).expanduser()
    if file:
        warn_if_exposed(path, parameter)
    try:
        text = path.read_text() if file else environment.get(variable, '')
    except (OSError, ValueError) as error:
        raise ParameterError(f'parameter {parameter} is {shorten(file, 200)}, which cannot be '
                             f'read: {error}') from None
    text = text.strip()
    found = text.splitlines() if lines else [text]
    if (file and not text) or not all(line.expandtabs(1).isprintable() for line in found):
        raise ParameterError(f'{parameter if file else variable} has to hold '
                             f'{"lines" if lines else "one line"} of text')
    return text


def read_ice(settings: IceSettings, environment: Mapping[str, str] = os.environ) -> IceServerPool:
    """
    Return the servers that the parameters ``ice.*`` name.

    :raises ParameterError: a URL cannot be used, or the TURN servers' credentials are missing,
        malformed or given in two ways
    """
    urls = tuple(parse_ice_url(text) for text in settings.servers)
    if len(urls) > MAX_ICE_URLS:
        raise ParameterError(f'parameter ice.servers has {len(urls)} URLs, at most {MAX_ICE_URLS} '
                             'are allowed')
    turn = [url for url in urls if url.scheme != 'stun']
    text = _read_secret(settings.login_file, 'ice.login_file', environment,
                        'RTC_BRIDGE_TURN_LOGIN', lines=True)
    login, logins = _parse_logins(text)
    secret = _read_secret(settings.secret_file, 'ice.secret_file', environment,
                          'RTC_BRIDGE_TURN_SECRET')
    if turn and text and secret:
        raise ParameterError(
            f'parameter ice.servers has {shorten(turn[0].text)}, for which only one of '
            f'{_LOGIN} and {_SECRET} has to be there')
    if not (login or secret or settings.credentials_url):
        lacking = next((url for url in turn if url.host not in logins), None)
        if lacking is not None:
            raise ParameterError(
                f'parameter ice.servers has {shorten(lacking.text)}, for which ' + (
                    f'{_LOGIN} has no line that begins with {lacking.host}' if logins else
                    f'one of {_LOGIN} and {_SECRET} has to be there'))
    for host in logins:
        if turn and host not in {url.host for url in turn}:
            logger.warning('%s has a login for %s, of which ice.servers has no TURN server',
                           _LOGIN, shorten(host))
    return IceServerPool(urls, login, secret, settings.ttl, logins=logins)


def _parse_logins(text: str) -> tuple[Login | None, dict[str, Login]]:
    """
    Return the login for all hosts, if it is one, and the logins of single hosts.

    :raises ParameterError: a line is malformed; the text tells its number, and no more of it
    """
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    lines = [(number, line) for number, line in lines if line and not line.startswith('#')]
    first = lines[0][1].split(maxsplit=1)[0] if lines else ''
    if len(lines) == 1 and ':' in first and not first.startswith('['):
        return _parse_login(lines[0][1], lines[0][0]), {}
    logins: dict[str, Login] = {}
    for number, line in lines:
        host, *rest = line.split(maxsplit=1)
        host = host.removeprefix('[').removesuffix(']')
        if host in logins:
            raise ParameterError(f'{_LOGIN} has two lines for {shorten(host)}, the second is '
                                 f'line {number}')
        logins[host] = _parse_login(rest[0] if rest else '', number)
    return None, logins


def _parse_login(text: str, number: int) -> Login:
    username, colon, password = text.partition(':')
    if not (username and colon and password):
        raise ParameterError(f'{_LOGIN} has to hold USERNAME:PASSWORD, or lines HOST '
                             f'USERNAME:PASSWORD; line {number} is neither')
    return username, password


def read_credential_service(settings: IceSettings, environment: Mapping[str, str] = os.environ
                            ) -> CredentialService | None:
    """
    Return the service of ``ice.credentials_url``, ``None`` if there is none.

    :raises ParameterError: its URL is not usable, or its token cannot be read
    """
    if not settings.credentials_url:
        if settings.credentials_token_file:
            raise ParameterError('parameter ice.credentials_token_file is of no use without '
                                 'ice.credentials_url')
        return None
    token = _read_secret(settings.credentials_token_file, 'ice.credentials_token_file',
                         environment, 'RTC_BRIDGE_TURN_API_TOKEN')
    if not token.isascii():
        raise ParameterError('the token of ice.credentials_token_file has other than ASCII '
                             'characters')
    return make_service(settings.credentials_url, token, settings.credentials_method,
                        settings.ttl)
