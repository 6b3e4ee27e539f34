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
Robots, pages and viewers of RTCBot 0.2.5 (PyPI), as its tutorials write them.

Only the camera is generated, and no ICE server is asked: RTCBot's default is Google's.
"""

import asyncio
from collections import deque
from contextlib import asynccontextmanager
import functools
import json
from pathlib import Path
import socket
import sys
import time

from aiohttp import ClientSession, web
from aiortc import (RTCConfiguration, RTCPeerConnection, RTCSessionDescription,
                    VideoStreamTrack)
from av import VideoFrame
import numpy as np
import pytest
from rtc_bridge.core.errors import SignalingError
from rtc_bridge.core.protocol.robot_link import RobotLink
from support.chromium import FLAGS
from support.patience import PATIENCE
from support.relay_server import serve_app
from support.tones import frequency_of, tone

rtcbot = pytest.importorskip('rtcbot')

NO_ICE = RTCConfiguration([])
# Of sound, Hz.
SOUND_RATE = 48_000
# Colours of a generated picture as blue, green, red, far apart even after VP8.
RED, GREEN, BLUE = (0, 0, 200), (0, 160, 0), (200, 0, 0)


class Camera:
    """A camera of one colour in RTCBot's form: ``get`` gives a BGR array, 320x240 at 30 Hz."""

    def __init__(self, colour):
        """Make the picture."""
        self._frame = np.full((240, 320, 3), colour, np.uint8)

    async def get(self):
        """Return the next picture."""
        await asyncio.sleep(1 / 30)
        return self._frame


class Voice:
    """A microphone with a tone in RTCBot's form: ``get`` returns 20 ms of floats at 48 kHz."""

    def __init__(self, frequency):
        """Make a second of it."""
        samples = tone(frequency, 1.0, SOUND_RATE).astype(np.float32) / 32768
        self._blocks = samples.reshape(50, -1, 1)
        self._next = 0
        self._due = None

    async def get(self):
        """Return the next block, when it is due."""
        self._due = (self._due or time.monotonic()) + 0.02
        await asyncio.sleep(self._due - time.monotonic())
        self._next += 1
        return self._blocks[self._next % 50]


async def wait_tone(sound, frequency):
    """
    Wait until half a second of a tone comes from what RTCBot's ``audio`` gives.

    :param frequency: in Hz
    """
    newest = deque(maxlen=25)
    async with asyncio.timeout(PATIENCE):
        while len(newest) < 25 or abs(frequency_of(
                np.concatenate(newest)[:, 0], SOUND_RATE) - frequency) > 5:
            newest.append(await sound.get())


@asynccontextmanager
async def stock_robot(url, colour=GREEN, voice=None):
    """
    Run the robot of RTCBot's tutorial "Connecting over 4G".

    It serves one viewer, then its WebSocket closes; it sends back what it gets, in a list. Gives
    the future that ends with its WebSocket, and what it hears, if it has a voice.
    """
    sound = None
    conn = rtcbot.RTCConnection(rtcConfiguration=NO_ICE)
    conn.video.putSubscription(Camera(colour))
    if voice is not None:
        conn.audio.putSubscription(voice)
        sound = conn.audio.subscribe()
    conn.subscribe(lambda message: conn.put_nowait({'got': message}))
    ws = rtcbot.Websocket(url)

    async def connect():
        remote = await ws.get()
        local = await conn.getLocalDescription(remote)
        ws.put_nowait(local)
        await ws.close()

    task = asyncio.create_task(connect())
    while ws.ws is None:
        if ws.error:
            raise ConnectionError(ws.error)
        await asyncio.sleep(0.01)
    try:
        yield task, sound
    finally:
        task.cancel()
        await conn.close()
        if ws.ws is not None and not ws.ws.closed:
            await ws._clientClose()


class StockViewer:
    """RTCBot's Python end as a viewer, as its tutorial on offloading has it."""

    def __init__(self, voice=None):
        """Prepare a connection that wants video; and sound, if it has a voice."""
        self.conn = rtcbot.RTCConnection(rtcConfiguration=NO_ICE)
        self.frames = self.conn.video.subscribe()
        if voice is not None:
            self.sound = self.conn.audio.subscribe()
            self.conn.audio.putSubscription(voice)
        self.messages = self.conn.subscribe()

    async def connect(self, url):
        """Offer by POST; return the answer."""
        offer = await self.conn.getLocalDescription()
        async with ClientSession() as http:
            async with http.post(url, data=json.dumps(offer)) as response:
                assert response.status == 200, await response.text()
                answer = await response.json()
        await self.conn.setRemoteDescription(answer)
        return answer

    async def colour(self):
        """Wait for a picture; return its mean colour as blue, green, red."""
        async with asyncio.timeout(PATIENCE):
            frame = await self.frames.get()
        return tuple(frame.reshape(-1, 3).mean(axis=0))

    async def ask(self, message):
        """Send a message; return what comes back."""
        self.conn.put_nowait(message)
        async with asyncio.timeout(PATIENCE):
            return await self.messages.get()

    async def close(self):
        """End the connection."""
        await self.conn.close()


