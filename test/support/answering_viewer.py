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

"""An aiortc client that answers the robot's offer, as apps of K-Scale do."""

import asyncio
from collections import defaultdict
import re

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
import numpy as np

from rtc_bridge.core.protocol.ice import Candidate
from rtc_bridge.core.protocol.signaling_messages import OfferRequest
from support.viewer import until

_CANDIDATE = re.compile(r'^a=(candidate:.*|end-of-candidates)\r\n', re.M)


class Answerer:
    """A viewer that answers an offer, with its candidates in the answer or behind it."""

    def __init__(self, link, cameras=(), session='s', **call):
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.link = link
        self.call = OfferRequest(session, cameras=cameras, **call)
        self.lumas = defaultdict(list)
        self.heard = []
        self.chat = None
        # Tracks with what it says, and what its camera shows; set before the offer.
        self.microphone = None
        self.lens = None
        self._tasks = []
        self.pc.on('track', self._on_track)
        self.pc.on('datachannel', self._on_channel)

    def _on_track(self, track):
        if track.kind == 'video':
            self._tasks.append(asyncio.create_task(self._watch(track, len(self._tasks))))

    def _on_channel(self, channel):
        self.chat = channel
        channel.on('message', self.heard.append)

    async def answer(self):
        """Take the robot's offer; return the answer."""
        self.offer = await self.link.offer(self.call)
        await self.pc.setRemoteDescription(RTCSessionDescription(self.offer, 'offer'))
        for transceiver in self.pc.getTransceivers():
            track = self.microphone if transceiver.kind == 'audio' else self.lens
            if track is not None:
                transceiver.sender.replaceTrack(track)
                transceiver.direction = 'sendrecv'
        await self.pc.setLocalDescription()
        return self.pc.localDescription.sdp

    async def connect(self, trickle=False):
        sdp = await self.answer()
        if trickle:
            for line in _CANDIDATE.findall(sdp)[:2]:
                # Before the answer, and named as browsers name them.
                await self.link.add_candidate(self.call.session, Candidate(line, None, 0))
            await self.link.add_candidate(self.call.session, None)
            sdp = _CANDIDATE.sub('', sdp)
        await self.link.accept(self.call.session, sdp)

    async def sees(self, slot, luma):
        await until(lambda: self.lumas[slot] and abs(self.lumas[slot][-1] - luma) <= 12)

    async def hears(self, text):
        await until(lambda: text in self.heard)

    async def _watch(self, track, number):
        try:
            while True:
                frame = await track.recv()
                self.lumas[number].append(float(np.mean(frame.to_ndarray(format='gray'))))
        except MediaStreamError:
            pass

    async def close(self):
        for task in self._tasks:
            task.cancel()
        await self.pc.close()
