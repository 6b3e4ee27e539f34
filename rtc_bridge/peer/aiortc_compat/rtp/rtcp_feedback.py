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
What a viewer reports by RTCP about the stream of one sender.

Private parts used (aiortc 1.14 to 1.16): ``RTCRtpSender._handle_rtcp_packet`` and ``_ssrc``.
Without them a viewer's requests for keyframes and its losses are not heard: a lost frame is
repaired by aiortc's own retransmission only.
"""

from typing import Any, Callable

from aiortc import RTCRtpSender
from aiortc.rtp import (
    RTCP_PSFB_APP, RTCP_PSFB_FIR, RTCP_PSFB_PLI, RTCP_RTPFB_NACK, RtcpPsfbPacket, RtcpRrPacket,
    RtcpRtpfbPacket, RtcpSrPacket, unpack_remb_fci,
)

from .rtp_history import age, refresh
from ..hooks import available

# Sequence numbers that are read of one NACK, which may name 8,000: a larger loss is repaired by a
# keyframe.
MAX_LOST = 500
_HAS_RTCP = available('the feedback by RTCP', (RTCRtpSender, ['_handle_rtcp_packet']))


def watch_rtcp(sender: RTCRtpSender, *, on_report: Callable[[float], None],
               on_keyframe_request: Callable[[], None] = lambda: None,
               on_remb: Callable[[float], None] = lambda bitrate: None,
               on_nack: Callable[[list[tuple[int, float]]], list[int]] = lambda lost: []) -> None:
    """
    Call back with what a viewer reports about one sender's stream.

    The callbacks must not raise: aiortc would end its reading of the whole connection.

    :param on_report: share of packets lost since the last report, 0 to 1 (RFC 3550)
    :param on_keyframe_request: the viewer needs a keyframe (PLI or FIR, RFC 4585 and RFC 5104)
    :param on_remb: the viewer's bandwidth estimate in bit/s (draft-alvestrand-rmcat-remb)
    :param on_nack: takes sequence number and age in seconds of lost packets; returns those to
        send again, by default none
    """
    if not _HAS_RTCP:
        return
    private: Any = sender
    handle = private._handle_rtcp_packet

    async def handle_rtcp_packet(packet: Any) -> None:
        if isinstance(packet, (RtcpRrPacket, RtcpSrPacket)):
            for report in packet.reports:
                if report.ssrc == private._ssrc:
                    # The field has 8 bits, RFC 3550, section 6.4.1.
                    on_report(report.fraction_lost / 256)
        elif isinstance(packet, RtcpRtpfbPacket) and packet.fmt == RTCP_RTPFB_NACK:
            # aiortc sends again what is left in the packet.
            packet.lost = on_nack([(sequence, age(sender, sequence))
                                   for sequence in packet.lost[:MAX_LOST]])
            for sequence in packet.lost:
                refresh(sender, sequence)
        elif isinstance(packet, RtcpPsfbPacket):
            if packet.fmt in (RTCP_PSFB_PLI, RTCP_PSFB_FIR):
                on_keyframe_request()
            elif packet.fmt == RTCP_PSFB_APP:
                try:
                    bitrate, ssrcs = unpack_remb_fci(packet.fci)
                except ValueError:
                    ssrcs = []
                if private._ssrc in ssrcs:
                    on_remb(bitrate)
        await handle(packet)

    private._handle_rtcp_packet = handle_rtcp_packet
