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
Bounds on what a peer's SCTP association (RFC 9260) costs.

aiortc believes its peers: one packet of 1.2 kB, a SACK of 285 gap blocks that span 65535 TSNs
each, costs it 3 s, and a parameter of length 0 an endless loop. What a packet may be is in
:mod:`rtc_bridge.core.limits.sctp_limits`; here it is applied before aiortc works on it.

Private parts used (aiortc 1.14 to 1.16): the methods of ``RTCSctpTransport`` in ``_METHODS``, the
chunk classes and constants of its module in ``_CHUNKS``, and the state of an association:
``_advertised_rwnd``, ``_association_state``, ``_data_channels``, ``_inbound_streams``,
``_last_received_tsn``, ``_local_tsn``, ``_sack_duplicates``, ``_sack_misordered``,
``_sack_needed`` and ``_sent_queue``. If a method or class is missing, nothing is limited and a
warning says so. If the state changes its meaning, the tests of this folder and
``test/process/test_fuzz_robot.py`` fail: do not admit such a release.
"""

import asyncio
import logging
from struct import error as struct_error, unpack_from
from typing import Any

from aiortc import RTCSctpTransport, rtcsctptransport

from ..hooks import available
from ..peer_limits import limits_of, note_unreadable
from ....core.limits.peer_limits import PeerLimits
from ....core.limits.sctp_limits import (
    gap_blocks, MAX_DUPLICATES, MAX_OUTSTANDING, MAX_STREAMS, MAX_TSNS_AHEAD, MAX_UNFINISHED_BYTES,
    SctpBreach, tsns_ahead,
)

logger = logging.getLogger(__name__)

# What aiortc raises on malformed chunks and messages. Left to itself it closes the connection on
# them, with a traceback in the log.
_MALFORMED = (AssertionError, IndexError, KeyError, TypeError, ValueError, struct_error)

# Chunks of unfinished messages beyond which the event loop runs other work before each further
# chunk: aiortc walks over all of them for it, which takes up to 1 ms.
_MANY_UNFINISHED = 64

_METHODS = ('_handle_data', '_receive_chunk', '_receive_data_chunk', '_mark_received',
            '_data_channel_receive', '_data_channel_flush', '_abort', '_set_state', 'State')
_CHUNKS = ('DataChunk', 'ForwardTsnChunk', 'InitChunk', 'SackChunk', 'ReconfigChunk',
           'WEBRTC_DCEP', 'DATA_CHANNEL_OPEN')


# RTCSctpTransport, whose methods are replaced here.
_transport_class: Any = RTCSctpTransport


async def _end_association(transport: RTCSctpTransport, limits: PeerLimits, reason: str) -> None:
    limits.ended = True
    limits.on_breach(reason)
    try:
        # The session has said why it ends: send that, if aiortc still can.
        await transport._data_channel_flush()
    except ConnectionError:
        logger.debug('nothing more can be sent to a peer whose association ends')
    except _MALFORMED as error:
        note_unreadable('SCTP', error, trusted=limits.trusted)
    await transport._abort()
    transport._set_state(transport.State.CLOSED)


def _install_association_limits() -> None:
    """Count and check what comes over an association, and end it on a breach."""
    if not available("the limit of a peer's data", (RTCSctpTransport, _METHODS),
                     (rtcsctptransport, _CHUNKS)):
        return
    handle = _transport_class._handle_data

    async def handle_within_limits(self: RTCSctpTransport, data: bytes) -> None:
        limits = limits_of(self)
        if limits is None:
            await handle(self, data)
            return
        if limits.ended:
            return
        try:
            if limits.sctp.allow_packet(data, limits.trusted):
                await handle(self, data)
        except SctpBreach as breach:
            await _end_association(self, limits, str(breach))
        except _MALFORMED as error:
            note_unreadable('SCTP', error, trusted=limits.trusted)
            await _end_association(self, limits,
                                   f'SCTP that cannot be read ({type(error).__name__})')

    _transport_class._handle_data = handle_within_limits
    _install_window()
    _install_chunk_limits()
    _install_data_limits()
    _install_channel_limits()


def _install_window() -> None:
    """Announce the receive window that the limits allow (RFC 9260, section 3.3.2)."""
    start = _transport_class.start

    async def start_with_window(self: RTCSctpTransport, *args: Any, **kwargs: Any) -> None:
        if limits_of(self) is not None:
            self._advertised_rwnd = MAX_UNFINISHED_BYTES
        await start(self, *args, **kwargs)

    _transport_class.start = start_with_window


def _install_chunk_limits() -> None:
    """Drop chunks out of turn, and cut down those that would cost aiortc much."""
    module = rtcsctptransport
    counted = (module.DataChunk, module.SackChunk, module.ForwardTsnChunk, module.ReconfigChunk)
    receive = _transport_class._receive_chunk

    async def receive_within_limits(self: RTCSctpTransport, chunk: Any) -> None:
        limits = limits_of(self)
        if limits is not None:
            if limits.ended:
                return
            if isinstance(chunk, counted) and self._last_received_tsn is None:
                # Before INIT there is no TSN to count from.
                return
            if isinstance(chunk, module.InitChunk) and (
                    self._association_state == self.State.ESTABLISHED):
                # aiortc would start the TSNs anew but keep the chunks that came (RFC 9260,
                # section 5.2.2).
                return
            if isinstance(chunk, module.SackChunk):
                _clamp_sack(self, chunk)
            elif isinstance(chunk, module.ForwardTsnChunk):
                _clamp_forward_tsn(self, chunk)
        await receive(self, chunk)

    _transport_class._receive_chunk = receive_within_limits


def _clamp_sack(transport: RTCSctpTransport, chunk: rtcsctptransport.SackChunk) -> None:
    """Keep the gap blocks of a SACK that are about outstanding TSNs (RFC 9260, section 6.2.1)."""
    newest = (transport._local_tsn - 1) & 0xFFFFFFFF
    if tsns_ahead(chunk.cumulative_tsn, newest):
        raise SctpBreach('SACK of what was not sent')
    sent = transport._sent_queue
    outstanding = tsns_ahead(sent[-1].tsn, chunk.cumulative_tsn) if sent else 0
    chunk.gaps = gap_blocks(chunk.gaps, outstanding if len(sent) <= MAX_OUTSTANDING else 0)


def _clamp_forward_tsn(transport: RTCSctpTransport,
                       chunk: rtcsctptransport.ForwardTsnChunk) -> None:
    """Keep the streams of a FORWARD TSN (RFC 3758) that are in use, each once."""
    received = transport._last_received_tsn
    if received is not None and tsns_ahead(chunk.cumulative_tsn, received) > MAX_TSNS_AHEAD:
        raise SctpBreach('FORWARD TSN far ahead')
    chunk.streams = list({stream: (stream, sequence) for stream, sequence in chunk.streams
                          if stream in transport._inbound_streams
                          or stream in transport._data_channels}.values())


def _install_data_limits() -> None:
    """Bound what waits to be put together or in order, and keep the cost of each chunk small."""
    receive, mark = _transport_class._receive_data_chunk, _transport_class._mark_received

    async def receive_within_limits(self: Any, chunk: rtcsctptransport.DataChunk) -> None:
        limits = limits_of(self)
        if limits is not None:
            streams = self._inbound_streams
            if chunk.stream_id not in streams and len(streams) >= MAX_STREAMS:
                raise SctpBreach(f'data on more than {MAX_STREAMS} streams')
            if self._advertised_rwnd < len(chunk.user_data):
                # aiortc does not give back the window of what waited on a stream that was reset.
                self._advertised_rwnd = MAX_UNFINISHED_BYTES - sum(
                    len(kept.user_data) for s in streams.values() for kept in s.reassembly)
            held = sum(len(stream.reassembly) for stream in streams.values())
            if not limits.sctp.allow_data(
                    chunk.tsn, self._last_received_tsn, len(self._sack_misordered),
                    unfinished_bytes=(
                        MAX_UNFINISHED_BYTES - self._advertised_rwnd + len(chunk.user_data)),
                    unfinished_chunks=held + 1):
                self._sack_needed = True
                return
            if held > _MANY_UNFINISHED:
                await asyncio.sleep(0)
                if limits.ended:
                    return
        await receive(self, chunk)

    def mark_received(self: Any, tsn: int) -> bool:
        """Do as aiortc does, but without sorting all misordered TSNs for each chunk."""
        if limits_of(self) is None:
            return bool(mark(self, tsn))
        ahead = tsns_ahead(tsn, self._last_received_tsn)
        if not ahead or tsn in self._sack_misordered:
            if len(self._sack_duplicates) < MAX_DUPLICATES:
                self._sack_duplicates.append(tsn)
            return True
        self._sack_misordered.add(tsn)
        following = self._last_received_tsn + 1 & 0xFFFFFFFF
        while following in self._sack_misordered:
            self._sack_misordered.remove(following)
            self._last_received_tsn = following
            following = following + 1 & 0xFFFFFFFF
        return False

    _transport_class._receive_data_chunk = receive_within_limits
    _transport_class._mark_received = mark_received


def _install_channel_limits() -> None:
    """Bound the number of data channels, and messages to channels that were never opened."""
    module = rtcsctptransport
    receive = _transport_class._data_channel_receive

    async def receive_within_limits(self: RTCSctpTransport, stream_id: int, pp_id: int,
                                    data: bytes) -> None:
        limits = limits_of(self)
        if limits is not None:
            if limits.ended:
                return
            if pp_id == module.WEBRTC_DCEP:
                if data[:1] == bytes([module.DATA_CHANNEL_OPEN]) and len(data) >= 12:
                    # RFC 8832, section 5.1: the lengths of label and protocol.
                    limits.sctp.check_channel(sum(unpack_from('!HH', data, 8)),
                                              len(self._data_channels), limits.trusted)
            elif stream_id not in self._data_channels:
                limits.sctp.count_stray_message()
        await receive(self, stream_id, pp_id, data)

    _transport_class._data_channel_receive = receive_within_limits


_install_association_limits()
