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

"""Decisions about encoders: which one, how large a keyframe, when to open one anew."""

from typing import Callable

SOFTWARE = 'libx264'
HARDWARE = ('h264_nvenc', 'h264_qsv', 'h264_vaapi', 'h264_v4l2m2m')
H264_ENCODERS = ('auto', SOFTWARE, *HARDWARE)
# A keyframe takes about this long on a link of the current rate: a join must not choke it.
KEYFRAME_S = 0.25
# x264 spends about two thirds of what its buffer holds on the first picture.
_SHARE_OF_FIRST = 1.5
_FULL = 0.9
# An encoder that cannot change its rate while running costs a keyframe for each change: it must
# be worth that. A path that has become narrow is urgent, one that has become wide is not.
_FALL, _DEEP_FALL, _RISE = 0.85, 0.6, 1.4
_FALL_S, _DEEP_FALL_S, _RISE_S = 1.0, 0.3, 2.0


def first_fill(bitrate: float, buffer_bits: float) -> float:
    """
    Return how full x264's buffer must be at the start for a keyframe of ``KEYFRAME_S``.

    :param bitrate: that the stream has now, bit/s
    :param buffer_bits: size of the rate control's buffer
    """
    return min(_FULL, _SHARE_OF_FIRST * KEYFRAME_S * bitrate / buffer_bits)


def worth_opening(opened: float, wanted: float, age: float) -> bool:
    """
    Tell whether another rate is worth a keyframe.

    :param opened: bit/s that the encoder was opened with
    :param wanted: bit/s
    :param age: seconds since it was opened
    """
    ratio = wanted / opened
    return (ratio < _DEEP_FALL and age >= _DEEP_FALL_S or ratio < _FALL and age >= _FALL_S
            or ratio > _RISE and age >= _RISE_S)


def choose(wanted: str, probe: Callable[[str], str]) -> tuple[str, list[tuple[str, str]]]:
    """
    Return the H.264 encoder to use, and those that were tried before it, each with the reason.

    :param wanted: one of ``H264_ENCODERS``
    :param probe: encodes with an encoder; returns why it cannot be used, nothing if it can
    """
    refused = []
    for name in HARDWARE if wanted == 'auto' else (wanted,):
        if name == SOFTWARE:
            break
        reason = probe(name)
        if not reason:
            return name, refused
        refused.append((name, reason))
    return SOFTWARE, refused
