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

"""The packets that a sender keeps, and sending them again."""

from typing import Iterable

from aiortc import RTCRtpSender
from aiortc.clock import current_ntp_time
from aiortc.rtp import RTP_HISTORY_SIZE


def newest_packets(sender: RTCRtpSender) -> list[int]:
    """Return the sequence numbers of the newest picture, none if aiortc does not tell."""
    history = getattr(sender, '_RTCRtpSender__rtp_history', {})
    newest = getattr(sender, '_RTCRtpSender__rtp_timestamp', None)
    return [p.sequence_number for p in history.values() if p.timestamp == newest]


def newest_timestamp(sender: RTCRtpSender) -> int | None:
    """Return the RTP timestamp of the newest packet sent; ``None`` before one, or without hook."""
    if not getattr(sender, '_RTCRtpSender__packet_count', 0):
        return None
    return getattr(sender, '_RTCRtpSender__rtp_timestamp', None)


def padding_packets(sender: RTCRtpSender) -> list[int]:
    """
    Return the sequence numbers of the largest of the newest packets, the largest first.

    They are fit for padding: a still scene's newest picture is a few bytes, and a rate made of
    those would be thousands of packets. aiortc's receiver takes one 100 packets old for a restart.
    """
    newest = newest_packets(sender)
    history = getattr(sender, '_RTCRtpSender__rtp_history', {})
    packets = [p for p in history.values()
               if newest and (newest[0] - p.sequence_number & 0xFFFF) < 64]
    packets.sort(key=lambda p: len(p.payload), reverse=True)
    return [p.sequence_number for p in packets[:4]]


async def send_again(sender: RTCRtpSender, sequences: Iterable[int]) -> int:
    """Send packets a second time, over RTX where that was negotiated; return their bytes."""
    if not hasattr(sender, '_retransmit'):
        return 0
    size = 0
    for sequence in sequences:
        size += refresh(sender, sequence)
        await sender._retransmit(sequence)
    return size


def refresh(sender: RTCRtpSender, sequence: int) -> int:
    """
    Give a packet that is sent again the time of now; return its size.

    With that of the first time a browser takes it for one that was long on its way. Without RTX
    it is the same packet for SRTP, which must not see two of one number (RFC 7714, section 8.1).
    """
    history = getattr(sender, '_RTCRtpSender__rtp_history', {})
    packet = history.get(sequence % RTP_HISTORY_SIZE)
    if packet is None or packet.sequence_number != sequence:
        return 0
    if getattr(sender, '_RTCRtpSender__rtx_payload_type', None) is not None:
        packet.extensions.abs_send_time = current_ntp_time() >> 14 & 0xFFFFFF
    return len(packet.payload)


def age(sender: RTCRtpSender, sequence: int) -> float:
    """
    Return how many seconds of media were sent since a packet, 0 if aiortc does not tell.

    It is infinite for one that aiortc keeps no longer, or that never was.
    """
    history = getattr(sender, '_RTCRtpSender__rtp_history', None)
    if history is None:
        return 0.0
    newest = getattr(sender, '_RTCRtpSender__rtp_timestamp', 0)
    packet = history.get(sequence % RTP_HISTORY_SIZE)
    if packet is None or packet.sequence_number != sequence:
        return float('inf')
    return (newest - packet.timestamp & 0xFFFFFFFF) / 90000
