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

"""A viewer for tests: an aiortc client, and a camera without ROS to look at."""

import asyncio
from collections import defaultdict
from contextlib import asynccontextmanager
import itertools
import json
import threading

from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpReceiver, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
import numpy as np

from rtc_bridge.core.access.policy import AccessPolicy
from rtc_bridge.core.driving.command_gate import CommandGate
from rtc_bridge.core.driving.lease import Lease
from rtc_bridge.core.driving.teleop_controller import TeleopController
from rtc_bridge.core.protocol.signaling_messages import Offer
from rtc_bridge.core.settings.driving_settings import TeleopSettings
from rtc_bridge.core.video.tiers import Scale
from rtc_bridge.media.camera import Camera
from rtc_bridge.media.camera_settings import CameraSettings
from rtc_bridge.peer.robot_context import RobotContext
from rtc_bridge.peer.sessions import Sessions
from support.patience import PATIENCE
from support.rtp import rtp_timestamp

TIMEOUT_S = PATIENCE
_ids = itertools.count()


class TestCamera:
    """
    A camera that shows one colour, 30 times a second while it is watched.

    It has the full picture only, as a busy host's path would be found too narrow for it; the
    settings may give it other ``scales``.
    """

    __test__ = False

    def __init__(self, name, luma, size=(320, 240), **settings):
        settings = {'scales': (Scale(1),), **settings}
        self.camera = Camera(name, CameraSettings(**settings), self._on_watched)
        self.luma = luma
        self.watched_changes = []
        # Seconds that its images have been under way when they come; None without stamps.
        self.age = None
        # Returns what comes in place of the colour.
        self.load = None
        self._size = size
        self._stop = threading.Event()

    def _on_watched(self):
        self.watched_changes.append(self.camera.watched)
        if self.camera.watched:
            self._stop = threading.Event()
            threading.Thread(target=self._run, args=(self._stop,), daemon=True).start()
        else:
            self._stop.set()

    def stop(self):
        """Fall silent, as a camera that was unplugged."""
        self._stop.set()

    def resume(self):
        """Go on, with the colour of now."""
        self._stop = threading.Event()
        threading.Thread(target=self._run, args=(self._stop,), daemon=True).start()

    def _run(self, stop):
        width, height = self._size
        pixels = np.full((height, width, 3), self.luma, np.uint8)
        while not stop.wait(1 / 30):
            self.camera.put(self.load or (lambda: (pixels, 'bgr8')), self.age)


class NoisyCamera(TestCamera):
    """A camera whose pictures take all the bits they can get, up to ``MAX_BITRATE`` (bit/s)."""

    __test__ = False
    MAX_BITRATE = 800_000

    def __init__(self, name):
        super().__init__(name, 0, max_bitrate=self.MAX_BITRATE, scales=CameraSettings().scales)

    def _run(self, stop):
        width, height = self._size
        noise = np.random.default_rng(1)
        while not stop.wait(1 / 30):
            pixels = noise.integers(0, 255, (height, width, 3), np.uint8)
            self.camera.put(lambda pixels=pixels: (pixels, 'bgr8'))


def make_sessions(*cameras, role='drive', publish=lambda velocity: None, access=None, **changes):
    """Return the sessions of a robot with these cameras."""
    received = []
    teleop = TeleopController(CommandGate(TeleopSettings(
        max_linear_x=1.0, max_angular_z=2.0, max_linear_acceleration=100.0,
        max_angular_acceleration=100.0, max_frame_age=0.0), Lease()), publish)
    robot = RobotContext('robot', teleop, access or AccessPolicy('robot', role, 'none'),
                         received.append, {c.camera.name: c.camera for c in cameras}, **changes)
    sessions = Sessions(robot)
    sessions.received = received
    return sessions


def freeze_budgets(session, clock=lambda: 0.0):
    """Make the budgets of a session new, and stop their time: nothing is refilled by itself."""
    session.budgets.__init__(clock=clock)


async def until(condition, timeout=TIMEOUT_S):
    """Wait until a function that nothing tells of gives something true."""
    async with asyncio.timeout(timeout):
        while not condition():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def all_closed():
    """Give a list for viewers and one for sessions; in the end close them, and see that it is."""
    viewers, robots = [], []
    yield viewers, robots
    for viewer in viewers:
        await viewer.close()
    for sessions in robots:
        await sessions.close('test ends')
        assert not sessions.sessions
        assert not any(c.watched for c in sessions.robot.cameras.values())


