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

"""The ``control`` channel of a native session: proof, slots, lease, telemetry and messages."""

from aiortc import RTCDataChannel

from .camera_selection import CameraSelection
from .channel import (
    Channel, ChannelSession, MAX_BUFFERED_MESSAGES, MAX_BUFFERED_TELEMETRY)
from .control_sender import ControlSender
from .driver_requests import DriverRequests
from .floor_requests import FloorRequests
from .quality_requests import QualityRequests
from .service_caller import ServiceCaller
from .slot_status import SlotStatus
from .sound_status import SoundStatus
from .telemetry_sender import TelemetrySender
from .viewer_list import ViewerList
from ... import __version__
from ...core import base64url
from ...core.access.policy import may_drive, may_press_stop
from ...core.actions.action import actions_list
from ...core.clock import boot_time
from ...core.errors import ProtocolError
from ...core.limits.text_limits import MAX_LENGTHS
from ...core.protocol.application_text import write_text
from ...core.protocol.control_messages import (
    AppMessage, Bye, CallService, ChooseQuality, ControlMessage, InviteProof, KeepLease, Listen,
    parse_control, Ping, ReleaseStop, RequestLease, Select, ShowCamera, Shown, Talk, ViewerStats,
    YieldLease,
)
from ...core.protocol.strict_json import shorten
from ...core.supervision import guarded
from ...media.camera import Camera

# Sentences about the list of cameras that a page is told: it shows one.
_MAX_FINDINGS = 4


