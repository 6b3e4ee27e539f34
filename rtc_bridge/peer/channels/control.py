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

"""The ``control`` channel: slots, lease and messages of a v1 session."""

import logging
from typing import Any, Callable

from aiortc import RTCDataChannel

from .channel import (
    Channel, MAX_BUFFERED, MAX_BUFFERED_MESSAGES, MAX_BUFFERED_TELEMETRY, Viewer,
)
from .service_caller import Caller
from ..slot import Slot
from ... import __version__
from ...core.access.invite import encode
from ...core.access.roles import may_drive, may_press_stop
from ...core.clock import boot_time
from ...core.driving.command_gate import TeleopRefused
from ...core.driving.rtcbot_input import write_text
from ...core.errors import ProtocolError, StoreError
from ...core.limits.rate_limit import RateLimiter, Throttle
from ...core.limits.refusals import refusals
from ...core.protocol.control_messages import (
    Answer, AppMessage, Bye, Call, ControlMessage, parse_control, Ping, Prove, Release, Select,
    Shown, Want,
)
from ...core.protocol.strict_json import dump, shorten
from ...core.supervision import guarded
from ...core.video.viewer_stats import ViewerStats

logger = logging.getLogger(__name__)
# The clocks of robot and viewer drift apart by microseconds in this time.
STAMPS_HZ = 1.0


