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
What a peer may cost, attached to the transports that work for it.

Private parts used: the constructors of aioice's ``Connection`` and of aiortc's
``RTCDtlsTransport`` and ``RTCSctpTransport`` (aiortc 1.14 to 1.16). aiortc
makes these objects itself, deep within ``RTCPeerConnection``, so limits reach them by a context
variable. If a release makes them in another task or thread, :func:`limits_of` returns ``None``,
nothing is limited, and the tests of this folder fail.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import aioice.ice
from aiortc import RTCDtlsTransport, RTCSctpTransport

from ...core.failure_log import failures
from ...core.limits.peer_limits import PeerLimits
from ...core.limits.refusals import refusals

# The top-level package of this project.
_OWN_PACKAGE = __name__.partition('.')[0]

_current: ContextVar[PeerLimits | None] = ContextVar('peer_limits', default=None)


@contextmanager
def limited_by(limits: PeerLimits) -> Iterator[None]:
    """Give the limits of a peer to all transports that are made in the block."""
    token = _current.set(limits)
    try:
        yield
    finally:
        _current.reset(token)


def limits_of(transport: Any) -> PeerLimits | None:
    """Return the limits of a transport, ``None`` for one that was made without limits."""
    limits: PeerLimits | None = getattr(transport, 'peer_limits', None)
    return limits


def note_unreadable(part: str, error: Exception, source: str | None = None, *,
                    trusted: bool = False) -> None:
    """
    Note an exception that was raised on something that came from a peer.

    On malformed input aiortc and aioice raise exceptions of many types: such input counts as
    refused. An exception that code of this project raised, or that input of a trusted peer
    caused, counts as a failure.

    :param part: what came, such as ``STUN``
    :param trusted: it certainly came from a peer that has a role
    """
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    module = trace.tb_frame.f_globals.get('__name__', '') if trace is not None else ''
    if trusted or module.partition('.')[0] == _OWN_PACKAGE:
        failures.note(part, error)
    else:
        refusals.note(part, source, repr(error))


def _attach_limits(transport_class: Any) -> None:
    construct = transport_class.__init__

    def construct_limited(self: Any, *args: Any, **kwargs: Any) -> None:
        self.peer_limits = _current.get()
        construct(self, *args, **kwargs)

    transport_class.__init__ = construct_limited


for _transport_class in (aioice.ice.Connection, RTCDtlsTransport, RTCSctpTransport):
    _attach_limits(_transport_class)
