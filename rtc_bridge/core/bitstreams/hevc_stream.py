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

"""H.265 as a stream of access units, as far as decoding it needs that (ITU-T H.265)."""

from .h264_stream import split_nals, START_CODE

# Types of NAL units (table 7-1): pictures that decode without others, and parameter sets.
_KEYFRAMES = range(16, 24)
_VPS, _SPS, _PPS = 32, 33, 34


def _nal_type(nal: bytes) -> int:
    return nal[0] >> 1 & 63


class HevcUnits:
    """Brings access units into the form that decoders take, and knows where one may begin."""

    def __init__(self) -> None:
        # The newest parameter sets by type; they may come in messages of their own.
        self._sets: dict[int, bytes] = {}

    def read(self, data: bytes) -> tuple[bytes, bool]:
        """
        Return an access unit as a byte stream (annex B), and whether it is a keyframe.

        :param data: in annex B or length-prefixed form
        :raises ImageError: neither of them
        """
        nals = split_nals(data, 'H.265')
        types = [_nal_type(nal) for nal in nals]
        for kind, nal in zip(types, nals):
            if kind in (_VPS, _SPS, _PPS):
                self._sets[kind] = nal
        keyframe = any(kind in _KEYFRAMES for kind in types)
        if keyframe and _SPS not in types:
            nals = (*(self._sets[kind] for kind in sorted(self._sets)), *nals)
        return b''.join(START_CODE + nal for nal in nals), keyframe

    @property
    def has_parameter_sets(self) -> bool:
        """Tell whether all parameter sets have come that a decoder needs."""
        return len(self._sets) == len((_VPS, _SPS, _PPS))
