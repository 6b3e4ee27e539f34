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
Everything that reaches into aiortc and aioice, in one place.

Each hook is looked for at import and left out, with one warning, where a release does not have
it; the session then works without that feature. Written against aiortc 1.14 to 1.16.
"""

import asyncio
import contextlib
import copy
import logging
from typing import Any, Callable, Iterable, Sequence

from aioice import stun
import aioice.ice
from aioice.turn import create_turn_endpoint
from aiortc import RTCPeerConnection, RTCRtpSender, RTCRtpTransceiver, RTCSctpTransport
from aiortc.clock import current_ntp_time
import aiortc.codecs
from aiortc.rtcpeerconnection import find_common_codecs
from aiortc.rtcrtpparameters import (
    RTCRtpCodecCapability, RTCRtpCodecParameters, RTCRtpHeaderExtensionParameters,
)
import aiortc.rtp
from aiortc.rtp import (
    RTCP_PSFB_APP, RTCP_PSFB_FIR, RTCP_PSFB_PLI, RTCP_RTPFB_NACK, RtcpPsfbPacket, RtcpRrPacket,
    RtcpRtpfbPacket, RtcpSrPacket, RTP_HISTORY_SIZE, unpack_remb_fci,
)
from aiortc.sdp import H264Profile, parse_h264_profile_level_id

from ..core.clock import boot_time

logger = logging.getLogger(__name__)

PLAYOUT_DELAY_URI = 'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay'
_ONE_BYTE_HEADER = 0xBEDE
# Of messages that have begun and not ended, in bytes.
MAX_UNFINISHED = 256 * 1024
_MAIN = '4d001f'
GATHERING_S = 2
STUN_RETRY_S = 0.3


def _install_playout_delay() -> bool:
    """
    Send the ``playout-delay`` header extension, min = max = 0, with every video packet.

    It makes Chromium show a frame as soon as it is decoded, which saves about 25 ms; there is
    no other way to ask for that. The extension is a 12-bit minimum and maximum, in 10 ms.
    """
    header_map = getattr(aiortc.rtp, 'HeaderExtensionsMap', None)
    extensions = getattr(aiortc.codecs, 'HEADER_EXTENSIONS', None)
    if extensions is None or not all(hasattr(header_map, n) for n in ('configure', 'set')):
        return False
    used = {e.id for kind in extensions.values() for e in kind}
    free = next(i for i in range(1, 15) if i not in used)
    extensions['video'].append(
        RTCRtpHeaderExtensionParameters(id=free, uri=PLAYOUT_DELAY_URI))
    configure, pack = header_map.configure, header_map.set

    def configure_too(self, parameters):
        configure(self, parameters)
        self.playout_delay = b''
        for extension in parameters.headerExtensions:
            # RFC 8285, section 4.2: one-byte headers have ids up to 14; length 2 means 3 bytes.
            if extension.uri == PLAYOUT_DELAY_URI and extension.id <= 14:
                self.playout_delay = bytes([extension.id << 4 | 2, 0, 0, 0])

    def pack_too(self, values):
        profile, data = pack(self, values)
        element = getattr(self, 'playout_delay', b'')
        if element and profile in (0, _ONE_BYTE_HEADER):
            # Four bytes behind a padded block stay aligned.
            return _ONE_BYTE_HEADER, data + element
        return profile, data

    header_map.configure, header_map.set = configure_too, pack_too
    return True


def _install_consent_clock() -> bool:
    """
    Ask each peer for consent (RFC 7675) five times a second, and note its answers.

    The answer echoes a random transaction id, so it is a sign of life that nobody off the path
    can forge, and it comes even when a viewer sends nothing else. Its time is the round trip.
    """
    protocol = getattr(aioice.ice, 'StunProtocol', None)
    if not hasattr(protocol, 'request'):
        return False
    request = protocol.request

    async def request_and_note(self, *args, **kwargs):
        consent = kwargs.get('retransmissions') == 0
        if consent:
            # aioice waits half a second for each try, and longer for the second one: the answer
            # to the first may take as long as both.
            kwargs['retransmissions'] = 1
        began = boot_time()
        if consent:
            self.receiver.asked = began
        result = await request(self, *args, **kwargs)
        self.receiver.last_answer = now = boot_time()
        if consent:
            self.receiver.round_trip = now, now - began
            if self.receiver.asked == began:
                self.receiver.asked = None
        return result

    protocol.request = request_and_note
    if hasattr(aioice.ice, 'CONSENT_INTERVAL') and hasattr(aioice.ice, 'CONSENT_FAILURES'):
        aioice.ice.CONSENT_INTERVAL = 0.2
        aioice.ice.CONSENT_FAILURES = 6
    return True


def _install_main_profile() -> bool:
    """
    Know H.264 Main (RFC 6184, section 8.1) besides Baseline.

    Who makes an answer or offer says which of the codecs it is about.
    """
    codecs = getattr(aiortc.codecs, 'CODECS', None)
    if codecs is None:
        return False
    free = max(c.payloadType for c in codecs['video']) + 1
    base = copy.deepcopy(next(c for c in codecs['video'] if c.mimeType == 'video/H264'))
    base.payloadType = free
    base.parameters['profile-level-id'] = _MAIN
    codecs['video'] += [base, RTCRtpCodecParameters(
        mimeType='video/rtx', clockRate=90000, payloadType=free + 1, parameters={'apt': free})]
    return True


def _install_gathering_limit() -> bool:
    """Wait 2 s at most, not 5, for a STUN or TURN server that died since it was probed."""
    connection = getattr(aioice.ice, 'Connection', None)
    if not hasattr(connection, 'get_component_candidates'):
        return False
    gather = connection.get_component_candidates

    async def gather_briefly(self, component, addresses, timeout=GATHERING_S):
        return await gather(self, component, addresses, timeout)

    connection.get_component_candidates = gather_briefly
    return True


def _install_reassembly_limit() -> bool:
    """
    End an association whose peer begins more than it finishes.

    aiortc announces a receive window (RFC 9260, section 3.3.3) and does not keep to it, and an
    unfinished message of megabytes costs the loop a millisecond for each further kilobyte.
    """
    names = ('_receive_data_chunk', '_abort', '_set_state', 'State')
    if not all(hasattr(RTCSctpTransport, name) for name in names):
        return False
    receive = RTCSctpTransport._receive_data_chunk

    async def receive_within_limit(self, chunk):
        if not hasattr(self, 'whole_window'):
            self.whole_window, self.overfull = self._advertised_rwnd, False
        waiting = self.whole_window - self._advertised_rwnd + len(chunk.user_data)
        if waiting <= MAX_UNFINISHED and not self.overfull:
            await receive(self, chunk)
        elif not self.overfull:
            self.overfull = True
            logger.warning('a viewer sent %d bytes of messages without an end', waiting)
            await self._abort()
            self._set_state(self.State.CLOSED)

    RTCSctpTransport._receive_data_chunk = receive_within_limit
    return True


HAS_MAIN_PROFILE = _install_main_profile()
HAS_GATHERING_LIMIT = _install_gathering_limit()
HAS_PLAYOUT_DELAY = _install_playout_delay()
HAS_CONSENT_CLOCK = _install_consent_clock()
HAS_REASSEMBLY_LIMIT = _install_reassembly_limit()
HAS_RTCP = hasattr(RTCRtpSender, '_handle_rtcp_packet')
for _name, _found in (('playout delay', HAS_PLAYOUT_DELAY), ('RTCP feedback', HAS_RTCP),
                      ('sign of life', HAS_CONSENT_CLOCK), ('H.264 Main', HAS_MAIN_PROFILE),
                      ('time to gather candidates', HAS_GATHERING_LIMIT),
                      ('unfinished messages', HAS_REASSEMBLY_LIMIT)):
    if not _found:
        logger.warning('this release of aiortc has no hook for %s', _name)


def host_addresses() -> list[str]:
    """Return this host's IP addresses, without loopback, as aioice finds them."""
    find = getattr(aioice.ice, 'get_host_addresses', None)
    return find(use_ipv4=True, use_ipv6=True) if find else []


