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
An honest page without a browser: it proves its invite, drives, and presses STOP.

Depends on nothing of rtc_bridge, so that it meets robots of any version.
"""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import os
import re
import struct
import time

import aiohttp
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from support.patience import PATIENCE
from support.rtp import rtp_timestamp

SUBPROTOCOL = 'rtc-bridge.v1'
# The page sends 20 commands a second at least, and repeats a stop every 50 ms (docs/protocol.md).
COMMAND_PERIOD_S = 0.04
STOP_PERIOD_S = 0.05
# A robot that is asked for more than it gives is asked again, as the page does.
RETRIES, RETRY_S = 40, 0.5
_OTHER_HASH = re.compile(r'^a=fingerprint:(?!sha-256 ).*\r\n', re.M)
_FINGERPRINT = re.compile(r'^a=fingerprint:sha-256 (\S+)', re.M)


class Refused(Exception):
    """The robot or relay refused an offer; the text is the error's code."""


def encode(data):
    """Return bytes as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def decode(text):
    """Return the bytes of base64url without padding."""
    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))


def fingerprint(sdp):
    """Return the raw SHA-256 fingerprint of a description."""
    return bytes.fromhex(_FINGERPRINT.search(sdp)[1].replace(':', ''))


def page_mac(fragment, robot_id, robot_nonce, page_nonce, page_print, robot_print):
    """Return the payload of an invite, and the page's proof of it (docs/protocol.md)."""
    _, payload, key = fragment.split('.')
    mac = hmac.new(decode(key), digestmod=hashlib.sha256)
    for field in (b'rtc-bridge/1 page', robot_id.encode(), robot_nonce, page_nonce, page_print,
                  robot_print, payload.encode()):
        mac.update(struct.pack('>I', len(field)) + field)
    return payload, mac.digest()


async def signal(http, url, sdp, **members):
    """
    Bring an offer to a robot as the page does, over a WebSocket; return the answer's SDP.

    :raises Refused: with the code of the error, or ``closed``
    """
    async with http.ws_connect(url, protocols=[SUBPROTOCOL], max_msg_size=2 ** 22) as ws:
        await ws.send_json({'type': 'watch'})
        while True:
            frame = await ws.receive(PATIENCE)
            if frame.type != aiohttp.WSMsgType.TEXT:
                raise Refused('closed')
            message = json.loads(frame.data)
            match message['type']:
                case 'ready':
                    await ws.send_json({'type': 'offer', 'session': message['session'],
                                        'sdp': sdp, 'trickle': False, **members})
                case 'answer':
                    return message['sdp']
                case 'error' if message['code'] not in ('no-robot', 'robot-gone'):
                    raise Refused(message['code'])


