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
One case: a camera process, a sender and Chromium, measured from the drawn stamp to the screen.

Both ends use the wall clock of this host.
"""

from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
import shutil
import threading
import time
from typing import Any

from playwright.sync_api import Browser, Page, Playwright
from processes import free_port, idle_seconds, Process
from systems import camera_command, connect_url, environment, HERE, sender_command

BROWSERS = ('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable')
FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
         '--disable-background-networking', '--disable-component-update', '--disable-sync']
# With names instead of addresses in the offer, stock aiortc answers a second later.
NO_MDNS = '--disable-features=WebRtcHideLocalIpsWithMdns'


@dataclass(frozen=True)
class Case:
    """What is measured: pictures of ``size`` (width, height) by ``system`` to ``viewers``."""

    system: str
    size: tuple[int, int]
    viewers: int


@dataclass
class Result:
    """
    What came out; times in ms, CPU in % of one core, over the window.

    ``frames`` has one entry for each picture shown, in the order of ``Frame``.
    """

    first_frame: float
    fps: float
    fps_decoded: float
    glass: list[float]
    received: list[float]
    cpu_sender: float
    cpu_camera: float
    idle: float
    kbit: float
    codec: str
    size: tuple[int, int]
    repeated: int
    unread: int
    frames: list[dict[str, float]] = field(default_factory=list, repr=False)


class Bench:
    """
    Chromium, a server for the page, and a folder for the programs' output.

    :param mdns: leave Chromium's hiding of local addresses on
    """

    def __init__(self, playwright: Playwright, folder: Path, *, mdns: bool = False) -> None:
        """
        Start the browser.

        :raises RuntimeError: no Chromium is installed
        """
        path = next(filter(None, map(shutil.which, BROWSERS)), None)
        if path is None:
            raise RuntimeError('no Chromium found (tried ' + ', '.join(BROWSERS) + ')')
        self.folder = folder
        self._browser: Browser = playwright.chromium.launch(
            executable_path=path, args=FLAGS if mdns else [*FLAGS, NO_MDNS])
        self._server = ThreadingHTTPServer(
            ('127.0.0.1', 0), partial(_QuietHandler, directory=str(HERE)))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """End both."""
        self._browser.close()
        self._server.shutdown()

    def run(self, case: Case, *, warmup: float, seconds: float,
            command: list[str] | None = None) -> Result:
        """
        Measure one case.

        :param warmup: seconds between the first picture and the window
        :param seconds: length of the window
        :param command: the sender, if not the case's own; ``{port}`` stands for its port
        :raises RuntimeError: a program ended, or the page shows no picture
        """
        port = free_port()
        env = environment()
        name = f'{case.system}-{case.size[1]}-{case.viewers}'
        command = [part.replace('{port}', str(port))
                   for part in command or sender_command(case.system, case.size)]
        processes = [Process(f'{name}-camera', camera_command(case.size, case.system),
                             self.folder, env),
                     Process(name, command, self.folder, env)]
        camera, sender = processes
        try:
            sender.wait_for_port(port)
            # The first viewer of a new process waits for discovery and for code to be loaded;
            # that is not what is measured.
            page = self.visit(connect_url(port))
            # A page that only disappears is a viewer for some seconds more, half a minute for
            # stock aiortc, and would be encoded for.
            page.evaluate('bench.close()')
            page.close()
            time.sleep(1)
            page = self.visit(connect_url(port), case.viewers)
            first_frame = page.evaluate('bench.ready()')
            time.sleep(warmup)
            page.evaluate('width => bench.begin(width)', case.size[0])
            began, idle = time.monotonic(), idle_seconds()
            cpu = [p.cpu_seconds() for p in processes]
            time.sleep(seconds)
            cpu = [p.cpu_seconds() - start for p, start in zip(processes, cpu)]
            length, idle = time.monotonic() - began, idle_seconds() - idle
            seen = page.evaluate('bench.end()')
            page.close()
            for process in processes:
                process.check()
        except Exception as error:
            raise RuntimeError(f'{name}: {error}\n--- sender:\n{sender.tail()}\n--- camera:\n'
                               f'{camera.tail()}') from error
        finally:
            for process in reversed(processes):
                process.stop()
        return _result(seen, first_frame, length, idle, *cpu)

    def look(self, url: str, viewers: int = 1, *, options: str = '',
             size: tuple[int, int] = (1280, 720)) -> Page:
        """
        Return a page that looks at a sender.

        :param url: to which it posts its offer
        :param options: for page.js, as ``&drive=1``
        :param size: of the page
        """
        page = self._browser.new_page(viewport={'width': size[0], 'height': size[1]})
        page.set_default_timeout(30_000)
        page.goto(f'http://127.0.0.1:{self._server.server_port}/page.html?viewers={viewers}'
                  f'&connect={url}{options}')
        page.wait_for_function('window.bench')
        return page

    def visit(self, url: str, viewers: int = 1) -> Page:
        """Open a page and wait for its first picture; see both."""
        page = self.look(url, viewers)
        wait_for_picture(page)
        return page


class _QuietHandler(SimpleHTTPRequestHandler):
    """Serves the page without a log."""

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def wait_for_picture(page: Page, timeout: float = 20.0) -> None:
    """
    Wait until a page shows something.

    :raises RuntimeError: it shows nothing within ``timeout`` s
    """
    # A promise that never settles would hold evaluate() for ever.
    if not page.evaluate('seconds => Promise.race([bench.ready().then(() => true), '
                         'new Promise(r => setTimeout(r, 1000 * seconds, false))])', timeout):
        raise RuntimeError(f'no picture after {timeout:g} s')


def read_frames(seen: dict[str, Any]) -> tuple[list[dict[str, float]], int, int]:
    """
    Return the pictures that a page was shown, each once, and how many came again or had no stamp.

    Each has ``stamp`` (ms of the wall clock, modulo 2**48 us), ``at`` (when it was shown, ms of
    the page's clock), ``decoding`` (ms), and, in ms since the stamp, ``shown`` and, where Chromium
    told, ``received`` and ``presented``.

    :raises RuntimeError: there are none
    """
    offset, wrap = seen['offset'], seen['wrap'] / 1000
    frames, stamps, repeated, unread = [], set(), 0, 0
    for frame in seen['frames']:
        if frame['stamp'] is None:
            unread += 1
            continue
        if frame['stamp'] in stamps:
            repeated += 1
            continue
        stamps.add(frame['stamp'])
        entry = {'stamp': frame['stamp'] / 1000, 'at': frame['shown'],
                 'decoding': (frame['decoding'] or 0) * 1000}
        for name in ('received', 'presented', 'shown'):
            if frame.get(name) is not None:
                # Since the stamp was made, in ms.
                entry[name] = (frame[name] + offset - entry['stamp'] + wrap / 2) % wrap - wrap / 2
        frames.append(entry)
    if not frames:
        raise RuntimeError(f'no stamp was read in {len(seen["frames"])} pictures')
    return frames, repeated, unread


def _result(seen: dict[str, Any], first_frame: float, length: float, idle: float,
            cpu_camera: float, cpu_sender: float) -> Result:
    frames, repeated, unread = read_frames(seen)
    before, after = seen['before'], seen['after']
    seconds = (after[0]['timestamp'] - before[0]['timestamp']) / 1000
    return Result(
        first_frame=first_frame, fps=len(frames) / length,
        fps_decoded=min(a['framesDecoded'] - b['framesDecoded']
                        for a, b in zip(after, before)) / seconds,
        glass=[f['shown'] for f in frames],
        received=[f['received'] for f in frames if 'received' in f],
        cpu_sender=100 * cpu_sender / length, cpu_camera=100 * cpu_camera / length,
        idle=100 * idle / length,
        kbit=(after[0]['bytesReceived'] - before[0]['bytesReceived']) * 8 / seconds / 1000,
        codec=after[0]['codec'].removeprefix('video/'), size=tuple(seen['size']),
        repeated=repeated, unread=unread, frames=frames)
