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

"""Names of robots, which are paths of the relay."""

import re

from .strict_json import shorten
from ..errors import ProtocolError

_NAME = re.compile(r'[A-Za-z0-9][A-Za-z0-9_.~-]{0,63}')
# Paths of the relay that no robot may take.
RESERVED_NAMES = frozenset({'ws', 'connect', 'whep', 'api', 'static', 'metrics', 'healthz',
                            'rtcbot.js', 'favicon.ico'})


def check_name(name: str) -> str:
    """
    Return the name of a robot or room.

    :raises ProtocolError: not one URL path segment of 1 to 64 letters, digits, ``_ . ~ -``, or
        reserved
    """
    if not _NAME.fullmatch(name):
        raise ProtocolError(f'{shorten(name)} is no robot name: 1 to 64 letters, digits, _ . ~ - '
                            'are allowed, the first a letter or digit')
    if name in RESERVED_NAMES:
        raise ProtocolError(f'{shorten(name)} is a reserved name')
    return name
