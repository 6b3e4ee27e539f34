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

"""What browsers have in common in synchronous tests: a page of the robot, and its event loop."""

from abc import ABC, abstractmethod
import asyncio
import base64
from concurrent.futures import CancelledError
from contextlib import suppress
import json
import threading
import time

import cv2
import numpy as np
import pytest
from support.patience import PATIENCE

# The picture as the browser decoded it, as PNG; null before the first.
GRAB = """async (selector) => {
  const video = document.querySelector(selector);
  if (!video || !video.videoWidth || video.readyState < 2) return null;
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext('2d').drawImage(video, 0, 0);
  return canvas.toDataURL('image/png').split(',')[1];
}"""

# Looks at an expression for a second, and gives its last value.
LOOK = """(async () => {
  for (let look = 0; ; look += 1) {
    const value = (%s);
    if (value || look === 25) return value;
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
})()"""


def until(condition, what, timeout=PATIENCE, period=0.05):
    """
    Wait until a function gives something true, and return that.

    :param what: to fail with, if it never does; or a function that tells
    """
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            what = what() if callable(what) else what
            pytest.fail(f'not within {timeout:g} s: {what}; last seen: {value!r}')
        time.sleep(period)


class Loop:
    """An event loop in a thread, so that synchronous tests can use what is asynchronous."""

    def __init__(self):
        """Start the thread."""
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine, timeout=PATIENCE):
        """Run a coroutine there; return its result."""
        future = asyncio.run_coroutine_threadsafe(coroutine, self.loop)
        try:
            return future.result(timeout)
        except (TimeoutError, CancelledError):
            future.cancel()
            raise

    def close(self):
        """End the thread."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


class Page(ABC):
    """What tests do with a page of the robot, in any browser."""

    @abstractmethod
    def evaluate(self, code, argument=None):
        """Evaluate an expression, or call a function with one argument; wait for promises."""

    def wait(self, code, timeout=PATIENCE):
        """Wait until an expression is true; return its value."""
        # Each question from here takes processor time from four processes.
        return until(lambda: self.look(code), lambda: f'{code} ({self.texts()})', timeout)

    def look(self, code):
        """Wait up to a second until an expression is true; return its last value."""
        return self.evaluate(LOOK % code)

    def wait_scripts(self):
        """Wait until scripts find the robot's page, if it is that: it is made after its load."""
        self.wait("!document.querySelector('[src$=\"ui/start.js\"]') || !!window.rtcBridge")

    def wait_state(self, state, timeout=PATIENCE):
        """
        Wait until the page is in a state of its own; return the title that it shows.

        With a picture it is whole then, too: its last parts come after that.
        """
        self.wait(f"window.rtcBridge?.state === '{state}'", timeout)
        if state == 'live':
            self.wait("!!document.querySelector('#stats h2')")
        return self.evaluate("document.getElementById('title').textContent")

    def arm(self, speed=1.0):
        """
        Press Drive, as a person has to before anything moves; wait for the lease.

        :param speed: share of the robot's limits, for driving and for turning
        """
        def armed():
            # Not by the mouse, which would wait for a button that has just gone.
            return self.evaluate("""(() => {
              const { driver } = rtcBridge;
              if (driver?.armed && driver.epoch !== null) return true;
              const button = document.getElementById('take');
              if (!button.hidden) button.click();
              return false;
            })()""")
        self.wait('!!window.rtcBridge?.driver')
        for share in ('speed', 'turn'):
            self.evaluate(f"rtcBridge.settings.set('{share}', {speed})")
        # The one who drove before may have to be missed first.
        until(armed, lambda: f'the lease ({self.texts()})')

    def texts(self):
        """Return the page's state, for people who read a failure."""
        return self.evaluate(
            '(window.rtcBridge?.state ?? "no page") + ": " + document.body?.innerText')

    def grab(self, selector='#video0'):
        """Return the picture that a video shows, BGR; wait for the first one."""
        png = until(lambda: self.evaluate(f'({GRAB})({json.dumps(selector)})'),
                    f'a picture in {selector}')
        return cv2.imdecode(np.frombuffer(base64.b64decode(png), np.uint8), cv2.IMREAD_COLOR)


class Shared:
    """
    A browser for many modules, as it takes seconds to start; a new one where one has failed.

    :param start: returns a ``Chromium`` or a ``Firefox``
    """

    def __init__(self, start):
        """Start nothing yet."""
        self._start = start
        self._browser = None

    def __enter__(self):
        """Return it."""
        return self

    def __exit__(self, *_):
        """End the browser."""
        if self._browser is not None:
            self._browser.close()

    def take(self):
        """Return the browser; a new one if it has ended."""
        if self._browser is not None and not self._browser.alive:
            ended, self._browser = self._browser, None
            with suppress(Exception):
                ended.close()
        if self._browser is None:
            self._browser = self._start()
        return self._browser

    def lend(self):
        """Yield the browser, and close its pages afterwards."""
        yield self.take()
        try:
            self._browser.close_pages()
        except BaseException:
            broken, self._browser = self._browser, None
            with suppress(Exception):
                broken.close()
            raise