class ControlChannel(Channel):
    """Answers the page's messages, and tells it what changes."""

    def __init__(self, channel: RTCDataChannel, session: Viewer) -> None:
        """Say hello."""
        super().__init__(channel)
        self._session = session
        self._busy = RateLimiter(1.0, 1.0)
        self._calls = Caller(session, lambda result: self._send('result', **result))
        self._slots: dict[int, tuple[Any, ...]] = {}
        self._stamps = Throttle()
        # Of each slot the newest choice that there was no budget for yet.
        self._selects: dict[int, Select] = {}
        # Values that the page has yet to be told.
        self._telemetry: dict[str, Any] = {}
        # States that could not be sent, in the order of their turn: sent later, as they are then.
        self._unsent: dict[str, Callable[[], bool]] = {}
        channel.on('message', guarded(
            'control channel', self._on_message, on_failure=session.fail))
        channel.on('close', guarded('control channel', lambda: session.end(
            'the viewer closed its channel')))
        if session.robot.access.provable:
            self._send('challenge', robot_id=session.robot.robot_id,
                       nonce=encode(session.authorization.nonce), needed=session.role == 'none')
        self._greet()

    def _greet(self) -> None:
        session = self._session
        if session.role == 'none':
            return
        self._tell('hello', lambda: self._send(
            'hello', robot_id=session.robot.robot_id, session=session.session_id,
            role=session.role, slots=len(session.slots), cameras=self._cameras(),
            teleop=self._teleop(), stop=self._stop_rights(), version=__version__,
            telemetry=list(session.robot.telemetry), actions=self._actions()))
        self._send_all_telemetry()
        self.lease_changed()
        self.stop_changed()
        self.notices_changed()
        self.watch()

    def cameras_changed(self) -> None:
        """Tell which cameras there are."""
        if self._session.role == 'none':
            return
        self._tell('cameras', lambda: self._send('cameras', cameras=self._cameras()))
        self.watch()

    def lease_changed(self) -> None:
        """Tell who drives, and what a page that may drive has to do with it."""
        if self._session.role != 'none':
            self._tell('lease', self._send_lease)

    def _send_lease(self) -> bool:
        robot, lease = self._session.robot, self._session.robot.teleop.lease
        mine, askers = lease.holder == self._session.session_id, lease.requesters
        # Who has no name asks as somebody.
        asks = (robot.name_of(askers[0]) or 'somebody') if mine and askers else None
        return self._dump({
            'type': 'lease', 'epoch': lease.epoch if mine else None,
            'driver': lease.holder is not None,
            'name': robot.name_of(lease.holder) if lease.holder else None,
            'asks': asks, 'request': lease.request_id if mine else None,
            'asked': self._session.session_id in askers}, keep_none=True)

    def stop_changed(self, request: int | None = None) -> None:
        """Tell of the emergency stop, as the confirmation of a request if one is given."""
        if self._session.role != 'none':
            # A page repeats its request until it is confirmed.
            self._tell('stop', lambda: self._send_stop(request))

    def _send_stop(self, request: int | None) -> bool:
        stop = self._session.robot.teleop.emergency_stop
        return self._dump({
            'type': 'stop', 'latched': stop.engaged, 'id': stop.id, 'by': stop.by,
            **({} if request is None else {'request': request})}, keep_none=True)

    def notices_changed(self) -> None:
        """Tell what is wrong on the way of commands to the motors: all of it, each time."""
        if self._session.role != 'none':
            self._tell('notices', lambda: self._send(
                'notices', notices=[n.members() for n in self._session.robot.notices]))

    def send_message(self, data: Any) -> None:
        """Send an application's value."""
        if self._session.role != 'none':
            self._dump({'type': 'message', 'data': data}, keep_none=True,
                       most=MAX_BUFFERED_MESSAGES)

    def _send_all_telemetry(self) -> None:
        known = {k: v for k, v in self._session.robot.telemetry.items() if v is not None}
        if known:
            now = boot_time()
            self._send('telemetry', values={k: value for k, (value, _) in known.items()},
                       ages={k: round(now - came, 1) for k, (_, came) in known.items()})

    def send_telemetry(self, values: dict[str, Any]) -> None:
        """Send new values by name."""
        if self._session.role != 'none':
            self._telemetry |= values
            self._send_news()

    def _send_news(self) -> None:
        # What the path does not take yet is sent later, in its newest state.
        if self._telemetry and self._dump({'type': 'telemetry', 'values': self._telemetry},
                                          most=MAX_BUFFERED_TELEMETRY):
            self._telemetry = {}

    def actions_changed(self) -> None:
        """Tell which services may be called."""
        if may_drive(self._session.role):
            self._tell('actions', lambda: self._send('actions', actions=self._actions()))

    def _actions(self) -> list[dict[str, str]]:
        if not may_drive(self._session.role):
            return []
        return [{'name': n, 'kind': k} for n, k in self._session.robot.actions.items()]

    def watch(self) -> None:
        """Tell what each slot shows, when that has changed, and what could not be sent."""
        if self._session.role == 'none':
            return
        for kind, tell in list(self._unsent.items()):
            self._tell(kind, tell)
        self._send_news()
        self._show_selected()
        for number, slot in enumerate(self._session.slots):
            name, state, since, slow, news = None, 'off', 0.0, 0.0, None
            if slot.camera is not None:
                name = slot.camera.name
                state, since = slot.camera.state()
                slow = slot.camera.slow
                if state == 'lost':
                    # A second of silence is a new state each second: the page shows how long.
                    news = f'{since:.0f}'
                elif state == 'still':
                    news = slot.camera.frames_in
            failed = sorted(slot.failed_codecs)
            known = (name, state, news, round(slow), *failed)
            if self._slots.get(number) != known and self._dump(
                    {'type': 'slot', 'slot': number, 'camera': name,
                     'state': state, 'since_s': round(since, 1),
                     **({'silence_s': round(slow, 1)} if slow else {}),
                     **({'failed_codecs': failed} if failed else {})}, keep_none=True):
                self._slots[number] = known

        if self._stamps.passes(boot_time(), STAMPS_HZ):
            self._send_stamps()

    def _send_stamps(self) -> None:
        for number, slot in enumerate(self._session.slots):
            stamp = slot.track.times.newest
            if stamp is not None and slot.camera is not None and slot.camera.state()[0] == 'live':
                self._send('stamps', slot=number, rtp=stamp.rtp_timestamp,
                           time=round(stamp.time, 6),
                           by='camera' if stamp.by_camera else 'arrival')

    def close(self, reason: str, code: str = '') -> None:
        """Say that the session ends."""
        super().close(reason)
        self._send('bye', reason=reason, code=code or None)

    def _cameras(self) -> list[dict[str, Any]]:
        return [{'name': name, 'drive': camera.settings.drive}
                for name, camera in self._session.robot.cameras.items()]

    def _stop_rights(self) -> dict[str, bool]:
        role = self._session.role
        return {'may_press': may_press_stop(role, self._session.robot.view_may_stop),
                'may_release': may_drive(role)}

    def _teleop(self) -> dict[str, Any]:
        teleop = self._session.robot.teleop
        limits = teleop.gate.limits
        return {'enabled': teleop.enabled and may_drive(self._session.role),
                'joy': teleop.publishes_joy,
                'max_linear_x': limits.linear_x, 'max_linear_y': limits.linear_y,
                'max_angular_z': limits.angular_z, 'max_age': teleop.gate.max_age,
                'timeout': teleop.gate.timeout}

    def _on_message(self, text: str | bytes) -> None:
        if not self._session.budgets.messages.allow():
            return self._refuse_busy('too many messages')
        try:
            self._handle(parse_control(text))
        except ProtocolError as error:
            self._send('error', code='bad-message', message=str(error))

    def _handle(self, message: ControlMessage) -> None:
        session = self._session
        if isinstance(message, Ping):
            self._send('pong', id=message.token, time=round(boot_time(), 6))
        elif isinstance(message, Prove):
            mac = session.prove(message.nonce, message.payload, message.mac)
            if mac is not None:
                self._send('proven', mac=encode(mac))
                self._greet()
        elif isinstance(message, Bye):
            session.end(f'the viewer left: {shorten(message.reason)}')
        elif session.role == 'none':
            self._send('error', code='denied', message='nothing is done here before a proof')
        elif isinstance(message, Select):
            self._select(message)
        elif isinstance(message, Shown):
            self._slot(message.slot).on_decoded(message.frames, message.packets)
        elif isinstance(message, ViewerStats):
            session.figures = message, boot_time()
        elif isinstance(message, Call):
            self._calls.make(message)
        elif isinstance(message, Want):
            try:
                self._want(message)
            except TeleopRefused as refused:
                self._send('error', code=str(refused), message=self._why(str(refused)))
        elif isinstance(message, Answer):
            self._answer(message)
        elif isinstance(message, Release):
            self._release(message)
        elif isinstance(message, AppMessage):
            if not may_drive(session.role):
                self._send('error', code='denied', message='this session may only watch')
            elif session.budgets.app_messages.allow():
                session.robot.publish_message(write_text(message.data))
            else:
                self._refuse_busy('too many messages')

    def _refuse_busy(self, what: str) -> None:
        """Say so once a second at most, and count the others."""
        refusals.note('message', self._session.source, what)
        if self._busy.allow():
            self._send('error', code='busy', message=what)

    def _want(self, message: Want) -> None:
        role, teleop = self._session.role, self._session.robot.teleop
        if not may_drive(role):
            self._send('error', code='denied', message='this session may only watch')
        elif not message.lease:
            # To stop is never refused; it tells others only of a lease or wish that there was.
            teleop.release_lease(self._session.session_id)
        elif not self._session.budgets.leases.allow():
            self._refuse_busy('too many wishes to drive')
        elif not message.take:
            teleop.request_lease(self._session.session_id)
        elif role == 'supervise':
            teleop.take_lease(self._session.session_id)
        else:
            self._send('error', code='denied', message='only who supervises takes the seat')

    def _why(self, reason: str) -> str:
        return next((notice.text for notice in self._session.robot.notices
                     if notice.code == reason), 'nobody can drive by this bridge now')

    def _answer(self, message: Answer) -> None:
        teleop, own = self._session.robot.teleop, self._session.session_id
        if not self._session.budgets.leases.allow():
            self._refuse_busy('too many answers')
        elif message.yields:
            teleop.hand_over_lease(own, message.request)
        else:
            teleop.refuse_lease_request(own, message.request)

    def _release(self, message: Release) -> None:
        robot, session = self._session.robot, self._session
        if not may_drive(session.role):
            return self._send('error', code='denied', message='this session may only watch')
        if not session.budgets.releases.allow():
            return self._refuse_busy('too many releases')
        try:
            if not robot.teleop.release_emergency_stop(
                    message.stop, robot.name_of(session.session_id) or 'somebody'):
                self._send('error', code='no-stop',
                           message='this emergency stop is not the one in force')
        except StoreError as error:
            # Where files are is no page's business.
            logger.error('the emergency stop remains: %s', error)
            self._send('error', code='internal',
                       message="the robot's disk does not take the release; the stop remains")

    def _slot(self, number: int) -> Slot:
        slots = self._session.slots
        if not 0 <= number < len(slots):
            raise ProtocolError(f'slot {number} is not one of {len(slots)}')
        return slots[number]

    def _select(self, message: Select) -> None:
        # A page says once what it wants to see: what comes too fast is late, and never lost.
        self._slot(message.slot)
        self._selects[message.slot] = message
        self._show_selected()
        self.watch()

    def _show_selected(self) -> None:
        """Put into the slots what was chosen, as far as there is budget for it."""
        while self._selects and self._session.budgets.selects.allow():
            self._show(self._selects.pop(next(iter(self._selects))))

    def _show(self, message: Select) -> None:
        cameras = self._session.robot.cameras
        if message.camera is not None and message.camera not in cameras:
            self._send('error', code='no-camera', message=f'no camera {shorten(message.camera)}, '
                       f'there are: {", ".join(cameras) or "none"}')
            return
        if message.slot == 0:
            self._session.selected = True
        self._slot(message.slot).show(cameras.get(message.camera))

    def _tell(self, kind: str, tell: Callable[[], bool]) -> None:
        """Send a state now, or with the next looks, in its newest form."""
        if tell():
            self._unsent.pop(kind, None)
        else:
            self._unsent[kind] = tell

    def _send(self, kind: str, **members: Any) -> bool:
        return self._dump({'type': kind, **members})

    def _dump(self, obj: dict[str, Any], keep_none: bool = False,
              most: int = MAX_BUFFERED) -> bool:
        return self.send(dump(obj, keep_none=keep_none), most)
