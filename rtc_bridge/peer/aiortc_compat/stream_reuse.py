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

A viewer may do so as soon as the stream is reset both ways (RFC 8832, section 6). Its answer to
the robot's request for that may be lost, so that the new channel comes before it. aiortc takes it
for a second channel on one stream and ends the association; but the channel itself says that the
viewer has done what it was asked for.

Private parts used (aiortc 1.14 to 1.16): ``_data_channel_receive`` and ``_data_channel_closed`` of
``RTCSctpTransport``, and the state of an association: ``_data_channels``, ``_forward_tsn_streams``
(1.16), ``_outbound_stream_seq`` and ``_reconfig_request``. Without them a viewer that opens and
closes many channels may lose its session on a path that loses packets.
"""

from typing import Any

from aiortc import RTCSctpTransport, rtcsctptransport

from .hooks import available

_transport_class: Any = RTCSctpTransport


def _finish_reset(transport: Any, stream_id: int) -> None:
    """Close the channel of a stream, if only the answer to the robot's request is missing."""
    channel, request = transport._data_channels.get(stream_id), transport._reconfig_request
    if channel is None or channel.readyState != 'closing' or request is None or (
            stream_id not in request.streams):
        return
    # The answer, when it comes, must not reset the new channel's messages.
    request.streams.remove(stream_id)
    transport._outbound_stream_seq.pop(stream_id, None)
    getattr(transport, '_forward_tsn_streams', {}).pop(stream_id, None)
    transport._data_channel_closed(stream_id)


def _install() -> None:
    module: Any = rtcsctptransport
    if not available("the reuse of data channels' streams",
                     (_transport_class, ['_data_channel_receive', '_data_channel_closed']),
                     (module, ['WEBRTC_DCEP', 'DATA_CHANNEL_OPEN'])):
        return
    receive = _transport_class._data_channel_receive

    async def receive_after_reset(self: Any, stream_id: int, pp_id: int, data: bytes) -> None:
        if pp_id == module.WEBRTC_DCEP and data[:1] == bytes([module.DATA_CHANNEL_OPEN]):
            _finish_reset(self, stream_id)
        await receive(self, stream_id, pp_id, data)

    _transport_class._data_channel_receive = receive_after_reset


_install()
