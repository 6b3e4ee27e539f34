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

"""The demo: a simulated robot, its bridge and a relay on this host, and a link to drive it."""

import argparse
import asyncio
from pathlib import Path
import sys

import aiohttp

from ..core.protocol.signaling_messages import parse, Ready, SUBPROTOCOL, Watch
from ..signaling.network_changes import reachable
from ..sim.demo import Demo
from ..sim.demo_environment import choose_port, demo_environment, shared_file, url_of

_ROBOT = 'demo'
# The camera of --video.
_CLIP = 'video.image_raw'
# Seconds between two attempts to reach the relay, which may not listen yet.
_RETRY_S = 0.1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='rtc-bridge demo', description='A simulated robot to see and drive in the browser.')
    parser.add_argument('--host', default='127.0.0.1', help='address to listen on [%(default)s]')
    parser.add_argument('--port', type=int, default=8080,
                        help='TCP port, 0: any free one [%(default)s]')
    parser.add_argument('--video', metavar='FILE', type=Path,
                        help='a video file or image folder as a second camera')
    parser.add_argument('--verbose', action='store_true', help='show what the programs print')
    return parser


def _programs(options: argparse.Namespace, port: int) -> dict[str, list[str]]:
    """Return the modules to start, with their arguments."""
    relay_url = f'{url_of(options.host, port)}/{_ROBOT}'
    page_url = f'{url_of(reachable(options.host), port)}/{_ROBOT}'
    programs = {
        'relay': ['--host', options.host, '--port', str(port), '--open'],
        'sim_robot': [],
        'cmd_vel_guard': [],
        'bridge': ['--ros-args', '--params-file', str(shared_file('demo.yaml')),
                   '-p', f'relay_url:={relay_url}', '-p', f'page_url:={page_url}'],
    }
    if options.video:
        # The clip shows another place: nobody drives the simulated robot by it.
        programs['bridge'] += ['-p', f'cameras.{_CLIP}.drive:=false']
        programs['play_video'] = ['--ros-args', '-p', 'camera:=video',
                                  '-p', f'path:={options.video.resolve()}']
    return programs


async def _wait_for_robot(url: str) -> None:
    """Return when the robot takes offers, as a page sees it."""
    async with aiohttp.ClientSession() as client:
        while True:
            try:
                async with client.ws_connect(url, protocols=(SUBPROTOCOL,)) as ws:
                    await ws.send_str(Watch().dump())
                    async for frame in ws:
                        if isinstance(parse(frame.data), Ready):
                            return
            except (aiohttp.ClientError, OSError):
                pass
            await asyncio.sleep(_RETRY_S)


async def _run(options: argparse.Namespace, port: int) -> int:
    demo = Demo(_programs(options, port), demo_environment(options.host), options.verbose)
    return await demo.run(_wait_for_robot(f'{url_of(options.host, port)}/{_ROBOT}'))


def main(args: list[str] | None = None) -> int:
    """Run the demo until Ctrl-C; return the exit status."""
    options = _parser().parse_args(args)
    if options.video and not options.video.exists():
        print(f'rtc-bridge demo: there is no {options.video}', file=sys.stderr)
        return 1
    port = choose_port(options.host, options.port)
    if options.host not in ('127.0.0.1', '::1', 'localhost'):
        print('The link below lets anybody who has it see and drive the simulated robot.')
    print('Starting the simulated robot, its bridge and a relay ...', flush=True)
    return asyncio.run(_run(options, port))


if __name__ == '__main__':
    sys.exit(main())
