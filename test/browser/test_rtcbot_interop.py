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

"""RTCBot 0.2.5 as published, with our relay, our robot's end and our script."""

import asyncio
from pathlib import Path

import numpy as np
import pytest
import rtc_bridge
from rtc_bridge.signaling.relay_client import RelayClient
from rtc_bridge.signaling.relay_url import dial_url
from support.heard import frequency_in, HEARD
from support.patience import PATIENCE
from support.relay_server import relay
from support.rtcbot_peers import (
    BLUE, chromium, GREEN, page_server, PlainRobot, RED, seed_relay, stock_robot, StockViewer,
    until, Voice, wait_tone,
)
from support.tones import microphone_flags

OUR_SCRIPT = (Path(rtc_bridge.__file__).parent / 'web' / 'rtcbot.js').read_text()


def near(colour, wanted):
    """Return whether a colour is the wanted one, but for the codec's loss."""
    return all(abs(c - w) < 40 for c, w in zip(colour, wanted))


async def look(page, wanted):
    """Check that a page shows the robot's picture and talks with it."""
    seen = await until(lambda: page.evaluate('colour()'))
    assert seen[:2] == [320, 240]
    await until(lambda: show_colour(page, wanted))
    # What was put before the channel was open has come back too, strings as they were.
    await until(lambda: page.evaluate('received.length >= 2'))
    await page.keyboard.press('w')
    texts = await until(lambda: page.evaluate('received.length >= 4 && received'))
    assert [t.replace(' ', '') for t in texts[:2]] == ['{"got":"early"}', '{"got":{"n":1}}']
    keys = ['"type":"keydown"', '"type":"keyup"']
    for text, kind in zip(texts[2:], keys):
        text = text.replace(' ', '')
        for part in (kind, '"key":"w"', '"keyCode":87', '"altKey":false', '"shiftKey":false'):
            assert part in text


async def show_colour(page, wanted):
    seen = await page.evaluate('colour()')
    return near(seen[4:1:-1], wanted)


@pytest.mark.asyncio
@pytest.mark.parametrize('path, post', [('/ws', '/connect'), ('/room7', '/room7')])
async def test_stock_robot_and_stock_python_viewer(path, post):
    async with relay() as r, stock_robot(r.url + path, RED) as (robot, _):
        viewer = StockViewer()
        try:
            assert set(await viewer.connect(r.url + post)) == {'sdp', 'type'}
            assert near(await viewer.colour(), RED)
            assert await viewer.ask({'ping': 1}) == {'got': {'ping': 1}}
            await asyncio.wait_for(robot, PATIENCE)
        finally:
            await viewer.close()
        # The robot left with its answer, as the tutorial's does.
        status = (await r.post(post))[0]
        assert status == (500 if path == '/ws' else 404)


@pytest.mark.asyncio
@pytest.mark.parametrize('path, post', [('/ws', '/connect'), ('/room7', '/room7')])
@pytest.mark.parametrize('script', [None, OUR_SCRIPT], ids=['stock script', 'our script'])
async def test_stock_robot_and_page_of_another_origin(chromium_path, path, post, script):
    async with relay() as r, stock_robot(r.url + path, GREEN):
        async with page_server(r.url + post, script) as url, chromium(chromium_path) as page:
            await page.goto(url)
            await page.evaluate('connected')
            await look(page, GREEN)


@pytest.mark.asyncio
@pytest.mark.parametrize('script', [None, OUR_SCRIPT], ids=['stock script', 'our script'])
async def test_our_robots_end_and_rtcbot_pages(chromium_path, script):
    robot = PlainRobot(BLUE)
    async with relay() as r:
        client = asyncio.create_task(RelayClient(dial_url(r.url, 'r1'), 'r1', robot).run())
        try:
            await until(lambda: present(r))
            async with page_server(r.url + '/r1?camera=front', script) as url:
                async with chromium(chromium_path) as page:
                    await page.goto(url)
                    await page.evaluate('connected')
                    await look(page, BLUE)
            assert [(o.protocol, o.camera) for o in robot.offers] == [('rtcbot', 'front')]
        finally:
            client.cancel()
            await asyncio.wait([client])
            await robot.close()


async def present(r):
    return r.registry.get('r1')


