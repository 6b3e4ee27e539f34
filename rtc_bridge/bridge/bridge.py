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

"""The bridge: one robot made of its parts, and how it starts, runs and ends."""

import asyncio
from collections.abc import Callable, Coroutine
import contextlib
import logging
from typing import Any

from rclpy.node import Node
from std_msgs.msg import String

from .data.local_services import make_services
from .data.service_calls import ServiceCalls
from .data.telemetry import Telemetry
from .diagnostics import DiagnosticsReport
from .driving.obstacles import Obstacles
from .driving.teleop import Teleop
from .network.clock_status import ClockStatus
from .network.ice_diagnostics import IceDiagnostics
from .network.network_status import NetworkStatus
from .network.own_server import OwnServer
from .network.turn_credential_client import TurnCredentialClient
from .start_messages import note_page, page_address, print_console_link, warn_of_anonymous_roles
from .start_settings import (
    check_codecs, make_access, make_host_candidates, make_key_store, read_page_url,
    read_relay_trust, read_robot_id,
)
from .streams.cameras import Cameras
from .streams.operator_camera import connect_operator_camera, operator_camera_status
from .streams.sound import Sound
from .streams.voices import connect_voices, voices_status
from ..core.access.floor import Floor
from ..core.driving.driver_notices import unused_parameter_notices
from ..core.driving.emergency_stop import EmergencyStop
from ..core.driving.footprint import parse_footprint
from ..core.failure_log import count_unhandled_failures, failures
from ..core.obstacles.report import ObstacleReport
from ..core.protocol.application_text import read_text
from ..core.settings.parameters import parameters_of
from ..core.settings.robot_settings import default_robot_id, RobotSettings
from ..core.supervision import call_guarded, first_of, guard, guarded, keep_running, spawn
from ..core.video.tiers import parse_scales
from ..core.video.video_codecs import h264_candidates
from ..media.encoder import use_h264_encoder
from ..media.encoder_probe import probe_encoders
from ..peer.ice_server_monitor import IceServerMonitor
from ..peer.local_robot_link import LocalRobotLink
from ..peer.robot_context import RobotContext
from ..peer.sessions import Sessions
from ..ros.executor_thread import ExecutorThread
from ..ros.parameter_files import unused_parameters
from ..ros.parameters import declare_parameters, refuse_unknown_parameters
from ..ros.program import FAILED
from ..signaling.network_changes import watch_network
from ..signaling.relay_client import RelayClient
from ..signaling.relay_url import dial_url, page_url, read_token
from ..system.files.secret_files import read_credential_service, read_ice
from ..system.files.stop_file import StopFile
from ..system.processes.shutdown import Shutdown
from ..system.processes.termination import Termination
from ..system.processes.thread_priority import EVENT_LOOP_NICE, raise_priority

_logger = logging.getLogger(__name__)

# Seconds for which a start waits for the encoders to be tried.
_ENCODER_TIMEOUT_S = 3.0

# Makes the coroutine of a part, anew for each start.
_MakePart = Callable[[], Coroutine[Any, Any, None]]


