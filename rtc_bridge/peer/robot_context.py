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

"""What the sessions of one robot share."""

from dataclasses import dataclass, field
from typing import Any, Awaitable, Callable

from ..core.access.ice_servers import IceServerPool
from ..core.access.policy import AccessPolicy
from ..core.access.service_calls import ServiceResult
from ..core.driving.driver_notices import Notice
from ..core.driving.teleop_controller import TeleopController
from ..media.camera import Camera


@dataclass
class RobotContext:
    """
    The robot, as its sessions see it.

    :param cameras: by name, in the order that viewers see; may change while running
    :param codecs: ``h264`` and ``vp8`` in order of preference
    :param h264_profile: ``main`` for viewers that take it, or ``baseline``
    :param ice: ICE servers for robot and viewers; none are none, never a default one
    :param name_of: returns the name of a session's person, ``None`` if it has none
    :param publish_message: takes a text from a viewer for the robot's applications
    :param telemetry: newest JSON values by name, and when each came; ``None`` before the first;
        may change
    :param actions: kinds of the services that may be called now, by name; may change
    :param call: calls one of them, with its value if it takes one
    :param view_may_stop: whether role ``view`` may press the emergency stop
    :param notices: what is wrong on the way of commands to the motors now; may change
    """

    robot_id: str
    teleop: TeleopController
    access: AccessPolicy
    publish_message: Callable[[str], None]
    cameras: dict[str, Camera] = field(default_factory=dict)
    codecs: tuple[str, ...] = ('h264', 'vp8')
    h264_profile: str = 'baseline'
    ice: IceServerPool = field(default_factory=IceServerPool)
    max_slots: int = 4
    name_of: Callable[[str], str | None] = lambda session: None
    telemetry: dict[str, tuple[Any, float] | None] = field(default_factory=dict)
    actions: dict[str, str] = field(default_factory=dict)
    call: Callable[[str, bool | None], Awaitable[ServiceResult]] | None = None
    view_may_stop: bool = False
    notices: tuple[Notice, ...] = ()

    def first_camera(self) -> Camera | None:
        """Return the first camera for driving, or the first of all; ``None`` if there is none."""
        cameras = list(self.cameras.values())
        return next((c for c in cameras if c.settings.drive), cameras[0] if cameras else None)
