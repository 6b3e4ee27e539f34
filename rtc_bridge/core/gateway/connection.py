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

"""A connection to a program on the robot, as its viewer's session sees it."""

from typing import Protocol

from .frames import Kind
from ..errors import RtcBridgeError


class ServiceError(RtcBridgeError):
    """
    A service cannot be reached, or its connection has broken.

    :param code: ``no-service``, ``denied``, ``busy``, ``unreachable`` or ``broken``
    :param message: one sentence for a person
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ServiceConnection(Protocol):
    """
    One connection. Belongs to the event loop.

    All methods but :meth:`close` raise ``ServiceError`` when the connection has broken.
    """

    async def read(self) -> tuple[Kind, bytes] | None:
        """Return what the program sends next, ``None`` once it will send no more."""

    async def write(self, kind: Kind, data: bytes) -> None:
        """Send data to the program; wait while it does not read."""

    async def end(self) -> None:
        """Tell the program that the viewer will send no more."""

    async def close(self) -> None:
        """End the connection."""


class OpenService(Protocol):
    """Opens connections."""

    async def __call__(self, name: str, role: str, messages: bool = False) -> ServiceConnection:
        """
        Connect to a service.

        :param role: of the viewer
        :param messages: the viewer has messages only, and no stream of bytes
        :raises ServiceError: ``no-service``, ``denied``, ``busy`` or ``unreachable``
        """
