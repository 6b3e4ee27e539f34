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

"""The benchmarks' link emulator: its arithmetic, and that nothing goes around it."""

import asyncio
import json
from pathlib import Path as FilePath
import sys

from aiohttp import ClientSession, web
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
import pytest
from support.patience import PATIENCE

sys.path.insert(0, str(FilePath(__file__).resolve().parents[2] / 'benchmarks'))
from link import Emulator  # noqa: E402, I100
from pipe import HEADERS, Path, Pipe, read_path  # noqa: E402, I100
from recording import Recording, Sample  # noqa: E402, I100
from redirect import host_candidate, redirect  # noqa: E402, I100

# With its headers a packet of this size has 1000 bytes: 8 ms at 1 Mbit/s.
SIZE = 1000 - HEADERS


def arrivals(pipe):
    """Return what arrives from now on, with the times at which ``next_arrival`` says so."""
    found = []
    while (due := pipe.next_arrival()) is not None:
        found += [(round(due, 6), packet) for packet in pipe.pop(due)]
    return found


def test_packets_leave_at_the_links_rate_and_come_after_its_delay():
    pipe = Pipe(Path(rate=1, delay=50))
    for number in range(3):
        pipe.push(10.0, SIZE, number)
    assert pipe.waiting(10.0) == pytest.approx(0.024)
    assert pipe.pop(10.0) == []
    assert arrivals(pipe) == [(10.058, 0), (10.066, 1), (10.074, 2)]
    pipe.push(20.0, SIZE, 3)
    assert arrivals(pipe) == [(20.058, 3)], 'a link that rested starts at once, no sooner'


def test_a_full_queue_drops_what_comes_last():
    pipe = Pipe(Path(rate=1, queue=16))
    for number in range(4):
        pipe.push(0.0, SIZE, number)
    pipe.push(0.008, SIZE, 4)
    assert [packet for _, packet in arrivals(pipe)] == [0, 1, 4]
    assert (pipe.sent, pipe.full) == (5, 2)


def test_a_step_holds_for_what_waits_already_also_within_a_packet():
    pipe = Pipe(Path(rate=1))
    pipe.push(0.0, SIZE, 'a')
    pipe.push(0.0, SIZE, 'b')
    pipe.set_path(0.004, Path(rate=0.5, delay=10))
    assert arrivals(pipe) == [(0.022, 'a'), (0.038, 'b')]
    pipe.push(1.0, SIZE, 'c')
    pipe.set_path(1.0, Path())
    assert arrivals(pipe) == [(1.0, 'c')]


def test_no_packet_overtakes_another_when_the_delay_falls():
    pipe = Pipe(Path(delay=100))
    pipe.push(0.0, SIZE, 'a')
    pipe.set_path(0.01, Path(delay=0))
    pipe.push(0.01, SIZE, 'b')
    assert arrivals(pipe) == [(0.1, 'a'), (0.1, 'b')]


def test_loss_is_random_repeatable_and_behind_the_link():
    def lost(seed):
        pipe = Pipe(Path(rate=8, loss=10), seed)
        for number in range(2000):
            pipe.push(number * 0.001, SIZE, number)
        there = {packet for _, packet in arrivals(pipe)}
        assert pipe.lost == 2000 - len(there) and pipe.full == 0
        return set(range(2000)) - there
    assert 150 < len(lost(1)) < 250
    assert lost(1) == lost(1) != lost(2)


def test_losses_come_in_bursts_of_the_mean_length():
    pipe = Pipe(Path(loss=5, burst=4))
    for number in range(20000):
        pipe.push(number * 0.001, SIZE, number)
    there = {packet for _, packet in arrivals(pipe)}
    lost = [number for number in range(20000) if number not in there]
    bursts = [number for number in lost if number - 1 not in lost]
    assert 0.04 < len(lost) / 20000 < 0.06
    assert 3.5 < len(lost) / len(bursts) < 4.5


def test_jitter_holds_packets_back_in_their_order():
    pipe = Pipe(Path(delay=10, jitter=80))
    for number in range(500):
        pipe.push(number * 0.1, SIZE, number)
    came = arrivals(pipe)
    held = [moment - number * 0.1 - 0.01 for moment, number in came]
    assert [number for _, number in came] == list(range(500))
    assert 0 <= min(held) < 0.01 and 0.07 < max(held) <= 0.0801


def test_paths_are_read():
    assert read_path('rate=1.2, delay=50,loss=3') == Path(1.2, 50, 400, 3)
    for text in ('rate', 'speed=1', 'rate=-1', 'loss=101', 'queue=0', 'burst=0', 'jitter=-1',
                 'loss=90,burst=1.5'):
        with pytest.raises(ValueError):
            read_path(text)


SDP = '\r\n'.join((
    'v=0', 'm=video 40000 UDP/TLS/RTP/SAVPF 96', 'c=IN IP4 10.0.0.1',
    'a=candidate:1 1 tcp 2105458943 10.0.0.1 9 typ host tcptype active',
    'a=candidate:2 1 udp 2113937151 fd00::2 40001 typ host',
    'a=candidate:3 1 udp 2113937151 10.0.0.1 40000 typ host generation 0',
    'a=candidate:4 1 udp 1677729535 1.2.3.4 40000 typ srflx raddr 10.0.0.1 rport 40000',
    'a=ice-ufrag:abcd', 'a=ice-pwd:efgh', ''))


