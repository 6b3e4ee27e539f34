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

"""A page that signals over HTTP."""

import json
import secrets

WATCH = '{"type":"watch"}'


class PollingPage:
    """A page that signals over HTTP, as ``web/client/signaling/signaling_polls.js`` does."""

    def __init__(self, r, name='r1', page=None, **headers):
        """Choose its URL."""
        self._http, self._headers = r.http, headers
        self.url = f'/signaling/{name}/{page or secrets.token_urlsafe(16)}'
        self.known = 0
        self._heard = []

    async def post(self, *messages, url=None):
        """Post texts or objects; return the status and the answer."""
        body = '\n'.join(one if isinstance(one, str) else json.dumps(one) for one in messages)
        async with self._http.post(url or self.url, data=body, headers=self._headers) as response:
            return response.status, await response.text()

    async def poll(self, after=None, **options):
        """Poll once; return the status and the messages."""
        after = self.known if after is None else after
        async with self._http.get(f'{self.url}?after={after}', **options) as response:
            text = await response.text()
            assert response.headers['Access-Control-Allow-Origin'] == '*'
            if response.status != 200:
                return response.status, text
            assert response.headers['Cache-Control'] == 'no-store'
            return 200, [json.loads(line) for line in text.splitlines()]

    async def hear(self, kind=None):
        """Return the next message, which must be of the type, if one is given."""
        while not self._heard:
            status, messages = await self.poll()
            assert status == 200, (status, messages)
            self.known += len(messages)
            self._heard += messages
        message = self._heard.pop(0)
        assert kind in (None, message['type']), message
        return message

    async def leave(self):
        """Leave; return the status."""
        async with self._http.delete(self.url) as response:
            return response.status
