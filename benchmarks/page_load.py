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

"""
From the start of a navigation to the moment when the page's controls work; a markdown table.

Each load is a browser context of its own, so that nothing is in a cache. The page comes from a
relay, and from the robot's own server, while the robot runs with a camera. What browser and host
need for any page tells a page of one button, loaded in turn with the others.
"""

import argparse
import contextlib
from datetime import date
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
import os
from pathlib import Path
import platform
import shutil
import statistics
import sys
import tempfile
import threading
import time

from testbed import Chromium, Firefox, Robot

# Before all scripts of the page. After each task that listens to a control, look whether a key on
# the stage is handled by now, and when the last of the buttons to drive with was given its
# listener: what surrounds them comes after the first picture on purpose.
WATCH = """
  window.marks = {};
  const { port1, port2 } = new MessageChannel();
  const press = (type) => {
    const event = new KeyboardEvent(type, { code: 'KeyW', bubbles: true, cancelable: true });
    document.getElementById('stage')?.dispatchEvent(event);
    return event.defaultPrevented;
  };
  port1.onmessage = () => {
    marks.key ??= press('keydown') ? performance.now() : undefined;
    press('keyup');
    if (now) marks.buttons = performance.now();
    now = false;
  };
  let now = true;
  const BUTTONS = ['button', 'stop', 'take', 'release', 'releasestop', 'slower', 'faster', 'more',
    'options', 'fullscreen'];
  const listen = EventTarget.prototype.addEventListener;
  EventTarget.prototype.addEventListener = function (type, ...rest) {
    listen.call(this, type, ...rest);
    if (!/^(click|keydown|pointerdown|input)$/.test(type) || !this.id) return;
    now ||= BUTTONS.includes(this.id);
    port2.postMessage(null);
  };
"""
READ = """() => {
  const [page] = performance.getEntriesByType('navigation');
  const files = performance.getEntriesByType('resource').filter(
    ({ name }) => !name.startsWith('ws'));
  const [paint] = performance.getEntriesByName('first-contentful-paint');
  const sum = (name) => [page, ...files].reduce((all, one) => all + one[name], 0);
  return {
    answered: page.responseStart, parsed: page.domInteractive,
    files: Math.max(...files.map(({ responseEnd }) => responseEnd)),
    painted: paint?.startTime ?? NaN, key: marks.key, buttons: marks.buttons,
    requests: files.length + 1, bytes: sum('transferSize'), packed: sum('encodedBodySize'),
  };
}"""
BUTTON = {
    'index.html': """<!doctype html><title>One button</title>
      <main id="stage" tabindex="0"><button id="button">Press</button></main>
      <script type="module" src="main.js"></script>""",
    'main.js': """stage.addEventListener('keydown', (event) => event.preventDefault());
      button.addEventListener('click', () => {});""",
}
COLUMNS = ('answered', 'parsed', 'files', 'painted', 'key', 'interactive')
TARGET = 100


class _Quiet(SimpleHTTPRequestHandler):

    def log_message(self, *_: object) -> None:
        pass


def one_button() -> tuple[str, ThreadingHTTPServer]:
    """Serve a page of one button; return its URL and the server."""
    folder = tempfile.mkdtemp(prefix='rtc_bridge_bench_')
    for name, text in BUTTON.items():
        Path(folder, name).write_text(text)
    server = ThreadingHTTPServer(('127.0.0.1', 0), partial(_Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f'http://127.0.0.1:{server.server_port}/', server


def load(page: object, url: str, ready: str) -> dict[str, float]:
    """
    Load a page, wait until an expression is true; return when things happened.

    Times are in ms since the navigation began. Interactive: painted, keys and the buttons to drive
    with work.
    """
    page.evaluate_on_load(WATCH)
    page.load(url)
    page.wait(ready)
    seen = page.evaluate(f'({READ})()')
    return {**seen, 'interactive': max(seen['painted'], seen['key'], seen['buttons'])}


def table(loads: dict[tuple[str, str], list[dict[str, float]]]) -> str:
    """Return medians, and the 95th percentile of what counts, as markdown."""
    lines = [f'| browser | page from | {" | ".join(COLUMNS)} | p95 | requests | bytes | loads |',
             f'| --- | --- |{" --: |" * (len(COLUMNS) + 4)}']
    for (browser, server), seen in loads.items():
        def median(name: str) -> float:
            return statistics.median(one[name] for one in seen)
        p95 = statistics.quantiles(
            [one['interactive'] for one in seen], n=20, method='inclusive')[-1]
        cells = ' | '.join(f'{median(name):.0f}' for name in COLUMNS)
        lines.append(f'| {browser} | {server} | {cells} | {p95:.0f} | {median("requests"):.0f} | '
                     f'{median("bytes"):.0f} | {len(seen)} |')
    return '\n'.join(lines)


def main() -> int:
    """Load the page in both browsers in turn, again and again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--loads', type=int, default=20, help='of each kind [%(default)s]')
    parser.add_argument('--pause', type=float, default=0.5,
                        help='seconds between two of them, in which the last one ends')
    args = parser.parse_args()
    loads: dict[tuple[str, str], list[dict[str, float]]] = {}
    with contextlib.ExitStack() as stack:
        robot = Robot()
        stack.callback(robot.close)
        robot.start('sim_robot', camera='sim', width=640, height=480)
        url, server = one_button()
        stack.callback(server.shutdown)
        live = "window.rtcBridge?.state === 'live'"
        servers = {'one button': (url, "performance.now() > 500 && 'key' in window.marks"),
                   'relay': (robot.url, live), 'robot': (f'{robot.own_url}/testbot', live)}
        chromium = Chromium(shutil.which('chromium'))
        stack.callback(chromium.close)
        firefox = Firefox(shutil.which('firefox-esr') or shutil.which('firefox'))
        stack.callback(firefox.close)

        def fresh(browser: str) -> object:
            if browser == 'Chromium':
                return chromium.page()
            firefox.fresh()
            return firefox
        # The first load of each is not counted: code is loaded, DDS finds its ends.
        for number in range(args.loads + 1):
            for browser in ('Chromium', 'Firefox'):
                for server, (url, ready) in servers.items():
                    page = fresh(browser)
                    seen = load(page, url, ready)
                    if browser == 'Chromium':
                        page.close()
                    print(f'{number} {browser} {server}: '
                          + ' '.join(f'{name}={seen[name]:.0f}' for name in COLUMNS),
                          file=sys.stderr)
                    if number:
                        loads.setdefault((browser, server), []).append(seen)
                    time.sleep(args.pause)
    print(f'{date.today()}, {platform.machine()} with {os.cpu_count()} cores, Linux '
          f'{platform.release()}; {args.loads} loads of each kind, p50 in ms since the '
          f'navigation; at most {TARGET} was aimed at\n')
    print(table(loads))
    return 0


if __name__ == '__main__':
    sys.exit(main())