@pytest.mark.asyncio
async def test_our_robots_end_at_the_tutorials_relay():
    robot = PlainRobot(BLUE)
    states = asyncio.Queue()
    async with seed_relay() as url:
        client = asyncio.create_task(RelayClient(
            dial_url(url + '/ws', 'r1'), 'r1', robot, on_state=states.put_nowait).run())
        try:
            async with asyncio.timeout(PATIENCE):
                while await states.get() != 'connected':
                    pass
            for _ in range(2):
                viewer = StockViewer()
                try:
                    await viewer.connect(url + '/connect')
                    assert near(await viewer.colour(), BLUE)
                    assert await viewer.ask('hello') == {'got': 'hello'}
                finally:
                    await viewer.close()
            assert [o.protocol for o in robot.offers] == ['rtcbot'] * 2
            # An offer that cannot be answered ends the POST there too.
            viewer = StockViewer()
            viewer.conn.getLocalDescription = bad_offer
            with pytest.raises(TypeError, match='error'):
                await asyncio.wait_for(viewer.connect(url + '/connect'), PATIENCE)
            await viewer.close()
        finally:
            client.cancel()
            await asyncio.wait([client])
            await robot.close()


async def bad_offer():
    return {'type': 'offer', 'sdp': 'v=0\r\nm=nonsense\r\n'}


@pytest.mark.asyncio
async def test_keys_go_up_when_the_window_loses_the_focus(chromium_path):
    async with page_server('/', OUR_SCRIPT) as url, chromium(chromium_path) as page:
        await page.goto(url)
        await page.evaluate("""() => {
            window.events = [];
            keyboard.subscribe((event) => events.push(event));
            document.body.append(document.createElement('input'));
        }""")
        await page.keyboard.down('w')
        await page.keyboard.down('w')
        await page.keyboard.down('Shift')
        await page.evaluate('window.dispatchEvent(new Event("blur"))')
        assert await page.evaluate('events') == [
            {'type': 'keydown', 'altKey': False, 'shiftKey': False, 'keyCode': 87, 'key': 'w'},
            {'type': 'keydown', 'altKey': False, 'shiftKey': True, 'keyCode': 16, 'key': 'Shift'},
            {'type': 'keyup', 'altKey': False, 'shiftKey': False, 'keyCode': 87, 'key': 'w'},
            {'type': 'keyup', 'altKey': False, 'shiftKey': False, 'keyCode': 16, 'key': 'Shift'}]
        # A text field is for typing.
        await page.evaluate('events.length = 0')
        await page.focus('input')
        await page.keyboard.up('Shift')
        await page.evaluate('events.length = 0')
        await page.keyboard.press('a')
        assert await page.evaluate('document.querySelector("input").value') == 'a'
        assert await page.evaluate('events') == []


@pytest.mark.asyncio
async def test_gamepad_sends_its_changes_and_lets_go_when_it_is_lost(chromium_path):
    async with page_server('/', OUR_SCRIPT) as url, chromium(chromium_path) as page:
        await page.goto(url)
        await page.evaluate("""() => {
            window.pads = [null];
            navigator.getGamepads = () => pads;
            window.pad = (pressed, x) => {
                pads = [{buttons: [{pressed}, {pressed: false}], axes: [x, 0]}];
            };
            window.events = [];
            rtcbot.setGamepadRate(100);
            window.gamepad = new rtcbot.Gamepad();
            gamepad.subscribe((event) => events.push(event));
            pad(false, 0);
        }""")
        await until(lambda: page.evaluate('gamepad.state !== null'))
        await page.evaluate('pad(true, -0.25)')
        await until(lambda: page.evaluate('events.length >= 2'))
        await page.evaluate('pads = [null]')
        await until(lambda: page.evaluate('events.length >= 4'))
        assert await page.evaluate('events') == [
            {'type': 'btn0', 'value': True}, {'type': 'axis0', 'value': -0.25},
            {'type': 'btn0', 'value': False}, {'type': 'axis0', 'value': 0}]
        # So is one in a tab that nobody sees, of which browsers tell nothing new.
        await page.evaluate('events.length = 0; pad(false, 0)')
        await until(lambda: page.evaluate('gamepad.state !== null'))
        await page.evaluate('pad(false, 1)')
        await until(lambda: page.evaluate('events.length >= 1'))
        await page.evaluate("""() => {
            Object.defineProperty(document, 'hidden', {value: true});
            document.dispatchEvent(new Event('visibilitychange'));
        }""")
        assert await page.evaluate('events') == [
            {'type': 'axis0', 'value': 1}, {'type': 'axis0', 'value': 0}]


