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

"""One session of a viewer in Python with a robot, by a link with an invite."""

import asyncio
import secrets
from typing import Any

from aiortc import (
    RTCConfiguration, RTCIceServer, RTCPeerConnection, RTCSessionDescription,
)
from aiortc.sdp import SessionDescription

from .errors import SessionError
from .service_stream import ServiceStream
from .signaling import exchange
from ..core import base64url
from ..core.access.invite import split_invite
from ..core.access.invite_url import InviteUrl
from ..core.access.proof import new_nonce, page_mac, robot_mac, Transcript
from ..core.errors import ProtocolError, SignalingError
from ..core.limits.peer_limits import PeerLimits
from ..core.limits.sdp_limits import check_sdp
from ..core.protocol.signaling_messages import Ready
from ..core.protocol.strict_json import dump, load_object, member, shorten
from ..core.supervision import guarded, spawn
from ..peer.aiortc_compat import limited_by
from ..peer.negotiation import let_others_run
from ..peer.remote_description import only_sha256
from ..peer.shared_fingerprint import shared_fingerprint

# Seconds until the robot has to have said hello.
_SETUP_TIMEOUT_S = 20.0
# The robot's sign of life: how often it is asked for, and how long it may be missing, in seconds.
_PING_PERIOD_S, _SILENT_AFTER_S = 1.0, 10.0
# Bytes of a message on `control`.
_MAX_MESSAGE = 1024 * 1024


