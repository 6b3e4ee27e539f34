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

"""RTCBot 0.2.5 drives a ROS robot, after its tutorial: keys of the page become Twists."""

import argparse
import asyncio

from aiohttp import web
from aiortc import RTCConfiguration
from geometry_msgs.msg import Twist
import rclpy
from rclpy.signals import SignalHandlerOptions
from rtcbot import RTCConnection
from rtcbot_page import rtcbot_page
from serving import serve as serve_web

_KEYS = """
  var kb = new rtcbot.Keyboard();
  kb.subscribe(x => conn.put_nowait(x));
"""


async def serve(port: int, topic: str) -> None:
    """Serve the page, and publish what its keys say, for ever."""
    rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node('rtcbot_driver')
    publisher = node.create_publisher(Twist, topic, 1)
    connections = set()

    def on_key(event: dict) -> None:
        twist = Twist()
        twist.linear.x = 0.5 if event['type'] == 'keydown' else 0.0
        publisher.publish(twist)

    async def connect(request: web.Request) -> web.Response:
        connection = RTCConnection(rtcConfiguration=RTCConfiguration([]))
        connections.add(connection)
        connection.subscribe(on_key)
        return web.json_response(
            await connection.getLocalDescription(await request.json()))

    await serve_web(port, connect, rtcbot_page('RTCBot: Keyboard', _KEYS))
    print('serving', flush=True)
    await asyncio.Event().wait()


def main() -> None:
    """Run until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--port', type=int, required=True)
    parser.add_argument('--topic', required=True)
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.port, arguments.topic))


if __name__ == '__main__':
    main()
