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
from aiortc.rtcsctptransport import StreamResetOutgoingParam, StreamResetResponseParam
import pytest
import pytest_asyncio
from rtc_bridge.peer import aiortc_compat  # noqa: F401 - puts the change in place
from support.patience import PATIENCE
from support.viewer import until

pytestmark = pytest.mark.asyncio


class Pair:
    """A viewer and a robot that sends back what comes."""

    def __init__(self):
        """Begin with nothing."""
        self.viewer, self.robot = RTCPeerConnection(), RTCPeerConnection()
        # The robot's ends of the channels, in their order.
        self.ends = []
        self.robot.on('datachannel', self._take)
        # Requests to reset streams, and answers, that the viewer has sent, or lost.
        self.requests, self.answers = [], []
        self.loses_answers = False

    def _take(self, channel):
        self.ends.append(channel)
        channel.on('message', channel.send)

    async def connect(self):
        """Connect them."""
        first = self.viewer.createDataChannel('first')
        await self.viewer.setLocalDescription()
        await self.robot.setRemoteDescription(self.viewer.localDescription)
        await self.robot.setLocalDescription()
        await self.viewer.setRemoteDescription(self.robot.localDescription)
        await until(lambda: first.readyState == 'open')
        self.send = self.viewer.sctp._send_reconfig_param
        self.viewer.sctp._send_reconfig_param = self._send

    async def _send(self, param):
        if isinstance(param, StreamResetOutgoingParam):
            self.requests.append(param)
        elif isinstance(param, StreamResetResponseParam):
            self.answers.append(param)
            if self.loses_answers:
                return
        await self.send(param)

    async def open_channel(self):
        """Return a new channel of the viewer's, and what the robot sends back on it."""
        channel = self.viewer.createDataChannel('next')
        heard = asyncio.Queue()
        channel.on('message', heard.put_nowait)
        await until(lambda: channel.readyState == 'open')
        return channel, heard

    async def close(self):
        """Close both ends."""
        await self.viewer.close()
        await self.robot.close()


@pytest_asyncio.fixture
async def pair():
    """Return a viewer and a robot that are connected."""
    pair = Pair()
    try:
        await pair.connect()
        yield pair
    finally:
        await pair.close()


async def close(channel, end):
    """Close a channel at one of its ends, and wait until the viewer may use its stream again."""
    end.close()
    await until(lambda: channel.readyState == 'closed')


async def echo(channel, heard, *texts):
    """Check that what is sent comes back, in its order."""
    for text in texts:
        channel.send(text)
    async with asyncio.timeout(PATIENCE):
        assert [await heard.get() for _ in texts] == list(texts)


@pytest.mark.parametrize('by_robot', [False, True])
async def test_a_stream_is_used_again_before_the_robot_is_told_so(pair, by_robot):
    """The viewer's answer was lost: the association ended, and with it the way to STOP."""
    closed, heard = await pair.open_channel()
    await echo(closed, heard, 'a', 'b')
    pair.loses_answers = True
    await close(closed, pair.ends[-1] if by_robot else closed)
    # The viewer's answer to the last of what it was asked for.
    await until(lambda: pair.answers)
    channel, heard = await pair.open_channel()
    assert channel.id == closed.id
    await echo(channel, heard, 'c', 'd')
    assert pair.robot.sctp._reconfig_request is None
    pair.loses_answers = False
    await close(channel, channel)
    await echo(*await pair.open_channel(), 'e')


async def test_what_waits_for_the_answer_goes_on(pair):
    """The robot has one request under way at a time."""
    first, *others = [(await pair.open_channel())[0] for _ in range(5)]
    pair.loses_answers = True
    await close(first, first)
    for channel in others:
        channel.close()
    waiting = pair.robot.sctp._reconfig_queue
    await until(lambda: set(waiting) >= {channel.id for channel in others})
    assert {channel.readyState for channel in others} == {'closing'}
    fresh = [await pair.open_channel()]
    await until(lambda: all(channel.readyState == 'closed' for channel in others))
    fresh += [await pair.open_channel() for _ in others]
    assert {channel.id for channel, _ in fresh} == {channel.id for channel in [first, *others]}
    for channel, heard in fresh:
        await echo(channel, heard, 'a', 'b')


@pytest.mark.parametrize('number', [0, 1])
async def test_a_request_that_comes_again_closes_nothing(pair, number):
    """It was repeated and then delayed."""
    for _ in range(2):
        channel, _ = await pair.open_channel()
        await close(channel, channel)
    # By number: a busy host repeats them.
    requests = list({param.request_sequence: param for param in pair.requests}.values())
    assert requests[0].streams == requests[1].streams == [channel.id]
    channel, heard = await pair.open_channel()
    await pair.send(requests[number])
    await echo(channel, heard, 'a')
    assert channel.readyState == pair.ends[-1].readyState == 'open'
    await close(channel, channel)
