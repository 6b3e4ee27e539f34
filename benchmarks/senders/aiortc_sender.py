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

"""
Stock aiortc behind a plain rclpy subscription: what a first working program looks like.

Each viewer has a track and so an encoder of its own. The picture waits in one place, the newest
only, so that no queue adds delay.
"""

import argparse
import asyncio
import contextlib

from aiohttp import web
from aiortc import (
    RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription, VideoStreamTrack,
)
from aiortc.mediastreams import VIDEO_TIME_BASE
from av import VideoFrame
import numpy as np
from ros_frames import subscribe
from serving import CORS, serve as serve_web


class Newest:
    """The newest picture, for any number of readers."""

    def __init__(self) -> None:
        """Start without one."""
        self._picture: np.ndarray | None = None
        self._number = 0
        self._arrived = asyncio.Condition()

    def put(self, picture: np.ndarray) -> None:
        """Replace the picture."""
        self._picture = picture
        self._number += 1
        asyncio.ensure_future(self._tell())

    async def _tell(self) -> None:
        async with self._arrived:
            self._arrived.notify_all()

    async def after(self, number: int) -> tuple[np.ndarray, int]:
        """Return a picture newer than ``number``, and its own number."""
        async with self._arrived:
            await self._arrived.wait_for(lambda: self._number > number)
            return self._picture, self._number


class CameraTrack(VideoStreamTrack):
    """One viewer's track."""

    def __init__(self, newest: Newest) -> None:
        """Read from a place that others may read too."""
        super().__init__()
        self._newest = newest
        self._number = 0
        self._started: float | None = None

    async def recv(self) -> VideoFrame:
        """Return the newest picture, stamped on arrival."""
        picture, self._number = await self._newest.after(self._number)
        frame = VideoFrame.from_ndarray(picture, format='bgr24')
        now = asyncio.get_running_loop().time()
        self._started = self._started or now
        frame.pts = int((now - self._started) / VIDEO_TIME_BASE)
        frame.time_base = VIDEO_TIME_BASE
        return frame


async def serve(topic: str, port: int, codec: str) -> None:
    """Answer ``POST /connect`` for ever."""
    newest = Newest()
    subscribe(topic, newest.put)
    connections = set()

    async def connect(request: web.Request) -> web.Response:
        offer = await request.json()
        # An empty list: by default aiortc asks a public STUN server first.
        pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        connections.add(pc)

        @pc.on('connectionstatechange')
        async def on_state() -> None:
            if pc.connectionState in ('failed', 'closed'):
                await pc.close()
                connections.discard(pc)

        if codec == 'stock':
            pc.addTrack(CameraTrack(newest))
        else:
            transceiver = pc.addTransceiver(CameraTrack(newest), 'sendonly')
            transceiver.setCodecPreferences([
                c for c in RTCRtpSender.getCapabilities('video').codecs
                if c.mimeType.lower() in (f'video/{codec}', 'video/rtx')])
        await pc.setRemoteDescription(RTCSessionDescription(offer['sdp'], offer['type']))
        await pc.setLocalDescription(await pc.createAnswer())
        return web.json_response({'sdp': pc.localDescription.sdp,
                                  'type': pc.localDescription.type}, headers=CORS)

    await serve_web(port, connect)
    await asyncio.Event().wait()


def main() -> None:
    """Run until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--topic', required=True)
    parser.add_argument('--port', type=int, required=True)
    parser.add_argument('--codec', choices=('stock', 'h264', 'vp8'), default='stock',
                        help="stock: aiortc's own order, VP8 first")
    arguments = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(arguments.topic, arguments.port, arguments.codec))


if __name__ == '__main__':
    main()
