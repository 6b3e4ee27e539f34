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

"""The guard's rules inside the bridge, for robots that are driven without ``cmd_vel_guard``."""

import asyncio
from typing import Callable

from rclpy.node import Node

from ...core.clock import boot_time
from ...core.driving.teleop_controller import POLL_PERIOD_S
from ...core.driving.velocity import Velocity
from ...core.driving.velocity_guard import VelocityGuard
from ...core.settings.driving_settings import TeleopSettings
from ...ros.velocity.velocity_publisher import VelocityPublisher

# Seconds between two looks at the type that the subscribers of cmd_vel expect.
_LOOK_PERIOD_S = 1.0


class LocalGuard:
    """
    Publishes velocities on ``cmd_vel`` by the guard's rules, as far as this process runs.

    It cannot stop the robot when the bridge hangs or is killed, as ``cmd_vel_guard`` does.
    """

    def __init__(self, node: Node, settings: TeleopSettings) -> None:
        self.rules = VelocityGuard(settings.timeout)
        self.publisher = VelocityPublisher(node, settings.message_type, settings.frame_id)
        # Called when the guard lets no motion pass before a neutral command.
        self.on_neutral_required: Callable[[], None] = lambda: None

    def publish(self, velocity: Velocity) -> None:
        """Publish at once, if the guard lets it pass."""
        if self.rules.command(velocity, boot_time()) is not None:
            self.publisher.publish(velocity)

    def flush(self) -> None:
        """Wait, half a second at most, until the motors have all messages."""
        self.publisher.flush()

    def _interrupt(self) -> None:
        """Stop before the type of the messages changes: the motors may be others from then on."""
        velocity = self.rules.interrupt('the type of cmd_vel changes')
        if velocity is not None:
            self.publisher.publish(velocity)

    async def run(self) -> None:
        """Publish zero when commands end, and follow the subscribers' type; for ever."""
        epoch, next_look = self.rules.epoch, 0.0
        while True:
            await asyncio.sleep(POLL_PERIOD_S)
            if boot_time() >= next_look:
                next_look = boot_time() + _LOOK_PERIOD_S
                self.publisher.follow_subscribers(self._interrupt)
            velocity = self.rules.poll()
            if velocity is not None:
                self.publisher.publish(velocity)
            if epoch != self.rules.epoch:
                epoch = self.rules.epoch
                self.on_neutral_required()
