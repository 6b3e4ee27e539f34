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
Headers of H.264: parameter sets and slices, as far as passing a stream on needs them.

Numbers of sections are those of ITU-T H.264.
"""

from dataclasses import dataclass

from ..errors import ImageError

# Types of NAL units (table 7-1).
SLICE, IDR, SPS, PPS, DELIMITER = 1, 5, 7, 8, 9
# Profiles whose sequence parameter set tells of chroma and bit depth (7.3.2.1.1).
_HIGH_PROFILES = frozenset({44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244})
_BASELINE = 66
# Bytes of a slice that hold the first numbers of its header: three Exp-Golomb numbers of 32 bits
# at most, and frame_num.
_SLICE_HEADER_BYTES = 16
# The largest ids of parameter sets (7.4.2.1.1, 7.4.2.2).
_MAX_SPS_ID, _MAX_PPS_ID = 31, 255
# Zero bits before an Exp-Golomb number of 32 bits (9.1).
_MAX_LEADING_ZEROS = 32


class BitReader:
    """Reads the bits of a NAL unit, without the bytes that only keep start codes out (7.4.1)."""

    def __init__(self, payload: bytes) -> None:
        payload = payload.replace(b'\0\0\3', b'\0\0')
        self._value = int.from_bytes(payload, 'big')
        self._left = len(payload) * 8

    def read(self, count: int) -> int:
        """
        Read an unsigned number of so many bits.

        :raises ImageError: there are not so many
        """
        if count > self._left:
            raise ImageError('broken H.264: a header ends early')
        self._left -= count
        return self._value >> self._left & (1 << count) - 1

    def exp_golomb(self) -> int:
        """Read an Exp-Golomb number (9.1); signed ones are skipped the same way."""
        zeros = 0
        while not self.read(1):
            zeros += 1
            if zeros > _MAX_LEADING_ZEROS:
                raise ImageError('broken H.264: a number is too long')
        return (1 << zeros) - 1 + self.read(zeros)

    def skip_exp_golomb(self, count: int) -> None:
        """Skip Exp-Golomb numbers."""
        for _ in range(count):
            self.exp_golomb()


@dataclass(frozen=True)
class SequenceParameterSet:
    """
    What a sequence parameter set says (7.3.2.1.1).

    :ivar size: width and height in pixels after cropping
    :ivar reorder: how many frames may be shown in another order than they come, ``None`` if it
        does not say
    :ivar frame_num_bits: length of the number that counts reference frames, 0 if it may have gaps
    :ivar separate_planes: the three colours are coded apart
    """

    profile: int
    level: int
    size: tuple[int, int]
    reorder: int | None
    frame_num_bits: int = 0
    separate_planes: bool = False


def nal_type(nal: bytes) -> int:
    """Return the type of a NAL unit (7.4.1)."""
    return nal[0] & 31


def is_b_slice(nal: bytes) -> bool:
    """
    Tell whether a slice is bidirectional (7.3.3, table 7-6).

    :raises ImageError: its header ends early
    """
    bits = BitReader(nal[1:1 + _SLICE_HEADER_BYTES])
    bits.exp_golomb()
    return bits.exp_golomb() % 5 == 1


def read_pps_id(nal: bytes) -> int:
    """
    Return the id of the picture parameter set that a slice uses (7.3.3).

    :raises ImageError: its header ends early
    """
    bits = BitReader(nal[1:1 + _SLICE_HEADER_BYTES])
    bits.skip_exp_golomb(2)
    return bits.exp_golomb()


def read_frame_num(nal: bytes, sps: SequenceParameterSet) -> int:
    """
    Read a slice's frame_num (7.4.3).

    :param sps: that the slice uses; its ``frame_num_bits`` are not 0
    :raises ImageError: the header ends early
    """
    bits = BitReader(nal[1:1 + _SLICE_HEADER_BYTES])
    bits.skip_exp_golomb(3)
    if sps.separate_planes:
        bits.read(2)
    return bits.read(sps.frame_num_bits)


def parameter_set_ids(nal: bytes) -> tuple[int, int]:
    """
    Return the id of a parameter set, and that of the sequence parameter set that it refers to.

    :raises ImageError: it ends early, or an id is out of range (7.4.2.1.1, 7.4.2.2)
    """
    bits = BitReader(nal[1:1 + _SLICE_HEADER_BYTES])
    if nal_type(nal) == SPS:
        bits.read(24)
        number = sequence = bits.exp_golomb()
    else:
        number, sequence = bits.exp_golomb(), bits.exp_golomb()
    if sequence > _MAX_SPS_ID or number > _MAX_PPS_ID:
        raise ImageError(f'broken H.264: parameter set {number}')
    return number, sequence


def read_sps(nal: bytes) -> SequenceParameterSet:
    """
    Read a sequence parameter set.

    :raises ImageError: it ends early, or makes no sense
    """
    if len(nal) < 4 or nal_type(nal) != SPS:
        raise ImageError('broken H.264: no sequence parameter set')
    bits = BitReader(nal[1:])
    profile, _, level = bits.read(8), bits.read(8), bits.read(8)
    bits.exp_golomb()
    chroma, separate = _read_chroma(bits) if profile in _HIGH_PROFILES else (1, False)
    frame_num_bits = bits.exp_golomb() + 4
    order = bits.exp_golomb()
    if order == 0:
        bits.exp_golomb()
    elif order == 1:
        bits.read(1)
        bits.skip_exp_golomb(2)
        bits.skip_exp_golomb(bits.exp_golomb())
    bits.exp_golomb()
    if bits.read(1):
        # Layers may be left out on purpose (7.4.2.1.1).
        frame_num_bits = 0
    width, height = bits.exp_golomb() + 1, bits.exp_golomb() + 1
    frames_only = bits.read(1)
    if not frames_only:
        bits.read(1)
    bits.read(1)
    size = _read_crop(bits, width * 16, height * 16 * (2 - frames_only), chroma, frames_only)
    reorder = 0 if order == 2 or profile == _BASELINE else None
    if bits.read(1) and reorder is None:
        reorder = _read_reorder(bits)
    return SequenceParameterSet(profile, level, size, reorder, frame_num_bits, separate)


def _read_chroma(bits: BitReader) -> tuple[int, bool]:
    """Return the chroma format, 0 for none, and whether the colours are coded apart."""
    chroma = bits.exp_golomb()
    separate = chroma == 3 and bool(bits.read(1))
    bits.skip_exp_golomb(2)
    bits.read(1)
    if bits.read(1):
        for index in range(12 if chroma == 3 else 8):
            if bits.read(1):
                _skip_scaling_list(bits, 16 if index < 6 else 64)
    return 0 if separate else chroma, separate


def _skip_scaling_list(bits: BitReader, count: int) -> None:
    """Skip a scaling list (7.3.2.1.1.1), whose length depends on its numbers."""
    last = following = 8
    for _ in range(count):
        if following:
            code = bits.exp_golomb()
            following = last + ((code + 1) // 2 if code % 2 else -(code // 2)) & 255
        last = following or last


def _read_crop(bits: BitReader, width: int, height: int, chroma: int,
               frames_only: int) -> tuple[int, int]:
    """Return the size in pixels after cropping (7.4.2.1.1)."""
    if bits.read(1):
        left, right, top, bottom = (bits.exp_golomb() for _ in range(4))
        width -= (left + right) * (2 if chroma in (1, 2) else 1)
        height -= (top + bottom) * (2 if chroma == 1 else 1) * (2 - frames_only)
    if width <= 0 or height <= 0:
        raise ImageError('broken H.264: its frames have no size')
    return width, height


def _read_reorder(bits: BitReader) -> int | None:
    """Return max_num_reorder_frames of the video usability information (E.1.1), if it has it."""
    if bits.read(1) and bits.read(8) == 255:
        bits.read(32)
    if bits.read(1):
        bits.read(1)
    if bits.read(1):
        bits.read(4)
        if bits.read(1):
            bits.read(24)
    if bits.read(1):
        bits.skip_exp_golomb(2)
    if bits.read(1):
        bits.read(65)
    has_hrd = False
    for _ in range(2):
        if bits.read(1):
            has_hrd = True
            count = bits.exp_golomb() + 1
            bits.read(8)
            for _ in range(count):
                bits.skip_exp_golomb(2)
                bits.read(1)
            bits.read(20)
    if has_hrd:
        bits.read(1)
    bits.read(1)
    if not bits.read(1):
        return None
    bits.read(1)
    bits.skip_exp_golomb(4)
    return bits.exp_golomb()
