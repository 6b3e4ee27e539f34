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

"""The host of a relay: settings, tokens, certificate, port and clock, without ROS."""

import os
from pathlib import Path

from .host import check_port
from ..core.access.registration_tokens import RegistrationTokens
from ..core.checks.host_rules import clock_check
from ..core.checks.result import Check
from ..core.clock import synchronized
from ..core.errors import ParameterError
from ..core.settings.relay_settings import RelaySettings
from ..system.dependency_check import is_importable
from ..system.files.secret_files import read_words
from ..system.files.setting_sources import environment_variable, read_settings


def check_relay_host(config: Path) -> list[Check]:
    """
    Check what a relay with these settings needs.

    :param config: TOML file
    """
    clock = clock_check(synchronized(), False, 0.0)
    try:
        settings = read_settings({'config': str(config)})
    except ParameterError as error:
        return [clock, Check('settings', 'fail', str(error), 'config/relay.toml has all settings')]
    return [clock, Check('settings', 'ok', str(config)), _check_tokens(settings),
            _check_certificate(settings), check_port(
                settings.host, settings.port, 'port', 'relay')]


def _check_tokens(settings: RelaySettings) -> Check:
    variable = environment_variable('tokens')
    try:
        words, places = read_words(settings.tokens_file, os.environ.get(variable, ''), variable)
        tokens = RegistrationTokens(words, places, open_names=settings.open)
    except ParameterError as error:
        return Check('tokens', 'fail', str(error),
                     'A line is NAME:TOKEN or *:TOKEN; docs/relay.md')
    if not tokens:
        return Check('tokens', 'fail', 'there are none, so no robot can register',
                     'Name tokens_file, or set open')
    return Check('tokens', 'ok', f'{len(tokens)}, for this user to read'
                 + ('; any robot may take a name without one' if settings.open else ''))


def _check_certificate(settings: RelaySettings) -> Check:
    if not settings.certificate:
        return Check('certificate', 'skipped', 'there is none: http, for a reverse proxy')
    if not is_importable('cryptography'):
        return Check('certificate', 'skipped', 'cryptography is not installed')
    from .certificate import check_certificate
    file = Path(settings.certificate)
    return check_certificate(file, Path(settings.key) if settings.key else file, '')
