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

"""A viewer's camera for tests: VP8 frames, an aiortc track, and who takes the pictures."""

import asyncio
from fractions import Fraction
import threading

from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
import av
import numpy as np


def picture(luma, size=(320, 240)):
    """Return a picture of one grey."""
    width, height = size
    return av.VideoFrame.from_ndarray(
        np.full((height, width), luma, np.uint8), 'gray').reformat(format='yuv420p')


class VP8Frames:
    """Encodes pictures of one grey; the first one is a keyframe."""

    def __init__(self, size=(320, 240)):
        self._size = size
        self._encoder = av.CodecContext.create('libvpx', 'w')
        self._encoder.width, self._encoder.height = size
        self._encoder.pix_fmt = 'yuv420p'
        self._encoder.options = {'deadline': 'realtime', 'lag-in-frames': '0'}

    def frame(self, luma):
        """Return the next frame."""
        return bytes(self._encoder.encode(picture(luma, self._size))[0])


class Lens(MediaStreamTrack):
    """A track of pictures of one grey, 30 a second."""

    kind = 'video'

    def __init__(self, luma, size=(320, 240)):
        super().__init__()
        self.luma = luma
        self._size = size
        self._pts = 0

    async def recv(self):
        await asyncio.sleep(1 / 30)
        if self.readyState != 'live':
            raise MediaStreamError
        frame = picture(self.luma, self._size)
        frame.pts, frame.time_base = self._pts, Fraction(1, 90_000)
        self._pts += 3000
        return frame


class Screen:
    """Takes the pictures on the robot."""

    def __init__(self):
        self.watched = True
        self.lumas = []
        self.shapes = set()
        self._news = threading.Condition()

    def put(self, bgr):
        with self._news:
            self.shapes.add(bgr.shape)
            self.lumas.append(float(bgr.mean()))
            self._news.notify_all()

    def shows(self, luma):
        """Tell whether the newest picture has about this brightness."""
        return bool(self.lumas) and abs(self.lumas[-1] - luma) < 12

    def wait(self, luma, timeout):
        """Wait in this thread until it shows that."""
        with self._news:
            assert self._news.wait_for(lambda: self.shows(luma), timeout), self.lumas[-5:]
