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

"""Bad networks: what a viewer behind one sees, and what it takes from others; a markdown table."""

import argparse
from dataclasses import asdict
import itertools
import json
from pathlib import Path as FilePath
import signal
import sys
import tempfile
import time
from urllib.request import Request, urlopen

from glass_to_glass import Bench, read_frames, wait_for_picture
from link_cases import CASES, LinkCase, Phase, Run
from pipe import Path
from playwright.sync_api import Page, sync_playwright
from processes import free_port, host, idle_seconds, Process
from recording import Recording, Sample
from systems import camera_command, connect_url, environment, HERE, sender_command

SYSTEMS = ('rtc_bridge', 'rtc_bridge-vp8', 'aiortc-vp8', 'aiortc-h264')
DEFAULT_SYSTEMS = ('rtc_bridge', 'aiortc-vp8', 'aiortc-h264')
SIZE = (1280, 720)
SAMPLE_MS = 100


class Scene:
    """
    Camera, sender, viewers and the links between them, for one run of a case.

    Those who are to join are ready from the beginning: starting them would take the CPU away.
    """

    def __init__(self, bench: Bench, case: LinkCase, system: str, name: str) -> None:
        """Start everything; wait until the watched viewer sees something."""
        self._bench = bench
        self._name = name
        self._pages: list[Page] = []
        self._emulators: list[int] = []
        self._env = environment()
        self.processes: list[Process] = []
        self._port = free_port()
        try:
            self._start('camera', camera_command(SIZE))
            self._start('sender', [part.replace('{port}', str(self._port))
                                   for part in sender_command(system, SIZE)]
                        ).wait_for_port(self._port)
            # The lease is ours to ask for; others would not know the channels.
            drives = case.drives and system.startswith('rtc_bridge')
            self._add(case.path, '&drive=1' * drives)
            for phase in case.phases:
                for path in phase.joins:
                    self._add(path, '&wait=1', (320, 180))
                if phase.flood:
                    self._flood = self._start('flood', [
                        sys.executable, str(HERE / 'receivers.py'), '--wait', '--url',
                        connect_url(self._port), '--keyframes', str(phase.flood)])
            self._here = 1
            wait_for_picture(self._pages[0], 40)
            self._pages[0].evaluate('([width, period]) => bench.begin(width, period)',
                                    [SIZE[0], SAMPLE_MS])
        except BaseException:
            self.close()
            raise

    def _start(self, name: str, command: list[str]) -> Process:
        process = Process(f'{self._name}-{name}', command, self._bench.folder, self._env)
        self.processes.append(process)
        return process

    def _add(self, path: Path, options: str = '', size: tuple[int, int] = SIZE) -> None:
        """Open a viewer's page, behind a link of its own."""
        port = free_port()
        text = ','.join(f'{key}={value}' for key, value in asdict(path).items())
        self._start(f'link{len(self._pages)}', [
            sys.executable, str(HERE / 'link.py'), '--sender', f'http://127.0.0.1:{self._port}',
            '--port', str(port), '--down', text]).wait_for_port(port)
        self._emulators.append(port)
        self._pages.append(self._bench.look(connect_url(port), options=options, size=size))

    def begin(self, phase: Phase) -> None:
        """Do what happens at a phase's beginning."""
        if phase.path is not None:
            self._set_path(phase.path)
        for _ in phase.joins:
            self._pages[self._here].evaluate('bench.connect()')
            self._here += 1
        if phase.flood:
            self._flood.signal(signal.SIGUSR1)

    def _set_path(self, path: Path) -> None:
        """Change the watched viewer's link."""
        body = json.dumps({'down': asdict(path), 'up': asdict(path)}).encode()
        urlopen(Request(f'http://127.0.0.1:{self._emulators[0]}/path', body)).close()

    def frames_sent(self) -> int:
        """Return how many frames were sent to the watched viewer so far."""
        with urlopen(f'http://127.0.0.1:{self._emulators[0]}/path') as response:
            return json.load(response)[-1]['down']['frames']

    def recording(self) -> Recording:
        """End the watched viewer's recording."""
        seen = self._pages[0].evaluate('bench.end()')
        frames, _, unread = read_frames(seen)
        if unread > 0.02 * len(frames):
            raise RuntimeError(f'{unread} stamps were not read, beside {len(frames)}')
        return Recording(
            [((frame['at'] + seen['offset']) / 1000, frame['shown']) for frame in frames],
            [Sample(s['at'] / 1000, s['bytes'], s['decoded'],
                    (s.get('width') or 0, s.get('height') or 0)) for s in seen['samples']])

    def close(self) -> None:
        """End everything."""
        for page in self._pages:
            page.close()
        for process in reversed(self.processes):
            process.stop()


