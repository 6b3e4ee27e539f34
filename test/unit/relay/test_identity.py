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

"""A robot takes its own place at the relay again, and nobody else does."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from rtc_bridge.core.access.registration_tokens import RegistrationTokens
from rtc_bridge.core.access.robot_identity import IdentityProver
from support.relay_server import closed, get, make_offer, relay, send
from test_signaling import dialing, Robot

SECRET, OTHER = b's' * 32, b'o' * 32
TOKEN = 'one-for-all-of-this-site'
URL = 'wss://relay.example.org/r1'


@asynccontextmanager
async def site():
    """Serve a relay whose robots share a token; give it and how to be one of them."""
    async with relay(robots=RegistrationTokens([f'*:{TOKEN}'])) as r:
        yield r, lambda robot, secret: dialing(r.url, robot, token=TOKEN, secret=secret)


async def register(r, identity):
    """Send a registration as a robot; return its WebSocket."""
    ws = await r.http.ws_connect('/r1', protocols=['rtc-bridge.v1'],
                                 headers={'Authorization': f'Bearer {TOKEN}'})
    await send(ws, type='register', robot_id='r1', version='test',
               **({'identity': vars(identity)} if identity else {}))
    return ws


@pytest.mark.asyncio
async def test_robot_takes_its_own_place():
    first, second = Robot(), Robot()
    async with site() as (r, dial), dial(first, SECRET) as old:
        await old.reach('connected')
        page = await r.page('/r1')
        session = await make_offer(page)
        await get(page, 'answer')
        async with dial(second, SECRET) as new:
            await new.reach('connected')
            assert await old.reach('lost') == 'lost: replaced: The same robot has registered anew'
            # Nobody said that the robot had gone.
            ready = await get(page, 'ready')
            await send(page, type='offer', session=ready['session'], sdp='s=o')
            await get(page, 'answer')
            assert (await second.calls.get())[1] == ready['session']
            # Two with one secret do not take the name from each other for ever.
            assert (await old.reach('lost: robot-exists'))
        await old.reach('connected')
        # The first one's session was its own all the time.
        assert [first.calls.get_nowait()[:2]] == [('answer', session)] and first.calls.empty()


@pytest.mark.asyncio
async def test_the_newer_stays_when_the_older_was_not_told(monkeypatch):
    """A process that hung finds its connection dead, and what the relay said lost with it."""
    async def lose(robot):
        robot._ws._req.transport.abort()
    monkeypatch.setattr(
        'rtc_bridge.relay.protocols.native_robot.NativeRobot._say_farewell', lose)
    async with site() as (r, dial), dial(Robot(), SECRET) as old:
        await old.reach('connected')
        async with dial(Robot(), SECRET) as new:
            await new.reach('connected')
            holder = r.registry.get('r1')
            await old.reach('lost: replaced: another process with the secret of this robot')
            assert r.registry.get('r1') is holder
        await old.reach('connected')
        # Its own registration, whose connection it lost, is no other process.
        lost = r.registry.get('r1')
        lost._ws._req.transport.abort()
        await old.reach('lost')
        await old.reach('connected')


@pytest.mark.asyncio
@pytest.mark.parametrize('first, second', [(SECRET, OTHER), (SECRET, None), (None, SECRET)])
async def test_token_alone_is_not_enough(first, second):
    async with site() as (r, dial), dial(Robot(), first) as old, dial(Robot(), second) as new:
        await old.reach('connected')
        holder = r.registry.get('r1')
        assert (await new.reach('lost')).startswith(
            'lost: robot-exists: Already have a connection here: another robot, ')
        assert r.registry.get('r1') is holder


@pytest.mark.asyncio
async def test_answers_that_prove_nothing():
    prover = IdentityProver(SECRET, URL, 'r1')
    identity, stranger = prover.new_identity(), IdentityProver(OTHER, URL, 'r1')
    async with site() as (r, _):
        holder = await register(r, identity)
        await get(holder, 'registered')
        for reply in ({'type': 'prove', 'key': stranger.key(identity.salt)},
                      {'type': 'prove', 'key': identity.digest}, {'type': 'prove', 'key': ''},
                      {'type': 'prove', 'key': '\ud800'}, {'type': 'prove'}, {'type': 'watch'}):
            ws = await register(r, stranger.new_identity())
            assert (await get(ws, 'challenge'))['salt'] == identity.salt
            await send(ws, **reply)
            assert (await get(ws, 'error'))['code'] == 'robot-exists'
            await closed(ws)
        ws = await register(r, stranger.new_identity())
        await ws.close()
        # Each key works once: what was read on the way to the relay opens nothing later.
        key, again = prover.key(identity.salt), prover.new_identity()
        ws = await register(r, again)
        await get(ws, 'challenge')
        await send(ws, type='prove', key=key)
        await get(ws, 'registered')
        assert (await get(holder, 'error'))['code'] == 'replaced'
        await closed(holder)
        thief = await register(r, stranger.new_identity())
        assert (await get(thief, 'challenge'))['salt'] == again.salt
        await send(thief, type='prove', key=key)
        assert (await get(thief, 'error'))['code'] == 'robot-exists'
        assert r.registry.count == 1
    assert r.registry.count == 0


@pytest.mark.asyncio
async def test_place_that_is_free_before_the_proof():
    prover = IdentityProver(SECRET, URL, 'r1')
    async with site() as (r, _):
        holder = await register(r, prover.new_identity())
        await get(holder, 'registered')
        ws = await register(r, IdentityProver(OTHER, URL, 'r1').new_identity())
        await get(ws, 'challenge')
        await holder.close()
        while r.registry.count:
            await asyncio.sleep(0)
        await send(ws, type='prove', key='')
        await get(ws, 'registered')


@pytest.mark.asyncio
@pytest.mark.parametrize('identity', [
    {}, {'salt': 'AAAA', 'digest': 'AAAA'}, {'salt': 'AAAA', 'digest': 1}, [], 'x',
    {'salt': '\ud800', 'digest': 'A' * 43}])
async def test_bad_identity_is_refused(identity):
    async with relay() as r:
        ws = await r.v1('/r1', {'type': 'register', 'robot_id': 'r1', 'identity': identity})
        assert (await get(ws, 'error'))['code'] == 'bad-message'
        await closed(ws)


@pytest.mark.asyncio
async def test_robot_of_the_server_itself_stays():
    async with relay() as r:
        link = Robot()
        r.registry.add('r1', link)
        ws = await r.v1('/r1', {'type': 'register', 'robot_id': 'r1', 'identity': vars(
            IdentityProver(SECRET, URL, 'r1').new_identity())})
        assert (await get(ws, 'error'))['code'] == 'robot-exists'
        assert r.registry.get('r1') is link
