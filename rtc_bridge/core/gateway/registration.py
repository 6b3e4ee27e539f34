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

"""Programs that come by themselves: where they are awaited, and what they say first."""

from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from ..errors import ParameterError
from ..protocol.strict_json import load_object, member, shorten

# Bytes of the first frame.
_MAX_FIRST = 4096
# What a program that may stay is told, and when a viewer has come.
WAITING, OPENED = '{"type":"waiting"}', '{"type":"opened"}'


@dataclass(frozen=True)
class MeetingPlace:
    """
    Where programs are awaited.

    :ivar path: of a Unix socket; empty for ``host`` and ``port``
    """

    host: str = ''
    port: int = 0
    path: str = ''


@dataclass(frozen=True)
class Registration:
    """The first frame of a program: which service it is, and the token of this robot."""

    service: str
    token: str = field(repr=False)


def read_meeting_place(text: str) -> MeetingPlace:
    """
    Return what ``services.listen`` says.

    :raises ParameterError: it is not on this computer only, or cannot be read
    """
    if text.startswith('unix:/'):
        return MeetingPlace(path=text.removeprefix('unix:'))
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or '', parts.port or 0
        local = host == 'localhost' or ip_address(host).is_loopback
    except ValueError:
        parts, host, port, local = urlsplit(''), '', 0, False
    if parts.scheme != 'ws' or not local or not port or parts.path.strip('/'):
        raise ParameterError(f'parameter services.listen is {shorten(text)}, allowed are '
                             'ws://127.0.0.1:9010 and unix:/run/user/1000/rtc_bridge.sock: '
                             'programs come from this computer only')
    return MeetingPlace(host, port)


def read_registration(text: str) -> Registration:
    """
    Return what a program says first.

    :raises ProtocolError: it is something else
    """
    obj = load_object(text, _MAX_FIRST)
    return Registration(member(obj, 'service', str), member(obj, 'token', str))
