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

"""How far apart the rows of an image lie in its memory, where the message says it wrongly."""

from collections.abc import Iterable
from dataclasses import dataclass

from ..errors import ImageError


@dataclass(frozen=True)
class ImageSize:
    """
    What a message says of its image, and how many bytes it has.

    :ivar name: of the encoding
    :ivar step: bytes from row to row
    """

    name: str
    width: int
    height: int
    step: int
    size: int

    def values(self, expected: int) -> dict[str, str | int | float]:
        """Return what an error is about; ``expected`` are the bytes that are needed."""
        return {'encoding': self.name, 'width': self.width, 'height': self.height,
                'step': self.step, 'bytes': self.size, 'expected': expected}


def find_step(image: ImageSize, row: int, tight: int, units: Iterable[int]) -> int:
    """
    Return the bytes from row to row of an image whose ``step`` does not fit its data.

    Drivers write 0, the bytes of the whole image, or pixels instead of bytes. The data's size
    tells what is right, unless several readings fit it.

    :param row: bytes of a row's pixels
    :param tight: bytes of the image without padding
    :param units: bytes of what the step may count instead of bytes: of a pixel, of a sample
    :raises ImageError: the data is too short, or fits several readings
    """
    if image.size < tight and image.step >= row:
        needed = image.step * (tight // row)
        raise ImageError(
            f'{image.size} bytes of data, but {image.width}x{image.height} {image.name} with '
            f'step {image.step} needs {needed}', 'short-data', image.values(needed))
    fault = f'step is {image.step}, but {image.width} pixels of {image.name} need {row} bytes'
    if image.size < tight:
        raise ImageError(f'{fault}, and {image.height} rows of them {tight}; the data has '
                         f'{image.size} bytes', 'bad-step', image.values(row))
    if image.size == tight:
        return row
    rows = tight // row
    for unit in units:
        if unit > 1 and image.step * unit > row and image.step * unit * rows == image.size:
            return image.step * unit
    if image.size - tight < rows - 1:
        # Not a byte for each row: the rest is at the end.
        return row
    raise ImageError(f'{fault}, and the {image.size} bytes of data do not tell how far apart its '
                     'rows are', 'bad-step', image.values(row))