# RTCBot's page as its tutorial has it, but for: no ICE server, another origin than the relay's,
# and what the test reads.
PAGE = """
<html><head><title>RTCBot</title><script src="/rtcbot.js"></script></head>
<body><video autoplay playsinline muted></video><audio autoplay></audio>
<script>
  const received = [];
  var conn = new rtcbot.RTCConnection(true, {iceServers: []});
  conn.video.subscribe(function(stream) {
    document.querySelector('video').srcObject = stream;
  });
  conn.subscribe(m => received.push(m));
  async function connect() {
    if (location.search === '?sound') {
      conn.audio.subscribe(function(stream) {
        document.querySelector('audio').srcObject = stream;
      });
      const microphone = await navigator.mediaDevices.getUserMedia({audio: true});
      conn.audio.putSubscription(microphone.getAudioTracks()[0]);
    }
    let offer = await conn.getLocalDescription();
    let response = await fetch(POST_URL, {
      method: 'POST', cache: 'no-cache', body: JSON.stringify(offer)
    });
    await conn.setRemoteDescription(await response.json());
  }
  var keyboard = new rtcbot.Keyboard();
  keyboard.subscribe(conn.put_nowait);
  conn.put_nowait('early');
  conn.put_nowait({n: 1});
  var connected = connect();
  function colour() {
    const video = document.querySelector('video');
    if (!video.videoWidth) return null;
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 1;
    const context = canvas.getContext('2d');
    context.drawImage(video, 0, 0, 1, 1);
    return [video.videoWidth, video.videoHeight, ...context.getImageData(0, 0, 1, 1).data];
  }
</script></body></html>
"""


@asynccontextmanager
async def page_server(post_url, script=None):
    """Serve the page with RTCBot's script, or another; give its URL."""
    async def page(request):
        return web.Response(content_type='text/html',
                            text=PAGE.replace('POST_URL', json.dumps(post_url)))

    async def js(request):
        return web.Response(content_type='application/javascript',
                            text=script or rtcbot.getRTCBotJS())

    app = web.Application()
    app.router.add_get('/', page)
    app.router.add_get('/rtcbot.js', js)
    async with serve_app(app) as url:
        yield url + '/'


@asynccontextmanager
async def chromium(path, *flags):
    """Run Chromium with a fresh profile, and some flags besides; give an open page."""
    from playwright.async_api import async_playwright
    # Without *.local candidates: aioice resolves them with one lock for all event loops, so that
    # only the first test with them would work.
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=[
            *FLAGS, '--disable-features=WebRtcHideLocalIpsWithMdns', *flags])
        try:
            yield await browser.new_page()
        finally:
            await browser.close()


@asynccontextmanager
async def seed_relay():
    """Run the server of RTCBot's tutorial in a process of its own; give its URL."""
    script = Path(__file__).with_name('rtcbot_seed_relay.py')
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        port = s.getsockname()[1]
    # The text's own port, 8080, may be in use here; nothing else of it is changed.
    code = ('import functools, runpy; from aiohttp import web; '
            f'web.run_app = functools.partial(web.run_app, host="127.0.0.1", port={port}); '
            f'runpy.run_path({str(script)!r})')
    process = await asyncio.create_subprocess_exec(sys.executable, '-c', code,
                                                   stdout=asyncio.subprocess.DEVNULL)
    url = f'http://127.0.0.1:{port}'
    try:
        async with ClientSession() as http:
            while True:
                assert process.returncode is None
                try:
                    async with http.get(url):
                        break
                except OSError:
                    await asyncio.sleep(0.05)
        yield url
    finally:
        process.kill()
        await process.wait()


class ColourTrack(VideoStreamTrack):
    """A video track of one colour."""

    def __init__(self, colour):
        """Make the picture."""
        super().__init__()
        self._array = np.full((240, 320, 3), colour, np.uint8)

    async def recv(self):
        """Return the next frame."""
        pts, time_base = await self.next_timestamp()
        frame = VideoFrame.from_ndarray(self._array, format='bgr24')
        frame.pts, frame.time_base = pts, time_base
        return frame


class PlainRobot(RobotLink):
    """A small ``RobotLink``: aiortc, a colour, and messages sent back in a list."""

    trickle = False

    def __init__(self, colour):
        """Start without viewers."""
        self._colour = colour
        self._peers = []
        super().__init__()
        self.offers = []

    async def ice_servers(self):
        """Return none."""
        return []

    async def answer(self, offer):
        """Make a session."""
        self.offers.append(offer)
        pc = RTCPeerConnection(NO_ICE)
        self._peers.append(pc)
        pc.addTrack(ColourTrack(self._colour))
        pc.on('datachannel', lambda channel: channel.on('message', functools.partial(
            self._echo, channel)))
        try:
            await pc.setRemoteDescription(RTCSessionDescription(offer.sdp, 'offer'))
            await pc.setLocalDescription(await pc.createAnswer())
        except ValueError as error:
            raise SignalingError('bad-offer', str(error)) from None
        return pc.localDescription.sdp

    def _echo(self, channel, text):
        try:
            message = json.loads(text)
        except ValueError:
            message = text
        channel.send(json.dumps({'got': message}))

    async def add_candidate(self, session, candidate):
        """Do nothing: offers hold all candidates."""

    async def close_session(self, session):
        """Do nothing: the test closes all."""

    async def close(self):
        """End all sessions."""
        for pc in self._peers:
            await pc.close()


async def until(condition, timeout=PATIENCE):
    """Wait until an async function gives something true; return that."""
    end = time.monotonic() + timeout
    while True:
        value = await condition()
        if value:
            return value
        assert time.monotonic() < end, f'not in {timeout} s'
        await asyncio.sleep(0.05)
