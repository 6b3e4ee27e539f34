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

"""When the slot of a viewer asks its camera for a keyframe."""

from typing import Callable

from ...core.clock import boot_time
from ...core.limits.peer_limits import KEYFRAME_DEMANDS, KEYFRAME_DEMANDS_HZ
from ...core.limits.rate_limit import RateLimiter

# Seconds, besides a round trip, in which a keyframe that was asked for may still be on its way: it
# is encoded with the next frame, and sent in several packets.
_ON_ITS_WAY_S = 0.3


class KeyframeRequests:
    """
    Asks for keyframes on behalf of one slot, within budgets.

    All viewers of a stream get each keyframe, and pay for it with bits that other frames lack. So
    what a viewer brings about has a budget; what the slot itself needs (its first frame, another
    stream) has none. Belongs to the event loop.

    :ivar driving_budget: keyframes that this slot has to itself while its viewer drives, ``None``
        for slots that are not driven by
    :param request: asks the camera for a keyframe
    :param budget: keyframes that the viewer may bring about, shared by all its slots
    """

    def __init__(self, request: Callable[[], None], budget: RateLimiter | None = None) -> None:
        self.request = request
        self.budget = budget or RateLimiter(KEYFRAME_DEMANDS_HZ, KEYFRAME_DEMANDS)
        self.driving_budget: RateLimiter | None = None
        # Apart from the viewer's own budget, which may be used up when a congested path is free.
        self._deferred_budget = RateLimiter(KEYFRAME_DEMANDS_HZ, KEYFRAME_DEMANDS)
        # The viewer has selected a camera, and there was no budget for its first keyframe.
        self._selection_waits = False
        # The viewer needs a keyframe, which would be lost on its congested path.
        self._deferred = False
        self._demanded_at = float('-inf')
        self._drives = False
        self._congested = False
        self._rtt = 0.1

    def on_demand(self) -> None:
        """Take the viewer's demand: by RTCP, or for a loss that is not repaired."""
        now = boot_time()
        if self._congested:
            self._deferred = True
        elif now - self._demanded_at > _ON_ITS_WAY_S + self._rtt and self._spend():
            self._demanded_at = now
            self.request()

    def on_selection(self) -> None:
        """Take the viewer's selection of another camera, whose stream starts with a keyframe."""
        self._selection_waits = True
        self._request_selected()

    def on_path(self, *, rtt: float, congested: bool, drives: bool) -> None:
        """
        Take the state of the path, five times a second; make up for what had to wait.

        :param rtt: round trip in seconds
        :param congested: packets wait on the path
        :param drives: the viewer drives the robot
        """
        self._rtt, self._congested, self._drives = rtt, congested, drives
        self._request_selected()
        if self._deferred and not congested and self._deferred_budget.allow():
            self._deferred = False
            self.request()

    def on_keyframe(self) -> None:
        """Note that a keyframe has come: a selection waits for none any more."""
        self._selection_waits = False

    def on_camera_change(self) -> None:
        """Forget what was wanted of another camera."""
        self._selection_waits = False

    def on_pause_end(self) -> None:
        """Forget a deferred demand: a pause ends with a keyframe."""
        self._deferred = False

    def _request_selected(self) -> None:
        if self._selection_waits and self._spend():
            self._selection_waits = False
            self.request()

    def _spend(self) -> bool:
        """Count a keyframe that the viewer brings about; tell whether the budget allows it."""
        own = self.driving_budget if self._drives else None
        return (own is not None and own.allow()) or self.budget.allow()
