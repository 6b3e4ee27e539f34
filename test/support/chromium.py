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

"""Chromium with pages of the robot, driven from synchronous tests."""

import asyncio
from collections import defaultdict
from contextlib import contextmanager, suppress
import json
import os
from pathlib import Path
import signal
import tempfile
from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest
from support.browsers import Loop, Page
from support.patience import PATIENCE

FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
         '--disable-background-networking', '--disable-component-update', '--disable-sync']
# Of a desktop's window; a larger one takes more of the processors' time.
WINDOW = {'width': 1024, 'height': 640}
# Seconds in which a tab is made as new, or else it is closed.
WIPE_TIME_S = 10.0


class ChromiumPage(Page):
    """
    A page in a browser context of its own: nothing is shared with others.

    :param session: of the DevTools protocol
    :param take_back: takes what can be used again: the page's tab and the session
    """

    def __init__(self, loop, page, session, take_back):
        """Begin to collect errors; to be called in the loop, as all that sends to Chromium."""
        self._loop = loop
        self._page = page
        self._session = session
        self._take_back = take_back
        self._fingers = {}
        self._held_keys = set()
        self._scripts = []
        self._origins = set()
        # What was done here ends with the tab only.
        self._spent = False
        self.errors = []
        self._listeners = {
            'console': lambda m: m.type == 'error' and self.errors.append(m.text),
            'pageerror': lambda error: self.errors.append(str(error)),
            'framenavigated': lambda frame: self._origins.add(_origin(frame.url)),
        }
        for event, listener in self._listeners.items():
            page.on(event, listener)

    def load(self, url):
        """Load a page."""
        self._loop.run(self._page.goto(url))
        self.wait_scripts()

    def begin_load(self, url):
        """Load a page; wait for nothing of it."""
        self._loop.run(self._page.goto(url, wait_until='commit'))

    def refresh(self):
        """Load it anew."""
        self._loop.run(self._page.reload())
        self.wait_scripts()

    def evaluate_on_load(self, code):
        """Run a script before those of whatever is loaded from now on."""
        async def add():
            added = await self._session.send('Page.addScriptToEvaluateOnNewDocument',
                                             {'source': code})
            self._scripts.append(added['identifier'])
        self._loop.run(add())

    def evaluate(self, code, argument=None):
        """Evaluate an expression, or call a function with one argument; wait for promises."""
        from playwright.async_api import Error
        while True:
            try:
                return self._loop.run(self._page.evaluate(code, argument))
            except Error as error:
                # A page that did not arrive as a whole loads itself anew.
                if 'context was destroyed' not in str(error):
                    raise

    def lose_once(self, pattern):
        """Let the first request for a URL fail."""
        self._spent = True
        self._loop.run(self._page.route(pattern, lambda route: route.abort(), times=1))

    def hold_once(self, pattern):
        """Let the first request for a URL wait; return what lets it go on."""
        self._spent = True
        released = asyncio.Event()

        async def wait(route):
            await released.wait()
            await route.continue_()

        async def release():
            released.set()

        self._loop.run(self._page.route(pattern, wait, times=1))
        return lambda: self._loop.run(release())

    def down(self, key):
        """Press a key and hold it."""
        self._held_keys.add(key)
        self._loop.run(self._page.keyboard.down(key))

    def up(self, key):
        """Let a key go."""
        self._held_keys.discard(key)
        self._loop.run(self._page.keyboard.up(key))

    def choose(self, camera):
        """Make a camera the main one, by its button."""
        self.click(f'[data-camera="{camera}"]')

    def click(self, selector):
        """Click an element with the mouse."""
        self._loop.run(self._page.click(selector))

    def devtools(self, method, **parameters):
        """Call a method of the DevTools protocol."""
        # The fingers are known, and are taken away with the rest.
        self._spent = self._spent or method != 'Input.dispatchTouchEvent'
        return self._loop.run(self._session.send(method, parameters))

    def touch(self, *fingers, cancel=False):
        """
        Put fingers on these points, given as (x, y), or move them there; ``None``: one is lifted.

        :param cancel: the system takes all of them away
        """
        before, self._fingers = self._fingers, {
            number: {'x': finger[0], 'y': finger[1], 'id': number}
            for number, finger in enumerate(fingers) if finger}

        def send(kind, *points):
            self.devtools('Input.dispatchTouchEvent', type=kind, touchPoints=points)
        if not self._fingers:
            send('touchCancel' if cancel else 'touchEnd')
            return
        lifted = [before[number] for number in before if number not in self._fingers]
        if lifted:
            send('touchEnd', *lifted)
        if self._fingers.keys() - before.keys():
            send('touchStart', *self._fingers.values())
        elif self._fingers != before:
            send('touchMove', *self._fingers.values())

    def resize(self, width, height):
        """Give the window another size."""
        self._loop.run(self._page.set_viewport_size({'width': width, 'height': height}))

    @contextmanager
    def refusing(self):
        """Answer no to what the browser asks meanwhile; yield the kinds of its questions."""
        asked = []

        async def refuse(dialog):
            asked.append(dialog.type)
            await dialog.dismiss()

        # In its loop: to listen sends a message.
        async def listen(on):
            (self._page.on if on else self._page.remove_listener)('dialog', refuse)
        self._loop.run(listen(True))
        try:
            yield asked
        finally:
            self._loop.run(listen(False))

    @contextmanager
    def emulate(self, **media):
        """Let the system have other wishes, as ``forced_colors='active'``."""
        self._loop.run(self._page.emulate_media(**media))
        try:
            yield
        finally:
            before = {name: 'dark' if name == 'color_scheme' else 'null' for name in media}
            self._loop.run(self._page.emulate_media(**before))

    @contextmanager
    def away(self):
        """Look at another tab of the same window, and come back."""
        # Playwright lets all tabs believe that they are looked at.
        self.devtools('Emulation.setFocusEmulationEnabled', enabled=False)
        other = self._loop.run(self._page.context.new_page())
        self._loop.run(other.bring_to_front())
        try:
            yield
        finally:
            self._loop.run(other.close())
            self._loop.run(self._page.bring_to_front())

    def download(self, action, folder):
        """Do something that saves a file; return its path in a folder."""
        async def get():
            async with self._page.expect_download(timeout=1000 * PATIENCE) as download:
                await self._loop.loop.run_in_executor(None, action)
            file = await download.value
            path = Path(folder) / file.suggested_filename
            await file.save_as(path)
            return path
        return self._loop.run(get(), 2 * PATIENCE)

    def pixels(self):
        """Return what is seen, BGR."""
        png = self._loop.run(self._page.screenshot())
        return cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)

    def screenshot(self, path, size):
        """Write what is seen in a window of this size, as PNG."""
        async def shoot():
            await self._page.set_viewport_size(dict(zip(('width', 'height'), size, strict=True)))
            await self._page.screenshot(path=path)
        self._loop.run(shoot())

    def close(self):
        """Close the tab and its context, as a person does."""
        self._loop.run(self._page.context.close())

    def leave(self):
        """
        Go away from what is shown, for good; the tab may be used again, as a new one.

        That takes half of the processors' time that a new tab does.
        """
        from playwright.async_api import Error

        async def leave():
            for event, listener in self._listeners.items():
                self._page.remove_listener(event, listener)
            clean = False
            with suppress(Error, asyncio.TimeoutError):
                # Scripts that hang answer nothing.
                clean = not self._spent and await asyncio.wait_for(self._wipe(), WIPE_TIME_S)
            if clean:
                self._take_back(self._page, self._session)
            else:
                await self._page.context.close()
            # The tab may be another test's from now on.
            self._page = self._session = None
        self._loop.run(leave())

    async def _wipe(self):
        """Take away all that was done in the tab; return whether that is all of it."""
        origin = _origin(self._page.url)
        if origin is None or self._origins - {None, origin}:
            return False  # The tab keeps the session's storage of pages that are gone.
        # Whatever the page still does, it stores no more.
        await self._page.evaluate('Storage.prototype.setItem = () => {}; sessionStorage.clear()')
        for script in self._scripts:
            await self._session.send('Page.removeScriptToEvaluateOnNewDocument',
                                     {'identifier': script})
        await self._page.goto('about:blank')
        await self._session.send('Storage.clearDataForOrigin',
                                 {'origin': origin, 'storageTypes': 'all'})
        await self._session.send('Network.clearBrowserCache')
        for key in self._held_keys:
            await self._page.keyboard.up(key)
        if self._fingers:
            await self._session.send('Input.dispatchTouchEvent',
                                     {'type': 'touchCancel', 'touchPoints': []})
        await self._page.mouse.move(-1, -1)
        return True


