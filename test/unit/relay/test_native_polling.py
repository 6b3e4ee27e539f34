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

"""The native protocol over HTTP: what a page may do there, and what ends it."""

import asyncio
import json

import pytest
from rtc_bridge.relay.directory.registry import Registry
from rtc_bridge.relay.protocols import native_polling, polled_page
from support.patience import PATIENCE
from support.polling_page import PollingPage, WATCH
from support.relay_server import get, relay, send
from test_relay import LocalRobot


async def gone(page):
    """Wait until the relay has forgotten a page."""
    async with asyncio.timeout(PATIENCE):
        while (await page.poll())[0] != 404:
            await asyncio.sleep(0.01)


async def metric(r, name):
    async with r.http.get('/metrics') as response:
        return next((float(line.split()[-1]) for line in (await response.text()).splitlines()
                     if line.startswith('rtc_bridge_relay_' + name)), 0.0)


@pytest.mark.asyncio
async def test_a_session_is_signaled_over_http():
    async with relay() as r:
        page = PollingPage(r, Origin='https://pages.example.org')
        assert await page.post(WATCH) == (204, '')
        assert (await page.hear('error'))['code'] == 'no-robot'
        # A poll waits for the robot.
        waiting = asyncio.create_task(page.hear('ready'))
        robot = await r.robot('/r1')
        session = (await waiting)['session']
        candidate = {'type': 'candidate', 'session': session, 'candidate': 'candidate:x',
                     'sdpMid': '0'}
        assert (await page.post({'type': 'offer', 'session': session, 'sdp': 's=o',
                                 'trickle': True, 'source': '9.9.9.9', 'direct': False},
                                candidate))[0] == 204
        offer = await get(robot, 'offer')
        assert (offer['source'], offer['origin'], offer['door'], offer['direct']) == (
            '127.0.0.1', 'https://pages.example.org', 'v1', True)
        assert (await get(robot, 'candidate'))['candidate'] == 'candidate:x'
        await send(robot, type='answer', session=session, sdp='s=a')
        # An answer that a proxy has lost comes again, until it is acknowledged.
        known = page.known
        assert (await page.hear('answer'))['sdp'] == 's=a'
        assert [m['type'] for m in (await page.poll(known))[1]] == ['answer']
        await page.post({'type': 'renew'})
        assert (await page.hear('ready'))['session'] != session
        # The end is as on a WebSocket: the robot's session goes on without the page.
        await send(robot, type='close', session=session)
        await page.hear('close')
        assert await metric(r, 'pages') == 1
        assert await page.leave() == 204
        await gone(page)
        assert await metric(r, 'pages') == 0
        assert (await page.post({'type': 'renew'}))[0] == 404


@pytest.mark.asyncio
async def test_what_is_no_page_is_refused():
    async with relay() as r:
        page = PollingPage(r)
        assert (await page.poll())[0] == 404 and await page.leave() == 404
        for status, body in ((404, '{"type":"renew"}'), (400, 'x'), (400, ''), (400, '[1]'),
                             (404, '{"type":"register","robot_id":"r1"}'),
                             (413, '\n'.join([WATCH] * 65)), (413, 'x' * 300_000)):
            assert (await page.post(body))[0] == status, body
        for url in ('/signaling/r1/short', '/signaling/-x/' + 'a' * 22, '/signaling/r1',
                    '/signaling/api/' + 'a' * 22, '/signaling/r1/' + 'a' * 65):
            assert (await page.post(WATCH, url=url))[0] in (404, 405), url
        await page.post(WATCH)
        for after in ('-1', 'x', '2', '9' * 5000):
            assert (await page.poll(after))[0] in (400, 414), after
        # A frame that is no message is answered, and the page stays.
        await page.hear('error')
        await page.post('nonsense', '{"type":"registered","url":"/"}')
        assert [(await page.hear('error'))['code'] for _ in range(2)] == ['bad-message'] * 2
        async with r.http.options(page.url) as response:
            assert response.status == 204 and 'DELETE' in response.headers[
                'Access-Control-Allow-Methods']


@pytest.mark.asyncio
async def test_the_newest_poll_gets_the_messages():
    async with relay() as r:
        page = PollingPage(r)
        await page.post(WATCH)
        await page.hear('error')
        first = asyncio.create_task(page.poll())
        second = asyncio.create_task(page.poll())
        # The first one does not wait any longer.
        done, _ = await asyncio.wait({first, second}, return_when=asyncio.FIRST_COMPLETED,
                                     timeout=PATIENCE)
        assert done.pop().result() == (200, [])
        await r.robot('/r1')
        await asyncio.wait({first, second})
        assert [m['type'] for task in (first, second) for m in task.result()[1]] == ['ready']


@pytest.mark.parametrize('limit', ['viewers_per_robot', 'viewers_per_address', 'connections'])
@pytest.mark.asyncio
async def test_pages_over_http_have_the_places_of_pages(limit):
    async with relay(**{limit: 2}) as r:
        pages = [PollingPage(r) for _ in range(3)]
        statuses = [(await page.post(WATCH))[0] for page in pages]
        assert statuses == [204, 204, 503]
        status, text = await pages[2].post(WATCH)
        assert status == 503 and json.loads(text)['code'] == 'busy'
        await pages[0].leave()
        await gone(pages[0])
        assert (await pages[2].post(WATCH))[0] == 204


@pytest.mark.asyncio
async def test_a_page_that_says_too_much_is_told_and_sent_away():
    async with relay(messages_per_second=2) as r:
        page = PollingPage(r)
        await page.post(WATCH)
        await page.post(*['{"type":"renew"}'] * 20)
        codes = set()
        while 'too-many' not in codes:
            codes.add((await page.hear('error'))['code'])
        await gone(page)


@pytest.mark.asyncio
async def test_a_page_that_fetches_nothing_ends(monkeypatch):
    monkeypatch.setattr(polled_page, 'MAX_UNREAD', 5)
    async with relay(messages_per_second=1000) as r:
        page = PollingPage(r)
        await page.post(WATCH)
        async with asyncio.timeout(PATIENCE):
            while (await page.post(*['{"type":"renew"}'] * 20))[0] == 204:
                await asyncio.sleep(0)
        # What came before can be read, and is not more than that.
        status, messages = await page.poll()
        assert status == 404 or len(messages) == 5


@pytest.mark.asyncio
async def test_a_page_that_is_idle_ends_and_keeps_no_place(monkeypatch):
    # A busy host may take that long from one poll to the next.
    monkeypatch.setattr(polled_page, 'IDLE_S', 2.0)
    monkeypatch.setattr(native_polling, 'POLL_S', 0.1)
    registry, robot = Registry(), LocalRobot()
    registry.add('r1', robot)
    async with relay(registry, viewers_per_robot=4) as r:
        page = PollingPage(r)
        await page.post(WATCH)
        await page.hear('ready')
        # Polls without news end in time, and keep the page.
        for _ in range(3):
            assert await page.poll() == (200, [])
        monkeypatch.setattr(polled_page, 'IDLE_S', 0.1)
        async with asyncio.timeout(PATIENCE):
            while await metric(r, 'pages'):
                await asyncio.sleep(0.01)
        assert (await page.poll())[0] == 404


@pytest.mark.asyncio
async def test_polls_end_with_the_relay():
    page = polled_page.PolledPage()
    poll = asyncio.create_task(page.fetch(0, PATIENCE))
    await asyncio.sleep(0)
    assert not poll.done()
    page.end()
    assert await poll == [] and await page.receive() is None
