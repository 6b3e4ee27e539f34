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

"""Recovery packets beside a stream: negotiated, and right for what is sent."""

import re
from types import SimpleNamespace

from aiortc import RTCRtpSender
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
import pytest
from rtc_bridge.core.recovery.flexfec import PayloadParity
from rtc_bridge.peer import aiortc_compat
from support.flexfec import read_header, recover
from support.viewer import make_sessions, NoisyCamera, until

pytestmark = pytest.mark.asyncio
FEC_TYPE = 49
ABS_SEND_TIME = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time'


def with_correction(sdp):
    """Return an offer whose first video section lists FlexFEC, as Chromium's."""
    return re.sub(r'(m=video [^\r]*)((?:\r\n(?!m=)[^\r]*)*)',
                  rf'\1 {FEC_TYPE}\2\r\na=rtpmap:{FEC_TYPE} flexfec-03/90000\r\n'
                  rf'a=fmtp:{FEC_TYPE} repair-window=10000000', sdp, count=1)


def without_send_time(packet, number):
    """Return an RTP packet with ``abs-send-time`` zero; elements have headers of one byte."""
    packet, at = bytearray(packet), 16
    assert packet[0] == 0x90 and packet[12:14] == b'\xbe\xde'
    end = 16 + 4 * int.from_bytes(packet[14:16], 'big')
    while at < end:
        length = (packet[at] & 15) + 1 if packet[at] else 0
        if packet[at] >> 4 == number:
            packet[at + 1:at + 1 + length] = bytes(length)
        at += 1 + length
    return bytes(packet)


class Tap:
    """What a viewer is sent, as its answer tells it apart."""

    def __init__(self, viewer, track):
        self.answer = viewer.pc.remoteDescription.sdp
        self.track = track
        self.media, self.recovery = {}, []
        track.protection.covers = lambda keyframe: True
        track.protection.loss = 0.05
        track.protection.update = lambda loss, rtt, overuse: None
        transport = track.sender.transport
        self._send, transport._send_rtp = transport._send_rtp, self.send

    def groups(self):
        """Return the SSRCs of the group of stream and recovery packets."""
        return tuple(map(int, re.search(r'a=ssrc-group:FEC-FR (\d+) (\d+)', self.answer).groups()))

    async def send(self, data):
        ssrc = int.from_bytes(data[8:12], 'big')
        media, recovery = self.groups()
        if ssrc == recovery and data[1] == FEC_TYPE:
            self.recovery.append(data)
        elif ssrc == media and not 192 <= data[1] <= 208:
            self.media[int.from_bytes(data[2:4], 'big')] = data
        await self._send(data)

    def check(self):
        """Recover each protected packet from the others; return how many there were."""
        number = int(re.search(rf'a=extmap:(\d+) {ABS_SEND_TIME}', self.answer)[1])
        checked = 0
        for data in self.recovery:
            payload = data[20:]
            ssrc, protected, _ = read_header(payload)
            assert data[0] == 0x90 and int.from_bytes(ssrc, 'big') == self.groups()[0]
            # With SRTP's tag it fits through a tunnel.
            assert len(data) + 16 <= 1200
            if not self.media.keys() >= set(protected):
                # They were sent before the tap was there.
                continue
            received = {s: without_send_time(self.media[s], number) for s in protected}
            for lost in protected:
                assert recover({s: received[s] for s in protected if s != lost}, payload) == (
                    lost, received[lost])
                checked += 1
        return checked


@pytest.mark.usefixtures('steady_path')
@pytest.mark.parametrize('codec', ['h264', 'vp8'])
async def test_what_is_sent_can_be_recovered(connect, monkeypatch, codec):
    """By each of two viewers: those of H.264 share the parities of the payloads."""
    computed = []
    of = PayloadParity.of
    monkeypatch.setattr(PayloadParity, 'of', lambda payloads: (
        computed.append(tuple(payloads)), of(payloads))[1])
    sessions, taps = make_sessions(NoisyCamera('front')), []
    for _ in range(2):
        viewer = await connect(sessions, codec=codec, change=with_correction)
        taps.append(Tap(viewer, sessions.sessions[viewer.id].slots[0].track))
    for tap in taps:
        assert tap.groups()[0] == tap.track.sender._ssrc
        assert f'a=rtpmap:{FEC_TYPE} flexfec-03/90000' in tap.answer
        assert f'a=ssrc:{tap.groups()[1]} cname:' in tap.answer
    await until(lambda: all(len(tap.recovery) > 60 for tap in taps))
    for tap in taps:
        assert tap.check() > 100
        numbers = [int.from_bytes(data[2:4], 'big') for data in tap.recovery]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert tap.track.protection.price > 0.01
    # Nothing is computed again for the second viewer. VP8's payloads differ.
    assert len(set(computed)) == len(computed)


async def test_a_viewer_that_offers_none_gets_none(connect):
    sessions = make_sessions(NoisyCamera('front'))
    viewer = await connect(sessions, codec='h264')
    assert sessions.sessions[viewer.id].slots[0].track.correction is None
    assert 'FEC' not in viewer.pc.remoteDescription.sdp


async def test_only_a_payload_type_that_is_free_is_accepted():
    def codec(mime_type, payload_type, clock_rate=90000):
        return RTCRtpCodecParameters(mimeType=mime_type, clockRate=clock_rate,
                                     payloadType=payload_type)

    def accept(*offered):
        transceiver = SimpleNamespace(
            _codecs=[codec('video/VP8', 97)], _headerExtensions=[],
            sender=RTCRtpSender('video', SimpleNamespace(state='new')))
        return aiortc_compat.accept_correction(transceiver, offered), transceiver._codecs

    for refused in (codec('video/flexfec-03', 97), codec('video/flexfec-03', 72),
                    codec('video/flexfec-03', 49, 48000), codec('video/ulpfec', 49)):
        correction, codecs = accept(refused)
        assert correction is None and len(codecs) == 1
    correction, codecs = accept(codec('video/FlexFEC-03', 49), codec('video/flexfec-03', 50))
    assert [one.payloadType for one in codecs] == [97, 49]
    # Packets that it does not know are not protected.
    assert correction.note([1, 2], {}) == 0
    assert await correction.send([(1, 2)]) == 0