class Chromium:
    """
    A Chromium with a fresh profile.

    :param prefix: words before the command, as ``ip netns exec NAME``
    """

    def __init__(self, path, prefix=(), flags=()):
        """Start it, with some flags besides."""
        pytest.importorskip('playwright')
        self._flags = [*FLAGS, *flags]
        self._folder = tempfile.TemporaryDirectory(prefix='chromium', ignore_cleanup_errors=True)
        if prefix:
            script = Path(self._folder.name) / 'start'
            script.write_text(f'#!/bin/sh\nexec {" ".join(prefix)} {path} "$@"\n')
            script.chmod(0o755)
            path = str(script)
        self._loop = Loop()
        self._playwright = self._browser = None
        # Tabs that can be used again, by their options but for the size.
        self._spare = defaultdict(list)
        self._loop.run(self._start(path))

    async def _start(self, path):
        from playwright.async_api import async_playwright
        self._playwright = await async_playwright().start()
        self._browser = await self._playwright.chromium.launch(
            executable_path=path, args=self._flags)
        session = await self._browser.new_browser_cdp_session()
        info = await session.send('SystemInfo.getProcessInfo')
        self.pid = next(p['id'] for p in info['processInfo'] if p['type'] == 'browser')

    def page(self, **options):
        """Return a new empty page; Playwright's options for it may be given."""
        from playwright.async_api import Error
        viewport = options.pop('viewport', WINDOW)
        spare = self._spare[json.dumps(options, sort_keys=True)]

        async def make():
            while spare:
                page, session = spare.pop()
                with suppress(Error):  # Of a tab that has died.
                    await page.set_viewport_size(viewport)
                    break
            else:
                # Playwright's own choice is a light page.
                context = await self._browser.new_context(
                    **{'viewport': viewport, 'color_scheme': 'dark', **options})
                page = await context.new_page()
                session = await context.new_cdp_session(page)
                await session.send('Page.enable')  # For scripts on load.
            return ChromiumPage(self._loop, page, session, lambda *tab: spare.append(tab))
        return self._loop.run(make())

    def show(self, url):
        """Return a new page that shows a URL."""
        page = self.page()
        page.load(url)
        return page

    @property
    def alive(self):
        """Tell whether it still runs."""
        return self._browser.is_connected()

    def close_pages(self):
        """Close all pages, with what they stored, but tabs that can be used again."""
        spare = [page.context for tabs in self._spare.values() for page, _ in tabs]

        async def close():
            for context in self._browser.contexts:
                if context not in spare:
                    await context.close()
            # One that has died unnoticed has no pages; this fails there.
            await (await self._browser.new_context()).close()
        self._loop.run(close())

    def _signal(self, number):
        """Send a signal to the browser and all that belongs to it."""
        for pid in _family(self.pid):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def freeze(self):
        """Take all its processes the CPU away."""
        self._signal(signal.SIGSTOP)

    def thaw(self):
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def kill(self):
        """End it without a chance to say anything."""
        self._signal(signal.SIGKILL)

    def close(self):
        """End it."""
        async def stop():
            try:
                await self._browser.close()
            finally:
                await self._playwright.stop()
        try:
            self._loop.run(stop())
        finally:
            self._loop.close()
            self._folder.cleanup()


def _origin(url):
    """Return the origin of a page, ``None`` if it stores nothing."""
    parts = urlsplit(url)
    return f'{parts.scheme}://{parts.netloc}' if parts.netloc else None


def _family(root):
    """Return a process and its descendants."""
    children = {}
    for entry in Path('/proc').glob('[0-9]*'):
        try:
            # The name, in parentheses, may hold anything; the parent follows the state.
            parent = int((entry / 'stat').read_text().rpartition(')')[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(entry.name))
    family, new = [], [root]
    while new:
        family += new
        new = [child for parent in new for child in children.get(parent, ())]
    return family
