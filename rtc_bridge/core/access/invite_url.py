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

"""URLs of a robot's page, with and without an invite in the fragment."""

from dataclasses import dataclass, field
import re
from urllib.parse import urlsplit

from .invite import Invite, parse_payload, SECRET_BYTES, split_invite
from ..errors import ProtocolError
from ..protocol.strict_json import shorten

_HOST = re.compile(r'[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\.?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*')
_PATH = re.compile(r'(/[A-Za-z0-9][A-Za-z0-9_.~-]*)*/?')
_QUERY = re.compile(r"[A-Za-z0-9._~:/?@!$&'()*+,;=%-]*")
# Seconds since 1970, some 36,800 years: time.localtime() fails for much later times.
_LATEST_EXPIRY = 2 ** 40


@dataclass(frozen=True)
class PageUrl:
    """
    The URL of a robot's page.

    ``url`` has neither query nor fragment; ``query`` has no question mark.
    """

    url: str
    query: str = ''

    def __str__(self) -> str:
        """Return the URL with its query."""
        return f'{self.url}?{self.query}' if self.query else self.url

    @property
    def websocket_url(self) -> str:
        """
        Return the URL of the WebSocket that belongs to the page.

        It is the page's own path, or ``ws`` below a path that ends with a slash, as the path of a
        robot without a name does.
        """
        return 'ws' + self.url.removeprefix('http') + ('ws' if self.url.endswith('/') else '')

    @property
    def polling_url(self) -> str:
        """Return the URL below which the page signals over HTTP where no WebSocket passes."""
        folder, _, name = self.websocket_url.rpartition('/')
        return f'http{folder.removeprefix("ws")}/signaling/{name}/'


@dataclass(frozen=True)
class InviteUrl:
    """A page's URL with an invite. ``fragment`` is the invite's text, a secret, without ``#``."""

    page: PageUrl
    invite: Invite
    fragment: str = field(repr=False)


def parse_page_url(text: str) -> PageUrl:
    """
    Parse the URL of a robot's page, which has no fragment.

    :raises ProtocolError: the text names the part that is wrong
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
        # The text before the @ may be a password, so the error shows the host only.
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
    return PageUrl(f'{parts.scheme}://{parts.netloc}{parts.path or "/"}', parts.query)


def parse_invite_url(text: str) -> InviteUrl:
    """
    Parse an invite URL as it was handed out.

    :raises ProtocolError: the text names the part that is wrong, and never repeats the fragment
    """
    text, _, fragment = text.strip().partition('#')
    page = parse_page_url(text)
    if not fragment:
        raise ProtocolError(f'{shorten(text)} has no invite behind a #: was it cut off? (A shell '
                            'needs the whole link in quotes)')
    try:
        payload, key = split_invite(fragment)
    except ProtocolError:
        key = b''
    if len(key) != SECRET_BYTES:
        raise ProtocolError('what stands behind the # is not of the form v1.payload.key: was it '
                            'cut off?')
    invite = parse_payload(payload)
    if not 0 <= invite.exp < _LATEST_EXPIRY:
        raise ProtocolError(f'the invite ends at {invite.exp}, which is no time')
    return InviteUrl(page, invite, fragment)
