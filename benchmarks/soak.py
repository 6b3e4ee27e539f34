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
Does the bridge's memory grow? Over many viewers that come and go, and over a long stream.

Ends with status 1 if the resident memory grew by more than the limit after a warm-up: a third of
the viewers, and three minutes of the stream, or a third where it is shorter. What counts is
``own``: all but shared memory. That is of DDS: as large as its segments at most, it counts as
resident where a picture has been, which on a busy host can take long.
"""

import argparse
import asyncio
from pathlib import Path
import statistics
import sys
import tempfile
import time

from processes import free_port, Process
import receivers
from systems import camera_command, connect_url, environment, sender_command

SIZE = (1280, 720)
# Medians of so many, against what a garbage collection or a keyframe adds for a moment.
SAMPLES = 15


def memory(pid: int) -> dict[str, float]:
    """Return resident memory and its parts in MB, and the numbers of threads and open files."""
    lines = Path(f'/proc/{pid}/status').read_text().splitlines()
    fields = dict(line.split(':', 1) for line in lines)
    found = {name: int(fields[name].split()[0]) / 1024
             for name in ('VmRSS', 'RssAnon', 'RssFile', 'RssShmem')}
    found['own'] = found['VmRSS'] - found['RssShmem']
    return {**found, 'threads': int(fields['Threads']),
            'files': len(list(Path(f'/proc/{pid}/fd').iterdir()))}


def growth(samples: list[dict[str, float]], warmup: int) -> float:
    """
    Print how memory went, and return by how many percent it grew after the warm-up.

    :param warmup: the first samples, which do not count
    """
    counted = samples[warmup:]
    size = min(SAMPLES, max(1, len(counted) // 3))
    ends = [{name: statistics.median(s[name] for s in part) for name in counted[0]}
            for part in (counted[:size], counted[-size:])]
    for name in counted[0]:
        print(f'  {name}: {ends[0][name]:.1f} -> {ends[1][name]:.1f}')
    return 100 * (ends[1]['own'] / ends[0]['own'] - 1)


async def connects(bridge: Process, url: str, count: int) -> list[dict[str, float]]:
    """Let viewers come, see pictures for a moment and go; sample when each has gone."""
    samples = []
    for number in range(count):
        before = receivers.total('bytes')
        pc = await receivers.connect(url)
        async with asyncio.timeout(30):
            # More than a keyframe: pictures follow it.
            while receivers.total('bytes') < before + 100_000:
                await asyncio.sleep(0.05)
        await pc.close()
        await asyncio.sleep(0.2)
        bridge.check()
        samples.append(memory(bridge.pid))
        if number % 20 == 0:
            print(f'connect {number}: {samples[-1]["own"]:.1f} MB', file=sys.stderr)
    return samples


async def stream(bridge: Process, url: str, seconds: float) -> list[dict[str, float]]:
    """Watch for a long time; sample every two seconds."""
    samples = []
    pc = await receivers.connect(url)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        before = receivers.total('received')
        await asyncio.sleep(2)
        bridge.check()
        if receivers.total('received') == before:
            raise RuntimeError('no packets for two seconds')
        samples.append(memory(bridge.pid))
        if len(samples) % 30 == 0:
            print(f'{len(samples) * 2} s: {samples[-1]["own"]:.1f} MB', file=sys.stderr)
    await pc.close()
    return samples


def main() -> int:
    """Run both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--connects', type=int, default=200, help='0: none')
    parser.add_argument('--minutes', type=float, default=20.0, help='of the stream; 0: none')
    parser.add_argument('--limit', type=float, default=5.0, help='growth allowed, in percent')
    args = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix='rtc_bridge_soak_'))
    print(f'output of the programs: {folder}', file=sys.stderr)
    port = free_port()
    url = connect_url(port)
    camera = Process('camera', camera_command(SIZE), folder, environment())
    bridge = Process('bridge', [part.replace('{port}', str(port))
                                for part in sender_command('rtc_bridge', SIZE)],
                     folder, environment())
    grown = []
    receivers.receive_only()
    try:
        bridge.wait_for_port(port)
        if args.connects:
            samples = asyncio.run(connects(bridge, url, args.connects))
            print(f'{args.connects} connects (MB):')
            # Until the heap has seen the most that is alive at once.
            grown.append(growth(samples, args.connects // 3))
        if args.minutes:
            samples = asyncio.run(stream(bridge, url, 60 * args.minutes))
            print(f'a stream of {args.minutes:g} min (MB):')
            # Until pictures have been in every place of the shared memory of DDS.
            grown.append(growth(samples, min(90, len(samples) // 3)))
    except (RuntimeError, TimeoutError) as error:
        print(f'{error!r}\n{bridge.tail()}\n{camera.tail()}', file=sys.stderr)
        return 1
    finally:
        bridge.stop()
        camera.stop()
    print('resident memory without that of DDS grew by ' + ', '.join(f'{g:.1f} %' for g in grown)
          + f'; allowed are {args.limit:g} %')
    return 1 if max(grown, default=0.0) > args.limit else 0


if __name__ == '__main__':
    sys.exit(main())
