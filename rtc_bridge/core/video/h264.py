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
H.264 as a byte stream: what it holds, and whether a viewer can be given it as it is.

Numbers of sections are those of ITU-T H.264.
"""

from dataclasses import dataclass

from .h264_bits import Bits
from ..errors import ImageError

SLICE, IDR, SPS, PPS, DELIMITER = 1, 5, 7, 8, 9
START = b'\0\0\0\1'
_MARK = b'\0\0\1'
# Profiles whose parameter set tells of chroma and bit depth (7.3.2.1.1).
_HIGH = frozenset({44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244})
_BASELINE = 66
# No B slices come before this many bytes of a slice are read: two numbers of its header.
_SLICE_HEAD = 16
# The largest ids of parameter sets (7.4.2.1.1, 7.4.2.2).
_MAX_SPS_ID, _MAX_PPS_ID = 31, 255


@dataclass(frozen=True)
class Sps:
    """
    What a sequence parameter set says (7.3.2.1.1).

    ``size`` in pixels after cropping; ``reorder``: how many pictures may be shown in another
    order than they come, ``None`` if it does not say; ``frame_num_bits``: of the number that
    counts pictures, 0 if they need not be counted without gaps; ``separate``: three colour planes.
    """

    profile: int
    level: int
    size: tuple[int, int]
    reorder: int | None
    frame_num_bits: int = 0
    separate: bool = False


@dataclass(frozen=True)
class AccessUnit:
    """
    One picture's units, without start codes.

    ``keyframe``: it can be decoded without those before, given the parameter sets.
    ``bidirectional``: it has B slices, which no WebRTC receiver puts in order.
    """

    nals: tuple[bytes, ...]
    keyframe: bool
    bidirectional: bool

    def to_bytes(self) -> bytes:
        """Return the byte stream (Annex B)."""
        return b''.join(START + nal for nal in self.nals)


def nal_type(nal: bytes) -> int:
    """Return a unit's type (7.4.1)."""
    return nal[0] & 31


def is_avcc(data: bytes) -> bool:
    """Tell whether units are prefixed with their length, as in MP4, not with start codes."""
    if data[:4] == START or len(data) < 5:
        # As a length it would be that of a unit without content.
        return False
    at = 0
    while at + 4 < len(data):
        length = int.from_bytes(data[at:at + 4], 'big')
        if not length or data[at + 4] & 128:
            return False
        at += 4 + length
    return at == len(data)


def split(data: bytes) -> tuple[bytes, ...]:
    """
    Return the units of a byte stream (Annex B) or of length-prefixed data.

    :raises ImageError: neither of them
    """
    nals = []
    if is_avcc(data):
        at = 0
        while at < len(data):
            end = at + 4 + int.from_bytes(data[at:at + 4], 'big')
            nals.append(data[at + 4:end])
            at = end
        return tuple(nals)
    at = data.find(_MARK)
    if at < 0 or data[:at].strip(b'\0'):
        raise ImageError('no H.264: it begins with no start code (Annex B)')
    while at >= 0:
        end = data.find(_MARK, at + 3)
        # Zeros at the end belong to the next start code (B.1.1).
        nal = data[at + 3:end if end >= 0 else len(data)].rstrip(b'\0')
        if nal:
            nals.append(nal)
        at = end
    if not nals:
        raise ImageError('no H.264: start codes without content')
    return tuple(nals)


def read_unit(data: bytes) -> AccessUnit:
    """
    Read one picture with all that goes with it.

    :raises ImageError: no H.264
    """
    nals = split(data)
    if any(nal[0] & 128 for nal in nals):
        raise ImageError('broken H.264: the forbidden bit is set')
    slices = [nal for nal in nals if nal_type(nal) in (SLICE, IDR)]
    return AccessUnit(nals, any(nal_type(nal) == IDR for nal in slices),
                      any(_is_bidirectional(nal) for nal in slices))


def read_sps(nal: bytes) -> Sps:
    """
    Read a sequence parameter set.

    :raises ImageError: it ends early, or makes no sense
    """
    if len(nal) < 4 or nal_type(nal) != SPS:
        raise ImageError('broken H.264: no sequence parameter set')
    bits = Bits(nal[1:])
    profile, _, level = bits.read(8), bits.read(8), bits.read(8)
    bits.ue()
    chroma, separate = 1, 0
    if profile in _HIGH:
        chroma = bits.ue()
        separate = bits.read(1) if chroma == 3 else 0
        bits.ue(), bits.ue(), bits.read(1)
        if bits.read(1):
            for index in range(12 if chroma == 3 else 8):
                if bits.read(1):
                    _skip_scaling_list(bits, 16 if index < 6 else 64)
        chroma = 0 if separate else chroma
    frame_num_bits = bits.ue() + 4
    order = bits.ue()
    if order == 0:
        bits.ue()
    elif order == 1:
        bits.read(1), bits.ue(), bits.ue()
        for _ in range(bits.ue()):
            bits.ue()
    bits.ue()
    if bits.read(1):
        # Layers may be left out on purpose (7.4.2.1.1).
        frame_num_bits = 0
    width, height = bits.ue() + 1, bits.ue() + 1
    frames_only = bits.read(1)
    if not frames_only:
        bits.read(1)
    bits.read(1)
    size = _crop(bits, width * 16, height * 16 * (2 - frames_only), chroma, frames_only)
    reorder = 0 if order == 2 or profile == _BASELINE else None
    if bits.read(1) and reorder is None:
        reorder = _reorder(bits)
    return Sps(profile, level, size, reorder, frame_num_bits, bool(separate))