@pytest.mark.asyncio
async def test_two_ends_of_our_script_and_its_queue(chromium_path):
    async with page_server('/', OUR_SCRIPT) as url, chromium(chromium_path) as page:
        await page.goto(url)
        got = await page.evaluate("""async () => {
            const a = new rtcbot.RTCConnection(), b = new rtcbot.RTCConnection();
            const queue = new rtcbot.Queue();
            b.subscribe((message) => queue.put_nowait(message));
            a.put_nowait('text');
            const offer = await a.getLocalDescription();
            const answer = await b.getLocalDescription(offer);
            await a.setRemoteDescription(answer);
            a.put_nowait({a: [1]});
            a.put_nowait(7);
            const got = [Object.keys(offer).sort(), Object.keys(answer).sort()];
            for (let i = 0; i < 3; i++) got.push(await queue.get());
            b.put_nowait('back');
            got.push(await new Promise((resolve) => a.subscribe(resolve)));
            const sections = offer.sdp.match(/^m=\\w+/gm);
            await a.close();
            await b.close();
            return [...got, sections];
        }""")
        assert got == [['sdp', 'type'], ['sdp', 'type'], 'text', '{"a":[1]}', '7', 'back',
                       ['m=application']]


@pytest.mark.asyncio
async def test_media_of_our_script(chromium_path):
    async with page_server('/', OUR_SCRIPT) as url, chromium(chromium_path) as page:
        await page.goto(url)
        got = await page.evaluate("""async () => {
            const camera = () => document.createElement('canvas').captureStream(5)
                .getVideoTracks()[0];
            const ways = ({sdp}) => sdp.match(/^m=[a-z]+|^a=(send|recv|inactive)[a-z]*/gm)
                .map((line) => line.slice(2)).join(' ');
            const a = new rtcbot.RTCConnection(), b = new rtcbot.RTCConnection();
            const seen = new Promise((resolve) => a.video.subscribe(resolve));
            a.audio.subscribe(() => {});
            b.video.putSubscription(camera());
            const offer = await a.getLocalDescription();
            await b.setRemoteDescription(offer);
            const answer = await b.getLocalDescription();
            await a.setRemoteDescription(answer);
            const kinds = (await seen).getTracks().map((track) => track.kind);
            // A page that shows its own camera, without and with a wish for the robot's.
            const offers = [];
            for (const wish of [false, true]) {
                const c = new rtcbot.RTCConnection();
                c.video.putSubscription(camera());
                if (wish) c.video.subscribe(() => {});
                offers.push(ways(await c.getLocalDescription()));
                await c.close();
            }
            return [kinds, ways(offer), ways(answer), ...offers];
        }""")
        assert got == [
            ['video'], 'video recvonly audio recvonly application',
            'video sendonly audio inactive application',
            'video sendonly application', 'video sendrecv application']


@pytest.mark.asyncio
async def test_our_page_sends_a_stock_robot_no_motion_before_drive_is_pressed(chromium_path):
    async with relay() as r, stock_robot(r.url + '/room7', RED):
        async with chromium(chromium_path) as page:
            await page.goto(r.url + '/room7')
            await until(lambda: page.evaluate("window.rtcBridge?.state === 'live'"))
            # It sends back what it gets.
            await page.evaluate("""() => {
              window.heard = [];
              rtcBridge.addEventListener('message', ({ detail }) => heard.push(detail));
            }""")
            await page.focus('#stage')
            await page.keyboard.down('w')
            await until(lambda: page.evaluate(
                "document.getElementById('why').textContent === 'Press Drive first'"))
            await page.keyboard.up('w')
            await page.click('#take')
            await until(lambda: page.evaluate(
                "document.getElementById('driver').textContent === 'You drive'"))
            await page.focus('#stage')
            await page.keyboard.down('w')
            await until(lambda: page.evaluate('heard.length'))
            await page.click('#release')
            await until(lambda: page.evaluate('heard.length > 1'))
            assert await page.evaluate('heard') == [
                {'got': {'forward': forward, 'leftright': 0}} for forward in (0.3, 0)]


@pytest.mark.asyncio
async def test_our_page_hears_a_stock_robot_and_talks_to_it(chromium_path, tmp_path, monkeypatch):
    # RTCBot uses it when sound comes; NumPy 1.24 took it away.
    monkeypatch.setattr(np, 'float', float, raising=False)
    flags = microphone_flags(tmp_path / 'voice.wav', 440)
    async with relay() as r, stock_robot(r.url + '/room7', RED, Voice(880)) as (_, sound):
        async with chromium(chromium_path, *flags) as page:
            await page.goto(r.url + '/room7')
            await page.click('#sound')

            async def heard():
                return abs(frequency_in(await page.evaluate(f'({HEARD})()')) - 880) < 5
            await until(heard)
            await until(lambda: page.evaluate("!document.getElementById('talk').hidden"))
            # As by the keyboard: the time between down and up of a mouse says whether it is held.
            await page.evaluate("document.getElementById('talk').click()")
            await wait_tone(sound, 440)
            assert await page.get_attribute('#talk', 'title') == (
                'Your voice is sent. Press to end')
