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

"""Connections of viewers to real programs, over data channels."""

import asyncio
from collections import defaultdict
from contextlib import asynccontextmanager, suppress
import socket

import pytest
import pytest_asyncio
from rtc_bridge.bridge.data.local_services import LocalServices
from rtc_bridge.core.gateway.flow_control import INITIAL_WINDOW, WINDOW
from rtc_bridge.core.gateway.frames import (
    credit, data_frames, error_of, Frame, Kind, OVERHEAD, read_frame,
)
from rtc_bridge.core.gateway.service_rules import service_rule
from rtc_bridge.core.settings.local_service_settings import LocalServiceSettings
from rtc_bridge.peer.channels.service_channel import open_service_channel
from support.viewer import freeze_budgets, make_sessions, TestCamera, until
import websockets.asyncio.server

pytestmark = pytest.mark.asyncio


class Stream:
    """A viewer's end of a connection."""

    def __init__(self, viewer, label):
        self.frames = []
        self.taken = True
        self.channel = viewer.pc.createDataChannel(label)
        self.channel.on('message', self._take)

    def _take(self, message):
        frame = read_frame(message)
        self.frames.append(frame)
        if frame.has_data and self.taken and frame.data:
            self.send(credit(frame.cost))

    async def wait(self, kind):
        """Wait for a frame of a kind; return it."""
        def found():
            return next((frame for frame in self.frames if frame.kind is kind), None)
        await until(found)
        return found()

    def send(self, *frames):
        for frame in frames:
            self.channel.send(frame.dump())

    @property
    def cost(self):
        """Return what flow control counts of it."""
        return sum(frame.cost for frame in self.frames)

    @property
    def data(self):
        """Return the data that came."""
        return b''.join(frame.data for frame in self.frames if frame.has_data)


@asynccontextmanager
async def tcp(serve, **where):
    """Run a program; give the URL of its port."""
    clients = []

    async def take(reader, writer):
        clients.append(writer)
        with suppress(OSError):
            await serve(reader, writer)

    server = await asyncio.start_server(take, **(where or {'host': '127.0.0.1'}))
    try:
        yield f'tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}'
    finally:
        # `async with` would wait until all clients have left, since Python 3.12.
        server.close()
        for writer in clients:
            writer.transport.abort()


async def echo(reader, writer):
    """Send back what comes, and end with it."""
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


@pytest_asyncio.fixture
async def reach(greet):
    """Return a function that gives a viewer of a robot with one service, called `one`."""
    async def reach(url, **settings):
        rule = service_rule('one', LocalServiceSettings(url=url, **{'role': 'drive', **settings}))
        sessions = make_sessions(TestCamera('front', 60),
                                 open_service=LocalServices([rule]).connect)
        viewer = await greet(sessions)
        viewer.sessions = sessions
        return viewer

    return reach


