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
IPv6 literals in the URLs of STUN and TURN servers.

Private part used: ``parse_stun_turn_uri`` of ``aiortc.rtcicetransport`` (aiortc 1.14 to 1.16),
which takes no brackets. Without it a robot refuses each session while such a server is the one to
use: its test fails then.
"""

import re
from typing import Any

from aiortc import rtcicetransport

from ..hooks import available

_LITERAL = re.compile(r'\[([0-9A-Fa-f:.]+)\]')


def _install_ipv6_literals() -> None:
    if not available('IPv6 addresses of STUN and TURN servers',
                     (rtcicetransport, ['parse_stun_turn_uri'])):
        return
    module: Any = rtcicetransport
    parse = module.parse_stun_turn_uri

    def parse_with_literals(uri: str) -> dict[str, Any]:
        literal = _LITERAL.search(uri)
        parsed: dict[str, Any] = parse(_LITERAL.sub('literal', uri, count=1))
        if literal is not None:
            parsed['host'] = literal[1]
        return parsed

    module.parse_stun_turn_uri = parse_with_literals


_install_ipv6_literals()
