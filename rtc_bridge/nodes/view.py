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

"""View a robot through a relay whose page is not trusted: this computer serves the page."""

import argparse
import asyncio
import secrets
import sys
import time
import webbrowser

from aiohttp import web

from ..core.access.invite_url import InviteUrl, parse_invite_url
from ..core.errors import ProtocolError, REFUSED
from ..core.protocol.strict_json import shorten
from ..relay.http.local_page import create_app
from ..system.command_line import parse_port
from ..system.processes.termination import in_event_loop, termination

_HOST = '127.0.0.1'


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='rtc-bridge view', description="Open a robot's link with this computer's own copy of "
        'the page. A server of the page can read the key in the link; with this command the '
        'relay does not serve it, and cannot.')
    parser.add_argument('link', metavar='LINK', help='with its invite, in quotes; - reads it from '
                        'standard input. Other users of this computer see command lines, and a '
                        'browser is started with the link on its own: add --no-browser')
    parser.add_argument('--port', type=parse_port, default=0, help='TCP port [any free one]')
    parser.add_argument('--no-browser', dest='browser', action='store_false',
                        help='print the local link only')
    return parser


def _describe(invite_url: InviteUrl) -> str:
    invite = invite_url.invite
    until = time.strftime('%Y-%m-%d %H:%M:%S %Z', time.localtime(invite.exp))
    return (f'It lets you {invite.role} {shorten(invite.robot_id)} until {until}, by '
            f'{invite_url.page.url}. Ctrl-C ends this page, not what it shows already.')


async def _serve(invite_url: InviteUrl, port: int, open_browser: bool) -> int:
    """Serve the page until SIGINT or SIGTERM; return the exit status."""
    stop = asyncio.Event()
    with termination() as wish:
        wish.on_request(in_event_loop(stop.set))
        return await _serve_until(stop, invite_url, port, open_browser)


async def _serve_until(stop: asyncio.Event, invite_url: InviteUrl, port: int,
                       open_browser: bool) -> int:
    # A random path, so that no other page can guess where this page is: it knows the robot's
    # name, which is a secret at an open relay.
    path = f'/{secrets.token_urlsafe(9)}/'
    page = invite_url.page
    runner = web.AppRunner(create_app(page, path), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, _HOST, port).start()
        query = f'?{page.query}' if page.query else ''
        local = f'http://{_HOST}:{runner.addresses[0][1]}{path}{query}#{invite_url.fragment}'
        # Programs read the link from standard output; the rest is for people.
        print(local, flush=True)
        print(_describe(invite_url), file=sys.stderr, flush=True)
        if open_browser and not await asyncio.to_thread(webbrowser.open, local):
            print('No browser was found here: open that link yourself.', file=sys.stderr)
        await stop.wait()
        return 0
    except OSError as error:
        print(f'rtc-bridge view: cannot listen on port {port}: {error.strerror}; choose another '
              '--port, or none', file=sys.stderr)
        return 1
    finally:
        await runner.cleanup()


def main() -> int:
    """Serve the page until Ctrl-C; return the exit status."""
    options = _parser().parse_args()
    try:
        invite_url = parse_invite_url(
            sys.stdin.readline() if options.link == '-' else options.link)
    except ProtocolError as error:
        print(f'rtc-bridge view: {error}', file=sys.stderr)
        return REFUSED
    return asyncio.run(_serve(invite_url, options.port, options.browser))
