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

"""Opens a WebSocket to a relay."""

from collections.abc import Mapping
import ssl
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from .dial_reasons import dial_reason, environment_proxy
from .reconnecting import ConnectionLost, disconnect_reason
from ..core.protocol.signaling_messages import MAX_MESSAGE, SUBPROTOCOL

# Seconds, for the handshakes of TCP, TLS and WebSocket together.
OPEN_TIMEOUT_S = 10.0
_CLOSE_TIMEOUT_S = 1.0
# Bytes that are read from the socket at once. asyncio's 256 KiB may be 100,000 empty pings, which
# are answered without a pause. (With TLS asyncio reads records of 16 KiB.)
_READ_AT_ONCE = 2048


def _origin(url: str) -> str:
    """Return scheme, host and port of a ``ws`` or ``wss`` URL, as people write them."""
    parts = urlsplit(url)
    port = {'ws': 80, 'wss': 443}.get(parts.scheme) if parts.port is None else parts.port
    return f'{parts.scheme}://{parts.hostname}:{port}'


class _ConnectWithToken(connect):
    """
    Opens a connection with a token, and follows redirects to the same server only.

    websockets 13.1 to 16 send the headers of the first request to wherever they are redirected.
    """

    def process_redirect(self, exc: Exception) -> Exception | str:
        """Return the URL to follow, or the error to raise (websockets 13.0 follows none)."""
        followed = super().process_redirect(exc)
        if not isinstance(followed, str) or _origin(followed) == _origin(self.uri):
            return followed
        return ConnectionLost(
            f'it redirects to {_origin(followed)}, which does not get the token for '
            f'{_origin(self.uri)}: is relay_url to be that one?')


async def dial(url: str, headers: Mapping[str, str], ping: float,
               trust: ssl.SSLContext | None = None) -> ClientConnection:
    """
    Return an open WebSocket; its ``subprotocol`` is ``None`` if the relay does not know ours.

    :param url: from :func:`~.relay_url.dial_url`
    :param headers: those with a robot's token, if it has one
    :param ping: seconds between pings, and to wait for each answer
    :param trust: for a ``wss`` URL; ``None``: the system's authorities are trusted
    :raises ConnectionLost: there is no connection; the text says why, and what to do
    """
    with_tls = trust is not None and url.startswith('wss:')
    options: dict[str, Any] = {'ssl': trust} if with_tls else {}
    try:
        ws = await (_ConnectWithToken if headers else connect)(
            url, subprotocols=[Subprotocol(SUBPROTOCOL)], compression=None,
            additional_headers=headers, open_timeout=OPEN_TIMEOUT_S, ping_interval=ping,
            ping_timeout=ping, close_timeout=_CLOSE_TIMEOUT_S, max_size=MAX_MESSAGE, **options)
    except (OSError, EOFError, ImportError, WebSocketException) as error:
        # ImportError: a SOCKS proxy in the environment without the library for it.
        raise ConnectionLost(dial_reason(error, url, environment_proxy(url))) from None
    except ValueError as error:
        # The host or port of a redirect, or of a proxy in the environment, is invalid. An error of
        # a certificate is a ValueError, too, and an OSError.
        raise ConnectionLost(f'a URL on the way to it is invalid: {disconnect_reason(error)}'
                             ) from None
    # A constant of asyncio's classes that typeshed does not have. Where a transport has none,
    # this changes nothing.
    ws.transport.max_size = _READ_AT_ONCE  # type: ignore[attr-defined]
    return ws
