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

"""What a viewer reports about a stream."""

from typing import Callable

from aiortc import RTCRtpSender
from aiortc.rtp import (
    RTCP_PSFB_APP, RTCP_PSFB_FIR, RTCP_PSFB_PLI, RTCP_RTPFB_NACK, RtcpPsfbPacket, RtcpRrPacket,
    RtcpRtpfbPacket, RtcpSrPacket, unpack_remb_fci,
)

from .retransmission import age, refresh

# Of one RTCP packet. Larger losses are a matter for a keyframe; a packet may name 8,000.
MAX_LOST = 500
HAS_RTCP = hasattr(RTCRtpSender, '_handle_rtcp_packet')


def watch_rtcp(sender: RTCRtpSender, *, on_keyframe: Callable[[], None],
               on_report: Callable[[float], None], on_remb: Callable[[float], None],
               on_nack: Callable[[list[tuple[int, float]]], list[int]]) -> None:
    """
    Tell what a viewer reports about one sender's stream.

    :param on_keyframe: the viewer needs a keyframe (PLI or FIR, RFC 4585 and RFC 5104)
    :param on_report: the share of packets lost since the last report, 0 to 1 (RFC 3550)
    :param on_remb: the viewer's estimate in bit/s
    :param on_nack: sequence number and age in seconds of lost packets; returns those to repeat
    """
    if not HAS_RTCP:
        return
    handle = sender._handle_rtcp_packet

    async def handle_rtcp_packet(packet):
        if isinstance(packet, (RtcpRrPacket, RtcpSrPacket)):
            for report in packet.reports:
                if report.ssrc == sender._ssrc:
                    on_report(report.fraction_lost / 256)
        elif isinstance(packet, RtcpRtpfbPacket) and packet.fmt == RTCP_RTPFB_NACK:
            packet.lost = on_nack([(seq, age(sender, seq)) for seq in packet.lost[:MAX_LOST]])
            for seq in packet.lost:
                refresh(sender, seq)
        elif isinstance(packet, RtcpPsfbPacket):
            if packet.fmt in (RTCP_PSFB_PLI, RTCP_PSFB_FIR):
                on_keyframe()
            elif packet.fmt == RTCP_PSFB_APP:
                try:
                    bitrate, ssrcs = unpack_remb_fci(packet.fci)
                except ValueError:
                    ssrcs = []
                if sender._ssrc in ssrcs:
                    on_remb(bitrate)
        await handle(packet)

    sender._handle_rtcp_packet = handle_rtcp_packet
