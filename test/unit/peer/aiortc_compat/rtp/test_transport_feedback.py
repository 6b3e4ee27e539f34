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
"""Transport-wide numbers on what is sent, and the feedback on them."""

from pathlib import Path
import re
from struct import pack
from types import SimpleNamespace

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import VideoStreamTrack
from aiortc.rtcdtlstransport import RTCDtlsTransport, RtpRouter, State
from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters, RTCRtpParameters
from aiortc.rtp import (
    HeaderExtensions, HeaderExtensionsMap, RtcpPacket, RtpPacket, unpack_header_extensions,
)
import pytest
from rtc_bridge.peer.aiortc_compat import (
    accept_transport_feedback, missing, PLAYOUT_DELAY_URI, TRANSPORT_SEQUENCE_URI,
)
from rtc_bridge.peer.aiortc_compat.rtp import transport_feedback
from rtc_bridge.peer.aiortc_compat.rtp.transport_feedback import _Watch
from support.transport_feedback import write_transport_feedback

pytestmark = pytest.mark.asyncio
# Without candidates, whose names only a network could resolve.
OFFER = re.sub('a=candidate:.*\r?\n', '', (
    Path(__file__).parents[4] / 'support/descriptions/chromium_page.sdp').read_text())
MID = 'urn:ietf:params:rtp-hdrext:sdes:mid'


def rtp_packet(*extensions, **values):
    """Return a packet as a sender with these extensions, id and URI, makes it."""
    header_map = HeaderExtensionsMap()
    header_map.configure(RTCRtpParameters(headerExtensions=[
        RTCRtpHeaderExtensionParameters(number, uri) for number, uri in extensions]))
    packet = RtpPacket(payload_type=96, marker=1, sequence_number=7, ssrc=1, payload=b'picture')
    packet.extensions = HeaderExtensions(**values)
    return packet.serialize(header_map)


async def send(data, ids=(4,), number=0xABCD, paced=(), delay=lambda ssrc: 0.0):
    """Send a packet by a transport; return what went out, and the sizes that were noted."""
    out, sizes = [], []

    async def take(data):
        out.append(data)
    transport = SimpleNamespace(
        transport_watch=_Watch(set(ids), set(paced), delay,
                               lambda size: sizes.append(size) or number),
        transport=SimpleNamespace(_send=take), _state=State.CONNECTED,
        _tx_srtp=SimpleNamespace(protect=lambda data: data, protect_rtcp=lambda data: data),
        _RTCDtlsTransport__tx_bytes=0, _RTCDtlsTransport__tx_packets=0)
    await RTCDtlsTransport._send_rtp(transport, data)
    return out[0], sizes


async def test_a_packet_gets_its_number_when_it_is_sent():
    assert 'transport-wide feedback' not in missing
    data = rtp_packet((9, MID), (5, PLAYOUT_DELAY_URI), (4, TRANSPORT_SEQUENCE_URI), mid='0')
    sent, sizes = await send(data)
    assert sizes == [len(data)] and len(sent) == len(data)
    length = int.from_bytes(sent[14:16], 'big') * 4
    assert dict(unpack_header_extensions(0xBEDE, sent[16:16 + length])) == {
        9: b'0', 5: bytes(3), 4: b'\xab\xcd'}
    assert sent[16 + length:] == b'picture'


async def test_packets_of_pictures_wait_for_their_time(monkeypatch):
    waited = []

    async def sleep(seconds):
        waited.append(seconds)

    monkeypatch.setattr(transport_feedback, 'asyncio', SimpleNamespace(sleep=sleep))
    data = rtp_packet((4, TRANSPORT_SEQUENCE_URI))
    for delays in ([0.0], [0.0005], [0.05, 0.01, 0.0]):
        sent = await send(data, paced=[1], delay=lambda ssrc, delays=delays: delays.pop(0))
        assert sent[1] == [len(data)] and not delays
    assert waited == [0.015, 0.01]
    # What is sent again has another SSRC.
    await send(data, paced=[2], delay=lambda ssrc: 0.05)
    assert len(waited) == 2
    # It goes out in the end.
    await send(data, paced=[1], delay=lambda ssrc: 0.05)
    assert sum(waited[2:]) == pytest.approx(0.1)


@pytest.mark.parametrize('data', [
    rtp_packet((9, MID), mid='0'), rtp_packet(), pack('!BBHL', 0x80, 200, 1, 1),
    # The id is that of another length, or stands behind the end.
    rtp_packet((4, MID), mid='abc'), b'\x90' + bytes(11) + b'\xbe\xde\0\1\x41'])
async def test_other_packets_stay_as_they_are(data):
    assert await send(data) == (data, [])


