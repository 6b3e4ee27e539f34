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

"""The robot's sound, from blocks to packets that a decoder of Opus hears."""

import asyncio

import av
import numpy as np
import pytest
from rtc_bridge.core.audio.sound_formats import MP3
from rtc_bridge.media.sound.opus_encoder import PACKET_SAMPLES
from rtc_bridge.media.sound.sound_decoder import SoundDecoder
from rtc_bridge.media.sound.sound_stream import SoundStream
from support.patience import PATIENCE
from support.tones import BLOCK, FORM, frequency_of, RATE, tone


def mp3_of(samples):
    """Return samples as MP3."""
    encoder = av.CodecContext.create('libmp3lame', 'w')
    encoder.sample_rate, encoder.layout, encoder.format = RATE, 'mono', 's16p'
    frame = av.AudioFrame.from_ndarray(samples.astype(np.int16).reshape(1, -1), 's16p', 'mono')
    frame.sample_rate = RATE
    frame.pts = 0
    fifo = av.AudioFifo()
    fifo.write(frame)
    data = b''
    while (part := fifo.read(576)) is not None:
        data += b''.join(map(bytes, encoder.encode(part)))
    return data


class Ear:
    """A listener that keeps the packets."""

    def __init__(self):
        self.packets = []
        self.came = asyncio.Event()

    def put(self, packet):
        self.packets.append(packet)
        self.came.set()

    async def wait(self, count):
        """Wait for so many packets."""
        while len(self.packets) < count:
            self.came.clear()
            await asyncio.wait_for(self.came.wait(), PATIENCE)

    def heard(self):
        """Return what they sound like, one channel."""
        decoder = av.CodecContext.create('libopus', 'r')
        parts = [frame.to_ndarray().reshape(-1, frame.layout.nb_channels)[:, 0]
                 for packet in self.packets for frame in decoder.decode(av.Packet(bytes(packet)))]
        return np.concatenate(parts)


@pytest.mark.asyncio
@pytest.mark.parametrize('channels', [1, 2])
async def test_all_hear_the_same_packets_of_the_sound_that_came(channels, clock):
    stream = SoundStream(channels, 32000, clock=clock)
    ears = [Ear(), Ear()]
    for ear in ears:
        stream.add(ear)
    samples = tone(440, 1.0)
    for number in range(50):
        clock.now += 0.02
        stream.put(FORM, samples[number * BLOCK:(number + 1) * BLOCK])
        await ears[0].wait(number)
    await ears[1].wait(49)
    assert all(a is b for a, b in zip(ears[0].packets, ears[1].packets))
    assert [packet.pts for packet in ears[0].packets[:3]] == [0, 960, 1920]
    assert frequency_of(ears[0].heard()[4800:], 48000) == pytest.approx(440, abs=2)
    assert stream.stats.dropped == stream.stats.errors == 0
    for ear in ears:
        stream.remove(ear)


@pytest.mark.asyncio
async def test_nothing_is_encoded_without_listeners_and_again_with_one():
    stream = SoundStream(1, 32000)
    stream.put(FORM, tone(440, 1.0))
    assert not stream.wanted and stream.reason == ''
    first, second = Ear(), Ear()
    stream.add(first)
    stream.put(FORM, tone(440, 0.1))
    await first.wait(4)
    stream.remove(first)
    assert not stream.wanted
    stream.add(second)
    stream.put(FORM, tone(440, 0.1))
    await second.wait(4)
    assert len(first.packets) < 10
    # Listeners of one track see no time twice.
    assert second.packets[0].pts > first.packets[-1].pts
    stream.remove(second)


@pytest.mark.asyncio
async def test_who_hears_nothing_is_told_why(clock):
    stream, ear = SoundStream(1, 32000, '/audio', clock), Ear()
    stream.source_reason = 'nobody publishes /audio'
    assert stream.reason == ''
    stream.add(ear)
    assert stream.reason == 'nobody publishes /audio'
    stream.source_reason = ''
    assert stream.reason == ''
    clock.now += 2.5
    assert stream.reason == 'nothing comes from /audio'
    stream.put(FORM, tone(440, 0.1))
    assert stream.reason == ''
    stream.remove(ear)


@pytest.mark.asyncio
async def test_a_block_that_cannot_be_read_is_told_once_and_hurts_no_other(caplog):
    stream, ear = SoundStream(1, 32000), Ear()
    stream.add(ear)
    for _ in range(2):
        stream.put(FORM, b'123')
    stream.put(FORM, tone(440, 0.1))
    await ear.wait(4)
    assert stream.stats.errors == 2
    assert caplog.text.count('3 bytes are not a whole number') == 1
    stream.remove(ear)


def test_mp3_is_decoded_however_it_is_cut():
    data, decoder = mp3_of(tone(440, 2.0)), SoundDecoder(1)
    parts = [decoder.decode(MP3, data[start:start + 300]) for start in range(0, len(data), 300)]
    samples = np.concatenate(parts)[:, 0]
    assert len(samples) > 1.8 * 48000
    assert frequency_of(samples[4800:76800], 48000) == pytest.approx(440, abs=2)
    assert PACKET_SAMPLES == 960
