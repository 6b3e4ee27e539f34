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

"""Images from a video file or a folder of numbered images, at a size, again and again."""

from collections.abc import Iterator
from pathlib import Path
import re
from typing import cast

import av
import cv2
import numpy as np
import numpy.typing as npt

from ..core.errors import ImageError
from ..media.images.image_encodings import to_i420

Bgr = npt.NDArray[np.uint8]
# Bytes that images of the first round may take: a minute of 640x480 at 30 a second in I420.
MEMORY = 300 * 1000 * 1000
# Images that are converted to I420 with each one that is added: two of them make room for it.
_PACKED_AT_ONCE = 4
_SUFFIXES = frozenset({'.png', '.jpg', '.jpeg', '.bmp', '.ppm', '.pgm', '.tif', '.tiff', '.webp'})
# Images per second of a folder, which has no rate of its own: that of most driving data sets.
_FOLDER_RATE = 10.0
# Images per second of a video file that does not say it.
_DEFAULT_RATE = 30


def _scaled_size(width: int, height: int, wanted: tuple[int, int]) -> tuple[int, int]:
    """Return the size to show; a wanted side of 0 follows the other one."""
    to_width, to_height = wanted
    if to_width and not to_height:
        to_height = max(round(height * to_width / width), 1)
    elif to_height and not to_width:
        to_width = max(round(width * to_height / height), 1)
    return to_width or width, to_height or height


class VideoFile:
    """
    A video file.

    :param wanted: width and height to scale to, see :func:`open_source`
    :ivar rate: in images per second
    :ivar size: width and height in pixels
    :raises ImageError: it has no video
    """

    def __init__(self, path: Path, wanted: tuple[int, int] = (0, 0)) -> None:
        self._path = path
        try:
            with av.open(str(path)) as container:
                if not container.streams.video:
                    raise ImageError(f'{path} has no video')
                stream = container.streams.video[0]
                self.rate = float(stream.average_rate or stream.guessed_rate or _DEFAULT_RATE)
                self.size = _scaled_size(stream.width, stream.height, wanted)
                next(container.decode(stream))
        except (av.FFmpegError, StopIteration, ZeroDivisionError) as error:
            raise ImageError(f'{path} cannot be played: {error or "no images"}') from None

    def images(self) -> Iterator[Bgr]:
        """Yield all images once; a file that is broken ends there."""
        with av.open(str(self._path)) as container:
            stream = container.streams.video[0]
            stream.thread_type = 'NONE'
            try:
                for frame in container.decode(stream):
                    yield cast(Bgr, frame.to_ndarray(
                        format='bgr24', width=self.size[0], height=self.size[1],
                        interpolation='AREA'))
            except av.FFmpegError:
                return


class ImageFolder:
    """
    A folder of images, in the order of the numbers in their names.

    :param wanted: width and height to scale to, see :func:`open_source`
    :ivar rate: in images per second
    :ivar size: width and height in pixels
    :raises ImageError: it has no images
    """

    def __init__(self, path: Path, wanted: tuple[int, int] = (0, 0)) -> None:
        self._files = sorted((file for file in path.iterdir()
                              if file.suffix.lower() in _SUFFIXES), key=_by_number)
        first = next((image for image in map(_read, self._files) if image is not None), None)
        if first is None:
            raise ImageError(f'{path} has no images')
        self.rate = _FOLDER_RATE
        self.size = _scaled_size(first.shape[1], first.shape[0], wanted)

    def images(self) -> Iterator[Bgr]:
        """Yield all images once; broken ones are left out."""
        for image in map(_read, self._files):
            if image is None:
                continue
            if image.shape[1::-1] != self.size:
                image = cast(Bgr, cv2.resize(image, self.size, interpolation=cv2.INTER_AREA))
            yield image


def _by_number(file: Path) -> list[tuple[int, str]]:
    """Return a key that sorts names by the numbers in them."""
    return [(int(part), '') if part.isdigit() else (-1, part)
            for part in re.split(r'(\d+)', file.name)]


def _read(file: Path) -> Bgr | None:
    """Return an image, ``None`` if it is broken."""
    return cast(Bgr | None, cv2.imread(str(file), cv2.IMREAD_COLOR))


Source = VideoFile | ImageFolder


def open_source(path: Path, wanted: tuple[int, int] = (0, 0)) -> Source:
    """
    Return the video or the images at a path.

    :param wanted: width and height to scale to; 0 follows the other side, or the source's own
    :raises ImageError: nothing there that can be played
    """
    if not path.exists():
        raise ImageError(f'there is no {path}')
    return ImageFolder(path, wanted) if path.is_dir() else VideoFile(path, wanted)


class _Recording:
    """Keeps the images of the first round while they fit: as they are, then as I420."""

    def __init__(self, limit: int) -> None:
        self.complete = False
        self._limit = limit
        self._bytes = 0
        # How many images, from the first on, are I420; ``None``: all fit as they are.
        self._packed: int | None = None
        # ``None`` once they do not fit.
        self._images: list[npt.NDArray[np.uint8]] | None = []

    def add(self, bgr: Bgr) -> None:
        """Keep an image if there is room for it."""
        images = self._images
        if images is None:
            return
        images.append(bgr.copy())
        self._bytes += bgr.nbytes
        if self._packed is None and self._bytes > self._limit:
            self._packed = 0
        if self._packed is None:
            return
        # All of them at once would take the time of several images.
        for _ in range(min(_PACKED_AT_ONCE, len(images) - self._packed)):
            image = images[self._packed]
            images[self._packed] = to_i420(image, 'bgr8')
            self._bytes -= image.nbytes - images[self._packed].nbytes
            self._packed += 1
        if self._packed == len(images) and self._bytes > self._limit:
            self._images = None

    def finish(self) -> None:
        """Note that a round is over."""
        self.complete = bool(self._images)

    def images(self, size: tuple[int, int]) -> Iterator[Bgr]:
        """Yield what was kept."""
        for image in self._images or ():
            if image.ndim == 2:
                # I420 has even sizes.
                bgr = cast(Bgr, cv2.cvtColor(image, cv2.COLOR_YUV2BGR_I420))
                yield bgr[:size[1], :size[0]]
            else:
                yield image.copy()


def play(source: Source, *, loop: bool = True, memory: int = MEMORY) -> Iterator[Bgr]:
    """
    Yield images, round after round, each an array of (height, width, 3) of its own.

    The first round is read as it is played; if it fits into ``memory`` bytes, the others come
    from there, otherwise they are read again.
    """
    recording = _Recording(memory)
    while True:
        if recording.complete:
            yield from recording.images(source.size)
        else:
            empty = True
            for image in source.images():
                if loop:
                    recording.add(image)
                empty = False
                yield image
            recording.finish()
            if empty:
                return
        if not loop:
            return
