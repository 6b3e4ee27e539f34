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

"""What a relay may be set to, and where a setting comes from: flag, environment, file, default."""

from collections.abc import Mapping
import os
from pathlib import Path
import tomllib
from typing import Any

from .parameter_table import Parameter as P, Value
from ..errors import ParameterError
from ..protocol.strict_json import shorten

RELAY = (
    P('host', '0.0.0.0', 'address to listen on'),
    P('port', 8080, 'TCP port', '', 0, 65535),
    P('certificate', '', 'file with the TLS certificate and its chain, PEM; empty: no TLS. Read '
      'again on SIGHUP'),
    P('key', '', "file with the certificate's key, PEM; empty: in the certificate's file"),
    P('open', False, 'any robot may register under any free name that has no token'),
    P('tokens_file', '', 'file with tokens of robots: a line NAME:TOKEN for one robot, *:TOKEN '
      'for all; RTC_BRIDGE_RELAY_TOKENS has such words, too'),
    P('trusted_proxies', [], 'networks whose X-Forwarded-For, -Proto and -Host are '
      'believed, like 10.0.0.0/8'),
    P('hosts', [], 'names that clients have for the relay, for one bound to the loopback that a '
      "proxy or tunnel leads to, and for /metrics by name; '*': all"),
    P('metrics_for', ['127.0.0.0/8', '::1/128'], 'networks that may read /metrics'),
    P('redis', '', 'Redis that several relays share, like redis://:PASSWORD@HOST:6379/0; empty: '
      'this relay is alone'),
    P('limits.connections', 20_000, 'connections at once', '', 1, 1_000_000),
    P('limits.connections_per_address', 256, 'connections at once from one address, robots that '
      'showed a token aside', '', 1, 1_000_000),
    P('limits.requests_per_minute', 1200, 'requests from one address, in the long run', '', 1,
      1_000_000),
    P('limits.offers_per_minute', 120, 'offers from one address, in the long run', '', 1,
      1_000_000),
    P('limits.messages_per_second', 50, "messages on one page's WebSocket, in the long run", '', 1,
      100_000),
    P('limits.robots', 10_000, 'robots at once', '', 1, 1_000_000),
    P('limits.viewers_per_robot', 64, 'pages and sessions of one robot at once; one address may '
      'have a quarter of them, at least 4', '', 1, 100_000),
    P('limits.viewers_per_address', 64, 'pages and sessions of one address at once', '', 1,
      100_000),
    P('limits.answer_timeout', 10.0, 'a robot has this long for its answer', 's', 0.1, 60.0),
    P('limits.header_timeout', 10.0, 'a new connection has this long for its first request', 's',
      0.1, 300.0),
    P('limits.request_timeout', 60.0, 'a request has this long, from its header to the end of its '
      'answer', 's', 0.1, 3600.0),
    P('limits.stall_timeout', 15.0, 'a client that takes nothing for this long is cut', 's', 0.1,
      300.0),
    P('limits.heartbeat', 8.0, 'time between pings; a dead peer is noticed after one and a half '
      'of it', 's', 0.1, 300.0),
    P('log.format', 'text', 'lines for people, or JSON objects', choices=('text', 'json')),
    P('log.level', 'info', 'least weight of what is logged',
      choices=('debug', 'info', 'warning', 'error')),
)
DEFAULTS: Mapping[str, Value] = {row.name: row.default for row in RELAY}
PREFIX = 'RTC_BRIDGE_RELAY_'
_REDIS = ('redis://', 'rediss://', 'unix://')


def variable(name: str) -> str:
    """Return the environment variable of a setting."""
    return PREFIX + name.upper().replace('.', '_')


def flag(name: str) -> str:
    """Return the command-line flag of a setting."""
    return '--' + name.replace('.', '-').replace('_', '-')


def from_text(row: P, text: str) -> Value:
    """
    Return a setting that came as text; lists are separated by commas.

    :raises ParameterError: the text is no such value
    """
    value: Any = text
    match row.default:
        case bool():
            value = {'true': True, 'false': False, '1': True, '0': False}.get(text.lower(), text)
        case int() | float():
            try:
                value = type(row.default)(text)
            except ValueError:
                pass  # check() says what is allowed.
        case list():
            value = [part.strip() for part in text.split(',') if part.strip()]
    return row.check(value)


def load(path: str) -> dict[str, Value]:
    """
    Return the settings in a TOML file.

    :raises ParameterError: it cannot be read, or holds what is not a setting
    """
    try:
        tree = tomllib.loads(Path(path).read_text())
    except (OSError, ValueError) as error:
        raise ParameterError(f'the settings in {path} cannot be read: {error}') from None
    rows = {row.name: row for row in RELAY}
    values: dict[str, Value] = {}
    for name, value in _flat(tree):
        if name not in rows:
            raise ParameterError(f'{path} has {shorten(name)}, which is no setting')
        values[name] = rows[name].check(value)
    return values


def _flat(tree: dict[str, Any], prefix: str = ''):
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _flat(value, f'{prefix}{name}.')
        else:
            yield prefix + name, value


def settle(flags: Mapping[str, str], environment: Mapping[str, str] = os.environ
           ) -> dict[str, Value]:
    """
    Return all settings: a flag goes before the environment, that before the file.

    :param flags: texts by setting; ``config`` names the file
    :raises ParameterError: a value that is not allowed; the text names it
    """
    file = flags.get('config') or environment.get(PREFIX + 'CONFIG', '')
    values = {**DEFAULTS, **(load(file) if file else {})}
    for row in RELAY:
        text = flags.get(row.name, environment.get(variable(row.name)))
        if text is not None:
            values[row.name] = from_text(row, text)
    if values['redis'] and not values['redis'].startswith(_REDIS):
        # It is not shown: there may be a password in it.
        raise ParameterError(f'parameter redis must begin with {" or ".join(_REDIS)}')
    if values['key'] and not values['certificate']:
        raise ParameterError('parameter key is set, but certificate is not')
    return values
