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
What a relay takes: idle robots, session set-ups, and how long it holds each offer and answer.

The relay has a core of its own; robots and viewers are in this process, on another one. Beside it,
in the same run, the relay program of RTCBot's tutorial, which takes one robot and one set-up at a
time.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
import gc
import os
from pathlib import Path
import random
import resource
import sys
import tempfile
import time
import urllib.request

from processes import free_port, host, Process
from recording import percentile
from relay_peers import Load, Times

ROOT = Path(__file__).resolve().parent.parent
TOKEN = 'token-of-the-benchmark'
WIDE = ['--limits-connections-per-address', '1000000', '--limits-connections', '1000000',
        '--limits-requests-per-minute', '1000000', '--limits-offers-per-minute', '1000000',
        '--limits-viewers-per-address', '100000']


@dataclass
class Row:
    """One measurement."""

    what: str
    robots: int
    how: str
    per_second: float
    forwarding: list[float]
    cpu: float
    failed: int

    def line(self) -> str:
        """Return the table's line."""
        done = len(self.forwarding) or 1
        values = [f'{percentile(self.forwarding, p) * 1e3:.2f}' for p in (50, 99)]
        return (f'| {self.what} | {self.robots} | {self.how} | {self.per_second:.0f} | '
                f'{" / ".join(values)} | {self.cpu / done * 1e3:.2f} | {self.failed} |')


async def _guarded(set_up: Awaitable[None], failures: list[str]) -> None:
    try:
        await set_up
    except (OSError, EOFError, TimeoutError) as error:
        failures.append(str(error) or type(error).__name__)


async def as_many(job: Callable[[], Awaitable[None]], at_once: int, seconds: float,
                  failures: list[str]) -> None:
    """Set up one session after the other, so many at once."""
    until = time.monotonic() + seconds

    async def work() -> None:
        while time.monotonic() < until:
            await _guarded(job(), failures)
    await asyncio.gather(*(work() for _ in range(at_once)))


async def at_rate(job: Callable[[], Awaitable[None]], rate: float, seconds: float,
                  failures: list[str]) -> None:
    """Set up sessions at random times, whether or not those before are done (Poisson)."""
    chance, began, jobs = random.Random(1), time.monotonic(), []
    due = began
    while (due := due + chance.expovariate(rate)) < began + seconds:
        if (wait := due - time.monotonic()) > 0:
            await asyncio.sleep(wait)
        jobs.append(asyncio.create_task(_guarded(job(), failures)))
    await asyncio.gather(*jobs)


class Bench:
    """The rows of a run."""

    def __init__(self, seconds: float) -> None:
        """Start empty."""
        self._seconds = seconds
        self.rows: list[Row] = []

    async def row(self, what: str, how: str, relays: list[Process], load: Load, robots: int,
                  job: Callable[[], Awaitable[None]], *, at_once: int = 0,
                  rate: float = 0.0) -> None:
        """Measure one, with ``at_once`` set-ups under way or ``rate`` of them a second."""
        await asyncio.gather(*(_guarded(job(), []) for _ in range(at_once or 10)))
        load.times, failures = Times(), []
        cpu, began = sum(p.cpu_seconds() for p in relays), time.monotonic()
        if at_once:
            await as_many(job, at_once, self._seconds, failures)
        else:
            await at_rate(job, rate, self._seconds, failures)
        spent = time.monotonic() - began
        cpu = sum(p.cpu_seconds() for p in relays) - cpu
        for text in sorted(set(failures))[:3]:
            print(f'{what}: {text}', file=sys.stderr)
        self.rows.append(Row(what, robots, how, len(load.times.done) / spent,
                             load.times.forwarding(), cpu, len(failures)))
        print(self.rows[-1].line(), file=sys.stderr)


def memory(process: Process) -> float:
    """Return a process's resident memory, kB."""
    for line in Path(f'/proc/{process.pid}/status').read_text().splitlines():
        if line.startswith('VmRSS:'):
            return float(line.split()[1])
    raise RuntimeError('no VmRSS')


def start(name: str, command: list[str], port: int, folder: str,
          env: dict[str, str] | None = None) -> Process:
    """Start a relay on the first core."""
    process = Process(name, ['taskset', '-c', '0', *command], Path(folder),
                      {**os.environ, 'PYTHONPATH': str(ROOT), **(env or {})})
    process.wait_for_port(port)
    return process


def start_ours(name: str, folder: str, redis: str = '') -> tuple[Process, int]:
    """Start one of our relays; return its port too."""
    port = free_port()
    return start(name, [
        sys.executable, '-m', 'rtc_bridge.nodes.relay', '--host', '127.0.0.1', '--port', str(port),
        *WIDE], port, folder, {'RTC_BRIDGE_RELAY_TOKENS': f'*:{TOKEN}',
                               'RTC_BRIDGE_RELAY_REDIS': redis}), port


