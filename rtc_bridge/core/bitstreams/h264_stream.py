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
H.264 as a stream of access units: framing, parameter sets and missing frames.

Numbers of sections are those of ITU-T H.264.
"""

from dataclasses import dataclass

from .h264_headers import (
    DELIMITER, IDR, is_b_slice, nal_type, parameter_set_ids, PPS, read_frame_num, read_pps_id,
    read_sps, SequenceParameterSet, SLICE, SPS,
)
from ..errors import ImageError

# Start codes of four bytes, and what they have in common with those of three (annex B).
START_CODE = b'\0\0\0\1'
_SHORT_START_CODE = b'\0\0\1'
# Bits of a NAL unit's first byte: it must be 0, and whether other frames refer to it (7.3.1).
_FORBIDDEN_BIT, _REFERENCE_BITS = 0x80, 0x60


@dataclass(frozen=True)
class AccessUnit:
    """
    The NAL units of one frame.

    :ivar nals: without start codes
    :ivar keyframe: it can be decoded without other frames, given the parameter sets
    :ivar bidirectional: it has B slices, which no WebRTC receiver puts in order
    """

    nals: tuple[bytes, ...]
    keyframe: bool
    bidirectional: bool

    def to_bytes(self) -> bytes:
        """Return the byte stream (annex B)."""
        return b''.join(START_CODE + nal for nal in self.nals)


def is_length_prefixed(data: bytes) -> bool:
    """Tell whether each NAL unit has its length before it, as in MP4, instead of a start code."""
    if data[:4] == START_CODE or len(data) < 5:
        # As a length it would be that of a unit without content.
        return False
    at = 0
    while at + 4 < len(data):
        length = int.from_bytes(data[at:at + 4], 'big')
        if not length or data[at + 4] & _FORBIDDEN_BIT:
            return False
        at += 4 + length
    return at == len(data)


def split_nals(data: bytes, title: str = 'H.264') -> tuple[bytes, ...]:
    """
    Return the NAL units of a byte stream (annex B) or of length-prefixed data.

    :param title: of the codec, for errors
    :raises ImageError: neither of them
    """
    nals = []
    if is_length_prefixed(data):
        at = 0
        while at < len(data):
            end = at + 4 + int.from_bytes(data[at:at + 4], 'big')
            nals.append(data[at + 4:end])
            at = end
        return tuple(nals)
    at = data.find(_SHORT_START_CODE)
    if at < 0 or data[:at].strip(b'\0'):
        raise ImageError(f'no {title}: it begins with no start code (Annex B)')
    while at >= 0:
        end = data.find(_SHORT_START_CODE, at + 3)
        # Zeros at the end belong to the next start code (B.1.1).
        nal = data[at + 3:end if end >= 0 else len(data)].rstrip(b'\0')
        if nal:
            nals.append(nal)
        at = end
    if not nals:
        raise ImageError(f'no {title}: start codes without content')
    return tuple(nals)


def read_access_unit(data: bytes) -> AccessUnit:
    """
    Read one frame with all that goes with it.

    :raises ImageError: no H.264
    """
    nals = split_nals(data)
    if any(nal[0] & _FORBIDDEN_BIT for nal in nals):
        raise ImageError('broken H.264: the forbidden bit is set')
    slices = [nal for nal in nals if nal_type(nal) in (SLICE, IDR)]
    return AccessUnit(nals, any(nal_type(nal) == IDR for nal in slices),
                      any(map(is_b_slice, slices)))


class ParameterSets:
    """
    The newest parameter sets of a stream, of all ids, which are repeated before each keyframe.

    :ivar sps: the one that the newest keyframe uses, ``None`` before one
    """

    def __init__(self) -> None:
        self.sps: SequenceParameterSet | None = None
        # By id; picture parameter sets with the id of the sequence parameter set they refer to.
        self._sequence: dict[int, tuple[bytes, SequenceParameterSet]] = {}
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
                number, sequence = parameter_set_ids(nal)
                self._picture[number] = nal, sequence
        if not unit.keyframe:
            return unit
        if not self._sequence or not self._picture:
            raise ImageError('H.264 without parameter sets: its keyframes have none, and none '
                             'came before', 'no-parameter-sets', {'format': 'h264'})
        self._activate(unit)
        sets = [nal for kept in (self._sequence, self._picture) for nal, _ in kept.values()]
        rest = [nal for nal in unit.nals if nal_type(nal) not in (SPS, PPS, DELIMITER)]
        return AccessUnit((*sets, *rest), True, unit.bidirectional)

    def _take_sequence(self, nal: bytes) -> None:
        number, _ = parameter_set_ids(nal)
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
        """Find the sequence parameter set that a keyframe uses (7.4.1.2.1)."""
        idr = next(nal for nal in unit.nals if nal_type(nal) == IDR)
        picture = self._picture.get(read_pps_id(idr))
        if picture is None or picture[1] not in self._sequence:
            raise ImageError('H.264 without parameter sets: a keyframe uses one that did not come',
                             'no-parameter-sets', {'format': 'h264'})
        self.sps = self._sequence[picture[1]][1]


class GapDetector:
    """Notices missing frames by frame_num, which counts the frames that others refer to."""

    def __init__(self) -> None:
        self._last: int | None = None

    def restart(self) -> None:
        """Accept any frame next."""
        self._last = None

    def misses_frame(self, unit: AccessUnit, sps: SequenceParameterSet | None) -> bool:
        """
        Tell whether a frame before this one did not come (7.4.3).

        :raises ImageError: the unit's header ends early
        """
        nal = next((n for n in unit.nals if nal_type(n) in (SLICE, IDR)), None)
        if nal is None or sps is None or not sps.frame_num_bits:
            return False
        number, last = read_frame_num(nal, sps), self._last
        if nal[0] & _REFERENCE_BITS or last is None:
            self._last = number
        return not unit.keyframe and last is not None and (
            number - last) % (1 << sps.frame_num_bits) > 1
