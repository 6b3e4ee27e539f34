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
From mouth to ear: how long a sound takes from its sample at a topic to the page's loudspeaker.

A topic has bursts of a tone; Chromium hears them behind its jitter buffer. The time of a sample is
that of its message, less the 20 ms that a message holds. The delay of a real microphone and of a
real loudspeaker comes on top. All systems hear the same kind of topic, in one run; ``--loss`` puts
a link between (``link.py``). What the browser made up for what did not come is counted without
silence.
"""

import argparse
import asyncio
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import random
import shutil
import sys
import threading
import time

from link import Emulator, serve
import numpy as np
from pipe import Path as LinkPath
from processes import host
from sound_pages import HEARD_S as BURST_S, LISTEN, RATE
from std_msgs.msg import UInt8MultiArray
from testbed import Chromium, finish, free_port, Robot, RosProbe, start, TEST

# Seconds of a block, and from burst to burst.
BLOCK_S, PERIOD_S = 0.02, (0.7, 1.0)
SYSTEMS = ('rtc_bridge', 'rtcbot')
STATS = """async () => {
  const found = [...(await pc.getStats()).values()].find(({ type }) => type === 'inbound-rtp');
  return [found.concealedSamples - found.silentConcealedSamples, found.totalSamplesReceived];
}"""


class Mouth:
    """A topic with bursts; ``spoken`` has the times of their first samples, in ms."""

    def __init__(self, probe: RosProbe) -> None:
        """Begin to speak, in a thread."""
        self.spoken: list[float] = []
        self._publisher = probe.publisher(UInt8MultiArray, 'sound')
        self._ended = threading.Event()
        moments = np.arange(int(RATE * BLOCK_S)) / RATE
        self._tone = (np.sin(2 * np.pi * 1000 * moments) * 20_000).astype('<i2').tobytes()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        chance = random.Random(1)
        due = time.monotonic()
        begins = due + 1.0
        while not self._ended.wait(max(0.0, due - time.monotonic())):
            loud = begins <= due < begins + BURST_S
            message = UInt8MultiArray()
            message.data.frombytes(self._tone if loud else bytes(len(self._tone)))
            now = time.time()
            self._publisher.publish(message)
            if loud and due - begins < BLOCK_S:
                self.spoken.append(1000 * (now - BLOCK_S))
            if due >= begins + BURST_S:
                begins = due + chance.uniform(*PERIOD_S)
            due += BLOCK_S

    def close(self) -> None:
        """Fall silent."""
        self._ended.set()
        self._thread.join()


@dataclass(frozen=True)
class Heard:
    """
    What a listener got.

    :ivar delays: from mouth to ear in ms, sorted
    :ivar missed: share of the bursts that were not heard
    :ivar shares: of the tone in what was heard of each burst, sorted
    :ivar concealed: share of samples that the browser made up
    """

    delays: list[float]
    missed: float
    concealed: float
    shares: list[float]

    @property
    def row(self) -> list[float]:
        """Return what the table has of it."""
        delays = self.delays or [float('nan')]
        return [*np.percentile(delays, (50, 95)), 100 * self.missed, 100 * self.concealed,
                100 * float(np.percentile(self.shares or [float('nan')], 5))]


def tone_share(samples: np.ndarray, rate: int) -> float:
    """Return which share of the energy of a burst is its tone, 1 kHz."""
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    return float(power[np.abs(np.fft.rfftfreq(len(samples), 1 / rate) - 1000) < 60].sum()
                 / power.sum())


def listen(browser: Chromium, mouth: Mouth, page_url: str, connect_url: str,
           seconds: float) -> Heard:
    """Hear a system for some seconds, after five in which the browser finds its delay."""
    page = browser.page()
    try:
        page.load(page_url)
        page.evaluate(f'({LISTEN})({connect_url!r})')
        time.sleep(5)
        before = page.evaluate(f'({STATS})()')
        began = time.time() * 1000
        time.sleep(seconds)
        after = page.evaluate(f'({STATS})()')
        heard, bursts = page.evaluate('[heard, bursts]')
    finally:
        page.close()
    delays, missed, asked = [], 0, 0
    for spoken in mouth.spoken:
        if began < spoken < began + 1000 * seconds - 1000:
            asked += 1
            found = next((at - spoken for at in heard if 0 < at - spoken < 650), None)
            if found is None:
                missed += 1
            else:
                delays.append(found)
    return Heard(sorted(delays), missed / max(1, asked),
                 (after[0] - before[0]) / max(1, after[1] - before[1]),
                 sorted(tone_share(np.array(burst[:int(RATE * BURST_S)]), RATE)
                        for burst in bursts[3:-1]))


class _BlankPage(BaseHTTPRequestHandler):
    def do_GET(self) -> None:  # noqa: N802 - the name is that of the library
        self.send_response(200)
        self.send_header('Content-Type', 'text/html')
        self.end_headers()
        self.wfile.write(b'<!doctype html>')

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def serve_page() -> str:
    """Serve a blank page; return its URL. A robot's own page may not speak with others."""
    server = ThreadingHTTPServer(('127.0.0.1', 0), _BlankPage)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f'http://127.0.0.1:{server.server_address[1]}/'


