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
Viewers without a browser: aiortc with the channels of our page, or with RTCBot's.

Run as a program, ``python viewers.py URL``, it drives forward as an RTCBot client, for ever.
"""

import asyncio
import contextlib
import json
import sys
import threading

import aiohttp
from aiortc import (
    InvalidStateError, RTCConfiguration, RTCPeerConnection, RTCRtpReceiver, RTCSessionDescription)
from aiortc.mediastreams import MediaStreamError
from support.browsers import Loop, PATIENCE, until
from support.rtp import rtp_timestamp

PAGE = ('control', 'teleop')
RTCBOT = ('default',)


class Viewer:
    """
    One session, whose offer goes by POST.

    :param channels: ``PAGE`` or ``RTCBOT``
    :param codec: the only one to offer, as ``VP8``
    """

    def __init__(self, url, channels=PAGE, codec=None):
        """Connect, and wait until the channels are open."""
        self.heard = {label: [] for label in channels}
        self.frames = 0
        self.picture = self.rtp = None
        self._loop = Loop()
        self._channels = {}
        try:
            self._loop.run(self._connect(url, channels, codec))
        except BaseException:
            self.close()
            raise

    async def _connect(self, url, channels, codec):
        self._pc = pc = RTCPeerConnection(RTCConfiguration([]))
        transceiver = pc.addTransceiver('video', 'recvonly')
        self._receiver = transceiver.receiver
        if codec is not None:
            transceiver.setCodecPreferences([
                c for c in RTCRtpReceiver.getCapabilities('video').codecs
                if c.mimeType == f'video/{codec}'])
        opened = []
        for label in channels:
            options = ({'ordered': False, 'maxRetransmits': 0} if label == 'teleop' else {})
            self._channels[label] = channel = pc.createDataChannel(label, **options)
            channel.on('message', lambda text, label=label: self.heard[label].append(
                json.loads(text)))
            done = asyncio.Event()
            channel.on('open', done.set)
            opened.append(done)
        pc.on('track', lambda track: setattr(
            self, '_watching', asyncio.ensure_future(self._watch(track))))
        await pc.setLocalDescription(await pc.createOffer())
        async with aiohttp.ClientSession() as http:
            async with http.post(url, data=json.dumps(
                    {'sdp': pc.localDescription.sdp, 'type': 'offer'})) as response:
                text = await response.text()
                assert response.status == 200, text
        answer = json.loads(text)
        assert set(answer) == {'sdp', 'type'}
        await pc.setRemoteDescription(RTCSessionDescription(**answer))
        for done in opened:
            await done.wait()

    async def _watch(self, track):
        with contextlib.suppress(MediaStreamError):
            while True:
                picture = await track.recv()
                self.rtp = rtp_timestamp(self._receiver, picture)
                self.picture = picture
                self.frames += 1

    def send(self, label, message):
        """Send a message, a text as it is."""
        text = message if isinstance(message, str) else json.dumps(message)

        async def put():
            self._channels[label].send(text)
        self._loop.run(put())

    def wait(self, label, condition, timeout=PATIENCE):
        """Wait for a message that fulfils a condition; return it."""
        return until(lambda: next((m for m in list(self.heard[label]) if condition(m)), None),
                     lambda: f'such a message on {label}, which is {self._state(label)}; heard: '
                             f'{self.heard[label][-5:]}', timeout)

    def _state(self, label):
        transport = self._pc.sctp.transport
        return (f'{self._channels[label].readyState} over SCTP {self._pc.sctp.state}, DTLS '
                f'{transport.state} and ICE {transport.transport.state}')

    def newest(self, label, kind):
        """Return the newest message of a type."""
        return next(m for m in reversed(list(self.heard[label])) if m['type'] == kind)

    def close(self):
        """End the session, and say so."""
        async def end():
            await self._pc.close()
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()
        self._loop.run(end())
        self._loop.close()


def command(epoch, seq, nonce, x, z=0.0, frame=None, up=None):
    """
    Return a command: ``x`` forward and left in m/s, ``z`` counter-clockwise in rad/s.

    :param up: in m/s; ``None``: a page that knows of no motion up
    """
    return {'type': 'drive', 'epoch': epoch, 'seq': seq, 'tick': nonce, 'frame': frame,
            'linear_x': x, 'linear_y': x, 'angular_z': z,
            **({} if up is None else {'linear_z': up})}


class Driver:
    """A page that holds the lease and sends what the test likes."""

    def __init__(self, url):
        """Take the lease."""
        self.viewer = Viewer(url)
        self.epoch = None
        self.take()

    def take(self):
        """Take the lease, as soon as it is free."""
        self._seq = 0
        until(self._ask, 'the lease')
        self.viewer.heard['teleop'].clear()
        self.viewer.wait('teleop', lambda m: m['type'] == 'tick')

    def _ask(self):
        self.viewer.send('control', {'type': 'want', 'lease': True})
        self.epoch = self.viewer.newest('control', 'lease')['epoch']
        return self.epoch is not None

    def send(self, x, z=0.0, nonce=None, up=None):
        """Send one command, with the newest nonce unless another is given."""
        self._seq += 1
        if nonce is None:
            nonce = self.viewer.newest('teleop', 'tick')['tick']
        self.viewer.send('teleop', command(
            self.epoch, self._seq, nonce, x, z, self.viewer.rtp, up))
        return self._seq

    def go(self, x, z=0.0, up=None):
        """Send a command; before it a neutral one, if the robot asks for that."""
        heard = self.viewer.heard['teleop']
        if any(m.get('reason') == 'neutral-first' for m in list(heard)):
            heard[:] = [m for m in heard if m['type'] == 'tick']
            self.send(0)
        return self.send(x, z, up=up)

    def send_joy(self, axes, buttons):
        """Send a gamepad's state in the Gamepad API's order, with the newest nonce."""
        self._seq += 1
        self.viewer.send('teleop', {
            'type': 'joy', 'epoch': self.epoch, 'seq': self._seq, 'axes': axes,
            'buttons': buttons, 'tick': self.viewer.newest('teleop', 'tick')['tick']})

    def refusal(self, text, reason):
        """Send a text until the robot says that it refuses it so."""
        self.viewer.heard['teleop'] = self.viewer.heard['teleop'][-1:]

        def refused():
            self.viewer.send('teleop', text)
            return any(m.get('reason') == reason for m in list(self.viewer.heard['teleop']))
        until(refused, f'{text} is refused for {reason}')

    def close(self):
        """End the session."""
        self.viewer.close()


class SteadyDriver:
    """Drives forward in a thread of its own, until it is closed or the robot goes."""

    def __init__(self, url):
        """Take the lease and begin."""
        self._driver = Driver(url)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        # The robot may go, and the channel with it.
        with contextlib.suppress(InvalidStateError):
            # 25 commands a second, as a page sends.
            while not self._ended.wait(0.04):
                self._driver.go(1)

    def wait_refusal(self, reason):
        """Wait until a command was refused for a reason."""
        self._driver.viewer.wait('teleop', lambda m: m.get('reason') == reason)

    def close(self):
        """End the session."""
        self._ended.set()
        self._thread.join()
        self._driver.close()


def main():
    """Drive until killed."""
    viewer = Viewer(sys.argv[1], RTCBOT)
    viewer.send('default', {'forward': 1, 'leftright': 0})
    print('driving', flush=True)
    viewer._loop._thread.join()


if __name__ == '__main__':
    main()
