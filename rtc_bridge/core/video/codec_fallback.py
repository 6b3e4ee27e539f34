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
Whether a viewer decodes what it is sent, and which codec to send.

Some viewers offer a codec and show nothing of it. A page tells what it decodes. Of others only
requests for keyframes are heard (RFC 4585, section 6.3.1), which also come when packets get lost;
so these count only where hardly any do.
"""

from collections.abc import Sequence, Set

# What can be sent: codecs, and H.264 in another profile, which is better where it is taken.
ENCODINGS = ('h264-main', 'h264', 'vp8')
FALLBACK_S = 5.0
# Two reports that are farther apart say nothing of the time between: the page was hidden.
_REPORT_GAP_S = 2.5
# Whoever decodes asks for a keyframe when it joins, and then for no more.
_MIN_REQUESTS = 3
_REQUESTS_END_S = 4.0
_LOSSY = 0.05


def family(encoding: str) -> str:
    """Return the codec of an encoding: ``h264`` of ``h264-main``."""
    return encoding.partition('-')[0]


def choose(encodings: Sequence[str], preferred: str, failed: Set[str]) -> str:
    """
    Return the encoding to send.

    :param encodings: those that were negotiated, in the robot's order; at least one
    :param preferred: the camera's codec, or ``auto``
    :param failed: codecs that the viewer showed nothing of; if all failed, none is better
    """
    working = [e for e in encodings if family(e) not in failed] or list(encodings)
    return next((e for e in working if family(e) == preferred), working[0])


class Evidence:
    """
    What is known of one slot's pictures at the viewer, since the codec was chosen.

    Times are seconds of a clock that does not jump.
    """

    def __init__(self) -> None:
        """Know nothing."""
        self.restart()

    def restart(self) -> None:
        """Begin anew: another codec, or another camera."""
        self._good = False
        self._first_sent: float | None = None
        self._last_sent = 0.0
        self._report: tuple[float, int, int] | None = None
        self._dark_s = 0.0
        self._requests: list[float] = []

    def sent(self, now: float) -> None:
        """Count a frame that was sent."""
        if self._first_sent is None:
            self._first_sent = now
        self._last_sent = now

    def reported(self, now: float, frames: int, packets: int) -> None:
        """Take what a page that is looked at has decoded and received in all, so far."""
        before, self._report = self._report, (now, frames, packets)
        if before is None or self._first_sent is None or before[0] < self._first_sent:
            return
        if frames != before[1]:
            self._good = True
        elif packets > before[2] and now - before[0] <= _REPORT_GAP_S:
            self._dark_s += now - before[0]

    def requested(self, now: float) -> None:
        """Take a request for a keyframe."""
        if self._first_sent is not None and len(self._requests) < 100:
            self._requests.append(now)

    def failed(self, now: float, lost: float, page: bool) -> bool:
        """
        Tell whether the viewer shows nothing of what it gets.

        :param lost: the share of packets lost, 0 to 1
        :param page: the viewer is a page, which reports
        """
        if self._good or self._first_sent is None:
            return False
        if page:
            return self._dark_s >= FALLBACK_S
        if lost > _LOSSY:
            # The requests so far may be for what was lost.
            self._requests.clear()
        age = now - self._first_sent
        if age > 3 * FALLBACK_S:
            self._good = True
        return age >= FALLBACK_S and len(self._requests) >= _MIN_REQUESTS and (
            now - self._requests[-1] < _REQUESTS_END_S
            and self._requests[-1] - self._requests[0] >= FALLBACK_S / 2
            and now - self._last_sent < 1.0)
