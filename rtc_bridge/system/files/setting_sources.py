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

"""Where the relay's settings come from: flags, environment, a TOML file, defaults."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
import os
from pathlib import Path
import tomllib
from typing import Any

from ...core.errors import ParameterError
from ...core.protocol.strict_json import shorten
from ...core.settings.parameters import Parameter, parameters_of, Value, with_values
from ...core.settings.relay_settings import RelaySettings

ENVIRONMENT_PREFIX = 'RTC_BRIDGE_RELAY_'
_REDIS_SCHEMES = ('redis://', 'rediss://', 'unix://')


def environment_variable(name: str) -> str:
    """Return the environment variable of a setting."""
    return ENVIRONMENT_PREFIX + name.upper().replace('.', '_')


def command_line_flag(name: str) -> str:
    """Return the command-line flag of a setting."""
    return '--' + name.replace('.', '-').replace('_', '-')


def parse_text(row: Parameter, text: str) -> Value:
    """
    Return the value of a setting that is given as text; commas separate the items of a list.

    :raises ParameterError: the text stands for no allowed value
    """
    value: object = text
    match row.default:
        case bool():
            value = {'true': True, 'false': False, '1': True, '0': False}.get(text.lower(), text)
        case int() | float():
            try:
                value = type(row.default)(text)
            except ValueError:
                pass  # check() says what is allowed.
        case tuple():
            value = [part.strip() for part in text.split(',') if part.strip()]
    return row.check(value)


def read_toml(path: str) -> dict[str, Value]:
    """
    Return the settings in a TOML file by dotted names.

    :raises ParameterError: the file cannot be read, or holds something that is not a setting
    """
    try:
        tree = tomllib.loads(Path(path).read_text())
    except (OSError, ValueError) as error:
        raise ParameterError(f'the settings in {path} cannot be read: {error}') from None
    rows = {row.name: row for row in parameters_of(RelaySettings())}
    values = {}
    for name, value in _flatten(tree):
        if name not in rows:
            meant = get_close_matches(name, rows, 1)
            raise ParameterError(
                f'{path} has {shorten(name)}, which is no setting: '
                + (f'is {meant[0]} meant?' if meant else f'the settings are {", ".join(rows)}'))
        values[name] = rows[name].check(value)
    return values


def _flatten(tree: dict[str, Any], prefix: str = '') -> Iterator[tuple[str, object]]:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _flatten(value, f'{prefix}{name}.')
        else:
            yield prefix + name, value


def read_settings(flags: Mapping[str, str],
                  environment: Mapping[str, str] = os.environ) -> RelaySettings:
    """
    Return all settings: a flag goes before the environment, the environment before the file.

    :param flags: texts by setting; ``config`` names the file
    :raises ParameterError: a value that is not allowed; the text names it
    """
    file = flags.get('config') or environment.get(ENVIRONMENT_PREFIX + 'CONFIG', '')
    values = read_toml(file) if file else {}
    for row in parameters_of(RelaySettings()):
        text = flags.get(row.name, environment.get(environment_variable(row.name)))
        if text is not None:
            values[row.name] = parse_text(row, text)
    settings = with_values(RelaySettings(), values)
    if settings.redis and not settings.redis.startswith(_REDIS_SCHEMES):
        # The text does not show the value: it may contain a password.
        raise ParameterError(f'parameter redis must begin with {" or ".join(_REDIS_SCHEMES)}')
    if settings.key and not settings.certificate:
        raise ParameterError('parameter key is set, but certificate is not')
    return settings