def run(bench: Bench, case: LinkCase, system: str, name: str, length: float) -> Run:
    """
    Run a case once.

    :param length: of the phases, as a multiple
    :raises RuntimeError: a program ended, or there is no picture
    """
    scene = Scene(bench, case, system, name)
    try:
        marks, sent, idle = [], 0, 0.0
        for number, phase in enumerate(case.phases):
            marks.append(time.time())
            if number == 1:
                sent, idle = scene.frames_sent(), idle_seconds()
            scene.begin(phase)
            time.sleep(max(0.0, marks[-1] + phase.seconds * length - time.time()))
        marks.append(time.time())
        sent, idle = scene.frames_sent() - sent, idle_seconds() - idle
        recording = scene.recording()
        for process in scene.processes:
            process.check()
        return Run(recording, marks, sent, 100 * idle / (marks[-1] - marks[1]))
    finally:
        scene.close()


def row(case: LinkCase, system: str, done: Run | None) -> str:
    """Return a line of the table; ``done``: ``None`` if the viewer saw nothing."""
    if done is None:
        cells = ['0'] * 2 + ['-'] * 6 + ['**not met**: no picture']
    else:
        length = done.marks[-1] - done.marks[1]
        width, height = done.over(Recording.size)
        cells = [f'{done.shown():.0f}', f'{done.over(Recording.fps):.1f} / '
                 f'{done.over(Recording.decoded):.1f} / {done.sent / length:.1f}',
                 *(f'{done.over(Recording.delay, p):.0f}' for p in (50, 95)),
                 f'{done.over(Recording.freeze):.0f}', f'{done.over(Recording.kbit):.0f}',
                 f'{width}x{height}', f'{done.idle:.0f}',
                 '; '.join(target.text(done) for target in case.targets)]
    return '| ' + ' | '.join([case.what, system, *cells]) + ' |'


HEAD = ('| link | system | shown % | fps shown / decoded / sent | p50 ms | p95 ms | freeze ms | '
        'kbit/s | size | idle % | targets |\n'
        '| --- | --- | --: | --: | --: | --: | --: | --: | --- | --: | --- |')


def main() -> int:
    """Run the cases, each with all systems in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--case', nargs='+', choices=CASES, default=list(CASES))
    parser.add_argument('--systems', nargs='+', choices=SYSTEMS, default=DEFAULT_SYSTEMS)
    parser.add_argument('--length', type=float, default=1.0, metavar='FACTOR',
                        help='of all phases; 0.5 is a quick look')
    args = parser.parse_args()
    folder = FilePath(tempfile.mkdtemp(prefix='rtc_bridge_links_'))
    print(f'output of the programs: {folder}', file=sys.stderr)
    rows, verdicts = [], {system: [] for system in args.systems}
    with sync_playwright() as playwright:
        bench = Bench(playwright, folder)
        try:
            for name, system in itertools.product(args.case, args.systems):
                case = CASES[name]
                try:
                    done = run(bench, case, system, f'{name}-{system}', args.length)
                except RuntimeError as error:
                    print(f'{name}, {system}: {error}', file=sys.stderr)
                    done = None
                verdicts[system] += [done is not None and t.met(done) for t in case.targets]
                rows.append(row(case, system, done))
                print(rows[-1], file=sys.stderr)
        except KeyboardInterrupt:
            print('stopped: the table has what was measured so far', file=sys.stderr)
        finally:
            bench.close()
    print('\n'.join([host(), '', HEAD, *rows, '']))
    print('; '.join(f'{system}: {sum(met)} of {len(met)} targets met'
                    for system, met in verdicts.items()))
    return 0


if __name__ == '__main__':
    sys.exit(main())
