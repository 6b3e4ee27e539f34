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

"""The bridge node: camera topics to viewers, viewers' commands to the guard."""

import asyncio
import contextlib
import ctypes
from pathlib import Path
import sys

import cv2
from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node
from std_msgs.msg import String

from ..bridge.cameras import ANY, Cameras
from ..bridge.own_server import OwnServer
from ..bridge.service_calls import Actions
from ..bridge.telemetry import Telemetry
from ..bridge.teleop import Teleop
from ..core.access.invite_url import read_page
from ..core.access.origins import read_origins
from ..core.access.registration_tokens import MIN_LENGTH
from ..core.access.roles import Access
from ..core.clock import synchronized
from ..core.driving.emergency_stop import EmergencyStop
from ..core.driving.rtcbot_input import read_text
from ..core.errors import ParameterError, ProtocolError, StoreError
from ..core.limits.refusals import refusals
from ..core.protocol.signaling_messages import check_name
from ..core.settings.parameters import parameters_of
from ..core.settings.robot_settings import AccessSettings, default_robot_id, RobotSettings
from ..core.supervision import (
    call_guarded, count_the_rest, failures, guard, guarded, keep_running, spawn,
)
from ..core.video.tiers import read_scales
from ..media.encoder import CODECS, use_h264_encoder
from ..peer.ice_server_probe import IceWatch
from ..peer.local_robot_link import LocalRobotLink
from ..peer.robot_context import RobotContext
from ..peer.sessions import Sessions
from ..ros.diagnostics import Diagnostics, FailureRates, status
from ..ros.executor_thread import ExecutorThread
from ..ros.parameters import declare, refuse_unknown
from ..ros.program import FAILED, ros_program, termination_signals
from ..ros.ros_log import log_to_ros
from ..signaling.network_changes import watch
from ..signaling.relay_client import RelayClient
from ..signaling.relay_url import dial_url, page_url, read_token
from ..system.key_store import default_directory, KeyStore
from ..system.process_end import ProcessEnd
from ..system.secret_files import read_ice
from ..system.stop_file import StopFile
from ..system.thread_priority import LOOP_NICE, prefer

DIAGNOSTICS_PERIOD_S = 1.0


