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

"""Links to a robot's page: what people paste, in parts."""

from dataclasses import dataclass, field
import re
from urllib.parse import urlsplit

from .invite import Invite, read, SECRET_BYTES, split
from ..errors import ProtocolError
from ..protocol.strict_json import shorten

_HOST = re.compile(r'[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\.?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*')
_PATH = re.compile(r'(/[A-Za-z0-9][A-Za-z0-9_.~-]*)*/?')
_QUERY = re.compile(r"[A-Za-z0-9._~:/?@!$&'()*+,;=%-]*")
# Later than what clocks can show.
_NEVER = 2 ** 40


@dataclass(frozen=True)
class Page:
    """
    Where a robot's page is.

    ``url`` has neither query nor fragment, ``query`` no question mark.
    """

    url: str
    query: str = ''

    def __str__(self) -> str:
        """Return it as people write it."""
        return f'{self.url}?{self.query}' if self.query else self.url

    @property
    def socket(self) -> str:
        """Return the WebSocket URL that belongs to it: its path, or ``ws`` beside a nameless."""
        return 'ws' + self.url.removeprefix('http') + ('ws' if self.url.endswith('/') else '')


@dataclass(frozen=True)
class Link:
    """A link that carries an invite; ``fragment`` is its secret, without ``#``."""

    page: Page
    invite: Invite
    fragment: str = field(repr=False)


def read_page(text: str) -> Page:
    """
    Read the URL of a robot's page, without a fragment.

    :raises ProtocolError: it is none; the text names the part that is wrong
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ProtocolError(f'{shorten(text)} has a wrong port or host; a page is like '
                            'https://relay.example.org/myrobot') from None
    if parts.scheme not in ('http', 'https'):
        raise ProtocolError(f'{shorten(text)} begins with neither http:// nor https://')
    if '@' in parts.netloc:
        # What is before it may be a password.
        raise ProtocolError(f'the link to {shorten(parts.hostname)} has a user name or password '
                            'before its host, which is not allowed')
    host = parts.hostname or ''
    if not _HOST.fullmatch(host) or port == 0:
        raise ProtocolError(f'{shorten(text)} has no good host and port: {shorten(parts.netloc)}')
    if '\\' in text or not _PATH.fullmatch(parts.path):
        raise ProtocolError(f'{shorten(text)} has no good path: {shorten(parts.path)}')
    if not _QUERY.fullmatch(parts.query):
        raise ProtocolError(f'{shorten(text)} has no good query: {shorten(parts.query)}')
    if '#' in text:
        raise ProtocolError(f'{shorten(text)} has a fragment, which is not allowed here')
    return Page(f'{parts.scheme}://{parts.netloc}{parts.path or "/"}', parts.query)


def read_link(text: str) -> Link:
    """
    Read a link as it was handed out. Errors never repeat its fragment, which is a secret.

    :raises ProtocolError: the text names the part that is wrong
    """
    text, _, fragment = text.strip().partition('#')
    page = read_page(text)
    if not fragment:
        raise ProtocolError(f'{shorten(text)} has no invite behind a #: was it cut off? (A shell '
                            'needs the whole link in quotes)')
    try:
        payload, key = split(fragment)
    except ProtocolError:
        key = b''
    if len(key) != SECRET_BYTES:
        raise ProtocolError('what stands behind the # is not of the form v1.payload.key: was it '
                            'cut off?')
    invite = read(payload)
    if not 0 <= invite.exp < _NEVER:
        raise ProtocolError(f'the invite ends at {invite.exp}, which is no time')
    return Link(page, invite, fragment)
