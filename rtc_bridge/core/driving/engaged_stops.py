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

"""Which bridges hold an emergency stop."""

from dataclasses import dataclass

from .guard_messages import HeldStop, StopState
from ..clock import boot_time, Clock

# Bridges speak five times a second; who is silent for this long has ended, or hangs.
GONE_AFTER_S = 2.0
# More stops at a time are not told apart: the robot stands still with the first one.
MAX_STOPS = 32


@dataclass
class _Engaged:
    bridge: str
    folder: str
    stop: str
    heard: float


class EngagedStops:
    """
    The emergency stops of all bridges that were heard.

    The stop of a bridge ends by that bridge's own word only: another one that has none releases
    nothing. The stop of a bridge that died stays, until one that shares its file, as the same
    bridge after its restart, tells that this very stop was released; or until a bridge of the
    same name and key folder releases a stop of its own, which is a person's word that the robot
    may move again. The name alone is not enough: two robots may share it.
    """

    def __init__(self, clock: Clock = boot_time) -> None:
        self._clock = clock
        # By process.
        self._engaged: dict[str, _Engaged] = {}

    def __bool__(self) -> bool:
        """Tell whether any stop is in force."""
        return bool(self._engaged)

    def hear(self, state: StopState) -> None:
        """Take what a bridge tells of its stop."""
        now, process = self._clock(), state.bridge.process
        own = self._engaged.pop(process, None)
        released_own = own is not None and own.stop == state.released
        for other, engaged in list(self._engaged.items()):
            same = engaged.stop == state.released or (
                released_own and engaged.bridge == state.bridge.name
                and engaged.folder == state.folder)
            if same and now - engaged.heard > GONE_AFTER_S:
                del self._engaged[other]
        if state.stop is not None and len(self._engaged) < MAX_STOPS:
            self._engaged[process] = _Engaged(
                state.bridge.name, state.folder, state.stop, now)

    def held(self) -> tuple[HeldStop, ...]:
        """Return the stops in force."""
        now = self._clock()
        return tuple(
            HeldStop(process, engaged.bridge, now - engaged.heard > GONE_AFTER_S, engaged.folder)
            for process, engaged in self._engaged.items())
