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
Transport-wide sequence numbers on RTP packets, and the viewer's feedback on them.

After draft-holmer-rmcat-transport-wide-cc-extensions-01. aiortc knows the header extension, and
offers neither it nor the feedback; it takes the feedback for lost packets (NACK), or drops the
RTCP packet with all that is in it, where the feedback has padding.

Private parts used (aiortc 1.14 to 1.16): ``RTCDtlsTransport._send_rtp`` and ``_rtp_router``,
``RtpRouter.route_rtcp``, ``RtcpRtpfbPacket.parse`` and ``HeaderExtensionsMap.configure`` and
``set`` of ``aiortc.rtp``, of ``RTCPeerConnection`` ``__pendingRemoteDescription``, and of
``RTCRtpTransceiver`` ``_codecs`` and ``_headerExtensions``, of which the answer is made. Without
them nothing is negotiated, and round trips tell of the path.
"""

import asyncio
from dataclasses import dataclass
from typing import Any, Callable

from aiortc import RTCPeerConnection
import aiortc.rtcdtlstransport
from aiortc.rtcrtpparameters import RTCRtcpFeedback
import aiortc.rtp

from .rtp_history import media_ssrc
from ..hooks import available
from ....core.congestion.pacer import MAX_DELAY_S
from ....core.feedback.transport_feedback import TRANSPORT_FEEDBACK_FMT

TRANSPORT_SEQUENCE_URI = (
    'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01')
_FEEDBACK = RTCRtcpFeedback(type='transport-cc')
# Seconds below which a packet does not wait: the event loop's clock is no finer.
_MIN_DELAY_S = 0.001
# Seconds after which it is looked again whether a packet is to wait.
_MAX_SLEEP_S = 0.015
# The profile of one-byte headers, RFC 8285, section 4.2; their ids go up to 14.
_ONE_BYTE_HEADER = 0xBEDE
MAX_ONE_BYTE_ID = 14
# Of an RTP header without extension (RFC 3550, section 5.1), and of an extension's header.
_RTP_HEADER, _EXTENSION_HEADER = 12, 4
# Payload types that RTCP has with the marker bit, on the port of RTP (RFC 5761, section 4).
_RTCP_TYPES = range(192, 224)
_DESCRIPTION = '_RTCPeerConnection__pendingRemoteDescription'

_dtls: Any = aiortc.rtcdtlstransport
_rtp: Any = aiortc.rtp
_transport_class: Any = getattr(_dtls, 'RTCDtlsTransport', None)
_router_class: Any = getattr(_dtls, 'RtpRouter', None)
_packet_class: Any = getattr(_rtp, 'RtcpRtpfbPacket', None)
_header_map: Any = getattr(_rtp, 'HeaderExtensionsMap', None)


@dataclass
class _Watch:
    """
    How what a transport sends is numbered.

    :ivar ids: of the extension, in its sections
    :ivar paced: SSRCs of pictures, whose packets wait for their time
    :ivar delay: for how many seconds the next one of an SSRC waits
    :ivar add: gives the next number
    """

    ids: set[int]
    paced: set[int]
    delay: Callable[[int], float]
    add: Callable[[int], int]


def _install() -> bool:
    if not available('transport-wide feedback', (_transport_class, ['_send_rtp']),
                     (_router_class, ['route_rtcp']), (_packet_class, ['parse']),
                     (_header_map, ['configure', 'set'])):
        return False
    _install_placeholder()
    _install_numbers()
    _install_reading()
    return True


def _install_placeholder() -> None:
    """Leave room for the number in each packet where the extension was negotiated."""
    configure, pack = _header_map.configure, _header_map.set

    def configure_too(self: Any, parameters: Any) -> None:
        configure(self, parameters)
        self.transport_sequence = b''
        for extension in parameters.headerExtensions:
            if extension.uri == TRANSPORT_SEQUENCE_URI:
                self.transport_sequence = sequence_element(extension.id)

    def pack_too(self: Any, values: Any) -> tuple[int, bytes]:
        profile, data = pack(self, values)
        element = getattr(self, 'transport_sequence', b'')
        if element and profile in (0, _ONE_BYTE_HEADER):
            # Four bytes behind a padded block stay aligned.
            return _ONE_BYTE_HEADER, data + element
        return profile, data

    _header_map.configure, _header_map.set = configure_too, pack_too


def sequence_element(extension_id: int) -> bytes:
    """
    Return the header extension that gets a packet's number when it is sent, padded to a word.

    :param extension_id: as negotiated; of 0 or of more than 14 there is none
    """
    if not 0 < extension_id <= MAX_ONE_BYTE_ID:
        return b''
    # The id, and the length minus one: 1 means two bytes. One byte of padding.
    return bytes([extension_id << 4 | 1, 0, 0, 0])


def _install_numbers() -> None:
    """Give each packet its number when it is sent: only then its order and time are known."""
    send = _transport_class._send_rtp

    async def number_and_send(self: Any, data: bytes) -> None:
        watch: _Watch | None = getattr(self, 'transport_watch', None)
        if watch is not None and len(data) > 1 and data[1] not in _RTCP_TYPES:
            at = _place(data, watch.ids)
            if at:
                ssrc = int.from_bytes(data[8:12], 'big')
                if ssrc in watch.paced:
                    await _wait(watch.delay, ssrc)
                number = watch.add(len(data))
                data = data[:at] + number.to_bytes(2, 'big') + data[at + 2:]
        await send(self, data)

    _transport_class._send_rtp = number_and_send


async def _wait(delay: Callable[[int], float], ssrc: int) -> None:
    """Wait for a packet's time; what it depends on may change meanwhile."""
    left = MAX_DELAY_S
    while left > 0 and (seconds := min(left, delay(ssrc), _MAX_SLEEP_S)) >= _MIN_DELAY_S:
        left -= seconds
        await asyncio.sleep(seconds)


