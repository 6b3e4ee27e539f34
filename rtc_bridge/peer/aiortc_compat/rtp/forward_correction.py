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
Recovery packets beside a video stream (FlexFEC, ``flexfec-03`` in an SDP).

The viewer's payload type for them is kept in the answer, which names one more SSRC and groups it
with the stream's (``FEC-FR``, RFC 5956, section 4.3). Without the group Chromium 156 takes no
recovery packet (tried, November 2026).

Private parts used (aiortc 1.14 to 1.16): ``RTCRtpTransceiver._codecs`` and ``_headerExtensions``,
of which the answer is made; ``create_media_description_for_transceiver`` of
``rtcpeerconnection``, which writes it; of ``RTCRtpSender`` ``_ssrc``,
``__rtp_header_extensions_map``, whose ``set`` gets the ``extensions`` of each packet when it is
sent, and ``__rtp_history``; ``RTCDtlsTransport._send_rtp``. Without them no viewer gets recovery
packets: lost ones are sent again.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from random import randrange
from typing import Any, NamedTuple, TypeAlias

from aiortc import RTCDtlsTransport, rtcpeerconnection, RTCRtpSender, RTCRtpTransceiver
from aiortc.clock import current_ntp_time
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
import aiortc.rtp
from aiortc.sdp import GroupDescription, SsrcDescription

from .rtp_history import kept_packet
from .transport_feedback import MAX_ONE_BYTE_ID, sequence_element, TRANSPORT_SEQUENCE_URI
from ..hooks import available
from ....core.recovery.flexfec import media_header, PayloadParity, recovery_payload, rtp_header

_MIME_TYPE, _CLOCK_HZ = 'video/flexfec-03', 90000
# Microseconds for which a receiver keeps packets (section 5.1.1 of the draft): Chromium's own.
_PARAMETERS = {'repair-window': 10_000_000}
# Payload types that RTP and RTCP on one port leave free (RFC 5761, section 4).
_PAYLOAD_TYPES = (*range(35, 64), *range(96, 128))
_ABS_SEND_TIME = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time'
# Extensions that change on the way, or when a packet is sent again.
_MUTABLE = (_ABS_SEND_TIME, TRANSPORT_SEQUENCE_URI, 'urn:ietf:params:rtp-hdrext:toffset',
            'http://www.webrtc.org/experiments/rtp-hdrext/transport-wide-cc-02')
# Packets that are remembered: more than the mask of a recovery packet spans (109), and than
# aiortc's history has (128).
_REMEMBERED = 192

# Of a sender, its CorrectionSender: it ends with the sender.
_ATTRIBUTE = 'rtc_bridge_correction'

# Parities of one frame's payloads, by the places of the packets in it.
FrameParities: TypeAlias = dict[tuple[int, ...], PayloadParity]

_peer: Any = rtcpeerconnection


class _SentPacket(NamedTuple):
    """
    A packet that was sent.

    :ivar header: all before the payload, as ``core.recovery.flexfec`` takes it
    :ivar place: in its frame, from 0 on
    """

    header: bytes
    payload: bytes
    parities: FrameParities
    place: int


