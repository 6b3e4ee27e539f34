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

"""A robot of K-Scale's, which speaks to K-Scale's apps only."""

import asyncio

from aiohttp import web, WSMsgType

from .kscale_socket import send_text
from ..metrics import Metrics
from ...core.errors import ProtocolError, SignalingError
from ...core.limits.rate_limit import RateLimiter
from ...core.protocol import kscale_messages
from ...core.protocol.ice import IceServer
from ...core.protocol.robot_link import RobotLink
from ...core.protocol.signaling_messages import KSCALE, Offer
from ...core.supervision import spawn

# Frames that may not pass to the app: at once, and each second in the long run.
_FAULTS, _FAULTS_PER_SECOND = 20, 1.0


class KScaleRobot(RobotLink):
    """A robot for one app at a time, since its frames name no sessions."""

    protocol = KSCALE

    def __init__(self, ws: web.WebSocketResponse, metrics: Metrics) -> None:
        super().__init__()
        self._ws = ws
        self._metrics = metrics
        self._app: web.WebSocketResponse | None = None
        self._app_transport: asyncio.WriteTransport | None = None

    async def ice_servers(self) -> list[IceServer]:
        """Return none: K-Scale's robots and apps have their own."""
        return []

    async def answer(self, offer: Offer) -> str:
        """
        Refuse: this robot makes offers.

        :raises SignalingError: ``denied``
        """
        raise SignalingError('denied', "This robot can be reached with K-Scale's app only")

    def dismiss(self) -> None:
        """Part from the robot: its name is another's."""
        spawn('farewell', self._ws.close())

    async def run(self) -> None:
        """Pass on to the app what the robot says, until it leaves."""
        faults = RateLimiter(_FAULTS_PER_SECOND, _FAULTS)
        try:
            async for frame in self._ws:
                if not self._may_pass(frame.type, frame.data):
                    if not faults.allow():
                        break
                elif (app := self._app) is not None and not await send_text(app, frame.data):
                    # A closing handshake would wait for an app that takes nothing.
                    if self._app_transport is not None:
                        self._app_transport.abort()
        finally:
            if (app := self._app) is not None:
                await send_text(app, kscale_messages.write_refusal(kscale_messages.GONE))
                await app.close()

    def _may_pass(self, kind: WSMsgType, text: str) -> bool:
        if kind != WSMsgType.TEXT:
            return False
        try:
            kscale_messages.check_frame(text)
        except (ProtocolError, SignalingError) as error:
            self._metrics.refuse('frames', text=str(error))
            return False
        return True

    async def serve_app(self, app: web.WebSocketResponse, rate: RateLimiter,
                        transport: asyncio.WriteTransport | None) -> None:
        """
        Pass on to the robot what an app says, until it leaves.

        :param transport: of the app's connection
        :raises SignalingError: another app is there, or this one says too much
        """
        if self._app is not None:
            raise SignalingError('busy', kscale_messages.IN_USE)
        self._app, self._app_transport = app, transport
        try:
            await send_text(app, kscale_messages.AVAILABLE)
            async for frame in app:
                if not rate.allow():
                    raise SignalingError('too-many', 'There are too many messages')
                if frame.type != WSMsgType.TEXT:
                    continue
                try:
                    kscale_messages.check_frame(frame.data)
                except ProtocolError as error:
                    # K-Scale's relay does not answer what is not JSON either: older apps' HELLO.
                    self._metrics.refuse('frames', text=str(error))
                    continue
                except SignalingError as error:
                    self._metrics.refuse('sdp', text=str(error))
                    await send_text(app, kscale_messages.write_error(str(error)))
                    continue
                if not await send_text(self._ws, frame.data):
                    break
        finally:
            self._app = None
            await send_text(self._ws, kscale_messages.LEFT)
