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

"""What every signaling protocol has in common."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from aiohttp import web

from ..directory.registry import NAMELESS, Registry
from ..http.websockets import WebSockets
from ..metrics import Metrics
from ..robot_admission import RobotAdmission
from ..session_broker import SessionBroker
from ...core.errors import ProtocolError
from ...core.protocol.robot_names import check_name
from ...core.settings.relay_settings import RelayLimits


@dataclass(frozen=True)
class RelayContext:
    """The parts of one relay that protocols use."""

    registry: Registry
    broker: SessionBroker
    admission: RobotAdmission
    sockets: WebSockets
    metrics: Metrics
    limits: RelayLimits


class SignalingProtocol:
    """One way in which robots or viewers signal; it may have HTTP resources of its own."""

    def __init__(self, relay: RelayContext) -> None:
        self.relay = relay

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Add the HTTP resources of this protocol."""

    async def close(self) -> None:
        """End what a request does not wait for, when the relay stops."""


class SocketProtocol(SignalingProtocol, ABC):
    """A protocol that also takes WebSockets, at ``/`` and ``/{name}``."""

    @abstractmethod
    def takes_socket(self, request: web.Request) -> bool:
        """Tell whether a WebSocket's handshake, at ``/`` or ``/{name}``, is of this protocol."""

    @abstractmethod
    async def serve_socket(self, request: web.Request) -> web.StreamResponse:
        """Serve such a WebSocket until it ends."""


def robot_name(request: web.Request) -> str:
    """
    Return the robot that a path names.

    It is ``NAMELESS`` for ``/``, ``/connect``, and the ``/ws`` of WebSockets.

    :raises aiohttp.web.HTTPNotFound: the path is no name
    """
    name = request.match_info.get('name', NAMELESS)
    if 'name' not in request.match_info or (name == NAMELESS and is_websocket(request)):
        return NAMELESS
    try:
        return check_name(name)
    except ProtocolError as error:
        raise web.HTTPNotFound(text=str(error)) from None


def is_websocket(request: web.Request) -> bool:
    """Tell whether a request is the handshake of a WebSocket (RFC 6455, section 4.1)."""
    return request.headers.get('Upgrade', '').lower() == 'websocket'