class _Binding(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.answered = asyncio.Event()
        self.request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)

    def datagram_received(self, data: bytes, addr: tuple) -> None:
        with contextlib.suppress(ValueError):
            if stun.parse_message(data).transaction_id == self.request.transaction_id:
                self.answered.set()


async def ask_stun(host: str, port: int) -> None:
    """
    Wait until a STUN server answers a binding request (RFC 8489, section 2).

    :raises OSError: it cannot be found or reached
    """
    transport, binding = await asyncio.get_running_loop().create_datagram_endpoint(
        _Binding, remote_addr=(host, port))
    try:
        while not binding.answered.is_set():
            transport.sendto(bytes(binding.request))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STUN_RETRY_S):
                    await binding.answered.wait()
    finally:
        transport.close()


async def ask_turn(host: str, port: int, transport: str, tls: bool, username: str | None,
                   password: str | None) -> None:
    """
    Allocate an address at a TURN server (RFC 8656), and free it again.

    :raises OSError: that is not possible
    """
    try:
        endpoint, _ = await create_turn_endpoint(
            asyncio.DatagramProtocol, (host, port), username=username, password=password,
            ssl=tls or None, transport=transport)
    except stun.TransactionError as error:
        raise ConnectionError(str(error) or type(error).__name__) from None
    endpoint.close()


