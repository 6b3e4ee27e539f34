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

"""RTCBot 0.2.5 behind a plain rclpy subscription, after RTCBot's own tutorials."""

import argparse
import asyncio
import contextlib

from aiohttp import web
from aiortc import RTCConfiguration
from ros_frames import subscribe
from rtcbot import RTCConnection
from rtcbot.base import SubscriptionProducer
from rtcbot.subscriptions import MostRecentSubscription
from rtcbot_page import rtcbot_page
from serving import CORS, serve as serve_web

_VIDEO = '<video autoplay playsinline muted></video>'
_SHOW = """
  conn.video.subscribe(function(stream) {
    document.querySelector('video').srcObject = stream;
  });
"""


async def serve(topic: str, port: int) -> None:
    """Answer ``POST /connect``, and serve RTCBot's page, for ever."""
    camera = SubscriptionProducer(MostRecentSubscription)
    subscribe(topic, camera.put_nowait)
    connections = set()

    async def connect(request: web.Request) -> web.Response:
        # An empty list: by default aiortc asks a public STUN server first.
        connection = RTCConnection(rtcConfiguration=RTCConfiguration([]))
        connections.add(connection)
        subscription = camera.subscribe()
        connection.video.putSubscription(subscription)

        def on_close(*_: object) -> None:
            connections.discard(connection)
            camera.unsubscribe(subscription)

        connection.onClose(on_close)
        answer = await connection.getLocalDescription(await request.json())
        return web.json_response(answer, headers=CORS)

    await serve_web(port, connect, rtcbot_page('RTCBot: Video', _SHOW, _VIDEO))
    await asyncio.Event().wait()


def main() -> None:
    """Run until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--topic', required=True)
    parser.add_argument('--port', type=int, required=True)
    arguments = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(arguments.topic, arguments.port))


if __name__ == '__main__':
    main()