async def test_bytes_go_both_ways_and_both_ends_end(reach):
    async with tcp(echo) as url:
        stream = Stream(await reach(url), 'service/one')
        await stream.wait(Kind.OPENED)
        sent = bytes(range(256)) * 2000
        for frame in data_frames(Kind.BYTES, sent):
            # As the window allows: what came back has been taken.
            await until(lambda: stream.channel.bufferedAmount < WINDOW // 4)
            stream.send(frame)
        stream.send(Frame(Kind.END))
        await stream.wait(Kind.END)
        assert stream.data == sent
        await until(lambda: stream.channel.readyState == 'closed')


async def test_several_connections_at_once_by_their_labels(reach):
    async with tcp(echo) as url:
        viewer = await reach(url)
        streams = [Stream(viewer, f'service/one/{number}') for number in range(3)]
        for number, stream in enumerate(streams):
            await stream.wait(Kind.OPENED)
            stream.send(Frame(Kind.BYTES, bytes([number])))
        await until(lambda: all(stream.data for stream in streams))
        assert [stream.data for stream in streams] == [b'\0', b'\1', b'\2']
        # One that is closed can be opened again.
        streams[0].channel.close()
        await until(lambda: streams[0].channel.readyState == 'closed')
        again = Stream(viewer, 'service/one/0')
        await again.wait(Kind.OPENED)


@pytest.mark.parametrize('label, settings, code', [
    ('service/other', {}, 'no-service'), ('service/one', {'role': 'supervise'}, 'denied'),
    ('service/one', {'max_connections': 1}, 'busy')])
async def test_what_is_refused_is_told(reach, label, settings, code):
    async with tcp(echo) as url:
        viewer = await reach(url, **settings)
        if code == 'busy':
            await Stream(viewer, 'service/one/first').wait(Kind.OPENED)
        stream = Stream(viewer, label)
        assert error_of(await stream.wait(Kind.ERROR))[0] == code
        await until(lambda: stream.channel.readyState == 'closed')


async def test_a_program_that_is_not_there_is_told(reach):
    with socket.socket() as silent:
        # The port is nobody else's, and nobody listens there.
        silent.bind(('127.0.0.1', 0))
        port = silent.getsockname()[1]
        stream = Stream(await reach(f'tcp://127.0.0.1:{port}'), 'service/one')
        code, text = error_of(await stream.wait(Kind.ERROR))
    assert code == 'unreachable' and 'takes no connection' in text


async def test_a_program_that_reads_nothing_stops_the_sender(reach):
    served = asyncio.Event()

    async def deaf(reader, writer):
        writer.transport.pause_reading()
        await served.wait()
        writer.close()

    # A system takes megabytes for a program that does not read, unless told otherwise.
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    small.bind(('127.0.0.1', 0))
    async with tcp(deaf, sock=small) as url:
        viewer = await reach(url)
        stream = Stream(viewer, 'service/one')
        await stream.wait(Kind.OPENED)
        credits = []
        for _ in range(3 * WINDOW // 3072):
            stream.send(Frame(Kind.BYTES, b'x' * 3072))
            credits = [frame for frame in stream.frames if frame.kind is Kind.CREDIT]
            if any(frame.kind is Kind.ERROR for frame in stream.frames):
                break
            await asyncio.sleep(0)
        # A viewer that goes on all the same breaks the rules.
        code, text = error_of(await stream.wait(Kind.ERROR))
        assert code == 'bad-message' and 'more than the window allows' in text, credits
        served.set()


async def test_a_viewer_that_takes_nothing_stops_the_program(reach):
    written = defaultdict(int)

    async def source(reader, writer):
        while True:
            writer.write(b'x' * 65536)
            await writer.drain()
            written['bytes'] += 65536

    async with tcp(source) as url:
        viewer = await reach(url)
        stream = Stream(viewer, 'service/one')
        stream.taken = False
        await until(lambda: stream.cost > INITIAL_WINDOW - 3072 - OVERHEAD)
        before = len(stream.data)
        await viewer.ping()
        await viewer.ping(2)
        assert len(stream.data) == before and stream.cost <= INITIAL_WINDOW
        stream.send(credit(3072 + OVERHEAD))
        await until(lambda: len(stream.data) > before)


async def test_messages_of_a_websocket_keep_their_kind_and_length(reach):
    async def serve(ws):
        async for message in ws:
            await ws.send(message)

    async with websockets.asyncio.server.serve(serve, '127.0.0.1', 0) as server:
        port = server.sockets[0].getsockname()[1]
        stream = Stream(await reach(f'ws://127.0.0.1:{port}/path'), 'service/one')
        await stream.wait(Kind.OPENED)
        stream.send(*data_frames(Kind.TEXT, 'ä'.encode()), *data_frames(Kind.BINARY, b'x' * 9000))
        await until(lambda: len(stream.data) == 9002)
        data = [frame for frame in stream.frames if frame.has_data]
        assert data[0] == Frame(Kind.TEXT, 'ä'.encode())
        assert [(frame.kind, frame.more) for frame in data[1:]] == [
            (Kind.BINARY, True), (Kind.BINARY, True), (Kind.BINARY, False)]


async def test_a_viewer_that_goes_leaves_no_connection(reach):
    ended = asyncio.Event()

    async def serve(reader, writer):
        await reader.read()
        ended.set()

    async with tcp(serve) as url:
        viewer = await reach(url)
        await Stream(viewer, 'service/one').wait(Kind.OPENED)
        await viewer.close()
        await asyncio.wait_for(ended.wait(), 60)


async def test_who_opens_too_many_at_once_is_told(reach):
    async with tcp(echo) as url:
        viewer = await reach(url, max_connections=256)
        session, = viewer.sessions.sessions.values()
        freeze_budgets(session)
        refused = 0
        for number in range(30):
            stream = Stream(viewer, f'service/one/{number}')
            await until(lambda stream=stream: stream.frames)
            refused += stream.frames[0].kind is Kind.ERROR
            stream.channel.close()
            await until(lambda stream=stream: stream.channel.readyState == 'closed')
        assert refused == 10


@pytest.mark.parametrize('frame', [
    Frame(Kind.OPENED), Frame(Kind.ERROR, b'{}'), Frame(Kind.BYTES),
    Frame(Kind.BYTES, b'x' * 4000)])
async def test_what_no_viewer_sends_ends_the_connection(reach, frame):
    async with tcp(echo) as url:
        stream = Stream(await reach(url), 'service/one')
        await stream.wait(Kind.OPENED)
        stream.send(frame)
        assert error_of(await stream.wait(Kind.ERROR))[0] == 'bad-message'


async def test_floods_are_not_kept_whatever_they_are(reach, monkeypatch):
    """After a refusal, after the end, and of empty messages: a viewer may keep its channel."""
    kept = []

    def keep(*args):
        kept.append(open_service_channel(*args))
        return kept[-1]

    monkeypatch.setattr('rtc_bridge.peer.channels.opening.open_service_channel', keep)
    async with tcp(echo) as url:
        viewer = await reach(url)
        refused, ended = Stream(viewer, 'service/other'), Stream(viewer, 'service/one/ended')
        await ended.wait(Kind.OPENED)
        ended.send(Frame(Kind.END))
        await refused.wait(Kind.ERROR)
        assert len(kept) == 2
        for number in range(300):
            for one in kept:
                one._on_message(Frame(Kind.TEXT).dump())
            if number % 50 == 0:
                await viewer.ping(number)
        assert sum(len(one._came) for one in kept) == 0


async def test_empty_messages_count_too(reach):
    async def deaf(reader, writer):
        writer.transport.pause_reading()
        await asyncio.Event().wait()

    async with tcp(deaf) as url:
        viewer = await reach(url)
        await Stream(viewer, 'service/one').wait(Kind.OPENED)
        session, = viewer.sessions.sessions.values()
        channel = session.channels['service/one']
        for _ in range(WINDOW // OVERHEAD + 1):
            channel._on_message(Frame(Kind.TEXT, more=True).dump())
        assert 'more than the window allows' in str(channel._fault)
        assert not channel._came