def _connections(pc: RTCPeerConnection) -> set[Any]:
    transports = [s.transport for s in (*pc.getSenders(), pc.sctp) if s is not None]
    return {getattr(t.transport, '_connection', None) for t in transports if t is not None}


def _noted(pc: RTCPeerConnection, name: str) -> list[Any]:
    return [value for c in _connections(pc) if (value := getattr(c, name, None)) is not None]


def last_answer(pc: RTCPeerConnection) -> float | None:
    """Return the boot-time clock when the peer last answered a check, ``None`` if never."""
    return max(_noted(pc, 'last_answer'), default=None)


def round_trip(pc: RTCPeerConnection) -> tuple[float, float] | None:
    """Return when the newest round trip ended, and its time in seconds; ``None`` before one."""
    return max(_noted(pc, 'round_trip'), default=None)


async def check(pc: RTCPeerConnection) -> None:
    """Ask for consent once more, between the regular times: one more round trip is noted."""
    for connection in _connections(pc):
        password = getattr(connection, 'remote_password', None)
        for pair in list(getattr(connection, '_nominated', {}).values()) if password else ():
            with contextlib.suppress(stun.TransactionError, ConnectionError):
                await pair.protocol.request(
                    connection.build_request(pair, nominate=False), pair.remote_addr,
                    integrity_key=password.encode(), retransmissions=0)


def waiting(pc: RTCPeerConnection) -> float:
    """Return for how many seconds the newest check has been without an answer, 0 if it is not."""
    return boot_time() - max(_noted(pc, 'asked'), default=boot_time())


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
        size += _refresh(sender, sequence)
        await sender._retransmit(sequence)
    return size


def _refresh(sender: RTCRtpSender, sequence: int) -> int:
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


def _age(sender: RTCRtpSender, sequence: int) -> float:
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
            packet.lost = on_nack([(seq, _age(sender, seq)) for seq in packet.lost])
            for seq in packet.lost:
                _refresh(sender, seq)
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


def _encoding(codec: RTCRtpCodecParameters | RTCRtpCodecCapability) -> str | None:
    """Return which of ``core.fallback.ENCODINGS`` an SDP codec is, if any."""
    if codec.mimeType.lower() == 'video/vp8':
        return 'vp8'
    if codec.mimeType.lower() != 'video/h264':
        return None
    try:
        profile, _ = parse_h264_profile_level_id(
            codec.parameters.get('profile-level-id', '42e01f'))
    except ValueError:
        return None
    return {H264Profile.PROFILE_MAIN: 'h264-main', H264Profile.PROFILE_BASELINE: 'h264',
            H264Profile.PROFILE_CONSTRAINED_BASELINE: 'h264'}.get(profile)


def encodings(offered: Iterable[RTCRtpCodecParameters]) -> set[str]:
    """Return which of ``ENCODINGS`` a video section of an offer takes."""
    common = find_common_codecs(aiortc.codecs.CODECS['video'], list(offered))
    return {e for e in map(_encoding, common) if e is not None}


def preferences(wanted: Sequence[str]) -> list[RTCRtpCodecCapability]:
    """Return what a transceiver is to offer or answer, in the order of the encodings."""
    known = RTCRtpSender.getCapabilities('video').codecs
    return [c for e in wanted for c in known if _encoding(c) == e] + [
        c for c in known if c.mimeType.lower() == 'video/rtx']


_SENDER_PARTS = ('rtx_payload_type', 'encoder', 'rtp_history')


def make_codec_switch(transceiver: RTCRtpTransceiver) -> Callable[[str], None] | None:
    """
    Return what makes a transceiver send another of its negotiated encodings (RFC 3264, 6.1).

    It is to be called between two packets. ``None``: this release cannot.
    """
    sender = transceiver.sender
    if not all(hasattr(sender, f'_RTCRtpSender__{part}') for part in _SENDER_PARTS):
        return None
    negotiated: list[RTCRtpCodecParameters] = []

    def switch(encoding: str) -> None:
        # aiortc's sender holds the first one, and reads the payload type from it for each packet.
        current = transceiver._codecs[0]
        if not negotiated:
            negotiated.extend(copy.deepcopy(transceiver._codecs))
        chosen = next(c for c in negotiated if _encoding(c) == encoding)
        current.mimeType, current.payloadType = chosen.mimeType, chosen.payloadType
        current.parameters = chosen.parameters
        sender._RTCRtpSender__rtx_payload_type = next(
            (c.payloadType for c in negotiated if c.mimeType.lower() == 'video/rtx'
             and c.parameters.get('apt') == chosen.payloadType), None)
        # The next packet gets a packetiser of its own. What is lost of the old codec is not
        # repeated: it would come under the payload type of the new one.
        sender._RTCRtpSender__encoder = None
        sender._RTCRtpSender__rtp_history.clear()

    return switch
