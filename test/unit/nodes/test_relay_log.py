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

"""The relay's log for people."""

import logging

from rtc_bridge.core.settings.relay_settings import LogSettings
from rtc_bridge.nodes import relay


def lines(capsys, level):
    """Return what loggers of the package and of a library write at a level."""
    root, package = logging.getLogger(), logging.getLogger('rtc_bridge')
    saved = root.handlers[:], root.level, package.level
    try:
        relay._configure_logging(LogSettings(level=level))
        logging.getLogger('rtc_bridge.core.access.policy').debug('invite %s refused', 'a\nb')
        logging.getLogger('rtc_bridge.relay').info('relay listens')
        logging.getLogger('aiohttp').info('a secret')
    finally:
        root.handlers[:], root.level = saved[:2]
        package.setLevel(saved[2])
    return capsys.readouterr().err.splitlines()


def test_debug_lines_name_their_module_and_libraries_stay_silent(capsys):
    assert lines(capsys, 'debug') == [
        r'[DEBUG] [rtc_bridge.core.access.policy]: invite a\nb refused',
        '[INFO] [relay]: relay listens']


def test_other_levels_have_no_debug_lines(capsys):
    assert lines(capsys, 'info') == ['[INFO] [relay]: relay listens']
