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

"""Frames of FFmpeg and the arrays that the rest works with."""

import av
from av.video.plane import VideoPlane
from av.video.reformatter import ColorRange
import numpy as np
import numpy.typing as npt

from .i420 import I420, Pixels, Planes
from ...core.errors import ImageError


def plane_of(plane: VideoPlane) -> npt.NDArray[np.uint8]:
    """Return a view of a plane of 8-bit samples, without the padding of its rows."""
    memory: npt.NDArray[np.uint8] = np.frombuffer(
        plane, np.uint8)  # type: ignore[call-overload]  # PyAV's types hide that it is a buffer.
    return memory.reshape(-1, plane.line_size)[:plane.height, :plane.width]


def copied_frame(i420: I420) -> av.VideoFrame:
    """Return an image as a frame with memory of its own."""
    width, height = i420.shape[1], i420.shape[0] * 2 // 3
    frame = av.VideoFrame(width, height, 'yuv420p')
    flat, start = i420.reshape(-1), 0
    for plane in frame.planes:
        end = start + plane.width * plane.height
        plane_of(plane)[:] = flat[start:end].reshape(plane.height, plane.width)
        start = end
    return frame


def pixels_of(frame: av.VideoFrame) -> tuple[Pixels | Planes, str]:
    """
    Return a decoded frame's pixels and encoding, without a conversion where that is possible.

    By way of BGR a frame of 1280x720 takes 1.2 ms of a core more (measured, November 2026).

    :raises ImageError: a pixel format that cannot be converted
    """
    if frame.format.name == 'yuv420p' and frame.color_range != ColorRange.JPEG:
        return Planes(*map(plane_of, frame.planes)), ''
    try:
        return frame.to_ndarray(format='bgr24'), 'bgr8'
    except (av.FFmpegError, ValueError) as error:
        raise ImageError(f'a decoded image of {frame.format.name} cannot be converted: {error}',
                         'not-decodable', {'format': frame.format.name}) from None
