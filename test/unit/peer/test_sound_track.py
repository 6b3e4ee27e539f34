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
import re

from aiortc.rtp import RtpPacket
from aiortc.sdp import SessionDescription
import numpy as np
import pytest
from rtc_bridge.media.sound_stream import SoundStream
from support.patience import PATIENCE
from support.proving import Page
from support.red import read_red
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


def offer_red(sdp):
    """Offer to take older packets again, as Chromium does."""
    head, audio = sdp.split('m=audio ')
    opus = re.search(r'a=rtpmap:(\d+) opus/48000/2\r\n', audio)
    added = f'a=rtpmap:63 red/48000/2\r\na=fmtp:63 {opus[1]}/{opus[1]}\r\n'
    return f'{head}m=audio ' + re.sub(r'^(.*)\r\n', r'\1 63\r\n', audio, count=1).replace(
        opus[0], opus[0] + added)


async def received(viewer, payload_type):
    """Return the next packet of sound of a payload type: its time and its payload."""
    receiver = next(one.receiver for one in viewer.pc.getTransceivers() if one.kind == 'audio')
    transport, came = receiver.transport, asyncio.Queue()
    handle = transport._handle_rtp_data

    async def take(data, arrival_time_ms):
        packet = RtpPacket.parse(data)
        if packet.payload_type == payload_type:
            came.put_nowait((packet.timestamp, packet.payload))
        await handle(data, arrival_time_ms=arrival_time_ms)
    transport._handle_rtp_data = take
    async with asyncio.timeout(PATIENCE):
        found = await came.get()
    transport._handle_rtp_data = handle
    return found


async def test_a_path_that_loses_gets_older_packets_once_more(connect, camera, stream):
    sessions = make_sessions(camera, sound=stream)
    viewer = await connect(sessions, audio='recvonly', change=offer_red)
    opus = int(re.search(r'a=fmtp:63 (\d+)/\1\r\n', viewer.pc.remoteDescription.sdp)[1])
    viewer.send('control', type='listen', on=True)
    await hear(viewer)
    session = sessions.sessions[viewer.id]
    alone = session.sound.bitrate
    # Of a slot.
    session.path.on_report(0.03)
    for copies in (1, 2):
        _, payload = await received(viewer, 63)
        while len(read_red(payload)) <= copies:
            _, payload = await received(viewer, 63)
        assert [(kind, age) for kind, age, _ in read_red(payload)] == [
            (opus, age * 960) for age in range(copies, -1, -1)]
        assert session.sound.bitrate == alone + copies * stream.bitrate
        session.sound.redundancy.on_report(0.2)


async def test_who_does_not_know_of_older_packets_gets_each_once(greet, camera, stream):
    sessions = make_sessions(camera, sound=stream)
    viewer = await greet(sessions, audio='recvonly')
    assert 'red/48000' not in viewer.pc.remoteDescription.sdp
    viewer.send('control', type='listen', on=True)
    await hear(viewer)
    session = sessions.sessions[viewer.id]
    alone = session.sound.bitrate
    session.path.on_report(0.2)
    await hear(viewer)
    assert session.sound.bitrate == alone


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
