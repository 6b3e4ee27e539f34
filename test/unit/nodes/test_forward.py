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

"""How `rtc-bridge forward` carries connections, without a robot."""

import asyncio
from types import SimpleNamespace

import pytest
from rtc_bridge.client.errors import SessionError
from rtc_bridge.nodes import forward
from support.viewer import until

pytestmark = pytest.mark.asyncio


class Stream:
    """A connection to a program that says nothing until it ends or breaks."""

    def __init__(self):
        self.over = asyncio.get_running_loop().create_future()
        self.write = self.nothing

    async def nothing(self, *_):
        """Take what comes."""

    async def read(self):
        """Wait for the end."""
        return await self.over

    def end(self):
        """Take that nothing more comes."""


class Session:
    """A session that opens connections without a robot."""

    over = None

    def __init__(self):
        self.streams, self.forgotten = [], []

    async def open_service(self, name):
        """Return a new one."""
        self.streams.append(Stream())
        return self.streams[-1]

    async def forget(self, stream):
        """Note it."""
        self.forgotten.append(stream)


class Idle:
    """A program here that says nothing; knows whether it is waited for."""

    waiting = False

    async def read(self, count):
        """Wait."""
        self.waiting = True
        try:
            await asyncio.Event().wait()
        finally:
            self.waiting = False


@pytest.fixture
def session(monkeypatch):
    """Return the session that a forwarder gets."""
    made = Session()

    async def open_(invite_url):
        return made
    monkeypatch.setattr(forward, 'RobotSession', SimpleNamespace(open=open_))
    return made


async def test_connections_wait_for_each_other(session):
    forwarder = forward.Forwarder(None, 'web')
    tasks = [asyncio.create_task(forwarder.carry(Idle(), SimpleNamespace())) for _ in range(14)]
    await until(lambda: len(session.streams) == 12)
    # Nothing holds the others but the number.
    await asyncio.gather(*[asyncio.sleep(0) for _ in tasks])
    assert len(session.streams) == 12
    for stream in session.streams[:2]:
        stream.over.set_exception(SessionError('broken', 'gone'))
    await until(lambda: len(session.streams) == 14)
    for task in tasks:
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert sum(isinstance(error, SessionError) for error in ended) == 2
    assert set(session.forgotten) == set(session.streams)


async def test_connections_are_opened_no_faster_than_the_robot_takes_them(session, monkeypatch):
    forwarder, pauses, sleep = forward.Forwarder(None, 'web'), [], asyncio.sleep
    monkeypatch.setattr(forwarder, '_pace', forward.RateLimiter(2.0, 1, lambda: 0.0))
    monkeypatch.setattr(asyncio, 'sleep', lambda pause: pauses.append(pause) or sleep(0))
    tasks = [asyncio.create_task(forwarder.carry(Idle(), SimpleNamespace())) for _ in range(3)]
    while len(session.streams) < 3:
        await sleep(0)
    assert pauses == [0.0, 0.5, 1.0]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_one_way_that_breaks_ends_the_other(session):
    here = Idle()
    carrying = asyncio.create_task(forward.Forwarder(None, 'web').carry(here, SimpleNamespace()))
    await until(lambda: here.waiting)
    session.streams[0].over.set_exception(SessionError('broken', 'gone'))
    with pytest.raises(SessionError):
        await carrying
    assert not here.waiting and session.forgotten == session.streams
