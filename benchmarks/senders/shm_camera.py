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
A stamped clip in shared memory, for senders without ROS, as a V4L2 camera would give it.

``PATH`` becomes a file of ``SLOTS`` pictures, BGR, one after the other; for each new picture its
slot goes as one byte to the Unix datagram socket ``PATH.new``, if somebody listens there.
"""

import argparse
import contextlib
import mmap
import os
from pathlib import Path
import signal
import socket
import sys
import time

import cv2
import numpy as np

from rtc_bridge.sim import frame_stamp
from rtc_bridge.sim.clips import open_source, play

SLOTS = 4


def main() -> None:
    """Play until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--clip', type=Path, required=True)
    parser.add_argument('--width', type=int, required=True)
    parser.add_argument('--height', type=int, required=True)
    parser.add_argument('--rate', type=float, required=True)
    parser.add_argument('--path', required=True)
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    cv2.setNumThreads(1)
    shape = (SLOTS, args.height, args.width, 3)
    descriptor = os.open(args.path, os.O_CREAT | os.O_RDWR)
    news = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    news.setblocking(False)
    try:
        os.ftruncate(descriptor, int(np.prod(shape)))
        slots = np.frombuffer(mmap.mmap(descriptor, 0), np.uint8).reshape(shape)
        due = time.monotonic()
        for number, picture in enumerate(play(open_source(args.clip, shape[2:0:-1]))):
            due += 1 / args.rate
            time.sleep(max(0.0, due - time.monotonic()))
            frame_stamp.draw(picture, frame_stamp.now())
            slots[number % SLOTS] = picture
            # Nobody listens, or not fast enough: the next picture is as good.
            with contextlib.suppress(OSError):
                news.sendto(bytes([number % SLOTS]), f'{args.path}.new')
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(args.path)


if __name__ == '__main__':
    main()
