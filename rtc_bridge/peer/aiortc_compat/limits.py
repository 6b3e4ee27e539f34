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
"""Whose limits a connection of aiortc's has, from the moment that it is made."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import aioice.ice
from aiortc import RTCDtlsTransport, RTCSctpTransport

from ...core.peer_limits import PeerLimits

_now: ContextVar[PeerLimits | None] = ContextVar('peer_limits', default=None)


@contextmanager
def limited_by(limits: PeerLimits) -> Iterator[None]:
    """Give all transports that are made inside the limits of a peer."""
    token = _now.set(limits)
    try:
        yield
    finally:
        _now.reset(token)


def limits_of(transport: Any) -> PeerLimits | None:
    """Return the limits that a transport was made with, ``None`` for one of somebody else."""
    return getattr(transport, 'peer_limits', None)


def _install(kind: type) -> None:
    begin = kind.__init__

    def begin_limited(self, *args, **kwargs):
        self.peer_limits = _now.get()
        begin(self, *args, **kwargs)

    kind.__init__ = begin_limited


for _kind in (aioice.ice.Connection, RTCDtlsTransport, RTCSctpTransport):
    _install(_kind)