class Bridge:
    """
    Joins the floors below into one robot.

    :raises ParameterError: a parameter has a value that is not allowed
    """

    def __init__(self, node: Node) -> None:
        """Read the parameters and make everything that needs no event loop."""
        self._node = node
        settings = declare(node, RobotSettings())
        self._settings = settings
        robot_id = _robot_id(settings.robot_id)
        self._relay = dial_url(settings.relay_url, robot_id) if settings.relay_url else None
        self._page_url = _page_url(settings.page_url)
        self._token = read_token(settings.relay_token_file)
        self._received = node.create_publisher(String, '~/received', 10)
        self._store = KeyStore(Path(settings.access.directory).expanduser() if (
            settings.access.directory) else default_directory())
        self._teleop = Teleop(node, settings.teleop, settings.rtcbot, EmergencyStop(StopFile(
            self._store.directory / f'emergency_stop.{robot_id}.json',
            renamed=robot_id == default_robot_id())), self._store.folder_id)
        self.robot = RobotContext(
            robot_id, self._teleop.controller,
            _access(settings.access, robot_id, self._store),
            lambda text: self._received.publish(String(data=text)),
            codecs=_codecs(settings.video.codecs), h264_profile=settings.video.h264_profile,
            ice=read_ice(settings.ice),
            max_slots=settings.video.max_slots,
            view_may_stop=settings.access.view_may_stop)
        self.sessions = Sessions(self.robot)
        self.cameras = Cameras(node, settings.cameras.names, read_scales(settings.video.tiers),
                               self.robot.cameras, self.sessions.cameras_changed)
        # Pages are told why before the lease ends.
        self._teleop.path.on_change.insert(0, self._notices_changed)
        self.telemetry = Telemetry(
            node, settings.telemetry, self.robot.telemetry, lambda: self.sessions.takes_telemetry,
            self.sessions.send_telemetry)
        self.actions = Actions(node, settings.actions, self.robot.actions,
                               self.sessions.actions_changed)
        self.robot.call = self.actions.call
        names = [row.name for row in parameters_of(settings)]
        groups = {name.split('.')[0] for name in names if '.' in name}
        # With '*' the cameras to come are not known yet, nor are their parameters.
        refuse_unknown(node, groups - ({'cameras'} if ANY in settings.cameras.names else set()),
                       names)
        self._diagnostics = Diagnostics(node, robot_id)
        self._failures = FailureRates(failures)
        self._client: RelayClient | None = None
        self._ice_watch = IceWatch(self.robot.ice, self._renew)
        self._server = OwnServer(settings.server, robot_id, self._store.directory)

    async def run(self) -> int:
        """
        Run until a signal, or the failure of a part that safety needs; return the exit status.

        :raises RtcBridgeError: the server's port is taken
        """
        loop = asyncio.get_running_loop()
        count_the_rest(loop)
        end = ProcessEnd()
        for number in termination_signals():
            loop.add_signal_handler(number, guarded('signals', end.ask))
        self._node.create_subscription(
            String, '~/send', guarded('message to viewers', lambda message: (
                loop.call_soon_threadsafe(call_guarded, 'message to viewers',
                                          self.sessions.send_message, read_text(message.data)))),
            10)
        self._teleop.listen(loop, end)
        async with contextlib.AsyncExitStack() as stack:
            with guard('ICE watch'):
                await self._ice_watch.probe()
            await stack.enter_async_context(
                self._server.running(LocalRobotLink(self.sessions, 'server')))
            # Now that nothing is refused any more, it may say what it found.
            use_h264_encoder(self._settings.video.h264_encoder)
            ros = ExecutorThread(self._node, end.when_fails('ROS executor'))
            # Threads that come from now on are short of work, or say that they are ordinary.
            prefer(LOOP_NICE)
            stack.callback(ros.close)
            self.cameras.start(ros)
            stack.callback(self._teleop.flush)
            stack.push_async_callback(self.sessions.close, 'the robot stops')
            stack.callback(self._teleop.close)
            parts = {'cameras': self.cameras.run,
                     'telemetry': lambda: self.telemetry.run(ros),
                     'actions': lambda: self.actions.run(ros),
                     'command path': lambda: self._teleop.path.run(ros),
                     'diagnostics': self._report, 'ICE watch': self._ice_watch.run}
            if self._relay is not None:
                self._client = RelayClient(self._relay, self.robot.robot_id,
                                           LocalRobotLink(self.sessions, 'relay'),
                                           token=self._token, secret=self._store.secret)
                parts['relay client'] = self._client.run
                self._node.get_logger().info(
                    f'relay: {page_url(self._settings.relay_url, self.robot.robot_id)}')
            stack.enter_context(watch(self._network_changed))
            self._warn_if_open()
            self._print_link()
            running = [spawn(name, work, on_failure=end.when_fails(name))
                       for name, work in self._teleop.parts().items()]
            running += [spawn(name, keep_running(name, make)) for name, make in parts.items()]
            await end.wait()
            # Zero goes out first of all, whatever else takes its time.
            with guard('last zero'):
                self._teleop.close()
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
        if end.failed_part:
            part = end.failed_part
            self._node.get_logger().fatal(
                f'the bridge ends: it must not go on without its part {part!r}, which failed: '
                f'{failures.newest.get(part, "")}')
            return FAILED
        return 0

    def _notices_changed(self) -> None:
        self.robot.notices = self._teleop.path.notices
        self.sessions.notices_changed()

    async def _renew(self) -> None:
        if self._client is not None:
            await self._client.renew()

    def _network_changed(self) -> None:
        self._ice_watch.network_changed()
        if self._client is not None:
            self._client.network_changed()

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(DIAGNOSTICS_PERIOD_S)
            statuses = []
            for name, rates in list(self.cameras.rates.items()):
                if name in self.robot.cameras:
                    with guard('diagnostics of a camera'):
                        statuses.append(rates.status(f'camera {name}'))
            for make in (self._teleop.status, self._teleop.path.status, self._viewers_status,
                         self._relay_status, self._failures.status, _refused):
                with guard('diagnostics'):
                    statuses.append(make())
            self._diagnostics.publish([made for made in statuses if made is not None])

    def _viewers_status(self) -> DiagnosticStatus:
        sessions = self.sessions.sessions.values()
        return status('viewers', DiagnosticStatus.OK, f'{len(sessions)} viewers', {
            'count': len(sessions)} | {
                f'{s.session_id[:8]}.{key}': value for s in sessions
                for key, value in s.stats().items()})

    def _relay_status(self) -> DiagnosticStatus | None:
        if self._client is None:
            return None
        good = self._client.state == 'connected'
        return status('relay', DiagnosticStatus.OK if good else DiagnosticStatus.WARN,
                      self._client.state, {'url': self._settings.relay_url})

    def _print_link(self) -> None:
        """Print a link for whoever started the robot; never by a logger, which is a ROS topic."""
        role, base = self._settings.access.console_link, self._page()
        if base:
            try:
                self._store.note_robot(self.robot.robot_id, base)
            except StoreError as error:
                self._node.get_logger().error(
                    f'rtc-bridge invite will have to be told --robot-id and --page-url: {error}')
        if role != 'none' and base:
            invite = self.robot.access.console_invite(role, 'console')
            print(f'link to {role}, as long as this process runs: {base}#{invite}', flush=True)

    def _page(self) -> str:
        if self._page_url:
            return self._page_url
        if self._relay is not None:
            return page_url(self._settings.relay_url, self.robot.robot_id)
        return self._server.page

    def _warn_if_open(self) -> None:
        access = self._settings.access
        for name, role, reach in (
                ('access.anonymous', access.anonymous, self._settings.server.port),
                ('access.anonymous_via_relay', access.anonymous_via_relay, self._relay)):
            if reach and role != 'none':
                self._node.get_logger().warning(
                    f'{name} is {role}: whoever reaches the page may {role}')


