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
Time from a page's start to its first picture, beside RTCBot's page and robot; a markdown table.

Each trial is a fresh browser context, so that nothing of the page is in a cache.
"""

import argparse
from dataclasses import dataclass, field
from pathlib import Path
import re
import shutil
import statistics
import sys
import tempfile
import time

from glass_to_glass import BROWSERS, FLAGS, NO_MDNS
from playwright.sync_api import Browser, sync_playwright
from processes import free_port, host, Process
from systems import bridge_arguments, camera_command, environment, sender_command

SIZE = (1280, 720)
# Before all scripts of the page: notes when things happen, in ms since the navigation.
WATCH = """
window.marks = {};
const mark = (name) => { window.marks[name] ??= performance.now(); };
const Peer = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Peer {
  constructor(...settings) {
    super(...settings);
    (window.peers ??= []).push(this);
    this.addEventListener('connectionstatechange', () => mark(this.connectionState));
  }
  setLocalDescription(...description) {
    mark('offer');
    return super.setLocalDescription(...description);
  }
  setRemoteDescription(...description) {
    mark('answer');
    return super.setRemoteDescription(...description);
  }
};
const look = () => {
  const video = document.querySelector('video');
  if (video) video.requestVideoFrameCallback(() => mark('picture'));
  else requestAnimationFrame(look);
};
look();
"""
STAGES = ('offer', 'answer', 'connected', 'picture')
OURS, THEIRS = 'rtc_bridge', 'rtcbot'


@dataclass
class System:
    """A page and what was measured of it, by whether Chromium hides its addresses."""

    name: str
    url: str
    marks: dict[bool, list[dict[str, float]]] = field(
        default_factory=lambda: {True: [], False: []})

    def percentile(self, mdns: bool, stage: str, worst: bool = False) -> float:
        """Return the median, or the worst, of a stage in ms; NaN before the first trial."""
        values = [marks[stage] for marks in self.marks[mdns] if stage in marks]
        return (max if worst else statistics.median)(values) if values else float('nan')


def start(folder: Path, processes: list[Process]) -> list[System]:
    """
    Start a camera and what shows it; wait until the pages can be opened.

    :param processes: gets what was started
    :raises RuntimeError: a program does not do what it should
    """
    env = {**environment(), 'ROS_HOME': str(folder / 'ros')}
    ports = {name: free_port() for name in ('own', 'relay', 'far', THEIRS)}
    bridge = [sys.executable, '-m', 'rtc_bridge.nodes.bridge', *bridge_arguments()]
    relay_url = f'http://127.0.0.1:{ports["relay"]}'

    def run(name: str, command: list[str]) -> Process:
        command = [word.replace('{port}', str(ports.get(name))) for word in command]
        processes.append(Process(name, command, folder, env))
        if name in ports:
            processes[-1].wait_for_port(ports[name])
        return processes[-1]

    run('camera', camera_command(SIZE))
    run('own', bridge)
    run('relay', [sys.executable, '-m', 'rtc_bridge.nodes.relay', '--open', '--host', '127.0.0.1',
                  '--port', '{port}'])
    far = run('far', [*bridge, '-p', f'relay_url:={relay_url}/bench', '-r', '__ns:=/far'])
    run(THEIRS, sender_command(THEIRS, SIZE))
    deadline = time.monotonic() + 20
    while (link := re.search(r'link to drive.*: (\S+)', far.output.read_text())) is None:
        if time.monotonic() > deadline:
            raise RuntimeError(f'the bridge prints no link:\n{far.tail()}')
        time.sleep(0.05)
    return [System(OURS, f'http://127.0.0.1:{ports["own"]}/'),
            System(f'{OURS}, by a link through a relay', link[1]),
            System(THEIRS, f'http://127.0.0.1:{ports[THEIRS]}/')]


def visit(browser: Browser, url: str) -> dict[str, float]:
    """
    Open a page, wait for its first picture and close it; return when things happened.

    :raises RuntimeError: no picture came
    """
    context = browser.new_context(viewport={'width': SIZE[0], 'height': SIZE[1]})
    try:
        page = context.new_page()
        page.add_init_script(WATCH)
        page.goto(url, wait_until='commit')
        deadline = time.monotonic() + 20
        # Not wait_for_function(), which the page's policy forbids.
        while 'picture' not in (marks := page.evaluate('window.marks ?? {}')):
            if time.monotonic() > deadline:
                raise RuntimeError(f'no picture at {url.partition("#")[0]}; so far: {marks}')
            time.sleep(0.05)
        # A page that only disappears stays a viewer for some seconds; one whose connection is
        # closed by others connects again.
        page.evaluate("""addEventListener('pagehide',
          () => window.peers.forEach((peer) => peer.close()))""")
        page.goto('about:blank')
        return marks
    finally:
        context.close()


def table(systems: list[System]) -> str:
    """Return what was measured as markdown, and what was aimed at."""
    lines = ['| Chromium | page | offer | answer | connected | first picture | worst | trials |',
             '| --- | --- | --: | --: | --: | --: | --: | --: |']
    for mdns in (True, False):
        for system in systems:
            cells = [f'{system.percentile(mdns, stage):.0f}' for stage in STAGES]
            lines.append(
                f'| mDNS {"on" if mdns else "off"} | {system.name} | {" | ".join(cells[:3])} | '
                f'**{cells[3]}** | {system.percentile(mdns, "picture", True):.0f} | '
                f'{len(system.marks[mdns])} |')
    ours, theirs = systems[0], systems[-1]
    with_mdns = ours.percentile(True, 'picture') / theirs.percentile(True, 'picture')
    without = ours.percentile(False, 'picture') / theirs.percentile(False, 'picture')
    return '\n'.join([
        *lines, '',
        f'* mDNS on (the default): {with_mdns:.2f} of the time of rtcbot, 0.4 aimed at: '
        f'{"met" if with_mdns <= 0.4 else "**not met**"}',
        f'* mDNS off: {without:.2f} of the time of rtcbot, 1 aimed at: '
        f'{"met" if without <= 1 else "**not met**"}'])


def main() -> int:
    """Measure all pages in turn, again and again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--trials', type=int, default=20, help='of each page [%(default)s]')
    parser.add_argument('--pause', type=float, default=0.6,
                        help='seconds between two pages, in which the last one ends')
    options = parser.parse_args()
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        parser.error('no Chromium found (tried ' + ', '.join(BROWSERS) + ')')
    folder = Path(tempfile.mkdtemp(prefix='rtc_bridge_bench_'))
    print(f'output of the programs: {folder}', file=sys.stderr)
    systems: list[System] = []
    processes: list[Process] = []
    failed = 0
    with sync_playwright() as playwright:
        browsers = {mdns: playwright.chromium.launch(
            executable_path=path, args=FLAGS if mdns else [*FLAGS, NO_MDNS])
            for mdns in (True, False)}
        try:
            systems = start(folder, processes)
            # The first trial of each is not counted: code is loaded, DDS finds its ends.
            for trial in range(options.trials + 1):
                for mdns, browser in browsers.items():
                    for system in systems:
                        time.sleep(options.pause)
                        try:
                            marks = visit(browser, system.url)
                        except RuntimeError as error:
                            failed += 1
                            print(error, file=sys.stderr)
                            continue
                        print(f'{trial} mdns={mdns} {system.name}: ' + ' '.join(
                            f'{name}={marks.get(name, 0):.0f}' for name in STAGES),
                            file=sys.stderr)
                        if trial:
                            system.marks[mdns].append(marks)
        except KeyboardInterrupt:
            print('stopped: the table has what was measured so far', file=sys.stderr)
        finally:
            for browser in browsers.values():
                browser.close()
            for process in reversed(processes):
                process.stop()
    print(f'{host()}; {options.trials} trials of each page, p50 in ms since the navigation\n')
    print(table(systems))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