def test_descriptions_keep_no_address():
    assert host_candidate(SDP) == ('10.0.0.1', 40000)
    assert redirect(SDP, ('127.0.0.1', 5)).split('\r\n') == [
        'v=0', 'm=video 40000 UDP/TLS/RTP/SAVPF 96', 'c=IN IP4 0.0.0.0',
        'a=candidate:1 1 udp 2130706431 127.0.0.1 5 typ host', 'a=ice-ufrag:abcd',
        'a=ice-pwd:efgh', '']
    with pytest.raises(ValueError):
        host_candidate(SDP.replace('10.0.0.1 40000', 'some-name.local 40000'))


def test_figures_of_a_recording():
    # Ten pictures a second for 4 s, 100 ms late; none from 1.0 to 1.5, and the next one 600 ms.
    frames = [(t / 10, 600.0 if t == 15 else 100.0) for t in range(40) if not 10 < t < 15]
    # 800 kbit/s, from 2 s on 1600.
    samples = [Sample(t / 10, 10_000 * (t + max(0, t - 20)), 3 * t,
                      (64, 48) if t < 30 else (32, 24)) for t in range(41)]
    seen = Recording(frames, samples)
    assert seen.fps(2.0, 3.95) == pytest.approx(10, rel=0.1)
    assert seen.freeze(0, 4) == pytest.approx(500)
    assert seen.freeze(1.55, 2.05) == pytest.approx(100)
    assert seen.frozen(0, 4) == pytest.approx(500) and seen.frozen(1.55, 4) == 0
    assert seen.delay(50, 0, 4) == 100 and seen.delay(99, 0, 4) > 100
    assert seen.delay(95, 1.1, 1.4) == float('inf'), 'nothing was shown'
    assert seen.kbit(0, 2) == pytest.approx(800) and seen.kbit(2, 4) == pytest.approx(1600)
    assert seen.decoded(1, 3) == pytest.approx(30)
    assert seen.reached(1590, 0) == pytest.approx(3.0)
    assert seen.reached(1700, 0) == float('inf')
    assert seen.size(0, 4) == (64, 48) and seen.size(3.5, 4) == (32, 24)


class Echo:
    """A sender that says everything back."""

    def __init__(self):
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.pc.on('datachannel', self._on_channel)
        self.heard = []
        self._channel = None

    def _on_channel(self, channel):
        self._channel = channel
        channel.on('message', self.heard.append)
        channel.on('message', channel.send)

    async def given_up(self, message):
        """Wait until an answer is sent, and will not be sent again."""
        sctp = self.pc.sctp
        while (message not in self.heard or self._channel.bufferedAmount
               or sctp._outbound_queue or sctp._sent_queue):
            await asyncio.sleep(0.01)

    async def connect(self, request):
        await self.pc.setRemoteDescription(RTCSessionDescription(**await request.json()))
        await self.pc.setLocalDescription(await self.pc.createAnswer())
        return web.json_response({'sdp': self.pc.localDescription.sdp, 'type': 'answer'})


async def start(app):
    """Serve on a free port; return what ends it, and the URL."""
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, '127.0.0.1', 0)
    await site.start()
    return runner, 'http://127.0.0.1:%d' % site._server.sockets[0].getsockname()[1]


@pytest.mark.asyncio
async def test_everything_between_two_real_peers_goes_through_the_link():
    echo = Echo()
    app = web.Application()
    app.router.add_post('/connect', echo.connect)
    sender, sender_url = await start(app)
    emulator = Emulator(sender_url, Path(delay=30), Path(delay=30))
    front, url = await start(emulator.app())
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    channel = pc.createDataChannel('lossy', ordered=False, maxRetransmits=0)
    heard = asyncio.Queue()
    channel.on('message', heard.put_nowait)
    opened = asyncio.Event()
    channel.on('open', opened.set)
    try:
        async with asyncio.timeout(PATIENCE), ClientSession() as http:
            await pc.setLocalDescription(await pc.createOffer())
            async with http.post(f'{url}/connect', data=json.dumps(
                    {'sdp': pc.localDescription.sdp, 'type': 'offer'})) as response:
                await pc.setRemoteDescription(RTCSessionDescription(**await response.json()))
            await opened.wait()
            loop = asyncio.get_running_loop()
            began = loop.time()
            channel.send('hello')
            assert await heard.get() == 'hello'
            assert loop.time() - began >= 0.06
            async with http.get(f'{url}/path') as response:
                link, = await response.json()
            assert link['down']['packets'] > 5 and link['up']['packets'] > 5

            async with http.post(f'{url}/path', json={'down': {'loss': 100}, 'up': {}}):
                pass
            channel.send('again')
            await echo.given_up('again')
            assert emulator.links[0].sender.pipe.lost > 0
            async with http.post(f'{url}/path', json={'down': {}, 'up': {}}):
                pass
            channel.send('last')
            assert await heard.get() == 'last', 'what was lost found no other way'
            async with http.post(f'{url}/path', json={'down': {'speed': 1}, 'up': {}}) as response:
                assert response.status == 400
    finally:
        await pc.close()
        await echo.pc.close()
        await front.cleanup()
        await sender.cleanup()
