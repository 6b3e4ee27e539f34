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
How long it takes until all is well again: networks cut and changed, programs killed and frozen.

Robot (without ROS) and Chromium sit in network namespaces behind symmetric NAT, relay and coturn
on a host between them (test/support/networks.py). Needs root, iproute2, nftables, coturn and
Chromium.
"""

import argparse
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import date
import json
import os
from pathlib import Path
import platform
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

# Before the modules here, of which some have the same names.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'test'))

from rtc_bridge.core.settings.relay_settings import RelayLimits  # noqa: E402
from support.browsers import PATIENCE, until  # noqa: E402
from support.networks import Networks  # noqa: E402
from support.sites import Site, UDP  # noqa: E402

# Times of painted pictures and of the page's states, in ms since 1970; gone after a reload.
RECORDER = """() => {
  const video = document.querySelector('#video0');
  window.painted = [];
  window.states = [];
  const note = () => { window.painted.push(Date.now()); video.requestVideoFrameCallback(note); };
  video.requestVideoFrameCallback(note);
  rtcBridge.addEventListener('state', () => window.states.push([Date.now(), rtcBridge.state]));
}"""
SLEEP_S, CUT_S = 20.0, 10.0


class Bench:
    """One site with a robot and a page that shows its picture."""

    def __init__(self, folder: Path) -> None:
        """Start all."""
        self.networks = Networks()
        # The relay as people have it.
        self.site = Site(self.networks, folder, heartbeat=RelayLimits().heartbeat)
        self.robot = self.site.robot(UDP)
        self.open_page()

    def open_page(self) -> None:
        """Start a browser and record what its page shows."""
        self.browser = self.site.browser(shutil.which('chromium') or 'google-chrome')
        self.page = self.browser.show(self.site.url)
        self.page.wait_state('live')
        self.page.evaluate(f'({RECORDER})()')

    def close(self) -> None:
        """End all."""
        self.browser.close()
        self.site.close()
        self.networks.close()

    def painted(self, since: float) -> float:
        """Wait for a picture painted after a time (s since 1970); return after how many s."""
        return until(lambda: self.page.evaluate(
            f'window.painted.find((t) => t > {since * 1000})'), 'a picture') / 1000 - since

    def state(self, since: float) -> float:
        """Wait until the page says something other than live; return after how many s."""
        return until(lambda: self.page.evaluate(
            f"window.states.find(([t, state]) => t > {since * 1000} && state !== 'live')?.[0]"),
            'another state of the page') / 1000 - since

    def freeze(self, since: float) -> float:
        """Return the longest time without a new picture since then, in s."""
        times = self.page.evaluate(f'window.painted.filter((t) => t > {since * 1000})')
        return max(b - a for a, b in zip(times, times[1:])) / 1000

    def steady(self) -> None:
        """Wait until the picture has moved for a while, for the next trial."""
        since = time.time()
        until(lambda: self.page.evaluate(
            "rtcBridge.state === 'live' && window.painted.filter("
            f'(t) => t > {since * 1000}).length > 30'), 'a steady picture')


def viewer_cut(bench: Bench, cut, mend) -> dict[str, float]:
    """Cut the viewer's network for ten seconds."""
    cut()
    time.sleep(CUT_S)
    mend()
    return {'picture again': bench.painted(time.time())}


def viewer_silent(bench: Bench) -> dict[str, float]:
    """Let packets vanish somewhere on the way."""
    return viewer_cut(bench, lambda: bench.networks.silence('viewer', True),
                      lambda: bench.networks.silence('viewer', False))


def viewer_unplugged(bench: Bench) -> dict[str, float]:
    """Take the viewer's own link down: its browser is told."""
    return viewer_cut(bench, lambda: bench.networks.cut('viewer'),
                      lambda: bench.networks.mend('viewer'))


def robot_moves(bench: Bench) -> dict[str, float]:
    """Go from Wi-Fi to 4G or back."""
    start = len(bench.robot.lines)
    moved = time.time()
    bench.networks.move_robot()
    bench.robot.wait_line('state connected', PATIENCE, start)
    registered = time.time() - moved
    # Pictures that were on their way are painted at first.
    lost = bench.state(moved)
    return {'registered again': registered, 'picture again': lost + bench.painted(moved + lost)}


def relay_restarts(bench: Bench) -> dict[str, float]:
    """Kill the relay, and start it some seconds later."""
    # Robots try every few seconds: not always at the same moment of that.
    pause = random.uniform(0.5, 6.0)
    usual = time.time()
    time.sleep(pause + 1.0)
    start, killed, before = len(bench.robot.lines), time.time(), bench.freeze(usual)
    bench.site.relay.send(signal.SIGKILL)
    bench.site.relay.wait()
    time.sleep(pause)
    bench.site.start_relay()
    back = time.time()
    bench.robot.wait_line('state connected', PATIENCE, start)
    registered = max(0.0, time.time() - back)
    until(lambda: bench.page.evaluate('window.painted.at(-1)') > time.time() * 1000 - 500,
          'a picture')
    assert not bench.page.evaluate(f'window.states.some(([t]) => t > {killed * 1000})')
    return {'registered again': registered, 'longest freeze': bench.freeze(killed),
            'longest freeze before it': before}


