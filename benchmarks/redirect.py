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

"""Addresses in session descriptions, and another one in their place."""

import re

_HOST = re.compile(r'^a=candidate:\S+ 1 udp \d+ ((?:\d+\.){3}\d+) (\d+) typ host', re.M | re.I)


def host_candidate(sdp: str) -> tuple[str, int]:
    """
    Return the address of the first host candidate over UDP and IPv4 in a description.

    :raises ValueError: there is none
    """
    match = _HOST.search(sdp)
    if match is None:
        raise ValueError('the description has no IPv4 host candidate (names, as Chromium gives '
                         'them by default, do not do)')
    return match[1], int(match[2])


def redirect(sdp: str, address: tuple[str, int]) -> str:
    """Return a description with one address in the place of all that it has."""
    host, port = address
    lines = []
    for line in sdp.splitlines():
        if line.startswith('a=candidate:'):
            continue
        if line.startswith('a=ice-ufrag:'):
            lines.append(f'a=candidate:1 1 udp 2130706431 {host} {port} typ host')
        lines.append('c=IN IP4 0.0.0.0' if line.startswith('c=') else line)
    return '\r\n'.join([*lines, ''])