class RobotSession:
    """
    A session: both ends have proved the invite to each other, so that no relay takes part.

    Belongs to the event loop. :meth:`open` makes one.

    :ivar hello: what the robot says of itself, as docs/protocol.md has it
    :ivar over: why the session is over, ``None`` while it is not
    """

    def __init__(self, invite_url: InviteUrl) -> None:
        self.hello: dict[str, Any] = {}
        self.over: SessionError | None = None
        self._invite_url = invite_url
        self._pc: RTCPeerConnection | None = None
        self._offer = self._answer = ''
        self._nonce = new_nonce()
        self._limits = PeerLimits(lambda reason: self._end(
            SessionError('impostor', f'the robot sends what it should not: {reason}')), False)
        # The robot's proof that is due.
        self._expected_mac = b''
        self._trusted = False
        self._ready = asyncio.Event()
        self._heard_at = 0.0
        self._streams: list[ServiceStream] = []
        self._pinging: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, invite_url: InviteUrl) -> 'RobotSession':  # noqa: A003 - as files have it
        """
        Set a session up.

        :raises SessionError: it cannot be had
        """
        session = cls(invite_url)
        try:
            async with asyncio.timeout(_SETUP_TIMEOUT_S):
                session._answer = await exchange(invite_url.page, session._make_offer)
                await session._connect()
                await session._ready.wait()
        except TimeoutError:
            session._end(SessionError('no-path', 'no connection to the robot within '
                                                 f'{_SETUP_TIMEOUT_S:g} s'))
        except SessionError as error:
            session._end(error)
        except BaseException:
            await session.close()
            raise
        if session.over is not None:
            await session.close()
            raise session.over
        session._pinging = spawn('sign of life', session._ping())
        return session

    async def _make_offer(self, ready: Ready) -> str:
        pc = self._pc = RTCPeerConnection(RTCConfiguration([
            RTCIceServer(urls=list(server.urls), username=server.username,
                         credential=server.credential) for server in ready.ice_servers]))
        pc.on('connectionstatechange', guarded('session', self._on_state))
        self._control = pc.createDataChannel('control')
        self._control.on('message', guarded('session', self._on_message))
        self._control.on('close', guarded('session', lambda: self._end(
            SessionError('closed', 'the robot has ended the session'))))
        # aiortc believes its peers, and until its proof the robot may be anybody.
        with limited_by(self._limits):
            await pc.setLocalDescription()
        # What is proved is the one fingerprint that there is.
        self._offer = only_sha256(pc.localDescription.sdp)
        return self._offer

    async def _connect(self) -> None:
        assert self._pc is not None  # Made for the offer.
        try:
            check_sdp(self._answer, code='bad-answer')
        except SignalingError as error:
            raise SessionError(error.code, str(error)) from None
        try:
            await self._pc.setRemoteDescription(RTCSessionDescription(self._answer, 'answer'))
        except Exception as error:
            # aiortc has no common base for what it raises on a strange description.
            raise SessionError('bad-answer', f'the answer cannot be used: {error!r}') from error

    def _on_state(self) -> None:
        if self._pc is not None and self._pc.connectionState in ('failed', 'closed'):
            self._end(SessionError('no-path', 'the connection to the robot has broken'))

    def _end(self, error: SessionError) -> None:
        if self.over is None:
            self.over = error
            self._ready.set()
            for stream in self._streams:
                stream.fail(error)

    def _on_message(self, text: str | bytes) -> None:
        self._heard_at = asyncio.get_running_loop().time()
        try:
            message = load_object(text, _MAX_MESSAGE)
            kind = member(message, 'type', str)
            if kind == 'challenge':
                self._prove(message)
            elif kind == 'proven':
                self._verify(message)
            elif kind == 'bye':
                self._end(SessionError(member(message, 'code', str, '') or 'closed',
                                       f'the robot ends the session: '
                                       f'{shorten(member(message, "reason", str, ""))}'))
            elif kind == 'hello' and self._trusted:
                self.hello = message
                self._ready.set()
        except (ProtocolError, SignalingError) as error:
            self._end(SessionError('impostor', f'the robot says what it should not: {error}'))

    def _prove(self, challenge: dict[str, Any]) -> None:
        payload, key = split_invite(self._invite_url.fragment)
        transcript = Transcript(
            member(challenge, 'robot_id', str),
            base64url.decode(member(challenge, 'nonce', str)), self._nonce,
            shared_fingerprint(SessionDescription.parse(self._offer)),
            shared_fingerprint(SessionDescription.parse(self._answer)), payload)
        if self._expected_mac:
            raise ProtocolError('it asks for a second proof')
        if transcript.robot_id != self._invite_url.invite.robot_id:
            raise ProtocolError(f'it is {shorten(transcript.robot_id)}, and the link is for '
                                f'{shorten(self._invite_url.invite.robot_id)}')
        self._expected_mac = robot_mac(key, transcript)
        self._send('prove', nonce=base64url.encode(self._nonce), payload=payload,
                   mac=base64url.encode(page_mac(key, transcript)))

    def _verify(self, proven: dict[str, Any]) -> None:
        mac = base64url.decode(member(proven, 'mac', str))
        if not self._expected_mac or not secrets.compare_digest(mac, self._expected_mac):
            raise ProtocolError('it does not know the key of the link')
        self._trusted = True
        self._limits.prove()

    def _send(self, kind: str, **members: object) -> None:
        if self._control.readyState == 'open':
            self._control.send(dump({'type': kind, **members}))

    async def _ping(self) -> None:
        """Ask for signs of life, and end the session when there are none."""
        loop, number = asyncio.get_running_loop(), 0
        while self.over is None:
            number += 1
            self._send('ping', id=number)
            await asyncio.sleep(_PING_PERIOD_S)
            if loop.time() - self._heard_at > _SILENT_AFTER_S:
                self._end(SessionError('silent', 'no sign of life of the robot for '
                                                 f'{_SILENT_AFTER_S:g} s'))

    async def open_service(self, name: str) -> ServiceStream:
        """
        Connect to a program on the robot.

        :raises SessionError: the session is over, or the robot refuses
        """
        if self.over is not None:
            raise self.over
        assert self._pc is not None  # Since the session is set up.
        stream = ServiceStream(self._pc.createDataChannel(
            f'service/{name}/{secrets.token_urlsafe(9)}'))
        self._streams.append(stream)
        try:
            await stream.opened()
        except BaseException:
            await self.forget(stream)
            raise
        return stream

    async def forget(self, stream: ServiceStream) -> None:
        """Close a stream."""
        if stream in self._streams:
            self._streams.remove(stream)
            await stream.close()

    async def close(self) -> None:
        """End the session."""
        self._end(SessionError('closed', 'this end has closed the session'))
        if self._pinging is not None:
            self._pinging.cancel()
        if self._pc is not None:
            self._send('bye', reason='left')
            # It goes out before aiortc aborts.
            await let_others_run()
            await self._pc.close()
