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

"""Programs that come by themselves, over real WebSockets."""

import asyncio
from contextlib import asynccontextmanager
import json
import os
import stat

from diagnostic_msgs.msg import DiagnosticStatus
import pytest
from rtc_bridge.bridge.data.local_services import LocalServices
from rtc_bridge.bridge.data.service_listener import service_token, ServiceListener
from rtc_bridge.core.errors import StoreError
from rtc_bridge.core.gateway.connection import ServiceError
from rtc_bridge.core.gateway.frames import Kind
from rtc_bridge.core.gateway.registration import MeetingPlace
from rtc_bridge.core.gateway.service_rules import service_rule
from rtc_bridge.core.settings.local_service_settings import LocalServiceSettings
from support.patience import PATIENCE
from support.viewer import until
from websockets.asyncio.client import unix_connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

pytestmark = pytest.mark.asyncio
TOKEN = 'token of the robot'


@asynccontextmanager
async def services(path, most=2):
    """Run services of which ``arm`` comes by itself."""
    rule = service_rule('arm', LocalServiceSettings(url='listen', max_connections=most))
    listener = ServiceListener(MeetingPlace(path=str(path)), TOKEN, {'arm': most})
    found = LocalServices([rule], listener)
    task = asyncio.create_task(found.run())
    # Now programs can connect.
    await until(lambda: not listener.fault)
    try:
        yield found
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def come(path, service='arm', token=TOKEN, **options):
    """Connect as a program, and say what it is."""
    ws = await unix_connect(str(path), uri='ws://localhost/', **options)
    await ws.send(json.dumps({'service': service, 'token': token}))
    return ws


async def next_of(ws):
    """Return the next message."""
    async with asyncio.timeout(PATIENCE):
        return await ws.recv()


async def refusal(ws):
    """Return why a connection was closed."""
    with pytest.raises(ConnectionClosed) as error:
        await next_of(ws)
    return error.value.rcvd.reason


@pytest.fixture
def path(tmp_path):
    """Return where programs are awaited."""
    return tmp_path / 'services.sock'


async def test_each_viewer_has_a_connection_of_its_own(path):
    async with services(path) as found:
        programs = [await come(path) for _ in range(2)]
        for ws in programs:
            assert json.loads(await next_of(ws)) == {'type': 'waiting'}
        for number, ws in enumerate(programs):
            connection = await found.connect('arm', 'drive')
            assert json.loads(await next_of(ws)) == {'type': 'opened'}
            await connection.write(Kind.TEXT, f'go {number}'.encode())
            assert await next_of(ws) == f'go {number}'
            await ws.send(b'done')
            assert await connection.read() == (Kind.BINARY, b'done')
            await connection.close()
            # The program hears that its viewer has gone, and comes anew for the next.
            with pytest.raises(ConnectionClosed):
                await next_of(ws)
        with pytest.raises(ServiceError, match='has not come') as error:
            await found.connect('arm', 'drive')
        assert error.value.code == 'unreachable'
        assert json.loads(await next_of(await come(path))) == {'type': 'waiting'}
        await (await found.connect('arm', 'drive')).close()


def told(services):
    """Return level, message and values of the state in diagnostics."""
    status = services.status()
    return status.level, status.message, {pair.key: pair.value for pair in status.values}


async def test_the_state_is_in_the_diagnostics(path):
    assert LocalServices([]).status() is None
    async with services(path) as found:
        await next_of(await come(path))
        await until(lambda: told(found)[2]['arm.waiting'] == '1')
        assert told(found) == (DiagnosticStatus.OK, '0 connections', {
            'arm.open': '0', 'arm.waiting': '1', 'listening': 'yes', 'last_refused_program': '',
            'last_refusal': ''})
        connection = await found.connect('arm', 'drive')
        with pytest.raises(ServiceError):
            await found.connect('arm', 'drive')
        await refusal(await come(path, token='guessed'))
        level, message, values = told(found)
        assert (level, message) == (DiagnosticStatus.OK, '1 connections')
        assert (values['arm.open'], values['arm.waiting']) == ('1', '0')
        assert 'has not come' in values['last_refusal']
        assert values['last_refused_program'] == 'a wrong token'
        await connection.close()
        assert told(found)[2]['arm.open'] == '0'


