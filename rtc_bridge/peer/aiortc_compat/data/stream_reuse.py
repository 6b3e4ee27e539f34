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
Data channels that use the stream of a closed one again.

A viewer may do so as soon as the stream is reset both ways (RFC 8831, section 6.7). Its answer to
the robot's request for that may be lost, so that the new channel comes before it. aiortc takes it
for a second channel on one stream and ends the association; but the new channel itself says that
the viewer has done what it was asked for. A request that is repeated and comes late is taken for a
new one, which closes the new channel.

Private parts used (aiortc 1.14 to 1.16): the methods of ``RTCSctpTransport`` in ``_METHODS``, what
its module has in ``_PARTS``, and the state of an association: ``_reconfig_deferred`` (1.16),
``_reconfig_request`` and ``_reconfig_response_seq``. If a method or class is missing, a viewer
that opens and closes many channels may lose its session on a path that loses packets. If the state
changes its meaning, the tests of this folder fail.
"""

from collections import deque
from typing import Any
from weakref import WeakKeyDictionary

from aiortc import RTCSctpTransport, rtcsctptransport

from ..hooks import available

# "Success - Performed" (RFC 6525, section 4.4).
_PERFORMED = 1
# Bytes of the shortest message that opens a channel (RFC 8832, section 5.1).
_MIN_OPEN = 12
# Requests of a viewer that are known again. Browsers have one under way at a time.
_KEPT = 32
_METHODS = ('_data_channel_receive', '_receive_reconfig_param', '_send_reconfig_param')
_PARTS = ('DATA_CHANNEL_OPEN', 'StreamResetOutgoingParam', 'StreamResetResponseParam',
          'WEBRTC_DCEP')

# Whose methods are replaced here.
_transport_class: Any = RTCSctpTransport
_module: Any = rtcsctptransport


def _install() -> None:
    if available("the reuse of data channels' streams",
                 (_transport_class, _METHODS), (_module, _PARTS)):
        _install_implied_answers()
        _install_repeated_answers()


def _install_implied_answers() -> None:
    """Take a new channel for the answer to the request to reset its stream."""
    opening = bytes([_module.DATA_CHANNEL_OPEN])
    receive = _transport_class._data_channel_receive

    async def receive_after_answer(self: Any, stream_id: int, pp_id: int, data: bytes) -> None:
        request = self._reconfig_request
        if (pp_id == _module.WEBRTC_DCEP and data[:1] == opening and len(data) >= _MIN_OPEN
                and request is not None and stream_id in request.streams):
            # All streams of a request are reset, or none of them. The answer itself, if it comes
            # after all, is to no request then, and is ignored.
            await self._receive_reconfig_param(_performed(request))
        await receive(self, stream_id, pp_id, data)

    _transport_class._data_channel_receive = receive_after_answer


def _install_repeated_answers() -> None:
    """Answer a request to reset streams that comes again, and reset no more (RFC 6525, 5.2.1)."""
    receive = _transport_class._receive_reconfig_param
    carried_out: WeakKeyDictionary[Any, deque[int]] = WeakKeyDictionary()

    async def receive_once(self: Any, param: Any) -> None:
        if isinstance(param, _module.StreamResetOutgoingParam):
            numbers = carried_out.setdefault(self, deque(maxlen=_KEPT))
            # aiortc 1.16 knows the newest one, which may wait for data.
            newest = param.request_sequence == self._reconfig_response_seq
            if param.request_sequence in numbers and not (
                    newest and hasattr(self, '_reconfig_deferred')):
                await self._send_reconfig_param(_performed(param))
                return
            if param.request_sequence not in numbers:
                numbers.append(param.request_sequence)
        await receive(self, param)

    _transport_class._receive_reconfig_param = receive_once


def _performed(request: Any) -> Any:
    """Return the answer that a request was carried out."""
    return _module.StreamResetResponseParam(
        response_sequence=request.request_sequence, result=_PERFORMED)


_install()
