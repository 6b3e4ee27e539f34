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


"""When a camera's own H.264 goes to its viewers as it is, and to whom."""

from collections import deque

from .tiers import Path

_WINDOW_S, _MIN_WINDOW_S = 4.0, 1.0
# Rates vary: a stream that is passed on may exceed its limits by more than one that is not yet.
_LEAVE, _JOIN = 1.15, 1.05
_PATH_LEAVE, _PATH_JOIN = 0.9, 1.1
# A path is measured up to the limit and seldom reaches all of it.
_ALL = 0.95


class Meter:
    """
    Measures a stream over the last seconds.

    ``bitrate`` in bit/s and ``fps`` in pictures a second; 0: not known yet.
    """

    def __init__(self) -> None:
        """Know nothing."""
        self.bitrate = self.fps = 0.0
        self._seen: deque[tuple[float, int]] = deque()
        self._bytes = 0

    def add(self, now: float, size: int) -> None:
        """Count a picture of so many bytes, at a time in seconds."""
        seen = self._seen
        if seen and now - seen[-1][0] > _MIN_WINDOW_S:
            # It was away: the time between says nothing of its rate.
            seen.clear()
            self._bytes = 0
        seen.append((now, size))
        self._bytes += size
        while now - seen[0][0] > _WINDOW_S:
            self._bytes -= seen.popleft()[1]
        span = now - seen[0][0]
        if span >= _MIN_WINDOW_S:
            # The first picture belongs to the time before it.
            self.bitrate = (self._bytes - seen[0][1]) * 8 / span
            self.fps = (len(seen) - 1) / span


def why_encode(meter: Meter, size: tuple[int, int] | None, *, max_bitrate: int, max_fps: float,
               max_width: int, rotate: int, passing: bool) -> str:
    """
    Return why a stream is not passed on as it is, '' if it is.

    :param size: of its pictures, ``None`` while it is not known
    :param passing: it is passed on now
    """
    slack = _LEAVE if passing else _JOIN
    if rotate:
        return f'rotate is {rotate}'
    if max_width and size is not None and size[0] > max_width:
        return f'it is {size[0]} pixels wide, max_width is {max_width}'
    if meter.fps > slack * max_fps:
        return f'it has {meter.fps:.0f} pictures a second, max_fps is {max_fps:g}'
    if meter.bitrate > slack * max_bitrate:
        return f'it has {meter.bitrate:.0f} bit/s, max_bitrate is {max_bitrate}'
    return ''


def path_takes(path: Path, bitrate: float, max_bitrate: int, *, passing: bool) -> bool:
    """
    Tell whether a viewer's path takes a stream of so many bit/s.

    :param max_bitrate: up to which paths are measured
    :param passing: the viewer gets the stream now
    """
    if path.ramping:
        return True
    if path.quiet:
        return passing
    needed = bitrate * (_PATH_LEAVE if passing else _PATH_JOIN)
    return path.bitrate >= min(needed, _ALL * max_bitrate)
