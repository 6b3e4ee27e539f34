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

from ...core.limits.datagram_limits import PeerLimits
from ...core.limits.refusals import refusals
from ...core.supervision import failures

# The package whose modules are code of ours.
_OURS = __name__.partition('.')[0]

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


def note_unreadable(part: str, error: Exception, source: str | None = None, *,
                    trusted: bool = False) -> None:
    """
    Note what was raised on something that came from a peer.

    On a stranger's garbage aiortc and aioice raise errors of many kinds: that is a refusal. What
    code of ours raises, or what somebody sent who is trusted, is a failure.

    :param part: what came, as ``STUN``
    :param trusted: it certainly came from a peer with a role
    """
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    module = trace.tb_frame.f_globals.get('__name__', '') if trace is not None else ''
    if trusted or module.partition('.')[0] == _OURS:
        failures.note(part, error)
    else:
        refusals.note(part, source, repr(error))


def _install(kind: type) -> None:
    begin = kind.__init__

    def begin_limited(self, *args, **kwargs):
        self.peer_limits = _now.get()
        begin(self, *args, **kwargs)

    kind.__init__ = begin_limited


for _kind in (aioice.ice.Connection, RTCDtlsTransport, RTCSctpTransport):
    _install(_kind)
