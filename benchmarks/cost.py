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

"""What the sender costs as viewers, cameras and pixels grow; a markdown table."""

import argparse
from contextlib import ExitStack
import json
from pathlib import Path
import sys
import tempfile
import time

from processes import free_port, host, idle_seconds, Process
from systems import (
    bridge_arguments, camera_command, connect_url, environment, HERE, missing, RATE,
    sender_command,
)

PARTS = ('viewers', 'cameras', 'pixels')
SIZES = ((640, 480), (1280, 720), (1920, 1080))
# A camera of 4K, and its pictures a second.
LARGEST, LARGEST_RATE = (3840, 2160), 15.0
HEAD = ('| system | pictures | viewers | sender CPU % | a further viewer % | packets/s | lost | '
        'kbit/s each | fps each | idle % |\n'
        '| --- | --- | --: | --: | --: | --: | --: | --: | --: | --: |')


class Stage:
    """A sender with its cameras and receivers; all end with ``stack``."""

    def __init__(self, stack: ExitStack, folder: Path, system: str, size: tuple[int, int],
                 cameras: int = 1, rate: float = RATE) -> None:
        """Start the cameras and the sender."""
        self._stack = stack
        self._folder = folder
        self._env = environment()
        self._count = 0
        self._receivers: list[Process] = []
        self.port = free_port()
        topics = tuple(f'/camera{number}/image_raw' for number in range(cameras))
        command = sender_command(system, size)
        if system == 'rtc_bridge':
            command = command[:3] + bridge_arguments(topics=topics)
        for topic in topics:
            self._start('camera', camera_command(size, system, topic, rate))
        self._sender = self._start('sender', [part.replace('{port}', str(self.port))
                                              for part in command])
        self._sender.wait_for_port(self.port)

    def _start(self, name: str, command: list[str]) -> Process:
        self._count += 1
        process = Process(f'{id(self)}-{self._count}-{name}', command, self._folder, self._env)
        self._stack.callback(process.stop)
        return process

    def join(self, count: int, camera: str | None = None) -> None:
        """
        Let receivers come, in a process of their own.

        :raises RuntimeError: they do not all connect
        """
        receivers = self._start('receivers', [
            sys.executable, str(HERE / 'receivers.py'), '--url', connect_url(self.port),
            '--count', str(count), *(['--camera', camera] if camera else [])])
        until = time.monotonic() + 60
        while _newest(receivers).get('connected', 0) < count:
            receivers.check()
            if time.monotonic() > until:
                raise RuntimeError(f'not all receivers are connected:\n{receivers.tail()}')
            time.sleep(0.1)
        self._receivers.append(receivers)

    def measure(self, seconds: float) -> dict[str, float]:
        """
        Return what a time costs.

        ``cpu`` and ``idle`` in percent of a core, ``received``, ``bytes``, ``frames`` a second.
        """
        def read() -> dict[str, float]:
            return {'at': time.monotonic(), 'cpu': 100 * self._sender.cpu_seconds(),
                    'idle': 100 * idle_seconds(), **{
                        key: sum(_newest(r).get(key, 0) for r in self._receivers)
                        for key in ('received', 'lost', 'bytes', 'frames')}}
        before = read()
        time.sleep(seconds)
        after = read()
        for process in (self._sender, *self._receivers):
            process.check()
        gone = {key: after[key] - before[key] for key in before}
        return {key: value if key == 'lost' else value / gone['at']
                for key, value in gone.items()}


def _newest(receivers: Process) -> dict[str, int]:
    lines = [line for line in receivers.output.read_text().splitlines() if line.endswith('}')]
    return json.loads(lines[-1]) if lines else {}


def _row(system: str, pictures: str, viewers: int, got: dict[str, float],
         further: float | None = None) -> str:
    each = {key: got[key] / max(viewers, 1) for key in ('bytes', 'frames')}
    cells = [system, pictures, str(viewers), f'{got["cpu"]:.1f}',
             '' if further is None else f'{further:.2f}', f'{got["received"]:.0f}',
             f'{got["lost"]:.0f}', f'{each["bytes"] * 8 / 1000:.0f}', f'{each["frames"]:.1f}',
             f'{got["idle"]:.0f}']
    line = '| ' + ' | '.join(cells) + ' |'
    print(line, file=sys.stderr)
    return line


def viewers(folder: Path, system: str, counts: list[int], warmup: float,
            seconds: float) -> list[str]:
    """Measure with more and more viewers, and before the first."""
    rows, there, first = [], 0, None
    with ExitStack() as stack:
        stage = Stage(stack, folder, system, SIZES[1])
        time.sleep(2)
        rows.append(_row(system, '1280x720, nobody watches', 0, stage.measure(seconds)))
        for count in counts:
            stage.join(count - there)
            there = count
            time.sleep(warmup)
            got = stage.measure(seconds)
            further = None if first is None else (got['cpu'] - first[1]) / (count - first[0])
            first = first or (count, got['cpu'])
            rows.append(_row(system, '1280x720', count, got, further))
    return rows


def cameras(folder: Path, warmup: float, seconds: float) -> list[str]:
    """Measure one, two and four cameras, each with a viewer."""
    rows = []
    with ExitStack() as stack:
        stage = Stage(stack, folder, 'rtc_bridge', SIZES[0], cameras=4)
        for number in range(4):
            stage.join(1, f'camera{number}')
            if number != 2:
                time.sleep(warmup)
                rows.append(_row('rtc_bridge', f'{number + 1} x 640x480', number + 1,
                                 stage.measure(seconds)))
    return rows


def pixels(folder: Path, warmup: float, seconds: float) -> list[str]:
    """Measure one viewer of different sizes."""
    rows = []
    for size, rate in (*((size, RATE) for size in SIZES), (LARGEST, LARGEST_RATE)):
        with ExitStack() as stack:
            stage = Stage(stack, folder, 'rtc_bridge', size, rate=rate)
            stage.join(1)
            time.sleep(warmup)
            rows.append(_row('rtc_bridge', f'{size[0]}x{size[1]}, {rate:g} a second', 1,
                             stage.measure(seconds)))
    return rows


def main() -> int:
    """Run the parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--parts', nargs='+', choices=PARTS, default=PARTS)
    parser.add_argument('--viewers', type=int, nargs='+', default=[1, 2, 3, 6, 30])
    parser.add_argument('--warmup', type=float, default=6.0)
    parser.add_argument('--seconds', type=float, default=6.0)
    args = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix='rtc_bridge_cost_'))
    print(f'output of the programs: {folder}', file=sys.stderr)
    timing = args.warmup, args.seconds
    rows, failed = [], False
    todo = []
    if 'viewers' in args.parts:
        todo.append(lambda: viewers(folder, 'rtc_bridge', sorted(args.viewers), *timing))
        if why := missing('gstreamer'):
            print(f'gstreamer is left out: {why} (see benchmarks/README.md)', file=sys.stderr)
        else:
            ends = sorted({min(args.viewers), max(args.viewers)})
            todo.append(lambda: viewers(folder, 'gstreamer', ends, *timing))
    if 'cameras' in args.parts:
        todo.append(lambda: cameras(folder, *timing))
    if 'pixels' in args.parts:
        todo.append(lambda: pixels(folder, *timing))
    for part in todo:
        try:
            rows += part()
        except RuntimeError as error:
            failed = True
            print(error, file=sys.stderr)
    print('\n'.join([host(), '', HEAD, *rows]))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
