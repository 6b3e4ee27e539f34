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
"""Data channels that take the stream of one that was closed."""

import asyncio

from aiortc import RTCPeerConnection
from aiortc.rtcsctptransport import StreamResetResponseParam
import pytest
from rtc_bridge.peer import aiortc_compat  # noqa: F401 - puts the change in place
from support.patience import PATIENCE
from support.viewer import until

pytestmark = pytest.mark.asyncio


class Pair:
    """A viewer and a robot that sends back what comes."""

    async def __aenter__(self):
        self.viewer, self.robot = RTCPeerConnection(), RTCPeerConnection()
        self.robot.on('datachannel', lambda channel: channel.on('message', channel.send))
        first = self.viewer.createDataChannel('first')
        await self.viewer.setLocalDescription()
        await self.robot.setRemoteDescription(self.viewer.localDescription)
        await self.robot.setLocalDescription()
        await self.viewer.setRemoteDescription(self.robot.localDescription)
        await until(lambda: first.readyState == 'open')
        return self

    async def __aexit__(self, *_):
        await self.viewer.close()
        await self.robot.close()

    def lose_answers(self, monkeypatch, number):
        """Lose the viewer's answers to that many of the robot's requests to reset a stream."""
        sctp, lost = self.viewer.sctp, []
        send = sctp._send_reconfig_param

        async def lossy(param):
            if isinstance(param, StreamResetResponseParam) and len(lost) < number:
                lost.append(param)
            else:
                await send(param)

        monkeypatch.setattr(sctp, '_send_reconfig_param', lossy)
        return lost

    async def open_channel(self):
        """Return a new channel of the viewer's, and what the robot sends back on it."""
        channel = self.viewer.createDataChannel('next')
        heard = asyncio.Queue()
        channel.on('message', heard.put_nowait)
        await until(lambda: channel.readyState == 'open')
        return channel, heard

    async def close(self, channel):
        """Close a channel, and wait until the viewer may use its stream for another one."""
        channel.close()
        await until(lambda: channel.readyState == 'closed')


async def echo(channel, heard, *texts):
    """Check that what is sent comes back, in its order."""
    for text in texts:
        channel.send(text)
    async with asyncio.timeout(PATIENCE):
        assert [await heard.get() for _ in texts] == list(texts)


@pytest.mark.parametrize('lost', [0, 1, 2])
async def test_a_stream_is_used_again_before_the_robot_knows_that_it_may_be(monkeypatch, lost):
    """The viewer's answer was lost: the association ended, and with it the way to STOP."""
    async with Pair() as pair:
        closed, heard = await pair.open_channel()
        await echo(closed, heard, 'a', 'b')
        losses = pair.lose_answers(monkeypatch, lost)
        await pair.close(closed)
        channel, heard = await pair.open_channel()
        assert channel.id == closed.id
        await echo(channel, heard, 'c', 'd')
        # The request is repeated, and answered as it would have been.
        await until(lambda: pair.robot.sctp._reconfig_request is None)
        assert len(losses) == lost
        await echo(channel, heard, 'e', 'f')
        await pair.close(channel)
        await echo(*await pair.open_channel(), 'g')


async def test_many_streams_are_used_again(monkeypatch):
    async with Pair() as pair:
        channels = [await pair.open_channel() for _ in range(5)]
        pair.lose_answers(monkeypatch, 1)
        for channel, _ in channels:
            channel.close()
        for channel, _ in channels:
            await until(lambda channel=channel: channel.readyState == 'closed')
        for channel, heard in [await pair.open_channel() for _ in range(5)]:
            await echo(channel, heard, 'a', 'b')
        await until(lambda: pair.robot.sctp._reconfig_request is None)
        await echo(*await pair.open_channel(), 'c')
