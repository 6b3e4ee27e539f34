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

"""Reading what a viewer posts, and saying in HTTP what went wrong."""

import asyncio

from aiohttp import web

from ...core.errors import SignalingError
from ...core.protocol.signaling_messages import MAX_MESSAGE

# HTTP status of each error code. All others are 502: trouble behind the relay.
STATUS = {'bad-message': 400, 'bad-offer': 400, 'denied': 403, 'no-camera': 404, 'busy': 503,
          'robot-timeout': 504, 'too-long': 413, 'too-many': 429}
# Seconds, for the whole body.
BODY_TIMEOUT = 10.0


async def read_body(request: web.Request) -> bytes:
    """
    Return a request's body.

    :raises aiohttp.web.HTTPException: 400 it contradicts its headers, 408 too slow, 413 too long,
        415 compressed (RFC 9110, section 8.4)
    """
    if request.headers.get('Content-Encoding', 'identity').lower() != 'identity':
        raise web.HTTPUnsupportedMediaType(text='The body is compressed: send it as it is')
    try:
        async with asyncio.timeout(BODY_TIMEOUT):
            return await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout(
            text=f'The body did not arrive within {BODY_TIMEOUT:g} s') from None
    except web.RequestPayloadError:
        raise web.HTTPBadRequest(text='The body contradicts its headers') from None
    except web.HTTPRequestEntityTooLarge:
        raise web.HTTPRequestEntityTooLarge(
            MAX_MESSAGE, request.content_length or 0,
            text=f'The body is longer than {MAX_MESSAGE} bytes') from None


def error_text(error: SignalingError) -> str:
    """Return an error's text as UTF-8 can hold it: JSON escapes can write lone surrogates."""
    return (str(error) or error.code).encode('utf-8', 'replace').decode()
