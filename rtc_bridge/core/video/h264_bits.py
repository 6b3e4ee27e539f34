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


"""The bits of an H.264 header. Numbers of sections are those of ITU-T H.264."""

from ..errors import ImageError


class Bits:
    """Reads bits of a unit, without the bytes that only keep start codes out (7.4.1)."""

    def __init__(self, data: bytes) -> None:
        """Begin after a unit's first byte."""
        data = data.replace(b'\0\0\3', b'\0\0')
        self._value = int.from_bytes(data, 'big')
        self._left = len(data) * 8

    def read(self, count: int) -> int:
        """
        Read an unsigned number of so many bits.

        :raises ImageError: there are not so many
        """
        if count > self._left:
            raise ImageError('broken H.264: a header ends early')
        self._left -= count
        return self._value >> self._left & (1 << count) - 1

    def ue(self) -> int:
        """Read an Exp-Golomb number (9.1); signed ones are skipped the same way."""
        zeros = 0
        while not self.read(1):
            zeros += 1
            if zeros > 32:
                raise ImageError('broken H.264: a number is too long')
        return (1 << zeros) - 1 + self.read(zeros)