async def _cancel(task: asyncio.Task[Any]) -> None:
    """Cancel a task, and wait for its end: a child process of it must end before the loop."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


class Bridge:
    """
    Makes the parts of one robot, connects them, and runs them until the process is to end.

    It is made before the event loop runs, in the same thread; everything else here belongs to the
    event loop, except what :class:`~rtc_bridge.ros.executor_thread.ExecutorThread` is given.

    :raises ParameterError: a parameter has a value that is not allowed, or is not known
    :raises StoreError: a file in the key folder cannot be used
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._network = NetworkStatus()
        settings = self._settings = declare_parameters(node, RobotSettings())
        robot_id = read_robot_id(settings.robot_id)
        relay_url = dial_url(settings.relay_url, robot_id) if settings.relay_url else ''
        # The page at the relay, for people; empty without a relay.
        self._relay_page = page_url(settings.relay_url, robot_id) if relay_url else ''
        self._page_url = read_page_url(settings.page_url)
        # The page that invites lead to, once the server runs; empty if there is none.
        self._page = ''
        token = read_token(settings.relay_token_file)
        trust = read_relay_trust(settings.relay_ca_file, relay_url)
        self._key_store = make_key_store(settings.access.directory)
        self._teleop = Teleop(node, settings.teleop, settings.rtcbot, EmergencyStop(StopFile(
            self._key_store.directory / f'emergency_stop.{robot_id}.json',
            renamed=robot_id == default_robot_id())), self._key_store.folder_id)
        received = node.create_publisher(String, '~/received', 10)
        self._robot = RobotContext(
            robot_id, self._teleop.controller,
            make_access(settings.access, robot_id, self._key_store),
            lambda text: received.publish(String(data=text)),
            codecs=check_codecs(settings.video), h264_profile=settings.video.h264_profile,
            ice=read_ice(settings.ice), host_candidates=make_host_candidates(settings.ice),
            burst=settings.video.burst, max_slots=settings.video.max_slots,
            view_may_stop=settings.access.view_may_stop, alarms=settings.alarms,
            footprint=parse_footprint(settings.teleop.footprint))
        self._sound = Sound(node, settings.audio)
        self._robot.sound = self._sound.stream
        self._robot.floor = Floor(
            settings.audio.talk, lambda session: self._robot.teleop.lease.holder == session)
        connect_voices(node, settings.audio, self._robot.floor, self._robot.voice,
                       self._sound.stream)
        connect_operator_camera(node, settings.operator_camera, self._robot)
        self._sessions = Sessions(self._robot)
        self._cameras = Cameras(
            node, settings.cameras.names, parse_scales(settings.video.tiers), self._robot.cameras,
            self._cameras_changed, settings.cameras.base_frame, threads=settings.video.threads)
        # Before what ends the lease, so that pages know the reason by then.
        self._teleop.path.on_change.insert(0, self._notices_changed)
        self._telemetry = Telemetry(
            node, settings.telemetry, self._robot.telemetry, self._robot.telemetry_display,
            lambda: self._sessions.takes_telemetry, self._sessions.send_telemetry)
        self._obstacles = Obstacles(
            node, settings.obstacles, self._robot.footprint,
            lambda: self._sessions.takes_telemetry, self._obstacles_changed)
        self._robot.obstacle_limits = self._obstacles.limits
        self._service_calls = ServiceCalls(
            node, settings.actions, self._robot.actions, self._robot.action_states,
            lambda: self._sessions.takes_actions, self._sessions.actions_changed,
            self._sessions.action_states_changed)
        self._robot.call_service = self._service_calls.call
        self._local_services = make_services(
            node, settings.services, self._key_store.directory)
        self._robot.open_service = self._local_services.connect
        self._refuse_unknown_parameters()
        self._relay_client = RelayClient(
            relay_url, robot_id, LocalRobotLink(self._sessions, 'relay'), token=token,
            secret=self._key_store.secret, trust=trust) if relay_url else None
        self._diagnostics = DiagnosticsReport(
            node, self._robot, self._sessions, self._teleop, self._relay_client,
            settings.relay_url)
        self._clock = ClockStatus(settings.access.require_synchronized_clock)
        self._ice_server_monitor = IceServerMonitor(self._robot.ice, self._renew_relay_ice_servers)
        service = read_credential_service(settings.ice)
        self._turn_credentials = TurnCredentialClient(
            service, self._robot.ice,
            self._ice_server_monitor.servers_changed) if service else None
        for status in (
                self._clock.status, self._network.status, self._sound.status,
                self._obstacles.status, self._local_services.status,
                lambda: voices_status(self._robot.floor, self._robot.voice,
                                      self._robot.name_of(self._robot.floor.holder or '')),
                lambda: operator_camera_status(self._robot),
                IceDiagnostics(self._ice_server_monitor, self._turn_credentials).status):
            self._diagnostics.add(status)
        self._server = OwnServer(settings.server, robot_id, self._key_store.directory)
        # What must run while anybody may drive.
        self._driving: list[asyncio.Task[Any]] = []

    def _refuse_unknown_parameters(self) -> None:
        names = [row.name for row in parameters_of(self._settings)]
        groups = {name.split('.')[0] for name in names if '.' in name}
        refuse_unknown_parameters(self._node, groups, names, self._cameras.given_parameters)
        self._teleop.path.start_notices += unused_parameter_notices(
            unused_parameters(self._node, names, ['cmd_vel_guard']),
            self._node.get_fully_qualified_name())

    async def run(self, termination: Termination) -> int:
        """
        Run until a signal, or the failure of a part that safety needs; return the exit status.

        :raises RtcBridgeError: the server's address or port cannot be had
        """
        loop = asyncio.get_running_loop()
        count_unhandled_failures(loop)
        shutdown = Shutdown()
        termination.on_request(shutdown.request)
        async with contextlib.AsyncExitStack() as stack:
            # A signal ends the start, too, which may wait for servers.
            ros = await first_of(self._start(loop, stack, shutdown), shutdown.wait())
            if ros is not None:
                await self._run_parts(ros, shutdown)
        if part := shutdown.failed_part:
            self._node.get_logger().fatal(
                f'the bridge ends: it must not go on without its part {part!r}, which failed: '
                f'{failures.newest.get(part, "")}')
            return FAILED
        return 0

    async def _start(self, loop: asyncio.AbstractEventLoop, stack: contextlib.AsyncExitStack,
                     shutdown: Shutdown) -> ExecutorThread:
        """
        Start what has to run before the parts; ``stack`` ends it, the last one first.

        :raises RtcBridgeError: the server's address or port cannot be had
        """
        def send(message: String) -> None:
            loop.call_soon_threadsafe(call_guarded, 'message to viewers',
                                      self._sessions.send_message, read_text(message.data))

        self._node.create_subscription(
            String, '~/send', guarded('message to viewers', send), 10)
        self._teleop.listen(loop, shutdown)
        faults = spawn('H.264 encoder', probe_encoders(
            [kind.name for kind in h264_candidates(self._settings.video.h264_encoder)]))
        stack.push_async_callback(_cancel, faults)
        with guard('ICE servers'):
            if self._turn_credentials is not None:
                await self._turn_credentials.ask()
            await self._ice_server_monitor.probe()
        # Before anybody can come: what ends motion has to run, and says zero if the start fails.
        self._driving = [spawn(name, work, on_failure=shutdown.on_failure_of(name))
                         for name, work in self._teleop.parts().items()]
        stack.push_async_callback(self._end_driving)
        await stack.enter_async_context(
            self._server.running(LocalRobotLink(self._sessions, 'server')))
        # This logs a line; before here the one line of a refused start would not stand alone.
        choosing = spawn('H.264 encoder', self._choose_encoder(faults))
        stack.push_async_callback(_cancel, choosing)
        # Streams that are opened before would keep to libx264.
        await asyncio.wait([choosing], timeout=_ENCODER_TIMEOUT_S)
        ros = ExecutorThread(self._node, shutdown.on_failure_of('ROS executor'))
        # Threads that start from here on inherit the priority; encoders and decoders lower theirs.
        raise_priority(EVENT_LOOP_NICE)
        stack.callback(ros.close)
        self._cameras.start(ros)
        stack.callback(self._teleop.flush)
        stack.push_async_callback(self._sessions.close, 'the robot stops')
        stack.callback(self._teleop.close)
        stack.enter_context(watch_network(self._network_changed))
        self._network.changed()
        self._tell_people()
        return ros

    async def _run_parts(self, ros: ExecutorThread, shutdown: Shutdown) -> None:
        """Run the parts until the process is to end."""
        tasks = [spawn(name, keep_running(name, make))
                 for name, make in self._restartable_parts(ros).items()]
        tasks.append(spawn('console link', self._print_link()))
        await shutdown.wait()
        # What ends at the same time, as in a launch, is nothing to warn of.
        for task in tasks:
            task.cancel()
        # The zero goes out before anything that may take time.
        await self._end_driving()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _end_driving(self) -> None:
        with guard('last zero'):
            self._teleop.close()
        for task in self._driving:
            task.cancel()
        await asyncio.gather(*self._driving, return_exceptions=True)

    async def _choose_encoder(self, faults: asyncio.Task[dict[str, str] | None]) -> None:
        """
        Use a hardware encoder if one works; until that is known, libx264 is used.

        :param faults: tries them; returns why each cannot be used
        """
        use_h264_encoder(self._settings.video.h264_encoder, await faults or {})

    def _restartable_parts(self, ros: ExecutorThread) -> dict[str, _MakePart]:
        """Return by name what starts again after a failure, because no safety depends on it."""
        parts: dict[str, _MakePart] = {
            'cameras': self._cameras.run,
            'sound': lambda: self._sound.run(ros),
            'telemetry': lambda: self._telemetry.run(ros),
            'obstacles': lambda: self._obstacles.run(ros),
            'actions': lambda: self._service_calls.run(ros),
            'services': self._local_services.run,
            'command path': lambda: self._teleop.path.run(ros),
            'diagnostics': self._diagnostics.run,
            'ICE servers': self._ice_server_monitor.run}
        if self._turn_credentials is not None:
            parts['TURN credentials'] = self._turn_credentials.run
        if self._relay_client is not None:
            parts['relay client'] = self._relay_client.run
        return parts

    def _tell_people(self) -> None:
        """Say where the robot is, and who may come."""
        if self._relay_page:
            self._node.get_logger().info(f'relay: {self._relay_page}')
        access = self._settings.access
        warn_of_anonymous_roles(access, bool(self._server.page), bool(self._relay_page))
        self._clock.look()
        self._page = page_address(self._page_url, self._relay_page, self._server.page)
        if self._page:
            note_page(self._page, self._key_store, self._robot.robot_id)

    async def _print_link(self) -> None:
        """Print the link of the console as soon as its role can be used."""
        role = self._settings.access.console_link
        if role == 'none' or not self._page:
            return
        if role != 'view':
            # A driver who opened it at once would be refused until the guard is found.
            await self._teleop.path.guard_settled.wait()
        print_console_link(role, self._page, self._robot.access)

    def _cameras_changed(self) -> None:
        # The cause before what follows from it.
        self._robot.camera_findings = self._network.findings + self._cameras.findings
        self._sessions.cameras_changed()

    def _notices_changed(self) -> None:
        self._robot.notices = self._teleop.path.notices
        self._sessions.notices_changed()

    def _obstacles_changed(self, report: ObstacleReport) -> None:
        self._robot.obstacles = report
        self._sessions.obstacles_changed()

    async def _renew_relay_ice_servers(self) -> None:
        if self._relay_client is not None:
            await self._relay_client.renew()

    def _network_changed(self) -> None:
        _logger.debug('network changed: ask the ICE servers, check the way to the relay')
        self._ice_server_monitor.network_changed()
        if self._network.changed():
            self._cameras_changed()
        if self._turn_credentials is not None:
            self._turn_credentials.network_changed()
        if self._relay_client is not None:
            self._relay_client.network_changed()