async def answer(offer, tracks=(VideoStreamTrack,), direction='sendonly', **callbacks):
    """Return whether a connection accepts the feedback that is offered, its answer and itself."""
    callbacks = {'add': lambda size: 0, 'take': lambda fci: None, **callbacks}
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    for track in tracks:
        pc.addTransceiver(track(), direction)
    own = pc.getTransceivers()
    await pc.setRemoteDescription(RTCSessionDescription(offer, 'offer'))
    for transceiver in pc.getTransceivers():
        if transceiver not in own:
            transceiver.direction = 'inactive'
    accepted = accept_transport_feedback(pc, **callbacks)
    text = (await pc.createAnswer()).sdp
    return accepted, text, pc


async def test_what_chromium_offers_is_accepted():
    accepted, text, pc = await answer(OFFER)
    video = text.split('m=video')[1]
    assert accepted and f'a=extmap:4 {TRANSPORT_SEQUENCE_URI}' in video
    sent = {int(number) for number in re.findall(r'a=rtpmap:(\d+) (?:VP8|H264)', video)}
    assert sent and sent == {
        int(number) for number in re.findall(r'a=rtcp-fb:(\d+) transport-cc', video)}
    # Each offers its own: there is no more in the answer than in the offer.
    assert text.count('transport-cc') == len(sent) and text.count('a=extmap:4 ') == 1
    await pc.close()


@pytest.mark.parametrize('without', [
    r'a=extmap:\d+ http://www.ietf.org/id/draft-holmer.*\r?\n', r'a=rtcp-fb:\d+ transport-cc\r?\n',
    # Without RTX a repeated packet is the same packet, which must not get another number.
    r'a=rtpmap:\d+ rtx.*\r?\n|a=fmtp:\d+ apt=.*\r?\n'])
async def test_what_is_half_offered_is_not_accepted(without):
    offer = re.sub(without, '', OFFER)
    assert offer != OFFER
    accepted, text, pc = await answer(offer)
    assert not accepted
    assert 'transport-cc' not in text and TRANSPORT_SEQUENCE_URI not in text
    await pc.close()


@pytest.mark.parametrize('tracks, direction', [
    ((), ''), ((VideoStreamTrack,), 'inactive'),
    # The viewer may send pictures: it would wait for feedback on them.
    ((VideoStreamTrack,), 'sendrecv')])
async def test_what_is_not_only_sent_gets_no_number(tracks, direction):
    accepted, text, pc = await answer(OFFER, tracks, direction)
    assert not accepted and TRANSPORT_SEQUENCE_URI not in text
    await pc.close()


def rtcp(fmt, fci, padding=0):
    """Return an RTCP packet about SSRC 2, with the padding bit where there is padding."""
    body = pack('!LL', 1, 2) + fci
    if padding:
        body += bytes(padding - 1) + bytes([padding])
    return pack('!BBH', 0x80 | (0x20 if padding else 0) | fmt, 205, len(body) // 4) + body


@pytest.mark.parametrize('padding', [0, 1, 2, 3])
async def test_feedback_is_handed_over_as_it_came(padding):
    """Chromium pads with the padding bit; aiortc dropped all that is in the same datagram."""
    fci = write_transport_feedback(5, 1, 2, [4, None, 8], padded=False) + bytes(4)
    fci = fci[:len(fci) - (len(fci) + padding) % 4]
    taken = []
    router = RtpRouter()
    router.on_transport_feedback = taken.append
    packets = RtcpPacket.parse(rtcp(15, fci, padding) + rtcp(1, pack('!HH', 9, 0)))
    assert [router.route_rtcp(packet) for packet in packets] == [set(), set()]
    assert taken == [fci]
    assert packets[1].lost == [9]


async def test_feedback_that_nobody_asked_for_is_ignored():
    router = RtpRouter()
    router.register_sender('sender', 2)
    feedback, nack = RtcpPacket.parse(rtcp(15, bytes(12)) + rtcp(1, pack('!HH', 9, 0)))
    assert router.route_rtcp(feedback) == set()
    assert router.route_rtcp(nack) == {'sender'}
    with pytest.raises(ValueError):
        RtcpPacket.parse(pack('!BBHL', 0x8F, 205, 1, 1))


async def test_sections_of_one_connection_are_counted_by_one():
    numbers = iter(range(100))
    accepted, text, pc = await answer(OFFER, (VideoStreamTrack, VideoStreamTrack),
                                      add=lambda size: next(numbers))
    assert accepted and text.count(TRANSPORT_SEQUENCE_URI) == 2
    transport, = {transceiver.sender.transport for transceiver in pc.getTransceivers()}
    assert transport.transport_watch.ids == {4}
    assert [transport.transport_watch.add(1) for _ in range(3)] == [0, 1, 2]
    await pc.close()