def begin_system(system: str, parts: list) -> str:
    """Start a system; return where it takes offers."""
    if system == 'rtc_bridge':
        robot = Robot(relay=False, guard=None, **{
            'teleop.enabled': False, 'audio.source': 'sound',
            'audio.format': f'S16LE {RATE} 1', 'access.origins': ['*']})
        parts.append(robot)
        return f'{robot.own_url}/connect'
    port = free_port()
    sender = start([sys.executable, str(TEST.parent / 'benchmarks/senders/rtcbot_sound.py'),
                    '--topic', 'sound', '--port', str(port)])
    parts.append(sender)
    return f'http://127.0.0.1:{port}/connect'


def by_link(url: str, loss: float) -> str:
    """Put a link before a system that loses so many percent; return where it takes offers."""
    loop, port = asyncio.new_event_loop(), free_port()
    emulator = Emulator(url.rpartition('/')[0], LinkPath(loss=loss), LinkPath(loss=loss))
    loop.run_until_complete(serve(emulator, port))
    threading.Thread(target=loop.run_forever, daemon=True).start()
    return f'http://127.0.0.1:{port}/connect'


def page_flags() -> list[str]:
    """Return flags of a Chromium that plays at once, and that a blank page may use."""
    return ['--autoplay-policy=no-user-gesture-required',
            '--disable-features=WebRtcHideLocalIpsWithMdns,LocalNetworkAccessChecks']


def main() -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--seconds', type=float, default=30.0, help='of each case')
    parser.add_argument('--loss', type=float, nargs='+', default=[0.0, 3.0, 10.0],
                        help='percent, both ways; 0: no link in between')
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--systems', nargs='+', choices=SYSTEMS, default=SYSTEMS)
    args = parser.parse_args()
    browser = Chromium(shutil.which('chromium'), flags=page_flags())
    parts: list = []
    with RosProbe('mouth') as probe:
        mouth = Mouth(probe)
        try:
            systems = {name: begin_system(name, parts) for name in args.systems}
            page_url = serve_page()
            time.sleep(3)
            print(f'{host()}; median of {args.rounds} rounds of {args.seconds:g} s\n')
            print('| loss % | system | p50 ms | p95 ms | missed % | concealed % | '
                  'tone %, worst of 20 |\n| --: | --- | --: | --: | --: | --: | --: |', flush=True)
            for loss in args.loss:
                rows: dict[str, list] = {name: [] for name in systems}
                for _ in range(args.rounds):
                    for name, url in systems.items():
                        rows[name].append(listen(
                            browser, mouth, page_url, by_link(url, loss) if loss else url,
                            args.seconds).row)
                for name, found in rows.items():
                    medians = ' | '.join(f'{x:.1f}' for x in np.median(found, axis=0))
                    print(f'| {loss:g} | {name} | {medians} |', flush=True)
        finally:
            mouth.close()
            browser.close()
            for part in parts:
                part.close() if isinstance(part, Robot) else finish(part)
    return 0


if __name__ == '__main__':
    sys.exit(main())