def robot_restarts(bench: Bench) -> dict[str, float]:
    """Kill the robot's program, and start it again."""
    killed = time.time()
    bench.robot.send(signal.SIGKILL)
    said = bench.state(killed)
    bench.robot.wait()
    bench.robot = bench.site.robot(UDP)
    back = time.time()
    return {'page says so': said, 'picture again': bench.painted(back)}


def viewer_killed(bench: Bench) -> dict[str, float]:
    """Kill the browser; the robot takes its session away."""
    start, killed = len(bench.robot.lines), time.time()
    bench.browser.kill()
    bench.robot.wait_line('session .* ends', PATIENCE, start)
    gone = time.time() - killed
    bench.browser.close()
    bench.open_page()
    return {'session gone': gone}


def laptop_sleeps(bench: Bench) -> dict[str, float]:
    """Let the browser sleep, while all that it is sent vanishes."""
    bench.networks.silence('viewer', True)
    bench.browser.freeze()
    time.sleep(SLEEP_S)
    bench.networks.silence('viewer', False)
    bench.browser.thaw()
    return {'picture again': bench.painted(time.time())}


def half_open(bench: Bench) -> dict[str, float]:
    """Let nothing through from or to the robot; nobody closes the connection."""
    start, relay_start = len(bench.robot.lines), len(bench.site.relay.lines)
    cut = time.time()
    bench.networks.silence('robot', True)
    with ThreadPoolExecutor() as pool:
        ends = [pool.submit(lambda wait: (wait(), time.time() - cut)[1], wait) for wait in (
            lambda: bench.robot.wait_line('state lost', PATIENCE, start),
            lambda: bench.site.relay.wait_line('a robot went', PATIENCE, relay_start))]
        noticed = [end.result() for end in ends]
    mended = time.time()
    start = len(bench.robot.lines)
    bench.networks.silence('robot', False)
    bench.robot.wait_line('state connected', PATIENCE, start)
    return {'noticed by the robot': noticed[0], 'noticed by the relay': noticed[1],
            'registered again': time.time() - mended}


# What is done, and how long it may take in s.
CASES = {
    'viewer-silent': (viewer_silent, "viewer's packets vanish for 10 s", {'picture again': 3}),
    'viewer-unplugged': (viewer_unplugged, "viewer's cable out for 10 s", {'picture again': 3}),
    'robot-moves': (robot_moves, 'robot changes address', {
        'registered again': 5, 'picture again': 5}),
    'relay-restarts': (relay_restarts, 'relay killed and restarted', {
        'registered again': 5, 'longest freeze': None, 'longest freeze before it': None}),
    'robot-restarts': (robot_restarts, 'robot killed and restarted', {
        'page says so': 3, 'picture again': None}),
    'viewer-killed': (viewer_killed, 'viewer killed', {'session gone': 5}),
    'laptop-sleeps': (laptop_sleeps, "viewer's computer sleeps for 20 s", {'picture again': 3}),
    'half-open': (half_open, "robot's packets vanish", {
        'noticed by the robot': 15, 'noticed by the relay': 15, 'registered again': 5}),
}


def run_case(name: str, trials: int) -> None:
    """Print the figures of each trial as a line of JSON."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        try:
            for _ in range(trials):
                bench.steady()
                print(json.dumps(CASES[name][0](bench)), flush=True)
        finally:
            bench.close()


def markdown(found: dict[str, dict[str, list[float]]]) -> str:
    """Return the table."""
    rows = ['| what happens | until | median s | worst s | at most | trials | |',
            '|---|---|--:|--:|--:|--:|---|']
    for name, figures in found.items():
        _, title, limits = CASES[name]
        for what, values in figures.items():
            limit, worst = limits[what], max(values)
            verdict = '' if limit is None else 'met' if worst <= limit else '**not met**'
            rows.append(f'| {title} | {what} | {statistics.median(values):.2f} | {worst:.2f} | '
                        f'{"" if limit is None else limit} | {len(values)} | {verdict} |')
    return '\n'.join(rows)


def main() -> None:
    """Run the cases, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--trials', type=int, default=20)
    parser.add_argument('--cases', nargs='+', choices=CASES, default=list(CASES))
    parser.add_argument('--at-once', type=int, default=2, help='cases side by side: most of the '
                        'time is spent waiting')
    parser.add_argument('--one', choices=CASES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        return run_case(options.one, options.trials)

    def run(name: str) -> dict[str, list[float]]:
        figures = defaultdict(list)
        with subprocess.Popen([sys.executable, __file__, '--one', name, '--trials',
                               str(options.trials)], stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout:
                print(f'{name}: {line}', end='', file=sys.stderr, flush=True)
                for what, value in json.loads(line).items():
                    figures[what].append(value)
        return figures

    with ThreadPoolExecutor(options.at_once) as pool:
        found = dict(zip(options.cases, pool.map(run, options.cases)))
    print(f'{date.today()}, {platform.machine()} with {os.cpu_count()} cores, Linux '
          f'{platform.release()}, `benchmarks/recovery.py --trials {options.trials}`\n\n'
          f'{markdown(found)}')


if __name__ == '__main__':
    main()