class Viewer:
    """One peer connection that offers to receive."""

    def __init__(self, slots=1, codec=None, labels=('control', 'teleop'), audio=None,
                 h264=None):
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.id = f'viewer{next(_ids)}'
        self.messages = defaultdict(list)
        self.lumas = defaultdict(list)
        self.sizes = defaultdict(set)
        # RTP timestamp of the newest picture, by slot.
        self.rtp = {}
        self._news = asyncio.Condition()
        self._tasks = []
        self.channels = {}
        for label in labels:
            lossy = {'ordered': False, 'maxRetransmits': 0} if label == 'teleop' else {}
            channel = self.pc.createDataChannel(label, **lossy)
            self.channels[label] = channel
            channel.on('message', lambda text, label=label: self._tell(
                self.messages[label].append, text))
        if audio:
            self.pc.addTransceiver('audio', audio)
        for number in range(slots):
            transceiver = self.pc.addTransceiver('video', 'recvonly')
            if codec:
                transceiver.setCodecPreferences(
                    [c for c in RTCRtpReceiver.getCapabilities('video').codecs
                     if c.mimeType.lower() == f'video/{codec}'])
            if h264:
                transceiver.setCodecPreferences(
                    [c for c in RTCRtpReceiver.getCapabilities('video').codecs
                     if c.parameters.get('profile-level-id') in (h264, '42e01f')])
            self._tasks.append(asyncio.create_task(
                self._receive(number, transceiver.receiver)))

    async def offer(self):
        await self.pc.setLocalDescription()
        return self.pc.localDescription.sdp

    async def connect(self, link, protocol='v1', camera=None, change=lambda sdp: sdp):
        answer = await link.answer(Offer(self.id, change(await self.offer()), protocol,
                                         camera=camera))
        await self.pc.setRemoteDescription(RTCSessionDescription(answer, 'answer'))
        return answer

    def send(self, label, **message):
        """Send a message, as soon as the channel is open."""
        channel, text = self.channels[label], json.dumps(message)
        if channel.readyState == 'connecting':
            channel.once('open', lambda: channel.send(text))
        else:
            channel.send(text)

    def got(self, label, kind):
        """Return the messages of a kind so far."""
        return [m for m in map(json.loads, self.messages[label])
                if isinstance(m, dict) and m.get('type') == kind]

    def newest(self, label, kind):
        """Return the newest message of a kind, ``{}`` before the first."""
        return (self.got(label, kind) or [{}])[-1]

    async def until(self, condition):
        """Wait until something that arrives makes the condition true."""
        async with asyncio.timeout(TIMEOUT_S), self._news:
            await self._news.wait_for(condition)

    def shows(self, slot, luma):
        """Tell whether the newest picture in a slot has about this brightness."""
        return bool(self.lumas[slot]) and abs(self.lumas[slot][-1] - luma) < 12

    @property
    def lease(self):
        """Return what was told of the lease last, ``None`` before anything was."""
        told = self.got('control', 'lease')
        return ({key: value for key, value in told[-1].items() if key != 'type'}
                if told else None)

    async def ping(self, number=99):
        """Wait until the robot has handled everything that was sent on ``control`` before."""
        self.send('control', type='ping', id=number)
        await self.until(lambda: any(pong['id'] == number for pong in self.got('control', 'pong')))

    async def close(self):
        for task in self._tasks:
            task.cancel()
        await self.pc.close()

    def _tell(self, call, value):
        call(value)
        asyncio.ensure_future(self._notify())

    async def _notify(self):
        async with self._news:
            self._news.notify_all()

    async def _receive(self, number, receiver):
        while receiver.track is None:
            await asyncio.sleep(0)
        try:
            while True:
                frame = await receiver.track.recv()
                self.rtp[number] = rtp_timestamp(receiver, frame)
                self.sizes[number].add((frame.width, frame.height))
                luma = np.asarray(frame.to_ndarray(format='gray')).mean()
                self._tell(self.lumas[number].append, float(luma))
        except MediaStreamError:
            pass
