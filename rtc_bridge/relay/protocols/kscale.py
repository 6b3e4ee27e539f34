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

"""
Door 4: K-Scale's forms.

Its apps and robots speak to each other through us as through its own relay. Of a robot of ours its
app sees what it would see of a K-Scale robot: gateway and stream in one.
"""

import asyncio
from collections.abc import Callable
from typing import NoReturn

from aiohttp import web, WSMsgType

from .kscale_app import App, next_text, say
from ..directory.registry import NAMELESS, Registry
from ..http.middleware import origin
from ..metrics import Metrics
from ..session_broker import Desk
from ...core.errors import ProtocolError, SignalingError
from ...core.limits.rate_limit import RateLimiter
from ...core.protocol import kscale_messages
from ...core.protocol.ice import Candidate, IceServer
from ...core.protocol.robot_link import RobotLink
from ...core.protocol.signaling_messages import check_name, KSCALE, NATIVE, Offer
from ...core.supervision import first_of, spawn

FIRST_FRAME_TIMEOUT = 10.0


class KScaleRobot:
    """A robot of K-Scale's, for one app of K-Scale's at a time: its frames name no sessions."""

    protocol = KSCALE
    trickle = False

    def __init__(self, ws: web.WebSocketResponse, metrics: Metrics) -> None:
        """Take over an open WebSocket; ``run`` reads it."""
        self._metrics = metrics
        self.on_end: dict[str, Callable[[], None]] = {}
        self.app: web.WebSocketResponse | None = None
        self.ws = ws
        self._cut: Callable[[], None] | None = None

    async def ice_servers(self) -> list[IceServer]:
        """Return none: K-Scale's robots and apps have their own."""
        return []

    async def answer(self, offer: Offer) -> str:
        """
        Refuse: this robot makes offers.

        :raises SignalingError: ``denied``
        """
        raise SignalingError('denied', "This robot can be reached with K-Scale's app only")

    async def add_candidate(self, session: str, candidate: Candidate | None) -> None:
        """Do nothing: there are no sessions."""

    async def close_session(self, session: str) -> None:
        """Do nothing: there are no sessions."""

    def dismiss(self) -> None:
        """End it: its name is another's."""
        spawn('farewell', self.ws.close())

    async def run(self) -> None:
        """Pass on what the robot says to its app, until it goes."""
        faults = RateLimiter(1.0, 20)
        try:
            async for frame in self.ws:
                try:
                    passes = frame.type == WSMsgType.TEXT
                    if passes:
                        kscale_messages.check_frame(frame.data)
                except (ProtocolError, SignalingError) as error:
                    self._metrics.refuse('frames', text=str(error))
                    passes = False
                if not passes:
                    if not faults.allow():
                        break
                elif (app := self.app) is not None and not await say(app, frame.data):
                    # A closing handshake would wait for somebody who takes nothing.
                    self._cut()
        finally:
            if (app := self.app) is not None:
                await say(app, kscale_messages.write_refusal(kscale_messages.GONE))
                await app.close()

    async def serve(self, app: web.WebSocketResponse, rate: RateLimiter,
                    cut: Callable[[], None]) -> None:
        """
        Pass on what an app says to the robot, until it goes.

        :param cut: ends the app's connection at once
        :raises SignalingError: another app is there, or this one says too much
        """
        if self.app is not None:
            raise SignalingError('busy', kscale_messages.IN_USE)
        self.app, self._cut = app, cut
        try:
            await say(app, kscale_messages.AVAILABLE)
            async for frame in app:
                if not rate.allow():
                    raise SignalingError('too-many', 'There are too many messages')
                if frame.type != WSMsgType.TEXT:
                    continue
                try:
                    kscale_messages.check_frame(frame.data)
                except ProtocolError as error:
                    # K-Scale's relay does not answer what is no JSON either: older apps' HELLO.
                    self._metrics.refuse('frames', text=str(error))
                    continue
                except SignalingError as error:
                    self._metrics.refuse('sdp', text=str(error))
                    await say(app, kscale_messages.write_error(str(error)))
                    continue
                if not await say(self.ws, frame.data):
                    break
        finally:
            self.app = None
            await say(self.ws, kscale_messages.LEFT)


class KScaleDoor:
    """
    What K-Scale's apps and robots find at ``/``.

    :param refuse: tells why a robot may not register under a name, if it may not
    :param came: called when one has
    :param went: called when it has gone
    """

    def __init__(self, registry: Registry, desk: Desk, rate: float, *,
                 refuse: Callable[[str, web.Request], str | None],
                 came: Callable[[str, web.Request, str], None],
                 went: Callable[[str], None]) -> None:
        """Serve robots of a registry, and add to it."""
        self._registry = registry
        self._desk = desk
        self._rate = rate
        self._refuse = refuse
        self._came = came
        self._went = went

    async def serve(self, ws: web.WebSocketResponse, request: web.Request) -> None:
        """Serve whoever is at the other end of an open WebSocket, until it goes."""
        try:
            async with asyncio.timeout(FIRST_FRAME_TIMEOUT):
                text = await next_text(ws)
            if text is None:
                return
            hello = kscale_messages.read_hello(text)
            if hello is None:
                await self._app(ws, NAMELESS, request, text)
            elif hello.role == 'app':
                await self._app(ws, hello.robot_id, request, None)
            else:
                await self._robot(ws, check_name(hello.robot_id), request)
        except TimeoutError:
            await say(ws, kscale_messages.write_refusal('The first message did not come'))
        except (ProtocolError, SignalingError) as error:
            await say(ws, kscale_messages.write_refusal(str(error)))

    async def _robot(self, ws: web.WebSocketResponse, name: str, request: web.Request) -> None:
        if reason := self._refuse(name, request):
            raise SignalingError('denied', reason)
        robot = KScaleRobot(ws, self._desk.metrics)
        await self._registry.claim(name, robot)
        try:
            self._came(name, request, 'kscale')
            await robot.run()
        finally:
            self._registry.remove(name, robot)
            self._went(name)

    async def _app(self, ws: web.WebSocketResponse, name: str, request: web.Request,
                   first: str | None) -> None:
        rate, gone = RateLimiter(self._rate, 4 * self._rate), asyncio.Event()
        # Before it is looked for, so that it cannot go unseen.
        unwatch = self._registry.watch(name, lambda _: gone.set())
        try:
            robot = await self._registry.find(name)
            if robot is not self._registry.get(name):
                raise SignalingError('no-robot', f'{kscale_messages.NO_ROBOT} at this relay')
            gone.clear()
            with self._desk.page(name, request.remote):
                if isinstance(robot, KScaleRobot):
                    await robot.serve(ws, rate, lambda: (
                        request.transport is not None and request.transport.abort()))
                elif robot is not None and robot.protocol == NATIVE:
                    await self._serve_app(ws, robot, request, rate, first, gone)
                else:
                    raise SignalingError('no-robot', kscale_messages.NO_ROBOT)
        finally:
            unwatch()

    async def _serve_app(self, ws: web.WebSocketResponse, robot: RobotLink, request: web.Request,
                         rate: RateLimiter, first: str | None, gone: asyncio.Event) -> None:
        if first is None:
            await say(ws, kscale_messages.AVAILABLE)
        app = App(ws, robot, request.remote, origin(request), self._desk, rate)

        async def go() -> NoReturn:
            await gone.wait()
            raise SignalingError('robot-gone', kscale_messages.GONE)

        await first_of(go(), app.run(first))