async def seed(bench: Bench, folder: str) -> None:
    """Measure the tutorial's relay."""
    port = free_port()
    text = (ROOT / 'test' / 'support' / 'rtcbot_seed_relay.py').read_text()
    script = Path(folder) / 'seed.py'
    script.write_text(text.replace('web.run_app(app)', f'web.run_app(app, port={port})'))
    process = start('seed', [sys.executable, str(script)], port, folder)
    try:
        load = Load(port)
        await load.add_rtcbot_robot('/ws')
        await bench.row("RTCBot's tutorial, POST", '1 at a time', [process], load, 1,
                        lambda: load.post('/connect'), at_once=1)
    finally:
        process.stop()


async def ours(bench: Bench, folder: str, robots: int, rate: float) -> list[str]:
    """Measure our relay; return what there is to say of idle robots."""
    process, port = start_ours('relay', folder)
    try:
        load = Load(port, token=TOKEN)
        await load.add_rtcbot_robot('/ws')
        await bench.row("rtc_bridge, RTCBot's robot, POST", '1 at a time', [process], load, 1,
                        lambda: load.post('/connect'), at_once=1)
        before, began = memory(process), time.monotonic()
        limit = asyncio.Semaphore(100)

        async def add(number: int) -> None:
            async with limit:
                await load.add_robot(f'/robot{number}')
        await asyncio.gather(*(add(number) for number in range(robots)))
        spent = time.monotonic() - began
        # Else this process would stop for its own robots, and count that as the relay's time.
        gc.collect()
        gc.freeze()
        each = (memory(process) - before) / robots
        # Two rounds of pings.
        cpu, began = process.cpu_seconds(), time.monotonic()
        await asyncio.sleep(16)
        idle = (process.cpu_seconds() - cpu) / (time.monotonic() - began)
        notes = [f'{robots - load.lost} idle robots of {robots} are held: {each:.1f} kB each, '
                 f'{robots / spent:.0f} registered a second, {100 * idle:.1f} % of a core while '
                 'they idle (pings every 8 s).']
        chance = random.Random(2)

        def anyone() -> str:
            return f'/robot{chance.randrange(robots)}'

        for what, job in (('POST', lambda: load.post(anyone())),
                          ('page', lambda: load.page(anyone()))):
            await bench.row(f'rtc_bridge, {what}', '1 at a time', [process], load, robots, job,
                            at_once=1)
            await bench.row(f'rtc_bridge, {what}', '32 at a time', [process], load, robots, job,
                            at_once=32)
            await bench.row(f'rtc_bridge, {what}', f'{rate:g} a second', [process], load, robots,
                            job, rate=rate)
        notes.append(said(port))
        return notes
    finally:
        process.stop()


async def shared(bench: Bench, folder: str, rate: float) -> None:
    """Measure two relays with a Redis, robots at one, viewers at the other."""
    port = free_port()
    redis = start('redis', ['redis-server', '--port', str(port), '--bind', '127.0.0.1', '--save',
                            '', '--appendonly', 'no'], port, folder)
    processes = [redis]
    try:
        ports = []
        for name in ('relay_a', 'relay_b'):
            process, bound = start_ours(name, folder, f'redis://127.0.0.1:{port}/0')
            processes.append(process)
            ports.append(bound)
        load = Load(*ports, token=TOKEN)
        await asyncio.gather(*(load.add_robot(f'/robot{number}') for number in range(100)))
        await bench.row('rtc_bridge, page, two relays and Redis', f'{rate:g} a second', processes,
                        load, 100, lambda: load.page(f'/robot{random.randrange(100)}'), rate=rate)
    finally:
        for process in reversed(processes):
            process.stop()


def said(port: int) -> str:
    """Return what the relay's own metrics say of offers and answers."""
    with urllib.request.urlopen(f'http://127.0.0.1:{port}/metrics') as response:
        lines = response.read().decode().splitlines()
    name, shares = 'rtc_bridge_relay_forwarding_seconds', []
    for message in ('offer', 'answer'):
        def read(rest: str) -> float:
            return float(next(line for line in lines if line.startswith(name + rest)).split()[-1])
        fast = read(f'_bucket{{le="0.01",message="{message}"}}')
        shares.append(f'{100 * fast / read(f"_count{{message={chr(34)}{message}{chr(34)}}}"):.2f} '
                      f'% of {message}s')
    return f"The relay's own metrics: within 10 ms {', '.join(shares)}, in all rows together."


async def main() -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.strip().partition('\n')[0])
    parser.add_argument('--robots', type=int, default=5000)
    parser.add_argument('--seconds', type=float, default=10.0, help='length of each row')
    parser.add_argument('--rate', type=float, default=200.0, help='set-ups a second')
    options = parser.parse_args()
    os.sched_setaffinity(0, {1})
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    bench = Bench(options.seconds)
    with tempfile.TemporaryDirectory() as folder:
        await seed(bench, folder)
        notes = await ours(bench, folder, options.robots, options.rate)
        await shared(bench, folder, options.rate)
    print(host())
    print('\n| relay | robots | set-ups | a second | forwarding p50 / p99 ms | CPU ms each | '
          'failed |\n| --- | --: | --- | --: | --: | --: | --: |')
    for row in bench.rows:
        print(row.line())
    print('', *notes, sep='\n')
    return any(row.failed for row in bench.rows)


if __name__ == '__main__':
    sys.exit(asyncio.run(main()))