async def test_why_programs_cannot_come_is_a_warning_in_the_diagnostics(path):
    path.write_text('of somebody else')
    listener = ServiceListener(MeetingPlace(path=str(path)), TOKEN, {'arm': 2})
    found = LocalServices([service_rule('arm', LocalServiceSettings(url='listen'))], listener)
    assert told(found)[0] == DiagnosticStatus.WARN
    with pytest.raises(OSError):
        await found.run()
    level, message, values = told(found)
    assert level == DiagnosticStatus.WARN and str(path) in message
    assert str(path) in values['listening']


async def test_the_end_closes_all_connections(path):
    async with services(path) as found:
        unknown = await unix_connect(str(path), uri='ws://localhost/')
        waiting, open_ = await come(path), await come(path)
        for ws in (waiting, open_):
            await next_of(ws)
        await found.connect('arm', 'drive')
        await next_of(waiting)
    for ws in (unknown, waiting, open_):
        with pytest.raises(ConnectionClosed):
            await next_of(ws)


async def test_a_program_that_has_gone_is_not_given_to_a_viewer(path):
    async with services(path) as found:
        gone, there = await come(path), await come(path)
        for ws in (gone, there):
            await next_of(ws)
        await gone.close()
        connection = await found.connect('arm', 'drive')
        assert json.loads(await next_of(there)) == {'type': 'opened'}
        await connection.close()


async def test_a_viewer_that_goes_while_it_is_connected_leaves_no_program_behind(path):
    async with services(path, most=1) as found:
        left = await come(path)
        await next_of(left)
        connecting = asyncio.create_task(found.connect('arm', 'drive'))
        # It has taken the program, and waits until the program can be told so.
        await asyncio.sleep(0)
        connecting.cancel()
        with pytest.raises(ConnectionClosed):
            await next_of(left)
        await next_of(await come(path))
        await (await found.connect('arm', 'drive')).close()


async def test_a_program_that_speaks_before_a_viewer_comes_is_told_so(path):
    async with services(path) as found:
        early = await come(path)
        await next_of(early)
        await early.send('hello?')
        assert 'opened' in await refusal(early)
        with pytest.raises(ServiceError, match='has not come'):
            await found.connect('arm', 'drive')


@pytest.mark.parametrize('said, why', [
    ({'token': 'guessed'}, 'a wrong token'), ({'service': 'leg'}, 'there are: arm'),
    ({'token': '\ud800'}, 'a wrong token')])
async def test_strangers_are_told_why_they_cannot_stay(path, said, why):
    async with services(path):
        assert why in await refusal(await come(path, **said))


async def test_what_is_no_registration_is_refused(path):
    async with services(path):
        for first in (b'bytes', 'text', '{"service": "arm"}'):
            ws = await unix_connect(str(path), uri='ws://localhost/')
            await ws.send(first)
            assert await refusal(ws)


async def test_no_more_may_wait_than_viewers_may_come(path):
    async with services(path, most=1):
        await next_of(await come(path))
        assert 'wait already' in await refusal(await come(path))


async def test_pages_in_a_browser_of_this_computer_are_kept_out(path):
    async with services(path):
        with pytest.raises(InvalidStatus) as error:
            await come(path, origin='http://evil.example')
        assert error.value.response.status_code == 403


async def test_a_socket_that_a_killed_bridge_left_is_replaced(path):
    async with services(path):
        os.link(path, kept := path.with_name('kept'))
    os.rename(kept, path)
    async with services(path):
        assert await next_of(await come(path))


async def test_a_socket_of_a_bridge_that_lives_is_left_to_it(path):
    async with services(path):
        with pytest.raises(OSError, match='another bridge listens there') as error:
            await ServiceListener(MeetingPlace(path=str(path)), TOKEN, {}).run()
        assert error.value.filename == str(path)
        assert await next_of(await come(path))


async def test_a_file_in_place_of_a_socket_is_named_and_kept(path):
    path.write_text('of somebody else')
    with pytest.raises(OSError) as error:
        await ServiceListener(MeetingPlace(path=str(path)), TOKEN, {}).run()
    assert error.value.filename == str(path) and path.read_text() == 'of somebody else'


@pytest.mark.parametrize('mask', [0, 0o777])
async def test_only_this_user_can_connect_whatever_the_umask(path, mask):
    before = os.umask(mask)
    try:
        async with services(path):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
    finally:
        os.umask(before)


async def test_the_token_is_made_once_and_only_its_owner_can_read_it(tmp_path):
    file = tmp_path / 'services.token'
    token = service_token(file)
    assert len(token) >= 32 and service_token(file) == token
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o644)
    with pytest.raises(StoreError, match='chmod 600'):
        service_token(file)
