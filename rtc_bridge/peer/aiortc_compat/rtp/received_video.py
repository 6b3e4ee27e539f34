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
Video that a peer sends: reading its packets, and telling the peer what has come.

Parts used that are not documented (aiortc 1.14 to 1.16): ``VpxPayloadDescriptor``,
``StreamStatistics`` and ``unwrap_rtx``, without which the import fails; and
``RTCRtpReceiver._send_rtcp`` and ``RTCRtpSender._ssrc``, without which damaged pictures stay so
until the peer sends a keyframe by itself.
"""

from typing import Any

from aiortc import RTCRtpReceiver, RTCRtpTransceiver
from aiortc.codecs.vpx import VpxPayloadDescriptor
from aiortc.rtcrtpreceiver import StreamStatistics
from aiortc.rtp import (
    RTCP_PSFB_PLI, RTCP_RTPFB_NACK, RtcpPsfbPacket, RtcpReceiverInfo, RtcpRrPacket,
    RtcpRtpfbPacket, RtpPacket, unwrap_rtx,
)

from ..hooks import available
from ....core.bitstreams.vp8_assembler import VP8Packet

_CLOCK_RATE = 90_000
# Bytes of the number in a repeated packet (RFC 4588, section 4).
_REPEAT_HEADER_BYTES = 2
_can_send = available('RTCP to who sends video', (RTCRtpReceiver, ['_send_rtcp']))


def read_packet(data: bytes) -> RtpPacket:
    """
    Read a packet of RTP.

    :raises ValueError: it is not one
    """
    return RtpPacket.parse(data)


def read_repeat(data: bytes, ssrc: int) -> RtpPacket:
    """
    Read a packet of RTX (RFC 4588): return the packet that it repeats.

    :param ssrc: of the stream that is repeated
    :raises ValueError: it is not one
    """
    packet = RtpPacket.parse(data)
    if len(packet.payload) < _REPEAT_HEADER_BYTES:
        raise ValueError('a packet of RTX without a number')
    return unwrap_rtx(packet, packet.payload_type, ssrc)


def read_vp8(packet: RtpPacket) -> VP8Packet:
    """
    Read the payload of a packet (RFC 7741, section 4.2).

    :raises ValueError: it is not VP8
    """
    if not packet.payload:
        return VP8Packet(packet.sequence_number, b'', False, False)
    descriptor, data = VpxPayloadDescriptor.parse(packet.payload)
    return VP8Packet(packet.sequence_number, data,
                     bool(descriptor.partition_start) and not descriptor.partition_id,
                     bool(packet.marker))


class VideoFeedback:
    """
    Tells the sender of a stream what has come. Belongs to the event loop.

    :param transceiver: by which the video comes
    :param ssrc: of the stream
    """

    def __init__(self, transceiver: RTCRtpTransceiver, ssrc: int) -> None:
        self._receiver: Any = transceiver.receiver
        sender: Any = transceiver.sender
        self._own_ssrc: int = sender._ssrc
        self._ssrc = ssrc
        self._statistics = StreamStatistics(_CLOCK_RATE)

    def count(self, packet: RtpPacket) -> None:
        """Count a packet that is not a repeat."""
        self._statistics.add(packet)

    async def report(self) -> None:
        """Tell the sender what has come, to which it fits its rate (RFC 3550, section 6.4.2)."""
        statistics = self._statistics
        if statistics.max_seq is not None:
            await self._send(RtcpRrPacket(ssrc=self._own_ssrc, reports=[RtcpReceiverInfo(
                ssrc=self._ssrc, fraction_lost=statistics.fraction_lost,
                packets_lost=statistics.packets_lost, highest_sequence=statistics.max_seq,
                jitter=statistics.jitter, lsr=0, dlsr=0)]))

    async def request_packets(self, numbers: list[int]) -> None:
        """Ask for packets again, by their numbers (RFC 4585, section 6.2.1)."""
        packet = RtcpRtpfbPacket(fmt=RTCP_RTPFB_NACK, ssrc=self._own_ssrc, media_ssrc=self._ssrc)
        packet.lost = numbers
        await self._send(packet)

    async def request_keyframe(self) -> None:
        """Ask for a keyframe (RFC 4585, section 6.3.1)."""
        await self._send(RtcpPsfbPacket(
            fmt=RTCP_PSFB_PLI, ssrc=self._own_ssrc, media_ssrc=self._ssrc))

    async def _send(self, packet: Any) -> None:
        if _can_send:
            await self._receiver._send_rtcp(packet)
