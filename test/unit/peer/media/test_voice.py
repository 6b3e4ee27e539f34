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

"""The voices of viewers on the robot: who is heard, and what of it."""

import asyncio
from fractions import Fraction

from aiortc import MediaStreamTrack
from aiortc.rtp import RtpPacket
import av
import numpy as np
import pytest
from rtc_bridge.core.access.floor import Floor
from rtc_bridge.core.audio.redundancy import Redundancy
from rtc_bridge.media.sound.sound_stream import SoundStream
from support.red import offer_red
from support.tones import frequency_of
from support.viewer import make_sessions, TestCamera, until, Viewer

pytestmark = pytest.mark.asyncio


class Microphone(MediaStreamTrack):
    """A track with a tone, 20 ms at once."""

    kind = 'audio'

    def __init__(self, frequency):
        super().__init__()
        self._frequency = frequency
        self.volume = 20_000
        self._next = 0

    async def recv(self):
        await asyncio.sleep(0.018)
        moments = (self._next + np.arange(960)) / 48_000
        samples = (np.sin(2 * np.pi * self._frequency * moments) * self.volume).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), 's16', 'mono')
        frame.sample_rate, frame.pts, frame.time_base = 48_000, self._next, Fraction(1, 48_000)
        self._next += 960
        return frame


class Ear:
    """What is played on the robot."""

    def __init__(self, voice):
        self.blocks = []
        voice.sinks.append(self.blocks.append)

    async def hear(self, frequency):
        """Wait until a tone is heard."""
        start = len(self.blocks)

        def heard():
            blocks = self.blocks[start:][-25:]
            return len(blocks) == 25 and abs(
                frequency_of(np.concatenate(blocks), 48_000) - frequency) < 5
        await until(heard)


@pytest.fixture
def robot():
    """Return the sessions of a robot that plays voices."""
    sessions = make_sessions(TestCamera('front', 60), floor=Floor('role', lambda _: False))
    sessions.ear = Ear(sessions.robot.voice)
    return sessions


def talker(frequency):
    """Return a viewer with a microphone."""
    viewer = Viewer(audio='sendrecv')
    transceiver, = (one for one in viewer.pc.getTransceivers() if one.kind == 'audio')
    viewer.microphone = Microphone(frequency)
    transceiver.sender.replaceTrack(viewer.microphone)
    return viewer


async def test_who_has_the_floor_is_heard_and_all_are_told(greet, connect, robot):
    ada, bob = await greet(robot, viewer=talker(440)), await greet(robot, viewer=talker(660))
    assert ada.got('control', 'hello')[0]['talk'] is True
    ada.send('control', type='talk', on=True)
    await robot.ear.hear(440)
    await bob.until(lambda: bob.newest('control', 'talk').get('somebody'))
    assert bob.newest('control', 'talk')['you'] is False
    assert ada.newest('control', 'talk')['you'] is True
    bob.send('control', type='talk', on=True)
    await bob.until(lambda: bob.got('control', 'error'))
    assert bob.newest('control', 'error') | {} == {
        'type': 'error', 'code': 'no-talk', 'message': 'somebody else talks'}
    ada.send('control', type='talk', on=False)
    await bob.until(lambda: not bob.newest('control', 'talk').get('somebody'))
    bob.send('control', type='talk', on=True)
    await robot.ear.hear(660)


async def test_a_client_that_cannot_ask_is_heard_as_soon_as_the_floor_is_free(
        greet, connect, robot):
    ada = await greet(robot, viewer=talker(440))
    ada.send('control', type='talk', on=True)
    await robot.ear.hear(440)
    bot = talker(660)
    await connect(robot, bot, protocol='rtcbot')
    assert robot.robot.floor.holder == ada.id
    ada.send('control', type='talk', on=False)
    await robot.ear.hear(660)
    await until(lambda: robot.robot.floor.holder == bot.id)
    # It cannot say that it has ended, either.
    bot.microphone.volume = 0
    await until(lambda: robot.robot.floor.holder is None)


async def test_a_k_scale_app_with_audio_is_heard(answerer, robot):
    app = answerer(robot, audio=True)
    app.microphone = Microphone(550)
    await app.connect()
    await robot.ear.hear(550)


async def test_nothing_is_heard_without_the_floor_nor_after_its_holder_has_gone(greet, robot):
    ada = await greet(robot, viewer=talker(440))
    session, = robot.sessions.values()
    limits, came = session.limits, []
    take = limits.on_rtp
    limits.on_rtp = lambda data: (take(data), came.append(data))
    await until(lambda: len(came) > 10)
    assert robot.robot.voice._thread is None and robot.ear.blocks == []
    ada.send('control', type='talk', on=True)
    await robot.ear.hear(440)
    await ada.close()
    await until(lambda: robot.robot.floor.holder is None)
    assert robot.robot.voice._thread is None


async def test_a_robot_that_takes_no_sound_says_so(greet):
    sessions = make_sessions(TestCamera('front', 60))
    viewer = await greet(sessions, viewer=talker(440))
    assert viewer.got('control', 'hello')[0]['talk'] is False
    viewer.send('control', type='talk', on=True)
    await viewer.until(lambda: viewer.got('control', 'error'))
    assert viewer.newest('control', 'error')['code'] == 'no-talk'


async def test_noise_in_place_of_opus_hurts_nobody(greet, robot):
    ada = await greet(robot, viewer=talker(440))
    session, = robot.sessions.values()
    ada.send('control', type='talk', on=True)
    await robot.ear.hear(440)
    for data in (b'', b'\x80' * 8, b'\xff' * 1200, bytes(range(256))):
        session.media.voice.take(data)
    robot.robot.voice.put(1, b'\xff' * 900)
    await robot.ear.hear(440)


async def test_a_voice_that_comes_as_red_is_heard(greet, robot):
    # RED is accepted beside a sound.
    robot.robot.sound = SoundStream(1, 32_000)
    ada = await greet(robot, viewer=talker(440), change=offer_red)
    limits, redundancy = next(iter(robot.sessions.values())).limits, Redundancy()
    take = limits.on_rtp

    def take_as_red(data):
        packet = RtpPacket.parse(data)
        packet.payload = redundancy.pack(
            packet.timestamp, packet.payload, packet.payload_type, 1)
        packet.payload_type = 63
        take(packet.serialize())
    limits.on_rtp = take_as_red
    ada.send('control', type='talk', on=True)
    await robot.ear.hear(440)
