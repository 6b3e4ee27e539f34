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
Whether a viewer decodes what it is sent, and which profile to send.

Some viewers offer a codec and show nothing of it. A page reports what it decodes. Of other viewers
only requests for keyframes are heard (RFC 4585, section 6.3.1), which also come when packets are
lost; so these count only where hardly any are.
"""

from collections.abc import Sequence, Set

from .video_codecs import codec_of

# Seconds without a picture after which another codec is tried: a first keyframe on a slow link
# may take half of that.
FALLBACK_S = 5.0
# Seconds: the time between two reports that are farther apart does not count, as the page was
# hidden. A page reports each second.
_MAX_REPORT_GAP_S = 2.5
# A viewer that decodes asks for a keyframe when it joins, and then for no more: this many
# requests, the last of them within so many seconds, mean that it decodes nothing.
_MIN_REQUESTS = 3
_MAX_REQUEST_AGE_S = 4.0
# Requests that are remembered: far more than browsers send in the time that counts.
_MAX_REQUESTS = 100
# Share of packets lost above which requests are for what was lost.
_LOSSY = 0.05
# Seconds: a stream of which nothing was sent for longer is asked for keyframes with reason.
_MAX_SEND_GAP_S = 1.0


def choose_profile(profiles: Sequence[str], preferred: str, failed: Set[str]) -> str:
    """
    Return the profile to send.

    :param profiles: those that were negotiated, in the robot's order; at least one
    :param preferred: the camera's codec, or ``auto``
    :param failed: codecs that the viewer showed nothing of; if all of them failed, none is better
    """
    working = [p for p in profiles if codec_of(p) not in failed] or list(profiles)
    return next((p for p in working if codec_of(p) == preferred), working[0])


class DecodeMonitor:
    """
    What is known of a viewer's decoding of one slot, since the codec was chosen.

    Times are seconds of a clock that does not jump.
    """

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begin anew: another codec, or another camera."""
        self._decodes = False
        self._first_sent: float | None = None
        self._last_sent = 0.0
        # Time, frames decoded and packets received of the page's last report.
        self._report: tuple[float, int, int] | None = None
        # Seconds in which packets came and no frame was decoded.
        self._dark_s = 0.0
        self._requests: list[float] = []

    @property
    def decodes(self) -> bool:
        """Tell whether the viewer is known to decode what it gets."""
        return self._decodes

    def on_sent(self, now: float) -> None:
        """Note that frames were sent since the last time."""
        if self._first_sent is None:
            self._first_sent = now
        self._last_sent = now

    def on_report(self, now: float, frames: int, packets: int) -> None:
        """Note what a page that is looked at has decoded and received in all, so far."""
        before, self._report = self._report, (now, frames, packets)
        if before is None or self._first_sent is None or before[0] < self._first_sent:
            return
        if frames != before[1]:
            self._decodes = True
        elif packets > before[2] and now - before[0] <= _MAX_REPORT_GAP_S:
            self._dark_s += now - before[0]

    def on_keyframe_request(self, now: float) -> None:
        """Note a request for a keyframe."""
        if self._first_sent is not None and len(self._requests) < _MAX_REQUESTS:
            self._requests.append(now)

    def has_failed(self, now: float, lost: float, reports: bool) -> bool:
        """
        Tell whether the viewer shows nothing of what it gets.

        :param lost: the share of packets lost, 0 to 1
        :param reports: the viewer is a page, which reports what it decodes
        """
        if self._decodes or self._first_sent is None:
            return False
        if reports:
            return self._dark_s >= FALLBACK_S
        if lost > _LOSSY:
            # The requests so far may be for what was lost.
            self._requests.clear()
        age = now - self._first_sent
        if age > 3 * FALLBACK_S:
            self._decodes = True
        return age >= FALLBACK_S and len(self._requests) >= _MIN_REQUESTS and (
            now - self._requests[-1] < _MAX_REQUEST_AGE_S
            and self._requests[-1] - self._requests[0] >= FALLBACK_S / 2
            and now - self._last_sent < _MAX_SEND_GAP_S)
