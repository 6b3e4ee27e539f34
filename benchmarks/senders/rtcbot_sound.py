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

"""RTCBot 0.2.5's sound behind a plain rclpy subscription, after RTCBot's own tutorials."""

import argparse
import asyncio
import contextlib

from aiohttp import web
from aiortc import RTCConfiguration
import numpy as np
from ros_frames import subscribe_to
from rtcbot import RTCConnection
from rtcbot.base import SubscriptionProducer
from serving import CORS, serve as serve_web
from std_msgs.msg import UInt8MultiArray


def read(message: UInt8MultiArray) -> np.ndarray:
    """Return samples as RTCBot takes them: floats from -1 to 1, of shape (samples, channels)."""
    return np.frombuffer(message.data, '<i2').astype(np.float32).reshape(-1, 1) / 32768


async def serve(topic: str, port: int) -> None:
    """Answer ``POST /connect``, for ever."""
    microphone = SubscriptionProducer(asyncio.Queue)
    subscribe_to(UInt8MultiArray, topic, read, microphone.put_nowait, 10)
    connections = set()

    async def connect(request: web.Request) -> web.Response:
        # An empty list: by default aiortc asks a public STUN server first.
        connection = RTCConnection(rtcConfiguration=RTCConfiguration([]))
        connections.add(connection)
        subscription = microphone.subscribe()
        connection.audio.putSubscription(subscription)

        def on_close(*_: object) -> None:
            connections.discard(connection)
            microphone.unsubscribe(subscription)

        connection.onClose(on_close)
        answer = await connection.getLocalDescription(await request.json())
        return web.json_response(answer, headers=CORS)

    await serve_web(port, connect)
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
