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

"""The relay as a process. Needs no ROS."""

import argparse
import asyncio
import logging
import os
import signal
import sys

from aiohttp import web

from ..relay.app import create_app
from ..relay.registry import Registry

_logger = logging.getLogger('rtc_bridge.relay')


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='rtc-bridge relay',
        description='Serve the page, find robots, pass offers and answers. Sees no media.')
    parser.add_argument('--host', default='0.0.0.0', help='address to listen on [%(default)s]')
    parser.add_argument('--port', type=int, default=8080, help='TCP port [%(default)s]')
    parser.add_argument('--open', action='store_true',
                        help='any robot may register, under any free name')
    return parser


async def serve(host: str, port: int) -> int:
    """
    Run a relay until SIGINT or SIGTERM.

    Return the exit status: 1 if the port cannot be had.
    """
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    # Room names are secrets, so no access log. One second for connections that do not end.
    runner = web.AppRunner(create_app(Registry()), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except (OSError, OverflowError) as error:
            # asyncio's text repeats the address; the system's says only what is wrong.
            number = getattr(error, 'errno', None) or 0
            _logger.error('cannot listen on %s port %d: %s', host, port,
                          os.strerror(number) if number > 0 else error)
            return 1
        bound = runner.addresses[0][1]
        name = f'[{host}]' if ':' in host else host
        _logger.info('relay listens on http://%s:%d', name, bound)
        await stop.wait()
        _logger.info('relay stops')
        return 0
    finally:
        await runner.cleanup()


def main(args: list[str] | None = None) -> int:
    """Run the relay; return the exit status."""
    args = sys.argv[1:] if args is None else list(args)
    # A launch file's Node action adds ROS arguments, which mean nothing here.
    if '--ros-args' in args:
        args = args[:args.index('--ros-args')]
    options = _parser().parse_args(args)
    logging.basicConfig(level=logging.INFO, format='[%(levelname)s] [relay]: %(message)s')
    if not options.open:
        _logger.error('without --open no robot could register; --open lets any robot register')
        return 2
    return asyncio.run(serve(options.host, options.port))


if __name__ == '__main__':
    sys.exit(main())
