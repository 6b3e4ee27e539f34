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
"""How much one session may ask of the robot, and through it of the other sessions, in a second."""

from .rate_limit import RateLimiter
from ..clock import boot_time, Clock

# A keyframe costs all viewers of a tier: so many may one viewer bring about at once, and a second.
KEYFRAME_DEMANDS, KEYFRAME_DEMANDS_HZ = 3, 0.5


class SessionBudgets:
    """
    The token buckets of one session.

    Our page sends 25 commands, as many states of a gamepad and as many stops in a second, and a
    few other messages; an application may send 50.
    """

    def __init__(self, clock: Clock = boot_time) -> None:
        # Every message on the channel control, or a text of K-Scale's clients.
        self.messages = RateLimiter(100.0, 200.0, clock)
        # Texts of RTCBot's clients. Its gamepad sends each change of an axis, 250 in a second;
        # what is far more than that is no client of its own.
        self.rtcbot = RateLimiter(500.0, 1000.0, clock)
        # Those of all these that go on to the application.
        self.app_messages = RateLimiter(50.0, 100.0, clock)
        # Commands and gamepad states. Stops pass in any number.
        self.commands = RateLimiter(100.0, 200.0, clock)
        # Answers to stops that are in force already: each writes to the disk until it holds.
        self.confirmations = RateLimiter(40.0, 80.0, clock)
        # Cameras put into slots: each may begin or end an encoder and a subscription.
        self.selects = RateLimiter(2.0, 20.0, clock)
        # Wishes for the lease and answers to them: all sessions and the log are told of a change.
        self.leases = RateLimiter(2.0, 12.0, clock)
        # Releases of the emergency stop: each writes to the disk, and all sessions are told.
        self.releases = RateLimiter(5.0, 30.0, clock)
        # What a viewer may force on the others who see the same stream.
        self.keyframes = RateLimiter(KEYFRAME_DEMANDS_HZ, KEYFRAME_DEMANDS, clock)
        # The same for slot 0 of who drives: other slots must not use up what that picture needs.
        self.driving_keyframes = RateLimiter(KEYFRAME_DEMANDS_HZ, KEYFRAME_DEMANDS, clock)