class ControlChannel(Channel):
    """
    Answers the page's messages, and tells it what changes.

    Before a proof (role ``none``) the page is told a challenge and nothing else.
    """

    def __init__(self, channel: RTCDataChannel, session: ChannelSession) -> None:
        super().__init__(channel)
        self._session = session
        self._sender = ControlSender(self, session)
        self._selection = CameraSelection(session, self._sender)
        self._quality = QualityRequests(session)
        self._slot_status = SlotStatus(session, self._sender)
        self._sound_status = SoundStatus(session, self._sender)
        self._telemetry = TelemetrySender(self)
        self._viewer_list = ViewerList(session, self._sender)
        self._driver_requests = DriverRequests(session, self._sender)
        self._floors = FloorRequests(session, self._sender)
        self._services = ServiceCaller(session, self._sender)
        channel.on('message', guarded(
            'control channel', self._on_message, on_failure=session.fail))
        for slot in session.slots:
            # A page shows nothing of a camera before it knows from which frame on it is that one.
            slot.track.on_first_sent = guarded(
                'control channel', self.watch, on_failure=session.fail)
        channel.on('close', guarded('control channel', lambda: session.end(
            'the viewer closed its channel')))
        if session.robot.access.accepts_invites:
            self._sender.send('challenge', robot_id=session.robot.robot_id,
                              nonce=base64url.encode(session.authorization.nonce),
                              needed=session.role == 'none')
        self._greet()

    def _greet(self) -> None:
        """Tell a page that has a role everything that it has to know."""
        if self._session.role == 'none':
            return
        self._sender.send_state('hello', self._send_hello)
        self._telemetry.send_all(self._session.robot.telemetry)
        self.obstacles_changed()
        self.action_states_changed()
        self.lease_changed()
        self.stop_changed()
        self.notices_changed()
        self.floor_changed()
        self.camera_floor_changed()
        self.watch()

    def _send_hello(self) -> bool:
        session, robot = self._session, self._session.robot
        limits, gate = robot.teleop.gate.limits, robot.teleop.gate
        return self._sender.send(
            'hello', robot_id=robot.robot_id, session=session.session_id, role=session.role,
            slots=len(session.slots), cameras=self._cameras(), sound=session.sound is not None,
            talk=session.media.voice is not None and may_drive(session.role),
            operator_camera=self._operator_camera(),
            teleop={'enabled': robot.teleop.enabled and may_drive(session.role),
                    'joy': robot.teleop.publishes_joy,
                    'max_linear_x': limits.linear_x, 'max_linear_y': limits.linear_y,
                    'max_linear_z': limits.linear_z, 'max_angular_z': limits.angular_z,
                    'max_age': gate.settings.max_age, 'timeout': gate.settings.timeout,
                    **({'footprint': robot.footprint} if robot.footprint else {})},
            stop={'may_press': may_press_stop(session.role, robot.view_may_stop),
                  'may_release': may_drive(session.role)},
            quality=True, version=__version__, telemetry=list(robot.telemetry),
            telemetry_display=robot.telemetry_display or None,
            alarms=robot.alarms.members(), actions=self._actions(),
            obstacles=robot.obstacle_limits.members() if robot.obstacle_limits else None,
            **self._findings())

    def _operator_camera(self) -> dict[str, float] | None:
        """Return what pictures the viewer may send, ``None`` if it may send none."""
        if self._session.media.pictures is None or not may_drive(self._session.role):
            return None
        camera = self._session.robot.operator_camera
        return {'max_width': camera.max_size[0], 'max_height': camera.max_size[1],
                'max_fps': camera.max_fps}

    def cameras_changed(self) -> None:
        """Tell which cameras there are."""
        if self._session.role != 'none':
            self._sender.send_state('cameras', lambda: self._sender.send(
                'cameras', cameras=self._cameras(), **self._findings()))
            self.watch()

    def _cameras(self) -> list[dict[str, object]]:
        return [_camera(name, camera) for name, camera in self._session.robot.cameras.items()]

    def _findings(self) -> dict[str, list[str]]:
        found = self._session.robot.camera_findings
        return {'findings': [text[:MAX_LENGTHS['finding']] for text in found[:_MAX_FINDINGS]]
                } if found else {}

    def lease_changed(self) -> None:
        """Tell who drives, and what the page has to do with it."""
        if self._session.role != 'none':
            self._sender.send_state('lease', self._send_lease)

    def _send_lease(self) -> bool:
        robot, own = self._session.robot, self._session.session_id
        lease, requesters = robot.teleop.lease, robot.teleop.lease.requesters
        holds = lease.holder == own
        return self._sender.send_with_nulls('lease', {
            'epoch': lease.epoch if holds else None,
            'driver': lease.holder is not None,
            'name': robot.name_of(lease.holder) if lease.holder else None,
            # Of those who ask the driver hears of the first one only.
            'asks': (robot.name_of(requesters[0]) or 'somebody') if holds and requesters else None,
            'request': lease.request_id if holds else None,
            'asked': own in requesters})

    def stop_changed(self, request: int | None = None) -> None:
        """Tell the state of the emergency stop; a page repeats its request until confirmed."""
        if self._session.role != 'none':
            self._sender.send_state('stop', lambda: self._send_stop(request))

    def _send_stop(self, request: int | None) -> bool:
        stop = self._session.robot.teleop.emergency_stop
        members: dict[str, object] = {'latched': stop.engaged, 'id': stop.id, 'by': stop.by}
        if request is not None:
            members['request'] = request
        return self._sender.send_with_nulls('stop', members)

    def notices_changed(self) -> None:
        """Tell what keeps commands from the motors: all of it, each time."""
        if self._session.role != 'none':
            self._sender.send_state('notices', lambda: self._sender.send('notices', notices=[
                notice.members() for notice in self._session.robot.notices]))

    def actions_changed(self) -> None:
        """Tell which services may be called."""
        if may_drive(self._session.role):
            self._sender.send_state('actions', lambda: self._sender.send(
                'actions', actions=self._actions()))

    def action_states_changed(self) -> None:
        """Tell which switches among the services are on."""
        states = self._session.robot.action_states
        if states and may_drive(self._session.role):
            self._sender.send_state('action_states', lambda: self._sender.send(
                'action_states', states=dict(states)))

    def _actions(self) -> list[dict[str, object]]:
        return (actions_list(self._session.robot.actions) if may_drive(self._session.role)
                else [])

    def send_message(self, data: object) -> None:
        """Send an application's JSON value."""
        if self._session.role != 'none':
            self._sender.send_with_nulls('message', {'data': data}, MAX_BUFFERED_MESSAGES)

    def send_telemetry(self, values: dict[str, object]) -> None:
        """Send new JSON values by name."""
        if self._session.role != 'none':
            self._telemetry.add(values)

    def obstacles_changed(self) -> None:
        """Tell what is seen around the robot now, or later what is seen then."""
        if self._session.role != 'none' and self._session.robot.obstacle_limits is not None:
            self._sender.send_state('obstacles', lambda: self._sender.send_with_nulls(
                'obstacles', self._session.robot.obstacles.members(boot_time()),
                MAX_BUFFERED_TELEMETRY))

    def watch(self) -> None:
        """Send what could not be sent before, and what has changed in the slots."""
        if self._session.role != 'none':
            self._sender.send_unsent()
            self._telemetry.send_unsent()
            self._selection.show_selected()
            self._quality.use_chosen()
            self._slot_status.send_changes()
            self._sound_status.send_changes()
            self._floors.send_changes()
            self._viewer_list.send_changes()

    def close(self, reason: str, code: str = '') -> None:
        """Tell the page that the session ends, and hear no more."""
        super().close(reason)
        self._sender.send('bye', reason=reason, code=code or None)

    def _on_message(self, text: str | bytes) -> None:
        if not self._session.budgets.messages.allow():
            self._sender.refuse_busy('too many messages')
            return
        try:
            self._handle(parse_control(text))
        except ProtocolError as error:
            self._sender.error('bad-message', str(error))

    def _handle(self, message: ControlMessage) -> None:
        """
        Do what a message asks for.

        :raises ProtocolError: it names a slot that is not there
        """
        session = self._session
        if isinstance(message, Ping):
            self._sender.send('pong', id=message.token, time=round(boot_time(), 6))
        elif isinstance(message, InviteProof):
            self._prove(message)
        elif isinstance(message, Bye):
            session.end(f'the viewer left: {shorten(message.reason)}')
        elif session.role == 'none':
            self._sender.error('denied', 'an invite has to be proved first')
        elif isinstance(message, Select):
            self._selection.select(message)
            self._slot_status.repeat(message.slot)
            self.watch()
        elif isinstance(message, ChooseQuality):
            self._quality.choose(message)
        elif isinstance(message, Listen):
            self._listen(message)
        elif isinstance(message, Talk):
            self._floors.talk(message)
        elif isinstance(message, ShowCamera):
            self._floors.show_camera(message)
        elif isinstance(message, Shown):
            self._selection.slot(message.slot).on_decoded(message.frames, message.packets)
        elif isinstance(message, ViewerStats):
            session.viewer_stats = message, boot_time()
        elif isinstance(message, CallService):
            self._services.call(message)
        elif isinstance(message, RequestLease):
            self._driver_requests.request_lease(message)
        elif isinstance(message, YieldLease | KeepLease):
            self._driver_requests.answer_request(message)
        elif isinstance(message, ReleaseStop):
            self._driver_requests.release_stop(message)
        elif isinstance(message, AppMessage):
            self._publish(message)

    def _prove(self, message: InviteProof) -> None:
        mac = self._session.prove(message.nonce, message.payload, message.mac)
        if mac is not None:
            self._sender.send('proven', mac=base64url.encode(mac))
            self._greet()

    def _listen(self, message: Listen) -> None:
        # It may start an encoder and a subscription, as the selection of a camera does.
        if self._session.sound is None:
            return
        if message.on and not self._session.budgets.selects.allow():
            self._sender.refuse_busy('too many changes of what is heard')
        else:
            self._session.sound.listen(message.on)

    def floor_changed(self) -> None:
        """Tell who of the viewers is heard."""
        if self._session.role != 'none':
            self._floors.tell_talker()

    def camera_floor_changed(self) -> None:
        """Tell whose camera is seen on the robot."""
        if self._session.role != 'none' and self._session.robot.camera_floor.enabled:
            self._floors.tell_camera()

    def _publish(self, message: AppMessage) -> None:
        if not may_drive(self._session.role):
            self._sender.error('denied', 'this session may only watch')
        elif self._session.budgets.app_messages.allow():
            self._session.robot.publish_message(write_text(message.data))
        else:
            self._sender.refuse_busy('too many messages')


def _camera(name: str, camera: Camera) -> dict[str, object]:
    """Return what a page is told of a camera."""
    members: dict[str, object] = {'name': name, 'drive': camera.settings.drive}
    if camera.settings.label:
        members['label'] = camera.settings.label
    if (mount := camera.mount_members) is not None:
        members['mount'] = mount
    elif camera.mount_problem:
        members['mount_problem'] = camera.mount_problem[:MAX_LENGTHS['finding']]
    return members