def _refused() -> DiagnosticStatus:
    """Return what was refused of others since the start, by reason."""
    found = refusals.all
    values = {'count': sum(refusal.count for refusal in found.values())}
    for reason, refusal in found.items():
        values |= {reason: refusal.count, f'{reason}.newest_source': refusal.source}
    # Whoever is refused is no fault of the robot's.
    return status('refused', DiagnosticStatus.OK, f'{values["count"]} refused', values)


def _robot_id(given: str) -> str:
    try:
        return check_name(given or default_robot_id())
    except ProtocolError as error:
        raise ParameterError(f'parameter robot_id: {error}') from None


def _page_url(given: str) -> str:
    try:
        return given and str(read_page(given))
    except ProtocolError as error:
        raise ParameterError(f'parameter page_url: {error}') from None


def _access(settings: AccessSettings, robot_id: str, store: KeyStore) -> Access:
    required = settings.require_synchronized_clock
    return Access(robot_id, settings.anonymous, settings.anonymous_via_relay,
                  store, origins=read_origins(settings.origins, 'access.origins'),
                  whep_via_relay=settings.whep_via_relay,
                  kscale_token=read_token(
                      settings.kscale_token_file, least=MIN_LENGTH,
                      parameter='access.kscale_token_file', variable='RTC_BRIDGE_KSCALE_TOKEN'),
                  synchronized=synchronized if required else lambda: True)


def _codecs(codecs: tuple[str, ...]) -> tuple[str, ...]:
    if not codecs or len(set(codecs)) < len(codecs) or not set(codecs) <= set(CODECS):
        raise ParameterError(f'parameter video.codecs is {list(codecs)}, allowed are one or more '
                             f'of {", ".join(CODECS)}, each once')
    return codecs


def _keep_memory() -> None:
    """
    Tell glibc to keep the memory of images instead of giving it back after each one.

    Without this three quarters of the intake's CPU time go into page faults.
    """
    m_trim_threshold, m_mmap_threshold, m_arena_max = -1, -3, -8
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(m_mmap_threshold, 32 << 20)
        libc.mallopt(m_trim_threshold, 512 << 20)
        # Encoder threads come and go with quality tiers: each may leave an arena that stays large.
        libc.mallopt(m_arena_max, 4)


def main(args: list[str] | None = None) -> int:
    """Run the bridge; return the exit status."""
    _keep_memory()
    # Threads inside OpenCV raise its CPU time; each camera has a thread of its own.
    cv2.setNumThreads(1)
    with ros_program('bridge', args):
        node = Node('rtc_bridge')
        try:
            with log_to_ros(node):
                return asyncio.run(Bridge(node).run())
        finally:
            node.destroy_node()


if __name__ == '__main__':
    sys.exit(main())
