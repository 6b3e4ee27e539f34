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

"""The bridge as a process, with RTCBot 0.2.5 as published at the other end."""

import asyncio
from contextlib import asynccontextmanager, closing

import numpy as np
import pytest
from support.heard import frequency_in, HEARD
from support.loudspeaker import Loudspeaker
from support.microphone import FREQUENCY, Microphone, PARAMETERS
from support.patience import PATIENCE
from support.rtcbot_peers import (
    BLUE, chromium, GREEN, page_server, seed_relay, StockViewer, until, Voice, wait_tone,
)
from support.stack import CmdVel, ColourCamera, Robot
from support.tones import microphone_flags
from test_rtcbot_interop import near, show_colour


class Session:
    """A robot with one blue and one green camera, and no relay of its own."""

    def __init__(self, relay_url='', origins=(), **parameters):
        self._parameters = {'relay_url': relay_url, 'access.origins': list(origins), **parameters}

    async def __aenter__(self):
        self.robot = await asyncio.to_thread(
            Robot, relay=False, **{'cameras.names': ['front', 'rear'],
                                   'teleop.max_linear_acceleration': 1000.0, **self._parameters})
        probe = self.robot.probe
        self.cameras = [ColourCamera(probe, 'front/image_raw', BLUE),
                        ColourCamera(probe, 'rear/image_raw', GREEN)]
        self.cmd_vel = CmdVel(probe)
        return self

    async def __aexit__(self, *_):
        for camera in self.cameras:
            camera.close()
        await asyncio.to_thread(self.robot.close)


async def see_and_drive(post, colour, cmd_vel):
    """Connect RTCBot's Python client, see the camera, drive, and leave."""
    viewer = StockViewer()
    try:
        assert set(await viewer.connect(post)) == {'sdp', 'type'}
        async with asyncio.timeout(PATIENCE):
            # The first pictures may still be of another camera's last viewer.
            while not near(await viewer.colour(), colour):
                pass
        since = cmd_vel.mark()
        async with asyncio.timeout(PATIENCE):
            # Like a person: as long as bridge and guard have not found each other, again.
            while not cmd_vel.motions(since):
                viewer.conn.put_nowait({'forward': 0, 'leftright': 0})
                viewer.conn.put_nowait({'forward': 1, 'leftright': 0})
                await asyncio.sleep(0.2)
        since = cmd_vel.mark()
    finally:
        await viewer.close()
    await asyncio.to_thread(cmd_vel.wait_zero, since)


@pytest.mark.asyncio
async def test_at_the_tutorials_relay():
    """The bridge is there again after each answer."""
    async with seed_relay() as url, Session(url + '/ws') as session:
        await asyncio.to_thread(session.robot.diagnostics, 'relay',
                                lambda values, message: message == 'connected')
        for _ in range(3):
            await see_and_drive(url + '/connect', BLUE, session.cmd_vel)


@pytest.mark.asyncio
async def test_at_its_own_server():
    """A POST may name the camera."""
    async with Session() as session:
        url = session.robot.own_url
        await see_and_drive(url + '/connect?camera=rear', GREEN, session.cmd_vel)
        await see_and_drive(url + '/testbot', BLUE, session.cmd_vel)


@asynccontextmanager
async def speaking(folder, **parameters):
    """Run a robot with a microphone that hears 440 Hz; give its URL and its loudspeaker."""
    with closing(Loudspeaker(folder)) as loudspeaker:
        async with Session(**PARAMETERS, **{
                'audio.talk': 'role', 'audio.talk_device': loudspeaker.device},
                **parameters) as session:
            with closing(Microphone(session.robot.probe)):
                yield session.robot.own_url + '/connect', loudspeaker


@pytest.mark.asyncio
async def test_sound_both_ways_with_the_python_client(tmp_path, monkeypatch):
    # RTCBot uses it when sound comes; NumPy 1.24 took it away.
    monkeypatch.setattr(np, 'float', float, raising=False)
    async with speaking(tmp_path) as (url, loudspeaker):
        viewer = StockViewer(Voice(880))
        try:
            await viewer.connect(url)
            await wait_tone(viewer.sound, FREQUENCY)
            await asyncio.to_thread(loudspeaker.wait_tone, 880)
        finally:
            await viewer.close()


@pytest.mark.asyncio
async def test_sound_both_ways_with_the_page_s_script(tmp_path, chromium_path):
    flags = (*microphone_flags(tmp_path / 'voice.wav', 880),
             '--autoplay-policy=no-user-gesture-required')
    async with speaking(tmp_path, origins=['*']) as (post, loudspeaker):
        async with page_server(post) as url, chromium(chromium_path, *flags) as page:
            await page.goto(url + '?sound')
            await page.evaluate('connected')

            async def heard():
                recording = await page.evaluate(f'({HEARD})()')
                return abs(frequency_in(recording) - FREQUENCY) < 5
            await until(heard)
            await asyncio.to_thread(loudspeaker.wait_tone, 880)


@pytest.mark.asyncio
async def test_the_tutorials_page_sees_and_drives(chromium_path):
    """Its script is RTCBot's own, and so are picture and keyboard."""
    async with Session(origins=['*']) as session:
        async with page_server(session.robot.own_url + '/connect') as url:
            async with chromium(chromium_path) as page:
                await page.goto(url)
                await page.evaluate('connected')
                await until(lambda: page.evaluate('colour()'))
                await until(lambda: show_colour(page, BLUE))
                since = session.cmd_vel.mark()
                async with asyncio.timeout(PATIENCE):
                    # Again as above.
                    while not session.cmd_vel.motions(since):
                        await page.keyboard.up('w')
                        await page.keyboard.down('w')
                        await asyncio.sleep(0.2)
                since = session.cmd_vel.mark()
                await page.keyboard.up('w')
                await asyncio.to_thread(session.cmd_vel.wait_zero, since)
