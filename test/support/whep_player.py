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

"""A small WHEP player for tests: aiortc and aiohttp."""

import re
from urllib.parse import urljoin

from aiortc import RTCSessionDescription
from support.viewer import Viewer

_CANDIDATE = re.compile(r'^a=(?:candidate:.*|end-of-candidates)\r\n', re.M)


def session_path(response):
    """Return the path of the session that a 201 names relative to what was posted to."""
    location = response.headers['Location']
    # A proxy may have taken a prefix off the path.
    assert not location.startswith('/') and '://' not in location, location
    return urljoin(response.url.raw_path, location)


def fragment(sdp, lines=None):
    """Return the candidates of an offer's first section as RFC 8840 sends them."""
    ufrag, password = (re.search(rf'a={name}:.*\r\n', sdp)[0] for name in ('ice-ufrag', 'ice-pwd'))
    first = re.search(r'm=.*?(?=m=|\Z)', sdp, re.S)[0]
    mid = re.search(r'a=mid:.*\r\n', first)[0]
    candidates = ''.join(_CANDIDATE.findall(first)) if lines is None else lines
    return ufrag + password + first.split('\r\n')[0] + '\r\n' + mid + candidates


class Player(Viewer):
    """
    Offers without candidates and trickles them, or offers with all of them.

    :param http: an ``aiohttp.ClientSession`` for the server's URL
    """

    def __init__(self, http, **options):
        """Prepare an offer to receive one video."""
        super().__init__(labels=(), **options)
        self._http = http
        self.session = None

    async def play(self, url, trickle=True, **headers):
        """Ask for a picture; return the response's status, headers and text."""
        sdp = await self.offer()
        async with self._http.post(
                url, data=_CANDIDATE.sub('', sdp) if trickle else sdp,
                headers={'Content-Type': 'application/sdp', **headers}) as response:
            text = await response.text()
            if response.status != 201:
                return response.status, response.headers, text
            self.session = session_path(response)
        await self.pc.setRemoteDescription(RTCSessionDescription(text, 'answer'))
        if trickle:
            assert await self.patch(fragment(sdp)) == 204
        return response.status, response.headers, text

    async def patch(self, body, **headers):
        """Send a fragment; return the status."""
        async with self._http.patch(self.session, data=body, headers={
                'Content-Type': 'application/trickle-ice-sdpfrag', **headers}) as response:
            return response.status

    async def ask(self, method, **options):
        """Ask something of the session; return the status."""
        async with self._http.request(method, self.session, **options) as response:
            return response.status