def _place(data: bytes, ids: set[int]) -> int:
    """Return where the number of a packet stands; 0 if it has none."""
    at = _RTP_HEADER + 4 * (data[0] & 0x0F)
    if not data[0] & 0x10 or int.from_bytes(data[at:at + 2], 'big') != _ONE_BYTE_HEADER:
        return 0
    end = at + _EXTENSION_HEADER + 4 * int.from_bytes(data[at + 2:at + 4], 'big')
    if end > len(data):
        return 0
    at += _EXTENSION_HEADER
    while at + 2 < end:
        length = (data[at] & 0x0F) + 1
        if not data[at]:
            at += 1  # Padding.
        elif data[at] >> 4 in ids and length == 2:
            return at + 1
        else:
            at += 1 + length
    return 0


def _install_reading() -> None:
    """Hand feedback over as it came; aiortc would take it for NACKs."""
    parse, route = _packet_class.parse, _router_class.route_rtcp

    def parse_too(cls: Any, data: bytes, fmt: int) -> Any:
        if fmt != TRANSPORT_FEEDBACK_FMT or len(data) < 8:
            return parse(data, fmt)
        packet = cls(fmt=fmt, ssrc=int.from_bytes(data[:4], 'big'),
                     media_ssrc=int.from_bytes(data[4:8], 'big'))
        packet.fci = data[8:]
        return packet

    def route_too(self: Any, packet: Any) -> Any:
        if isinstance(packet, _packet_class) and packet.fmt == TRANSPORT_FEEDBACK_FMT:
            # Its media SSRC is any of the connection's.
            take = getattr(self, 'on_transport_feedback', None)
            if take is not None:
                take(packet.fci)
            return set()
        return route(self, packet)

    _packet_class.parse = classmethod(parse_too)
    _router_class.route_rtcp = route_too


def accept_transport_feedback(pc: RTCPeerConnection, *, add: Callable[[int], int],
                              take: Callable[[bytes], object],
                              delay: Callable[[int], float] = lambda ssrc: 0.0) -> bool:
    """
    Accept extension and feedback where the viewer offers both; number what is sent from then on.

    Call this between the offer and the answer. The callbacks must not raise: aiortc would end its
    reading of the whole connection, or its sending.

    What is accepted holds both ways, and we give no feedback: Chromium 156 then halves the rate of
    its own camera every few seconds, down to 30 kbit/s. So nothing is accepted where the viewer
    may send pictures, and sound is left out where it may talk.

    :param add: takes the size of a packet in bytes, without SRTP's tag, at the moment of sending;
        returns its transport-wide sequence number, 16 bits
    :param take: takes the feedback control information of a message, as it came
    :param delay: takes an SSRC of pictures, returns for how many seconds its next packet waits;
        what is sent again, recovery packets and sound do not wait
    :return: whether any section has both
    """
    description: Any = getattr(pc, _DESCRIPTION, None)
    if not _INSTALLED or description is None:
        return False
    sections = {media.rtp.muxId: media.rtp for media in description.media}
    transceivers = pc.getTransceivers()
    if any(one.kind == 'video' and 'recv' in one.direction for one in transceivers):
        return False
    numbered: Any = None
    for transceiver in transceivers:
        section = sections.get(transceiver.mid)
        transport: Any = transceiver.sender.transport
        # Sections of a group have one transport, and each transport has numbers of its own.
        if section is None or transceiver.direction != 'sendonly' or (
                transport is not (numbered or transport)
                or not hasattr(transport, '_rtp_router')):
            continue
        extension_id = _accept(transceiver, section)
        if extension_id:
            numbered = transport
            watch: _Watch | None = getattr(transport, 'transport_watch', None)
            if watch is None:
                transport.transport_watch = watch = _Watch(set(), set(), delay, add)
            watch.ids.add(extension_id)
            if transceiver.kind == 'video':
                watch.paced.add(media_ssrc(transceiver.sender))
            transport._rtp_router.on_transport_feedback = take
    return numbered is not None


def _accept(transceiver: Any, section: Any) -> int:
    """Put both into the answer, if a section offers them; return the extension's id, or else 0."""
    codecs: list[Any] = getattr(transceiver, '_codecs', [])
    extensions: list[Any] | None = getattr(transceiver, '_headerExtensions', None)
    extension = next((extension for extension in section.headerExtensions
                      if extension.uri == TRANSPORT_SEQUENCE_URI
                      and 0 < extension.id <= MAX_ONE_BYTE_ID), None)
    offered = {codec.payloadType for codec in section.codecs if _FEEDBACK in codec.rtcpFeedback}
    common = [codec for codec in codecs if codec.payloadType in offered]
    if extension is None or extensions is None or not common or not _repeats_apart(codecs):
        return 0
    for codec in common:
        codec.rtcpFeedback = [*codec.rtcpFeedback, _FEEDBACK]
    transceiver._headerExtensions = [*extensions, extension]
    return int(extension.id)


def _repeats_apart(codecs: list[Any]) -> bool:
    """
    Tell whether repeated packets are packets of their own, by RTX (RFC 4588).

    Otherwise a repetition would differ from the first copy in its number only, and SRTP must not
    authenticate two headers with one sequence number (RFC 7714, section 8.1). Sound is never
    repeated.
    """
    repeated = {codec.parameters.get('apt') for codec in codecs
                if codec.mimeType.lower() == 'video/rtx'}
    return all(codec.payloadType in repeated for codec in codecs
               if codec.mimeType.lower().startswith('video/')
               and codec.mimeType.lower() != 'video/rtx')


_INSTALLED = _install()
