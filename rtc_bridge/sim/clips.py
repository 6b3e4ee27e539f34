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

"""Pictures from a video file or a folder of numbered images, at a size, again and again."""

from collections.abc import Iterator
from pathlib import Path
import re

import av
import cv2
import numpy as np

from ..core.errors import ImageError
from ..media.image_encodings import to_i420

MEMORY = 300 * 1000 * 1000
_IMAGES = frozenset({'.png', '.jpg', '.jpeg', '.bmp', '.ppm', '.pgm', '.tif', '.tiff', '.webp'})
# Images have no rate of their own; the usual one of driving data sets.
_FOLDER_RATE = 10.0


def _scaled(width: int, height: int, wanted: tuple[int, int]) -> tuple[int, int]:
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

    ``rate`` is in pictures a second, ``size`` is (width, height).
    """

    def __init__(self, path: Path, wanted: tuple[int, int] = (0, 0)) -> None:
        """
        Look into the file.

        :raises ImageError: no video in it
        """
        self._path = path
        try:
            with av.open(str(path)) as container:
                if not container.streams.video:
                    raise ImageError(f'{path} has no video')
                stream = container.streams.video[0]
                self.rate = float(stream.average_rate or stream.guessed_rate or 30)
                self.size = _scaled(stream.width, stream.height, wanted)
                next(container.decode(stream))
        except (av.FFmpegError, StopIteration, ZeroDivisionError) as error:
            raise ImageError(f'{path} cannot be played: {error or "no pictures"}') from None

    def pictures(self) -> Iterator[np.ndarray]:
        """
        Yield all pictures once, as (h, w, 3) uint8 BGR.

        A file that breaks off ends there.
        """
        with av.open(str(self._path)) as container:
            stream = container.streams.video[0]
            stream.thread_type = 'NONE'
            try:
                for frame in container.decode(stream):
                    yield frame.to_ndarray(format='bgr24', width=self.size[0],
                                           height=self.size[1], interpolation='AREA')
            except av.FFmpegError:
                return


class ImageFolder:
    """
    A folder of images, in the order of the numbers in their names.

    ``rate`` is in pictures a second, ``size`` is (width, height).
    """

    def __init__(self, path: Path, wanted: tuple[int, int] = (0, 0)) -> None:
        """
        List the folder and read the first image.

        :raises ImageError: no images in it
        """
        def order(file: Path) -> list:
            return [(int(part), '') if part.isdigit() else (-1, part)
                    for part in re.split(r'(\d+)', file.name)]

        self._files = sorted((file for file in path.iterdir()
                              if file.suffix.lower() in _IMAGES), key=order)
        first = next((image for image in map(self._read, self._files) if image is not None), None)
        if first is None:
            raise ImageError(f'{path} has no images')
        self.rate = _FOLDER_RATE
        self.size = _scaled(first.shape[1], first.shape[0], wanted)

    def pictures(self) -> Iterator[np.ndarray]:
        """Yield all pictures once, as (h, w, 3) uint8 BGR; broken ones are left out."""
        for file in self._files:
            image = self._read(file)
            if image is None:
                continue
            if image.shape[1::-1] != self.size:
                image = cv2.resize(image, self.size, interpolation=cv2.INTER_AREA)
            yield image

    @staticmethod
    def _read(file: Path) -> np.ndarray | None:
        return cv2.imread(str(file), cv2.IMREAD_COLOR)


Source = VideoFile | ImageFolder


def open_source(path: Path, wanted: tuple[int, int] = (0, 0)) -> Source:
    """
    Return the video or the images at a path.

    :param wanted: (width, height) to scale to; 0 follows the other side, or the source's own
    :raises ImageError: nothing there that can be played
    """
    if not path.exists():
        raise ImageError(f'there is no {path}')
    return ImageFolder(path, wanted) if path.is_dir() else VideoFile(path, wanted)


class _Memory:
    """Pictures of the first round, as long as they fit: as they are, else as I420."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._packed = False
        self._pictures: list[np.ndarray] | None = []
        self.complete = False

    def add(self, bgr: np.ndarray) -> None:
        """Keep a picture if there is room for it."""
        if self._pictures is None:
            return
        self._pictures.append(to_i420(bgr, 'bgr8') if self._packed else bgr.copy())
        self._size += self._pictures[-1].nbytes
        if self._size > self._limit and not self._packed:
            self._packed = True
            self._pictures = [to_i420(picture, 'bgr8') for picture in self._pictures]
            self._size = sum(picture.nbytes for picture in self._pictures)
        if self._size > self._limit:
            self._pictures = None

    def finish(self) -> None:
        """Say that a round is over."""
        self.complete = bool(self._pictures)

    def pictures(self, size: tuple[int, int]) -> Iterator[np.ndarray]:
        """Yield what was kept, as BGR."""
        for picture in self._pictures:
            if self._packed:
                bgr = cv2.cvtColor(picture, cv2.COLOR_YUV2BGR_I420)
                yield bgr[:size[1], :size[0]]
            else:
                yield picture.copy()


def play(source: Source, *, loop: bool = True, memory: int = MEMORY) -> Iterator[np.ndarray]:
    """
    Yield pictures, round after round, each an array of its own.

    The first round is read as it is played; if it fits into ``memory`` bytes, the others come
    from there, else they are read again.
    """
    kept = _Memory(memory)
    while True:
        if kept.complete:
            yield from kept.pictures(source.size)
        else:
            count = 0
            for picture in source.pictures():
                if loop:
                    kept.add(picture)
                count += 1
                yield picture
            kept.finish()
            if not count:
                return
        if not loop:
            return
