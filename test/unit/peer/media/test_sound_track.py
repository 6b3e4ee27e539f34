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

"""The robot's sound in a session: who hears it, and when."""

import asyncio
from collections import deque
import math
import re

from aiortc.rtp import RtpPacket
from aiortc.sdp import SessionDescription
import numpy as np
import pytest
from rtc_bridge.core.access.floor import Floor
from rtc_bridge.media.sound.sound_stream import SoundStream
from support.patience import PATIENCE
from support.proving import Page
from support.red import offer_red, read_red
from support.tones import frequency_of, ToneSource
from support.viewer import make_sessions, TestCamera, until, Viewer

pytestmark = pytest.mark.asyncio


@pytest.fixture
def stream():
    """Return a stream with a tone of 440 Hz."""
    made = SoundStream(1, 32_000)
    source = ToneSource(made)
    yield made
    source.close()


@pytest.fixture
def camera():
    """Return a camera."""
    return TestCamera('front', 60)


async def hear(viewer, frequency=440):
    """Wait until a viewer hears a tone for half a second."""
    track = next(one.receiver.track for one in viewer.pc.getTransceivers() if one.kind == 'audio')
    newest = deque(maxlen=25)
    async with asyncio.timeout(PATIENCE):
        while len(newest) < 25 or abs(
                frequency_of(np.concatenate(newest), 48_000) - frequency) > 3:
            frame = await track.recv()
            newest.append(frame.to_ndarray().reshape(-1, 2)[:, 0])


async def test_a_page_hears_the_robot_while_it_listens(greet, camera, stream):
    sessions = make_sessions(camera, sound=stream)
    viewer = await greet(sessions, audio='recvonly')
    assert viewer.got('control', 'hello')[0]['sound'] is True
    await viewer.ping()
    assert not stream.wanted
    viewer.send('control', type='listen', on=True)
    await hear(viewer)
    viewer.send('control', type='listen', on=False)
    await viewer.ping(2)
    assert not stream.wanted


async def test_a_page_is_told_why_it_hears_nothing_while_it_listens(greet, camera):
    silent = SoundStream(1, 32_000)
    silent.source_reason = 'nobody publishes /audio'
    viewer = await greet(make_sessions(camera, sound=silent), audio='recvonly')
    await viewer.ping()
    assert not viewer.got('control', 'sound')
    viewer.send('control', type='listen', on=True)
    await viewer.until(lambda: viewer.newest('control', 'sound').get('reason')
                       == 'nobody publishes /audio')
    viewer.send('control', type='listen', on=False)
    await viewer.until(lambda: viewer.newest('control', 'sound').get('reason') == '')


async def test_who_leaves_while_listening_leaves_nothing_behind(greet, camera, stream):
    sessions = make_sessions(camera, sound=stream)
    viewer = await greet(sessions, audio='recvonly')
    viewer.send('control', type='listen', on=True)
    await viewer.ping()
    assert stream.listeners == 1
    await viewer.close()
    await until(lambda: not stream.wanted)


@pytest.mark.parametrize('protocol', ['rtcbot', 'whep'])
async def test_clients_that_cannot_ask_hear_it_at_once(connect, camera, stream, protocol):
    sessions = make_sessions(camera, sound=stream)
    viewer = await connect(sessions, Viewer(labels=(), audio='recvonly'), protocol=protocol)
    await hear(viewer)


class Received:
    """The packets of RTP that come to a viewer."""

    def __init__(self, viewer):
        """Begin to look at them."""
        audio = next(one for one in viewer.pc.getTransceivers() if one.kind == 'audio')
        self._transport = audio.receiver.transport
        self._handle = self._transport._handle_rtp_data
        self._transport._handle_rtp_data = self._take
        self._packets = asyncio.Queue()

    async def _take(self, data, arrival_time_ms):
        self._packets.put_nowait(RtpPacket.parse(data))
        await self._handle(data, arrival_time_ms=arrival_time_ms)

    async def wait(self, payload_type, condition):
        """Wait for a payload of a type that fulfils a condition."""
        async with asyncio.timeout(PATIENCE):
            while True:
                packet = await self._packets.get()
                if packet.payload_type == payload_type and condition(packet.payload):
                    return


