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

"""Why a link to a relay ended, in one short line for people."""

import os

from websockets.exceptions import ConnectionClosed, InvalidStatus


class LinkLost(Exception):
    """The link ended; the text says why."""


def reason(error: BaseException) -> str:
    """Return why a link failed."""
    if isinstance(error, InvalidStatus):
        status = error.response.status_code
        body = (error.response.body or b'').decode('utf-8', 'replace').strip()
        return f'HTTP {status}' + (f' {body[:100]}' if body and '\n' not in body else '')
    if isinstance(error, ConnectionClosed):
        close = error.rcvd
        if close is None:
            # 1011 is what this end sends to a peer that does not answer its pings.
            silent = error.sent is not None and error.sent.code == 1011
            return 'the relay does not answer pings' if silent else 'connection lost'
        return f'closed by the relay ({close.code}{" " + close.reason if close.reason else ""})'
    if isinstance(error, TimeoutError):
        return 'no answer in time'
    if isinstance(error, OSError) and (error.errno or 0) > 0:
        # asyncio's own texts repeat addresses; name resolution has numbers below zero.
        return os.strerror(error.errno)
    return str(error).split('\n')[0] or type(error).__name__
