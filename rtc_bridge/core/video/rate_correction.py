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

"""Makes up for what an encoder leaves unused of its bitrate."""

# Seconds over which what was made is averaged, and in which a deviation is made up for.
_AVERAGING_S = 1.0
# What is asked for at most, as a multiple of what is wanted: x264 with a small buffer leaves up to
# a sixth (measured, November 2026).
MAX_CORRECTION = 1.15
# Seconds in which too much shows, and the share of what is wanted from which it is too much.
_FAST_S, _TOO_MUCH = 0.3, 1.1
# Bits of a frame that count, in seconds of the bitrate: a keyframe takes some from those after it.
_MAX_FRAME_S = 0.25
_MAX_WEIGHT = 0.3
# An encoder that makes less than this share of its bitrate has nothing to spend it on.
_STILL = 0.7


class RateCorrection:
    """
    Finds the factor by which more is asked of an encoder than is wanted, so that it makes that.

    Belongs to one thread.

    :ivar factor: 1 to ``MAX_CORRECTION``
    """

    def __init__(self) -> None:
        self.factor = 1.0
        # What was made as a share of what was wanted, averaged.
        self._share = self._fast_share = 1.0

    def add(self, bits: float, wanted: float, interval: float) -> None:
        """
        Take a frame.

        :param bits: of the frame
        :param wanted: bitrate in bit/s
        :param interval: since the frame before, in seconds
        """
        share = min(bits, _MAX_FRAME_S * wanted) / max(wanted * interval, 1.0)
        weight = min(_MAX_WEIGHT, interval / _AVERAGING_S)
        self._share += weight * (share - self._share)
        self._fast_share += min(_MAX_WEIGHT, interval / _FAST_S) * (share - self._fast_share)
        if self._fast_share > _TOO_MUCH:
            self.factor = max(1.0, self.factor / self._fast_share)
            return
        change = 1 / self._share - 1 if self._share > _STILL else 1 - self.factor
        self.factor = min(max(self.factor + weight * change, 1.0), MAX_CORRECTION)
