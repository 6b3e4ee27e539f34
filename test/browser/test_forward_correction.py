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

"""Recovery packets in a real browser: packets that are dropped before sending come back."""

import asyncio

import numpy as np
import pytest
from rtc_bridge.core.protocol.signaling_messages import Offer
from rtc_bridge.peer.local_robot_link import LocalRobotLink
from support.viewer import make_sessions, NoisyCamera, TestCamera

pytestmark = pytest.mark.asyncio
OFFER = """async () => {
  window.pc = new RTCPeerConnection();
  pc.createDataChannel('control');
  pc.addTransceiver('video', { direction: 'recvonly' });
  pc.ontrack = ({ track }) => {
    const video = document.createElement('video');
    Object.assign(video, { muted: true, autoplay: true, srcObject: new MediaStream([track]) });
    document.body.append(video);
    const context = Object.assign(document.createElement('canvas'), { width: 32, height: 32 })
      .getContext('2d', { willReadFrequently: true });
    window.seen = { frames: 0, worst: 0 };
    const look = () => {
      // The lower half is grey, but for its edge.
      const { videoWidth: width, videoHeight: height } = video;
      context.drawImage(video, 0, 0.6 * height, width, 0.4 * height, 0, 0, 32, 32);
      const { data } = context.getImageData(0, 0, 32, 32);
      seen.frames += 1;
      seen.worst = Math.max(seen.worst, ...data.map((v, i) => i % 4 < 3 ? Math.abs(v - 128) : 0));
      video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
  };
  await pc.setLocalDescription();
  while (pc.iceGatheringState !== 'complete') {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return pc.localDescription.sdp;
}"""
STATS = """async () => [...(await pc.getStats()).values()]
  .find(({ type, kind }) => type === 'inbound-rtp' && kind === 'video') || {}"""
# One packet of so many is dropped.
EVERY = 10
# Frames over which a picture is watched, 30 a second.
WATCHED = 240


class HalfNoisyCamera(NoisyCamera):
    """The upper half takes all bits that there are, the lower one is grey (128)."""

    def __init__(self):
        TestCamera.__init__(self, 'front', 128, max_bitrate=self.MAX_BITRATE)

    def _run(self, stop):
        width, height = self._size
        noise = np.random.default_rng(1)
        while not stop.wait(1 / 30):
            pixels = np.full((height, width, 3), 128, np.uint8)
            pixels[:height // 2] = noise.integers(0, 255, (height // 2, width, 3), np.uint8)
            self.camera.put(lambda pixels=pixels: (pixels, 'bgr8'))


class Watching:
    """A page of Chromium that watches a camera of this process, on a path that drops packets."""

    def __init__(self, page, camera):
        self.page = page
        self.dropped = 0
        self._sessions = make_sessions(camera)

    async def run(self, code, argument=None):
        return await asyncio.to_thread(self.page.evaluate, code, argument)

    async def stats(self):
        return await self.run(STATS)

    async def connect(self, *, protects):
        """
        Connect, and drop one video packet of ``EVERY``; none is sent again.

        :param protects: whether recovery packets are sent
        """
        sdp = await self.run(OFFER)
        answer = await LocalRobotLink(self._sessions, 'server').answer(Offer('page', sdp))
        track = self.track = self._sessions.sessions['page'].slots[0].track
        track.protection.covers = lambda keyframe: protects
        track.protection.loss = 1 / EVERY
        # What is dropped here, no report tells of.
        track.protection.update = lambda loss, rtt, overuse: None
        track.retransmissions.select = lambda lost, twice: ([], False)
        # Padding is made of packets that are sent again.
        track.pad = no_padding
        await self.run("sdp => pc.setRemoteDescription({ type: 'answer', sdp })", answer)
        await self.until_decoded(10)
        send, passed = track.sender.transport._send_rtp, 0

        async def send_most(data):
            nonlocal passed
            if int.from_bytes(data[8:12], 'big') == track.sender._ssrc and not (
                    192 <= data[1] <= 208):
                passed += 1
                if not passed % EVERY:
                    self.dropped += 1
                    return
            await send(data)

        track.sender.transport._send_rtp = send_most
        return answer

    async def until_decoded(self, frames):
        """Wait until so many frames are decoded in all; return the statistics."""
        while (stats := await self.stats()).get('framesDecoded', 0) < frames:
            await asyncio.sleep(0.2)
        return stats

    async def __aenter__(self):
        return self

    async def __aexit__(self, *args):
        await self._sessions.close('test ends')


@pytest.fixture
def watching(chromium):
    """Return a function that opens a page for a camera; the page is left in the end."""
    pages = []

    def open_page(camera):
        pages.append(chromium.show('about:blank'))
        return Watching(pages[-1], camera)
    yield open_page
    for page in pages:
        page.leave()


async def no_padding(size):
    """Send nothing to probe the path."""


async def test_dropped_packets_are_recovered_without_being_sent_again(watching):
    async with watching(HalfNoisyCamera()) as view:
        answer = await view.connect(protects=True)
        assert 'a=ssrc-group:FEC-FR' in answer
        before = await view.stats()
        await view.run('Object.assign(seen, { frames: 0, worst: 0 })')
        stats = await view.until_decoded(before['framesDecoded'] + WATCHED)
        assert view.dropped > 20
        # The newest ones are not reported yet.
        assert stats['packetsLost'] >= view.dropped - 5
        assert stats['fecPacketsReceived'] > 2 * view.dropped
        # Chromium 156 reports no such number for video.
        assert stats.get('fecPacketsDiscarded', 0) < 0.1 * stats['fecPacketsReceived']
        # Each picture is whole, and none had to be asked for.
        assert stats.get('retransmittedPacketsReceived', 0) == 0 == stats['pliCount']
        assert stats['framesReceived'] - stats['framesDecoded'] <= 2
        # A busy host's path may pause, and goes on with a keyframe.
        assert stats['keyFramesDecoded'] <= before['keyFramesDecoded'] + 2
        seen = await view.run('seen')
        assert seen['frames'] > WATCHED / 2 and seen['worst'] < 40


async def test_without_recovery_packets_keyframes_are_asked_for(watching):
    """The same path, so that the test above shows what it says."""
    async with watching(HalfNoisyCamera()) as view:
        await view.connect(protects=False)
        before = await view.stats()
        while (stats := await view.stats())['pliCount'] < before['pliCount'] + 3:
            await asyncio.sleep(0.2)
        assert stats.get('fecPacketsReceived', 0) == 0
