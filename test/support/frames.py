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

"""Images and H.264 for tests of the picture path."""

import asyncio

import av
import numpy as np

from rtc_bridge.core.bitstreams.h264_stream import split_nals
from rtc_bridge.media.images.frame import Frame
from rtc_bridge.media.images.i420 import RenderOptions
from support.patience import PATIENCE


def texture(width, height, shift=0):
    """Return a smooth BGR texture that moves."""
    y, x = np.mgrid[:height, :width]
    luma = 128 + 60 * np.sin((x + 4 * shift) / 17) + 50 * np.cos(y / 13)
    return np.repeat(luma[..., None], 3, 2).astype(np.uint8)


def i420(pixels):
    """Return BGR pixels as encoders take them."""
    return Frame(lambda: (pixels, 'bgr8'), 0.0, RenderOptions()).i420()


def encode_h264(profile='Baseline', size=(322, 182), count=12, options=None):
    """Return access units of a moving picture, as libx264 makes them."""
    context = av.CodecContext.create('libx264', 'w')
    context.width, context.height = size
    context.pix_fmt = 'yuv420p'
    context.framerate = 30
    context.profile = profile
    context.options = {'preset': 'superfast', **(options or {'tune': 'zerolatency'})}
    noise = np.random.default_rng(1).integers(0, 255, (size[1] // 8, size[0], 3), np.uint8)
    picture = np.repeat(noise, 8, 0)[:size[1]]
    picture = np.pad(picture, ((0, size[1] - len(picture)), (0, 0), (0, 0)))
    packets = []
    for pts in range(count):
        # It moves: in unrelated pictures the encoder finds no use for B frames.
        frame = av.VideoFrame.from_ndarray(np.roll(picture, 2 * pts, 1).copy(), 'rgb24')
        frame.pts = pts
        packets += context.encode(frame)
    return [bytes(packet) for packet in packets + context.encode(None)]


def to_avcc(data):
    """Return an Annex B stream with lengths instead of start codes."""
    return b''.join(len(nal).to_bytes(4, 'big') + nal for nal in split_nals(data))


class Watcher:
    """Collects the frames of a stream."""

    def __init__(self, takes=True):
        self.frames = []
        self.takes = takes
        self._arrived = asyncio.Event()

    def deliver(self, stream, frame):
        """Take a frame."""
        return self(frame)

    def __call__(self, frame):
        """Take a frame of a subscription."""
        self.frames.append(frame)
        self._arrived.set()
        return self.takes

    async def count(self, number):
        async with asyncio.timeout(PATIENCE):
            while len(self.frames) < number:
                self._arrived.clear()
                await self._arrived.wait()