@pytest.mark.parametrize('direction', ['recvonly', 'sendrecv'])
async def test_packets_are_repeated_on_a_path_that_loses_some(connect, camera, stream, direction):
    sessions = make_sessions(camera, sound=stream, floor=Floor('role', lambda _: False))
    viewer = await connect(sessions, audio=direction, change=offer_red)
    opus = int(re.search(r'a=fmtp:63 (\d+)/\1\r\n', viewer.pc.remoteDescription.sdp)[1])
    received = Received(viewer)
    viewer.send('control', type='listen', on=True)
    await received.wait(opus, lambda payload: len(payload) > 10)
    session = sessions.sessions[viewer.id]
    sound = session.sound
    # The path keeps room for pictures.
    await until(lambda: sound.max_bitrate == session.path.congestion.estimate.bitrate - 150_000)
    # A busy host's own losses and delays must not count.
    session.path.step = lambda *_: None
    sound.max_bitrate = math.inf
    for copies, report in ((1, session.path.on_report), (2, sound.redundancy.on_report)):
        blocks = [(opus, age * 960) for age in range(copies, -1, -1)]

        def repeats(payload):
            report((0.0, 0.03, 0.2)[copies])
            return [(kind, age) for kind, age, _ in read_red(payload)] == blocks
        report((0.0, 0.03, 0.2)[copies])
        await received.wait(63, repeats)
        assert sound.bitrate >= (1 + copies) * stream.bitrate
    # The path has room for one of the two, and then for none.
    sound.max_bitrate = sound.bitrate - 1
    await received.wait(63, lambda payload: report(0.2) or len(read_red(payload)) == 2)
    sound.max_bitrate = stream.bitrate
    await received.wait(opus, lambda payload: len(payload) > 10)
    # The path is asked for all of it even so, or it would never find the room.
    report(0.2)
    assert sound.wanted == sound.bitrate + 2 * stream.bitrate


async def test_red_is_bounded_while_no_camera_is_shown(connect, camera, stream):
    sessions = make_sessions(camera, sound=stream)
    viewer = await connect(sessions, audio='recvonly', change=offer_red)
    session = sessions.sessions[viewer.id]
    await until(lambda: session.state == 'connected')
    session.slots[0].show(None)
    await until(lambda: session.sound.max_bitrate == session.path.congestion.estimate.bitrate)


@pytest.mark.parametrize('change', [
    lambda sdp: sdp, lambda sdp: offer_red(sdp, opus='0'), lambda sdp: offer_red(sdp, 80)],
    ids=['none', 'of another codec', 'at a type of RTCP'])
async def test_nothing_is_repeated_without_a_red_that_fits(connect, camera, stream, change):
    sessions = make_sessions(camera, sound=stream)
    viewer = await connect(sessions, audio='recvonly', change=change)
    assert 'red/48000' not in viewer.pc.remoteDescription.sdp
    viewer.send('control', type='listen', on=True)
    await hear(viewer)
    sessions.sessions[viewer.id].path.on_report(0.2)
    await hear(viewer)


async def test_red_is_not_accepted_where_no_sound_is_sent(connect, camera):
    sessions = make_sessions(camera, floor=Floor('role', lambda _: False))
    viewer = await connect(sessions, audio='sendrecv', change=offer_red)
    assert viewer.pc.remoteDescription.sdp.count('opus/48000') == 1
    assert 'red/48000' not in viewer.pc.remoteDescription.sdp


async def test_pictures_do_not_wait_for_sound(connect, camera, stream):
    viewer = await connect(make_sessions(camera, sound=stream), audio='recvonly')
    sections = SessionDescription.parse(viewer.pc.remoteDescription.sdp).media
    streams = {one.kind: one.msid.split()[0] for one in sections if one.msid}
    assert streams['audio'] != streams['video']
    assert 'playout-delay' not in str([one.rtp.headerExtensions for one in sections
                                       if one.kind == 'audio'])


async def test_a_robot_without_sound_or_a_viewer_without_ears_has_none(greet, camera, stream):
    deaf = await greet(make_sessions(camera, sound=stream))
    silent = await greet(make_sessions(camera), audio='recvonly')
    for viewer in (deaf, silent):
        assert viewer.got('control', 'hello')[0]['sound'] is False
        viewer.send('control', type='listen', on=True)
        await viewer.ping()
    assert not stream.wanted


async def test_a_stranger_hears_nothing_before_its_proof(robot, stream):
    robot.sessions.robot.sound = stream
    page = Page(audio='recvonly')
    robot.pages.append(page)
    await page.connect(robot.link)
    challenge = await page.challenge()
    page.send('control', type='listen', on=True)
    await page.until(lambda: page.got('control', 'error'))
    assert page.got('control', 'error')[0]['code'] == 'denied' and not stream.wanted
    page.prove(challenge, robot.invite('view'))
    await page.until(lambda: page.got('control', 'hello'))
    page.send('control', type='listen', on=True)
    await hear(page)
