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

"""What a page measured of the picture that it shows."""

from dataclasses import dataclass
import re
from typing import Any

from ..errors import ProtocolError
from ..protocol.strict_json import member, shorten

# No delay, bitrate or size is larger, in whatever unit; a page may send any number.
_MAX_VALUE = 1e7
_ROUTES = ('', 'direct', 'relay')
_CODEC = re.compile(r'[A-Za-z0-9-]{0,16}')


@dataclass(frozen=True)
class ViewerStats:
    """
    The last second of the main picture, as its page saw it; ``None`` where it cannot tell.

    :ivar delay_ms: from capture to screen
    :ivar command_ms: from a command's way out of the page to its acceptance by the robot
    :ivar clock_error_ms: how wrong these two can be at most, by the alignment of the clocks
    :ivar width: in pixels
    :ivar height: in pixels
    :ivar codec: as the browser names it, such as ``H264``
    :ivar route: ``direct``, ``relay`` (by a TURN server) or '' if it is not known
    """

    delay_ms: float | None
    command_ms: float | None
    clock_error_ms: float | None
    round_trip_ms: float | None
    fps: float | None
    kbit_per_s: float | None
    lost_percent: float | None
    width: int | None
    height: int | None
    codec: str
    route: str

    def texts(self) -> dict[str, str]:
        """Return what is known, as texts by name."""
        return {name: f'{value:.1f}' if isinstance(value, float) else str(value)
                for name, value in vars(self).items() if value not in (None, '')}


def _number(obj: dict[str, Any], name: str, kind: type = float) -> Any:
    value = member(obj, name, kind, None)
    if value is not None and not 0 <= value <= _MAX_VALUE:
        raise ProtocolError(
            f'member "{name}" must be from 0 to {_MAX_VALUE:.0f}, got {shorten(value)}')
    return value


def parse_viewer_stats(obj: dict[str, Any]) -> ViewerStats:
    """
    Return the content of the message ``figures`` (``docs/protocol.md``).

    :raises ProtocolError: a member is of another type or out of range
    """
    codec, route = member(obj, 'codec', str, ''), member(obj, 'route', str, '')
    if not _CODEC.fullmatch(codec):
        raise ProtocolError(f'member "codec" is {shorten(codec)}, which is no codec')
    if route not in _ROUTES:
        raise ProtocolError(f'member "route" must be direct or relay, got {shorten(route)}')
    return ViewerStats(
        *(_number(obj, name) for name in (
            'delay_ms', 'command_ms', 'clock_error_ms', 'round_trip_ms', 'fps', 'kbit_per_s',
            'lost_percent')),
        *(_number(obj, name, int) for name in ('width', 'height')), codec, route)
