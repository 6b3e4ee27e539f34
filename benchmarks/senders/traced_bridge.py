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
The bridge, with the time of each picture at each stage written to a file when it ends.

Usage: ``traced_bridge.py FILE [--ros-args ...]``. Methods are wrapped from outside; the product
has no code for this. Times are wall clock in ms; ``stamp`` is what is drawn into the picture.
"""

import functools
import json
from pathlib import Path
import sys
import time
from typing import Any

import numpy as np
from rtc_bridge.media.camera import Camera
from rtc_bridge.media.encoded_frame import CLOCK_RATE, EncodedFrame
from rtc_bridge.media.encoded_stream import EncodedStream
from rtc_bridge.media.encoder import Encoder
from rtc_bridge.media.images.frame import Frame
from rtc_bridge.nodes.bridge import main
from rtc_bridge.peer.slots.slot_track import SlotTrack
from rtc_bridge.sim import frame_stamp

# By presentation time, which Frame.arrival fixes.
_pictures: dict[int, dict[str, Any]] = {}


def _entry(pts: int) -> dict[str, Any]:
    return _pictures.setdefault(pts, {})


def _now() -> float:
    return time.time() * 1000


def _wrap(cls: type, name: str) -> Any:
    """Return a decorator that puts a function in a method's place and passes the old one."""
    old = getattr(cls, name)

    def install(function: Any) -> None:
        setattr(cls, name, functools.wraps(old)(functools.partialmethod(function, old)))
    return install


@_wrap(Camera, 'put')
def _put(self: Camera, old: Any, load: Any, *args: Any) -> None:
    came = _now()

    def load_and_keep() -> tuple[np.ndarray, str]:
        pixels, encoding = load()
        load_and_keep.corner = pixels[:frame_stamp.HEIGHT, :frame_stamp.WIDTH].copy()
        return pixels, encoding

    load_and_keep.came = came
    old(self, load_and_keep, *args)


@_wrap(Frame, 'i420')
def _i420(self: Frame, old: Any, divisor: int = 1) -> np.ndarray:
    began = _now()
    result = old(self, divisor)
    entry = _entry(round(self.arrival * CLOCK_RATE))
    entry |= {'came': self._load.came, 'taken': began, 'converted': _now(),
              'corner': self._load.corner}
    return result


@_wrap(Encoder, 'encode')
def _encode(self: Encoder, old: Any, i420: np.ndarray, pts: int, *args: Any,
            **options: Any) -> Any:
    packet = old(self, i420, pts, *args, **options)
    _entry(pts)['encoded'] = _now()
    return packet


@_wrap(EncodedStream, '_deliver')
def _deliver(self: EncodedStream, old: Any, frame: EncodedFrame) -> bool:
    _entry(frame.packet.pts).setdefault('delivered', _now())
    return old(self, frame)


@_wrap(SlotTrack, 'recv')
async def _recv(self: SlotTrack, old: Any) -> Any:
    before = getattr(self, 'traced_pts', None)
    if before is not None:
        # aiortc comes back when all of the last picture's packets are with the kernel.
        _entry(before).setdefault('sent', _now())
    packet = await old(self)
    self.traced_pts = packet.pts
    _entry(packet.pts).setdefault('fetched', _now())
    return packet


def _dump(path: Path) -> None:
    pictures = []
    for entry in _pictures.values():
        number = frame_stamp.read(entry.pop('corner')) if 'corner' in entry else None
        if number is not None:
            pictures.append({'stamp': number / 1000, **entry})
    path.write_text(json.dumps(pictures))


if __name__ == '__main__':
    try:
        main(sys.argv[2:])
    finally:
        _dump(Path(sys.argv[1]))
