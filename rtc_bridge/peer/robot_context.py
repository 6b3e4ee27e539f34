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

"""What all sessions of one robot share."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Awaitable, Callable, Protocol

from .authorization import SessionAuthorization
from ..core.access.floor import Floor
from ..core.access.policy import AccessPolicy
from ..core.actions.action import Action
from ..core.actions.service_calls import ServiceResult
from ..core.congestion.pacer import DEFAULT_BURST_S
from ..core.driving.driver_notices import Notice
from ..core.driving.footprint import Footprint
from ..core.driving.teleop_controller import TeleopController
from ..core.gateway.connection import OpenService, ServiceConnection, ServiceError
from ..core.network.host_candidates import HostCandidateRules
from ..core.network.ice_report import NoPathLog
from ..core.network.ice_servers import IceServerPool
from ..core.obstacles.report import ObstacleLimits, ObstacleReport
from ..core.settings.alarm_settings import AlarmSettings
from ..core.video.video_codecs import PROFILES
from ..media.camera import Camera
from ..media.operator_camera import OperatorCamera
from ..media.sound.sound_stream import SoundStream
from ..media.sound.voice import Voice

# What a service is called with: nothing, the value of a switch, a text, or checked arguments.
ServiceValue = bool | str | dict[str, Any] | None


async def _no_local_service(name: str, role: str, messages: bool = False) -> ServiceConnection:
    raise ServiceError('no-service', f'there is no service {name}: this robot has none')


async def _no_services(name: str, action: Action, value: ServiceValue) -> ServiceResult:
    return ServiceResult(False, 'this robot has no services')


class Viewer(Protocol):
    """A session, as the others see it."""

    session_id: str
    authorization: SessionAuthorization

    @property
    def role(self) -> str:
        """Return ``view``, ``drive`` or ``supervise``."""


@dataclass
class RobotContext:
    """
    The robot, as its sessions see it. Belongs to the event loop.

    Fields marked with * change while the robot runs.

    :param teleop: gets the commands of drivers
    :param access: decides on roles
    :param publish_message: takes a text from a viewer for the robot's applications
    :param cameras: * by name, in the order that viewers see
    :param codecs: ``h264`` and ``vp8`` in order of preference
    :param h264_profile: ``main`` for viewers that take it, or ``baseline``
    :param ice: STUN and TURN servers for robot and viewers; empty means none, never a public one
    :param host_candidates: which own addresses and ports sessions use
    :param burst: how much is sent at once on narrow paths, see ``video.burst``
    :param max_slots: video sections of one session that get a slot
    :param name_of: * returns the name in the invite of a session, ``None`` if it has none
    :param viewers: * returns the connected sessions that have a role
    :param telemetry: * newest JSON values by name, each with the boot-time clock of its arrival;
        ``None`` before the first value
    :param telemetry_display: how pages show values, by name
    :param obstacle_limits: what pages have to know of obstacles; ``None``: the robot tells none
    :param obstacles: * what is seen now
    :param actions: * the services that pages may call, by name
    :param action_states: * whether the switches among them are on, ``None``: not known
    :param call_service: * calls one of them by name, if it still is the given action, with its
        value if it takes one
    :param open_service: * opens a connection to a local service
    :param view_may_stop: whether the role ``view`` may press the emergency stop
    :param footprint: outline of the robot, see ``teleop.footprint``; empty: not known
    :param notices: * what keeps commands from the motors now
    :param camera_findings: * what is wrong with the list of cameras, as sentences
    :param floor: who of the viewers is heard
    :param voice: plays who is heard
    :param camera_floor: whose camera is seen
    :param operator_camera: shows it
    :param sound: the robot's sound, ``None`` if it has none
    :param no_paths: * viewers that found no path
    :param alarms: from which values on pages warn
    """

    robot_id: str
    teleop: TeleopController
    access: AccessPolicy
    publish_message: Callable[[str], None]
    cameras: dict[str, Camera] = field(default_factory=dict)
    codecs: tuple[str, ...] = ('h264', 'vp8')
    h264_profile: str = 'baseline'
    ice: IceServerPool = field(default_factory=IceServerPool)
    host_candidates: HostCandidateRules = HostCandidateRules()
    burst: float = DEFAULT_BURST_S
    max_slots: int = 4
    name_of: Callable[[str], str | None] = lambda session: None
    viewers: Callable[[], list[Viewer]] = list
    telemetry: dict[str, tuple[object, float] | None] = field(default_factory=dict)
    telemetry_display: dict[str, dict[str, object]] = field(default_factory=dict)
    obstacle_limits: ObstacleLimits | None = None
    obstacles: ObstacleReport = ObstacleReport()
    actions: dict[str, Action] = field(default_factory=dict)
    action_states: dict[str, bool | None] = field(default_factory=dict)
    call_service: Callable[[str, Action, ServiceValue], Awaitable[ServiceResult]] = _no_services
    open_service: OpenService = _no_local_service
    view_may_stop: bool = False
    footprint: Footprint = ()
    notices: tuple[Notice, ...] = ()
    camera_findings: tuple[str, ...] = ()
    floor: Floor = field(default_factory=lambda: Floor('off'))
    voice: Voice = field(default_factory=Voice)
    camera_floor: Floor = field(default_factory=lambda: Floor('off'))
    operator_camera: OperatorCamera = field(default_factory=OperatorCamera)
    sound: SoundStream | None = None
    no_paths: NoPathLog = field(default_factory=NoPathLog)
    alarms: AlarmSettings = AlarmSettings()

    def common_profiles(self, offered: Collection[str]) -> list[str]:
        """Return which of a viewer's profiles the robot sends, in the robot's order."""
        return [profile.name for codec in self.codecs for profile in PROFILES.values()
                if profile.codec == codec and profile.name in offered and (
                    profile.name != 'h264-main' or self.h264_profile == 'main')]

    def camera_named(self, name: str) -> Camera | None:
        """
        Return the camera of a name, ``None`` if there is none.

        The name may have a slash at its start, or leave out ``/image_raw``.
        """
        plain = name.strip('/')
        return next((self.cameras[given] for given in (name, plain, f'{plain}/image_raw')
                     if given in self.cameras), None)

    def first_camera(self) -> Camera | None:
        """Return the first camera for driving, or the first of all; ``None`` if there is none."""
        cameras = list(self.cameras.values())
        return next((camera for camera in cameras if camera.settings.drive),
                    cameras[0] if cameras else None)