class PageClient:
    """
    One session.

    :param url: of the robot's page, ``http://...``, without the invite
    :param fragment: the invite, or ``None`` for a stranger
    :param video: whether a picture is asked for
    """

    def __init__(self, url, fragment=None, video=False):
        """Prepare; ``connect`` begins."""
        self.url, self.fragment, self.video = url, fragment, video
        self.channels = {}
        # Messages by channel and type: all of them, with the time at which they came.
        self.heard = []
        self.gone = None
        self.rtp = None
        # When ticks came, 20 a second while this page drives.
        self.ticks = []
        self.epoch = self.tick = None
        # The newest command that the robot says to have accepted.
        self.accepted = self.sent = 0
        self.motion = True
        self._neutral = True
        self._changed = asyncio.Condition()
        self._tasks = []
        self._requests = 0

    async def connect(self, labels=('control', 'teleop')):
        """
        Offer, and wait until the channels are open.

        :raises Refused: the offer is refused
        """
        self.pc = pc = RTCPeerConnection(RTCConfiguration([]))
        pc.on('connectionstatechange', self._state_changed)
        opened = []
        for label in labels:
            lossy = {'ordered': False, 'maxRetransmits': 0} if label == 'teleop' else {}
            self.channels[label] = channel = pc.createDataChannel(label, **lossy)
            channel.on('message', lambda text, label=label: self._heard(label, text))
            channel.on('close', lambda: self._lost('channel closed'))
            done = asyncio.Event()
            channel.on('open', done.set)
            opened.append(done)
        if self.video:
            transceiver = pc.addTransceiver('video', 'recvonly')
            self._tasks.append(asyncio.create_task(self._watch(transceiver.receiver)))
        await pc.setLocalDescription()
        self.offer = _OTHER_HASH.sub('', pc.localDescription.sdp)
        async with aiohttp.ClientSession() as http:
            self.answer = await signal(http, self.url, self.offer)
        await pc.setRemoteDescription(RTCSessionDescription(self.answer, 'answer'))
        async with asyncio.timeout(PATIENCE):
            for done in opened:
                await done.wait()
        return self

    async def prove(self):
        """Prove the invite, and wait for the robot's hello."""
        challenge = await self.wait('challenge')
        nonce = os.urandom(32)
        payload, mac = page_mac(
            self.fragment, challenge['robot_id'], decode(challenge['nonce']), nonce,
            fingerprint(self.offer), fingerprint(self.answer))
        self.send('control', type='prove', nonce=encode(nonce), payload=payload, mac=encode(mac))
        self.hello = await self.wait('hello')
        self._tasks.append(asyncio.create_task(self._ping()))
        return self

    async def enter(self):
        """Connect and prove, or be a stranger; come again while there are too many."""
        for attempt in range(RETRIES):
            try:
                await self.connect()
                if self.fragment is not None:
                    return await self.prove()
                await self.wait('challenge')
                return self
            except Refused as refused:
                await self.close()
                if str(refused) not in ('busy', 'too-many') or attempt == RETRIES - 1:
                    raise
                await asyncio.sleep(RETRY_S)

    async def drive(self):
        """Take the lease, and send commands from now on."""
        async with asyncio.timeout(PATIENCE):
            while self.epoch is None:
                self.send('control', type='want', lease=True)
                await asyncio.sleep(0.2)
        self._tasks.append(asyncio.create_task(self._drive()))

    async def wait(self, kind, condition=lambda message: True, since=0):
        """
        Return a message of a type that fulfils a condition, from number ``since`` on.

        :raises TimeoutError: none came
        :raises ConnectionError: the session is over
        """
        def found():
            return next((message for message in self.heard[since:]
                         if message['type'] == kind and condition(message)), None)
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(lambda: found() or self.gone)
        if found() is None:
            raise ConnectionError(f'no {kind}: {self.gone}')
        return found()

    async def goes_on(self):
        """Wait until a command that is sent from now on has been accepted."""
        first = self.sent + 1
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(lambda: self.accepted >= first or self.gone)
        if self.accepted < first:
            raise ConnectionError(f'no command is accepted: {self.gone}')

    async def stop(self):
        """Press the emergency stop; return after how many seconds it is confirmed."""
        self._requests += 1
        request, began, since = self._requests, time.monotonic(), len(self.heard)

        async def repeat():
            while True:
                self.send('teleop', type='stop', request=request)
                await asyncio.sleep(STOP_PERIOD_S)
        repeating = asyncio.create_task(repeat())
        try:
            self.latch = await self.wait('stop', lambda m: m.get('request') == request, since)
        finally:
            repeating.cancel()
        return time.monotonic() - began

    async def release(self):
        """End the stop that was pressed."""
        since = len(self.heard)
        self.send('control', type='release', id=self.latch['id'])
        await self.wait('stop', lambda m: not m['latched'], since)

    def send(self, label, **message):
        """Send a message; one that cannot go out any more is lost."""
        with contextlib.suppress(Exception):
            self.channels[label].send(json.dumps(message))

    async def close(self):
        """End the session."""
        self.gone = self.gone or 'closed here'
        for task in self._tasks:
            task.cancel()
        await self.pc.close()

    def _heard(self, label, text):
        message = json.loads(text)
        match message['type']:
            case 'lease':
                if message['epoch'] != self.epoch:
                    self.epoch, self.sent, self.accepted = message['epoch'], 0, 0
                    self._neutral = True
            case 'tick':
                self.tick = message['tick']
                self.ticks.append(time.monotonic())
                if (message.get('seq') or 0) > self.accepted:
                    self.accepted = message['seq']
                    self._neutral = False
                self._tell()
                return
            case 'refused':
                self._neutral = self._neutral or message['reason'] == 'neutral-first'
            case 'bye':
                self._lost(f'bye: {message.get("reason")}')
        self.heard.append({**message, 'came': time.monotonic()})
        self._tell()

    def _lost(self, why):
        self.gone = self.gone or why
        self._tell()

    def _tell(self):
        async def notify():
            async with self._changed:
                self._changed.notify_all()
        self._told = asyncio.ensure_future(notify())

    def _state_changed(self):
        if self.pc.connectionState in ('failed', 'closed'):
            self._lost(self.pc.connectionState)

    async def _watch(self, receiver):
        while receiver.track is None:
            await asyncio.sleep(0.01)
        with contextlib.suppress(MediaStreamError):
            while True:
                self.rtp = rtp_timestamp(receiver, await receiver.track.recv())

    async def _ping(self):
        number = 0
        while True:
            number += 1
            self.send('control', type='ping', id=number)
            await asyncio.sleep(0.5)

    async def _drive(self):
        while True:
            await asyncio.sleep(COMMAND_PERIOD_S)
            if self.epoch is None or self.tick is None:
                continue
            self.sent += 1
            speed = 0.0 if self._neutral or not self.motion else 0.2
            self.send('teleop', type='drive', epoch=self.epoch, seq=self.sent, tick=self.tick,
                      frame=self.rtp, linear_x=speed, linear_y=0.0, angular_z=0.0)
