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

"""Apps of K-Scale's and programs on the robot, as signaling has them."""

import asyncio
from types import SimpleNamespace

import pytest
from rtc_bridge.core.errors import SignalingError
from rtc_bridge.core.gateway.connection import ServiceError
from rtc_bridge.core.gateway.frames import Kind
from rtc_bridge.core.protocol.kscale_messages import MAX_PROGRAM_TEXT
from rtc_bridge.core.protocol.signaling_messages import OfferRequest, ServiceRequest
from rtc_bridge.peer.app_programs import MAX_CONNECTIONS, MAX_OF_ONE
from rtc_bridge.peer.local_robot_link import LocalRobotLink
from support.patience import PATIENCE
from support.viewer import make_sessions, TestCamera, until

pytestmark = pytest.mark.asyncio


class Program:
    """A program that says again what comes, or what it is told to."""

    def __init__(self, reads=True):
        self.said = asyncio.Queue()
        self.reads = reads
        self.closed = False

    async def read(self):
        return await self.said.get()

    async def write(self, kind, data):
        if not self.reads:
            await asyncio.Event().wait()
        assert kind is Kind.TEXT
        self.said.put_nowait((Kind.TEXT, data))

    async def close(self):
        self.closed = True


@pytest.fixture
def robot():
    """Return a robot with programs by name, its link, and the replies by session."""
    programs, replies = {}, asyncio.Queue()

    async def open_service(name, role, messages):
        assert messages
        if name not in programs:
            raise ServiceError('no-service', f'there is no service {name}')
        opened.append((name, role))
        return programs[name]

    opened = []
    sessions = make_sessions(TestCamera('front', 60), open_service=open_service)
    return SimpleNamespace(link=LocalRobotLink(sessions, 'server'), programs=programs,
                           replies=replies, opened=opened)


async def say(robot, payload, service='arm', session='app', **request):
    """Send what an app says, as signaling does."""
    def take(reply):
        robot.replies.put_nowait(reply)
        return True
    robot.link.on_reply[session] = take
    await robot.link.send_to_program(ServiceRequest(
        OfferRequest(session, **request), service, payload))


async def reply(robot):
    """Return the next reply."""
    async with asyncio.timeout(PATIENCE):
        return await robot.replies.get()


async def test_an_app_has_one_connection_to_each_program(robot):
    robot.programs |= {'arm': Program(), 'leg': Program()}
    for service, payload in (('arm', {'go': 1}), ('leg', [2]), ('arm', 'three')):
        await say(robot, payload, service)
        got = await reply(robot)
        assert (got.session, got.service, got.payload, got.fault) == (
            'app', service, payload, None)
    assert robot.opened == [('arm', 'drive'), ('leg', 'drive')]
    robot.programs['arm'].said.put_nowait((Kind.TEXT, b'no JSON'))
    assert (await reply(robot)).payload == 'no JSON'
    await robot.link.close_session('app')
    await until(lambda: all(program.closed for program in robot.programs.values()))
    assert not robot.link.on_reply


@pytest.mark.parametrize('said, why', [
    ((Kind.BINARY, b'\0'), 'sends bytes'), ((Kind.TEXT, b'a' * (MAX_PROGRAM_TEXT + 1)), 'at most'),
    (None, 'has ended')])
async def test_why_nothing_more_comes_is_said_once(robot, said, why):
    program = robot.programs['arm'] = Program()
    await say(robot, 1)
    await reply(robot)
    program.said.put_nowait(said)
    got = await reply(robot)
    assert why in got.fault and got.service == 'arm'
    await until(lambda: program.closed and not robot.link.on_reply)


async def test_unknown_programs_are_answered_and_leave_nothing(robot):
    await say(robot, 1, 'leg')
    assert (await reply(robot)).fault == 'there is no service leg'
    await until(lambda: not robot.link.on_reply)


async def test_a_program_that_does_not_read_stops_only_its_own_messages(robot):
    robot.programs |= {'arm': Program(reads=False), 'leg': Program()}
    for number in range(12):
        await say(robot, number)
    assert 'does not read' in (await reply(robot)).fault
    while not robot.replies.empty():
        robot.replies.get_nowait()
    await say(robot, 'on', 'leg')
    assert (await reply(robot)).payload == 'on'
    await say(robot, 'a' * (MAX_PROGRAM_TEXT + 1), 'leg')
    assert 'at most' in (await reply(robot)).fault


async def test_an_app_that_does_not_read_loses_its_program(robot):
    program = robot.programs['arm'] = Program()
    await say(robot, 1)
    await reply(robot)
    robot.link.on_reply['app'] = lambda reply: False
    program.said.put_nowait((Kind.TEXT, b'1'))
    await until(lambda: program.closed)


async def test_connections_are_bounded_for_one_app_and_for_all(robot):
    robot.programs |= {f'p{number}': Program(reads=False) for number in range(MAX_OF_ONE + 1)}
    for number in range(MAX_OF_ONE + 1):
        await say(robot, 1, f'p{number}')
    assert 'too many' in (await reply(robot)).fault
    for number in range(MAX_CONNECTIONS):
        await say(robot, 1, 'p0', session=f'app{number}')
    assert 'too many' in (await reply(robot)).fault
    await until(lambda: len(robot.opened) == MAX_CONNECTIONS)
    robot.link.end_programs()
    await until(lambda: robot.programs['p0'].closed)
    assert not robot.link.on_reply


async def test_who_has_no_role_reaches_nothing_and_leaves_nothing():
    sessions = make_sessions(TestCamera('front', 60), role='none')
    link = LocalRobotLink(sessions, 'server')
    link.on_reply['app'] = lambda reply: True
    with pytest.raises(SignalingError):
        await link.send_to_program(ServiceRequest(OfferRequest('app'), 'arm', 1))
    assert not link.on_reply