class CorrectionSender:
    """
    Sends recovery packets for the stream of one sender; belongs to the event loop.

    :param sender: of the protected stream, which has not begun
    :param payload_type: of recovery packets, by the viewer's offer
    :param extensions: ids of the negotiated header extensions, by URI
    :ivar ssrc: of recovery packets
    """

    def __init__(self, sender: RTCRtpSender, payload_type: int,
                 extensions: dict[str, int]) -> None:
        self.ssrc = randrange(1, 1 << 32)
        self._sender: Any = sender
        self._payload_type = payload_type
        # In the lower half, as aiortc's: a number that wraps early breaks SRTP's decryption.
        self._sequence = randrange(1 << 15)
        self._mutable = {extensions[uri] for uri in _MUTABLE if uri in extensions}
        # Others than of 1 to 14 need headers of two bytes (RFC 8285, section 4.3).
        send_time = extensions.get(_ABS_SEND_TIME, 0)
        self._send_time_id = send_time if send_time <= MAX_ONE_BYTE_ID else 0
        self._sequence_element = sequence_element(extensions.get(TRANSPORT_SEQUENCE_URI, 0))
        # By sequence number.
        self._packets: OrderedDict[int, _SentPacket] = OrderedDict()
        self._keep_extensions()

    def _keep_extensions(self) -> None:
        """Keep the extensions of each packet as they are sent: the playout delay may change."""
        header_map: Any = self._sender._RTCRtpSender__rtp_header_extensions_map
        pack = header_map.set

        def pack_and_keep(values: Any) -> tuple[int, bytes]:
            packed: tuple[int, bytes] = pack(values)
            if not hasattr(values, 'first_sent'):
                values.first_sent = packed
            return packed

        header_map.set = pack_and_keep

    def note(self, sequences: Iterable[int], parities: FrameParities) -> int:
        """
        Take packets of a frame that was sent, so that they can be protected; return their bytes.

        :param sequences: of packets that aiortc still keeps; others are passed over
        :param parities: of the frame, filled as they are computed; shared by all viewers that get
            the same payloads, and by no others
        """
        size = 0
        for place, sequence in enumerate(sequences):
            packet = kept_packet(self._sender, sequence)
            if packet is None:
                continue
            profile, extension = getattr(packet.extensions, 'first_sent', (0, b''))
            plain = aiortc.rtp.RtpPacket(packet.payload_type, packet.marker, sequence,
                                         packet.timestamp, packet.ssrc).serialize()
            if extension:
                # The X bit.
                plain = bytes([plain[0] | 0x10]) + plain[1:]
            header = media_header(plain, profile, extension, self._mutable)
            self._packets[sequence] = _SentPacket(header, packet.payload, parities, place)
            self._packets.move_to_end(sequence)
            size += len(header) + len(packet.payload)
        while len(self._packets) > _REMEMBERED:
            self._packets.popitem(last=False)
        return size

    async def send(self, groups: Iterable[Sequence[int]]) -> int:
        """
        Send a recovery packet for each group; return their bytes.

        :param groups: sequence numbers in order of sending, from ``core.recovery.parity_groups``
        :raises ConnectionError: the connection has ended
        """
        size = 0
        for group in groups:
            packets = [self._packets[sequence] for sequence in group
                       if sequence in self._packets]
            if len(packets) < len(group):
                continue
            data = self._header(packets[-1].header) + recovery_payload(
                _parity(packets), [packet.header for packet in packets])
            self._sequence = self._sequence + 1 & 0xFFFF
            await self._sender.transport._send_rtp(data)
            size += len(data)
        return size

    def _header(self, newest: bytes) -> bytes:
        """
        Return the header of the next recovery packet.

        :param newest: header of the newest packet that it protects
        """
        extension = b''
        if self._send_time_id:
            # Without send times Chromium changes to another estimate of the bandwidth. The id, and
            # the length minus one; 24 bits, 6 of them seconds.
            extension = bytes([self._send_time_id << 4 | 2]) + (
                current_ntp_time() >> 14 & 0xFFFFFF).to_bytes(3, 'big')
        return rtp_header(self._payload_type, self._sequence, int.from_bytes(newest[4:8], 'big'),
                          self.ssrc, extension + self._sequence_element)


def _parity(packets: Sequence[_SentPacket]) -> PayloadParity:
    """Return the parity of packets, made of what other viewers had computed already."""
    parts = []
    for _, group in groupby(packets, key=lambda packet: id(packet.parities)):
        part = list(group)
        places = tuple(packet.place for packet in part)
        parities = part[0].parities
        if places not in parities:
            parities[places] = PayloadParity.of([packet.payload for packet in part])
        parts.append(parities[places])
    return parts[0] if len(parts) == 1 else PayloadParity.merge(parts)


def _install_source_group() -> bool:
    """Let answers name the SSRC of recovery packets."""
    if not available('forward error correction',
                     (rtcpeerconnection, ['create_media_description_for_transceiver']),
                     (aiortc.rtp.RtpPacket, ['serialize']),
                     (RTCDtlsTransport, ['_send_rtp']),
                     (aiortc.rtp.HeaderExtensionsMap, ['set'])):
        return False
    create = _peer.create_media_description_for_transceiver

    def create_with_group(transceiver: RTCRtpTransceiver, *args: Any, **more: Any) -> Any:
        media = create(transceiver, *args, **more)
        correction = getattr(transceiver.sender, _ATTRIBUTE, None)
        if correction is not None:
            first = media.ssrc[0]
            media.ssrc.append(SsrcDescription(ssrc=correction.ssrc, cname=first.cname))
            media.ssrc_group.append(GroupDescription('FEC-FR', [first.ssrc, correction.ssrc]))
        return media

    _peer.create_media_description_for_transceiver = create_with_group
    return True


_HAS_GROUP = _install_source_group()


def accept_correction(transceiver: RTCRtpTransceiver,
                      offered: Iterable[RTCRtpCodecParameters]) -> CorrectionSender | None:
    """
    Accept recovery packets if they are offered; call this between the offer and the answer.

    :param offered: codecs of the section in the offer
    :return: what sends them; ``None``: this viewer takes none, or aiortc does not allow it
    """
    codecs: list[RTCRtpCodecParameters] = getattr(transceiver, '_codecs', [])
    sender: Any = transceiver.sender
    if not _HAS_GROUP or not codecs or not hasattr(
            sender, '_RTCRtpSender__rtp_header_extensions_map'):
        return None
    for codec in offered:
        if (codec.mimeType.lower() == _MIME_TYPE and codec.clockRate == _CLOCK_HZ
                and codec.payloadType is not None and codec.payloadType in _PAYLOAD_TYPES
                and codec.payloadType not in [one.payloadType for one in codecs]):
            # Last: aiortc sends the first one.
            codecs.append(replace(codec, mimeType=_MIME_TYPE, rtcpFeedback=[],
                                  parameters=dict(_PARAMETERS)))
            extensions = {one.uri: one.id
                          for one in getattr(transceiver, '_headerExtensions', [])}
            correction = CorrectionSender(sender, codec.payloadType, extensions)
            setattr(sender, _ATTRIBUTE, correction)
            return correction
    return None
