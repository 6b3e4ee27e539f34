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
from rtcbot import getRTCBotJS, RTCConnection

PAGE = """<!doctype html>
<html><head><title>RTCBot: Keyboard</title><script src="/rtcbot.js"></script></head>
<body><script>
  var conn = new rtcbot.RTCConnection(true, {iceServers: []});
  var kb = new rtcbot.Keyboard();
  kb.subscribe(x => conn.put_nowait(x));
  async function connect() {
    let offer = await conn.getLocalDescription();
    let response = await fetch('/connect', {
      method: 'POST', cache: 'no-cache', body: JSON.stringify(offer)
    });
    await conn.setRemoteDescription(await response.json());
  }
  connect();
</script></body></html>
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

    async def page(request: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type='text/html')

    async def script(request: web.Request) -> web.Response:
        return web.Response(text=getRTCBotJS(), content_type='application/javascript')

    app = web.Application()
    app.router.add_get('/', page)
    app.router.add_get('/rtcbot.js', script)
    app.router.add_post('/connect', connect)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, '127.0.0.1', port).start()
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
