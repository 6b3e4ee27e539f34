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

"""When a camera's own H.264 is passed on as it is, and to which viewers."""

from ..congestion.bandwidth_estimate import BandwidthEstimate
from ..congestion.bitrate_meters import BitrateMeter

# Bitrates vary. A stream that is passed on may exceed its limits by more than one that is not yet,
# so that viewers do not go to and fro: factors of the limit.
_LEAVE_EXCESS, _JOIN_EXCESS = 1.15, 1.05
# Likewise for a viewer's path: the share of the stream's bitrate that it has to carry.
_LEAVE_SHARE, _JOIN_SHARE = 0.9, 1.1
# A path is measured up to the camera's limit and seldom reaches all of it: this share will do.
_FULL_SHARE = 0.95


def reason_to_encode(meter: BitrateMeter, size: tuple[int, int] | None, *, max_bitrate: int,
                     max_fps: float, max_width: int, rotate: int, flip: str = 'none',
                     has_range: bool = False, passing: bool) -> str:
    """
    Return why a stream cannot be passed on as it is, '' if it can.

    :param size: width and height of its frames, ``None`` while it is not known
    :param max_bitrate: in bit/s
    :param max_fps: in frames per second
    :param max_width: in pixels, 0: any
    :param rotate: in degrees
    :param flip: as in ``cameras.NAME.flip``
    :param has_range: its brightness is stretched
    :param passing: whether it is passed on now
    """
    excess = _LEAVE_EXCESS if passing else _JOIN_EXCESS
    if rotate:
        return f'rotate is {rotate}'
    if flip != 'none':
        return f'flip is {flip}'
    if has_range:
        return 'range is set'
    if max_width and size is not None and size[0] > max_width:
        return f'it is {size[0]} pixels wide, max_width is {max_width}'
    if meter.fps > excess * max_fps:
        return f'it has {meter.fps:.0f} frames a second, max_fps is {max_fps:g}'
    if meter.bitrate > excess * max_bitrate:
        return f'it has {meter.bitrate:.0f} bit/s, max_bitrate is {max_bitrate}'
    return ''


def fits_path(estimate: BandwidthEstimate, bitrate: float, max_bitrate: int, *,
              passing: bool) -> bool:
    """
    Tell whether a viewer's path carries a stream.

    :param bitrate: of the stream, in bit/s
    :param max_bitrate: up to which paths are measured, in bit/s
    :param passing: whether the viewer gets the stream now
    """
    if estimate.slow_start:
        return True
    if estimate.stale:
        return passing
    needed = bitrate * (_LEAVE_SHARE if passing else _JOIN_SHARE)
    return estimate.bitrate >= min(needed, _FULL_SHARE * max_bitrate)
