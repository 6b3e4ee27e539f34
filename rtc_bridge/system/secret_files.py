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
import os
from pathlib import Path
import re

from .private_files import warn_if_exposed
from ..core.access.ice_servers import IceServerPool, parse_ice_url
from ..core.errors import ParameterError
from ..core.protocol.strict_json import shorten
from ..core.settings.robot_settings import IceSettings


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
                 variable: str) -> str:
    path = Path(file).expanduser()
    if file:
        warn_if_exposed(path, parameter)
    try:
        text = path.read_text() if file else environment.get(variable, '')
    except (OSError, ValueError) as error:
        raise ParameterError(f'parameter {parameter} is {shorten(file)}, which cannot be read: '
                             f'{error}') from None
    text = text.strip()
    if (file and not text) or not text.isprintable():
        raise ParameterError(f'{parameter if file else variable} has to hold one line of text')
    return text


def read_ice(settings: IceSettings, environment: Mapping[str, str] = os.environ) -> IceServerPool:
    """
    Return the servers that the parameters ``ice.*`` name.

    :raises ParameterError: a URL cannot be used, or the TURN servers' credentials are missing,
        malformed or given in two ways
    """
    urls = tuple(parse_ice_url(text) for text in settings.servers)
    login = _read_secret(settings.login_file, 'ice.login_file', environment,
                         'RTC_BRIDGE_TURN_LOGIN')
    secret = _read_secret(settings.secret_file, 'ice.secret_file', environment,
                          'RTC_BRIDGE_TURN_SECRET')
    username, colon, password = login.partition(':')
    if login and not (username and colon and password):
        raise ParameterError('ice.login_file, or RTC_BRIDGE_TURN_LOGIN, has to hold '
                             'USERNAME:PASSWORD')
    turn = next((url.text for url in urls if url.scheme != 'stun'), None)
    if turn and bool(login) == bool(secret):
        raise ParameterError(
            f'parameter ice.servers has {shorten(turn)}, for which '
            f'{"only one" if login else "one"} of ice.login_file (RTC_BRIDGE_TURN_LOGIN) and '
            'ice.secret_file (RTC_BRIDGE_TURN_SECRET) has to be there')
    return IceServerPool(urls, (username, password) if login else None, secret, settings.ttl)
