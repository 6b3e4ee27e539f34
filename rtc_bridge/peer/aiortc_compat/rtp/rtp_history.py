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
The packets that an RTP sender keeps, and sending them again.

Private parts used (aiortc 1.14 to 1.16), of ``RTCRtpSender``: ``_retransmit``,
``__rtp_history`` (packets by sequence number modulo ``RTP_HISTORY_SIZE``), ``__rtp_timestamp`` and
``__packet_count`` (of what was sent), ``__rtx_payload_type``. Without them nothing is sent unasked
(no padding, no second copy, no recovery packet), frames have no times, and aiortc itself answers
lost packets.
"""

from typing import Any, Iterable

from aiortc import RTCRtpSender
from aiortc.clock import current_ntp_time
from aiortc.rtp import RTP_HISTORY_SIZE

# RTP clock of video, Hz (RFC 6184, section 8.2.1).
_CLOCK_HZ = 90000
# Packets back from the newest one from which padding is taken: aiortc's receiver takes a sequence
# number that is 100 behind for a restart of the stream.
_PADDING_WINDOW = 64
_PADDING_PACKETS = 4


def _history(sender: RTCRtpSender) -> dict[int, Any]:
    return getattr(sender, '_RTCRtpSender__rtp_history', {})


def media_ssrc(sender: RTCRtpSender) -> int:
    """Return the SSRC of a sender's own packets; 0 if aiortc does not tell."""
    return int(getattr(sender, '_ssrc', 0))


def kept_packet(sender: RTCRtpSender, sequence: int) -> Any:
    """Return a kept packet, ``None`` if it is not kept any more."""
    packet = _history(sender).get(sequence % RTP_HISTORY_SIZE)
    return packet if packet is not None and packet.sequence_number == sequence else None


def newest_packets(sender: RTCRtpSender) -> list[int]:
    """Return the sequence numbers of the newest frame, in order; empty if aiortc does not tell."""
    newest = getattr(sender, '_RTCRtpSender__rtp_timestamp', None)
    sequences = [packet.sequence_number for packet in _history(sender).values()
                 if packet.timestamp == newest]
    # The history keeps the order of its first round. Numbers may wrap, so they are compared with
    # one of them.
    return sorted(sequences, key=lambda sequence: sequence - sequences[0] + 0x8000 & 0xFFFF)


def newest_timestamp(sender: RTCRtpSender) -> int | None:
    """Return the RTP timestamp of the newest packet sent; ``None`` before one."""
    if not getattr(sender, '_RTCRtpSender__packet_count', 0):
        return None
    return getattr(sender, '_RTCRtpSender__rtp_timestamp', None)


def padding_packets(sender: RTCRtpSender) -> list[int]:
    """
    Return the sequence numbers of the largest of the newest packets, the largest first.

    Padding is made of them: the newest frame of a still scene has a few bytes only, and a bitrate
    made of those would be thousands of packets a second.
    """
    newest = newest_packets(sender)
    packets = [packet for packet in _history(sender).values()
               if newest and (newest[0] - packet.sequence_number & 0xFFFF) < _PADDING_WINDOW]
    packets.sort(key=lambda packet: len(packet.payload), reverse=True)
    return [packet.sequence_number for packet in packets[:_PADDING_PACKETS]]


async def send_again(sender: RTCRtpSender, sequences: Iterable[int]) -> int:
    """
    Send packets a second time, over RTX where that was negotiated; return their bytes.

    :raises ConnectionError: the connection has ended
    """
    private: Any = sender
    if not hasattr(private, '_retransmit'):
        return 0
    size = 0
    for sequence in sequences:
        size += refresh(sender, sequence)
        await private._retransmit(sequence)
    return size


def refresh(sender: RTCRtpSender, sequence: int) -> int:
    """
    Set the send time of a packet that is sent again to now; return its size in bytes.

    With the send time of the first copy a browser concludes that the packet was long on its way.
    Without RTX the second copy must equal the first: SRTP must not encrypt two packets with one
    sequence number (RFC 7714, section 8.1).
    """
    packet = kept_packet(sender, sequence)
    if packet is None:
        return 0
    if getattr(sender, '_RTCRtpSender__rtx_payload_type', None) is not None:
        # abs-send-time: 24 bits, 6 of them seconds.
        packet.extensions.abs_send_time = current_ntp_time() >> 14 & 0xFFFFFF
    return len(packet.payload)


def age(sender: RTCRtpSender, sequence: int) -> float:
    """
    Return how many seconds of media were sent since a packet; 0 if aiortc does not tell.

    It is infinite for a packet that aiortc does not keep any more, or that never was.
    """
    if not hasattr(sender, '_RTCRtpSender__rtp_history'):
        return 0.0
    packet = kept_packet(sender, sequence)
    if packet is None:
        return float('inf')
    newest: int = getattr(sender, '_RTCRtpSender__rtp_timestamp', 0)
    since: int = newest - packet.timestamp & 0xFFFFFFFF
    return since / _CLOCK_HZ
