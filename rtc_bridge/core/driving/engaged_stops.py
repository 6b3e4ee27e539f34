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

"""Which bridges have engaged an emergency stop, as their guard and other bridges hear it."""

from dataclasses import dataclass
import logging

from .guard_messages import EngagedStop, StopState
from ..clock import boot_time, Clock

logger = logging.getLogger(__name__)

# Seconds after which a bridge that says nothing has ended, or hangs: it speaks five times a
# second.
BRIDGE_GONE_AFTER_S = 2.0
# More stops at a time are not told apart: the robot stands still with the first one.
MAX_STOPS = 32


@dataclass
class _HeardStop:
    bridge: str
    folder: str
    stop: str
    # Boot time at which it was heard last.
    heard: float


class EngagedStops:
    """
    The emergency stops of all bridges that were heard.

    Only the bridge whose stop it is releases it: another bridge that has none releases nothing.
    The stop of a bridge that died remains until one of these is heard:

    * a bridge that shares its file, as the same bridge after its restart, tells that this very
      stop was released;
    * a bridge of the same name and key folder releases a stop of its own, which is a person's word
      that the robot may move again. The name alone is not enough: two robots may share it.
    """

    def __init__(self, clock: Clock = boot_time) -> None:
        self._clock = clock
        # By the bridge's process.
        self._heard: dict[str, _HeardStop] = {}

    def __bool__(self) -> bool:
        """Tell whether any stop is in force."""
        return bool(self._heard)

    def hear(self, state: StopState) -> None:
        """Record what a bridge tells of its stop (``cmd_vel_guard/stops``)."""
        now, process = self._clock(), state.bridge.process
        own = self._heard.pop(process, None)
        released_own = own is not None and own.stop == state.released
        for other, heard in list(self._heard.items()):
            released = heard.stop == state.released or (
                released_own and heard.bridge == state.bridge.name
                and heard.folder == state.folder)
            if released and now - heard.heard > BRIDGE_GONE_AFTER_S:
                del self._heard[other]
                logger.debug('emergency stop of %s, which has ended: released by %s',
                             heard.bridge, state.bridge.name)
        if state.stop is not None and len(self._heard) < MAX_STOPS:
            self._heard[process] = _HeardStop(
                state.bridge.name, state.folder, state.stop, now)
        if (own is not None) != (process in self._heard):
            logger.debug('emergency stop of %s: %s', state.bridge.name,
                         'released' if own is not None else 'engaged')

    def engaged(self) -> tuple[EngagedStop, ...]:
        """Return the stops in force."""
        now = self._clock()
        return tuple(
            EngagedStop(process, heard.bridge, now - heard.heard > BRIDGE_GONE_AFTER_S,
                        heard.folder)
            for process, heard in self._heard.items())