def set_ids(nal: bytes) -> tuple[int, int]:
    """
    Return the id of a parameter set, and that of the sequence parameter set that it refers to.

    :raises ImageError: it ends early, or an id is out of range (7.4.2.1.1, 7.4.2.2)
    """
    bits = Bits(nal[1:1 + _SLICE_HEAD])
    if nal_type(nal) == SPS:
        bits.read(24)
        number = sequence = bits.ue()
    else:
        number, sequence = bits.ue(), bits.ue()
    if sequence > _MAX_SPS_ID or number > _MAX_PPS_ID:
        raise ImageError(f'broken H.264: parameter set {number}')
    return number, sequence


class ParameterSets:
    """
    The newest parameter sets of a stream, all ids of them, repeated before each keyframe.

    ``sps`` is the one that the newest keyframe uses.
    """

    def __init__(self) -> None:
        """Know none yet."""
        self.sps: Sps | None = None
        # By id; picture parameter sets with the id of the one that they refer to.
        self._sequence: dict[int, tuple[bytes, Sps]] = {}
        self._picture: dict[int, tuple[bytes, int]] = {}

    def complete(self, unit: AccessUnit) -> AccessUnit:
        """
        Return a keyframe with its parameter sets, any other unit as it is.

        :raises ImageError: a parameter set is broken, or a keyframe came before there was one
        """
        for nal in unit.nals:
            if nal_type(nal) == SPS:
                self._take_sequence(nal)
        for nal in unit.nals:
            if nal_type(nal) == PPS:
                number, sequence = set_ids(nal)
                self._picture[number] = nal, sequence
        if not unit.keyframe:
            return unit
        if not self._sequence or not self._picture:
            raise ImageError('H.264 without parameter sets: its keyframes have none, and none '
                             'came before')
        self._activate(unit)
        rest = [nal for nal in unit.nals if nal_type(nal) not in (SPS, PPS, DELIMITER)]
        sets = [nal for kept in (self._sequence, self._picture) for nal, _ in kept.values()]
        return AccessUnit((*sets, *rest), True, unit.bidirectional)

    def _take_sequence(self, nal: bytes) -> None:
        number, _ = set_ids(nal)
        if number in self._sequence and self._sequence[number][0] == nal:
            return
        sps = read_sps(nal)
        self._sequence[number] = nal, sps
        # What referred to the one before is not valid for this one.
        for key in [key for key, (_, sequence) in self._picture.items() if sequence == number]:
            del self._picture[key]
        if self.sps is None:
            self.sps = sps

    def _activate(self, unit: AccessUnit) -> None:
        """Find the sequence parameter set that a keyframe uses (7.3.3)."""
        bits = Bits(next(nal for nal in unit.nals if nal_type(nal) == IDR)[1:1 + _SLICE_HEAD])
        bits.ue(), bits.ue()
        picture = self._picture.get(bits.ue())
        if picture is None or picture[1] not in self._sequence:
            raise ImageError('H.264 without parameter sets: a keyframe uses one that did not come')
        self.sps = self._sequence[picture[1]][1]


class Counter:
    """Notices that pictures are missing, by the numbers of those that others refer to."""

    def __init__(self) -> None:
        """Take whatever comes first."""
        self._last: int | None = None

    def restart(self) -> None:
        """Take whatever comes next."""
        self._last = None

    def missing(self, unit: AccessUnit, sps: Sps | None) -> bool:
        """
        Tell whether a picture before this one did not come: by its frame_num (7.4.3).

        :raises ImageError: its header ends early
        """
        nal = next((n for n in unit.nals if nal_type(n) in (SLICE, IDR)), None)
        if nal is None or sps is None or not sps.frame_num_bits:
            return False
        bits = Bits(nal[1:1 + _SLICE_HEAD])
        bits.ue(), bits.ue(), bits.ue()
        if sps.separate:
            bits.read(2)
        number = bits.read(sps.frame_num_bits)
        last = self._last
        if nal[0] & 0x60 or last is None:
            self._last = number
        return not unit.keyframe and last is not None and (
            number - last) % (1 << sps.frame_num_bits) > 1


def _is_bidirectional(nal: bytes) -> bool:
    bits = Bits(nal[1:1 + _SLICE_HEAD])
    bits.ue()
    return bits.ue() % 5 == 1


def _skip_scaling_list(bits: Bits, count: int) -> None:
    last = following = 8
    for _ in range(count):
        if following:
            code = bits.ue()
            following = last + ((code + 1) // 2 if code % 2 else -(code // 2)) & 255
        last = following or last


def _crop(bits: Bits, width: int, height: int, chroma: int,
          frames_only: int) -> tuple[int, int]:
    if bits.read(1):
        left, right, top, bottom = bits.ue(), bits.ue(), bits.ue(), bits.ue()
        width -= (left + right) * (2 if chroma in (1, 2) else 1)
        height -= (top + bottom) * (2 if chroma == 1 else 1) * (2 - frames_only)
    if width <= 0 or height <= 0:
        raise ImageError('broken H.264: its pictures have no size')
    return width, height


def _reorder(bits: Bits) -> int | None:
    """Read the usability information's max_num_reorder_frames, if it is there (E.1.1)."""
    if bits.read(1) and bits.read(8) == 255:
        bits.read(32)
    if bits.read(1):
        bits.read(1)
    if bits.read(1):
        bits.read(4)
        if bits.read(1):
            bits.read(24)
    if bits.read(1):
        bits.ue(), bits.ue()
    if bits.read(1):
        bits.read(65)
    hrd = 0
    for _ in range(2):
        if bits.read(1):
            hrd = 1
            count = bits.ue() + 1
            bits.read(8)
            for _ in range(count):
                bits.ue(), bits.ue(), bits.read(1)
            bits.read(20)
    if hrd:
        bits.read(1)
    bits.read(1)
    if not bits.read(1):
        return None
    bits.read(1)
    for _ in range(4):
        bits.ue()
    return bits.ue()
