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
"""Issue invite URLs, and revoke them."""

import argparse
from collections.abc import Callable
from pathlib import Path
import re
import sys
import time

import qrcode

from ..core.access.invite import (
    bearer_text, check_printable, INVITE_ROLES, invite_text, MAX_NAME, parse_payload,
)
from ..core.access.invite_url import parse_page_url
from ..core.errors import ProtocolError, REFUSED, RtcBridgeError
from ..system.key_store import default_directory, KeyStore

# Seconds by unit.
_UNITS = {'s': 1, 'm': 60, 'h': 3600, 'd': 86400}


def _parse_duration(text: str) -> int:
    """Return the seconds in a number with a unit."""
    match = re.fullmatch(r'([1-9]\d{0,8})([smhd])', text)
    if match is None:
        raise argparse.ArgumentTypeError(f'{text!r} is no duration such as 30m, 8h or 7d')
    return int(match[1]) * _UNITS[match[2]]


def _parse_name(text: str) -> str:
    if len(text) > MAX_NAME:
        raise argparse.ArgumentTypeError(f'{len(text)} characters, at most {MAX_NAME} are allowed')
    try:
        check_printable(text)
    except ProtocolError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='rtc-bridge invite', description='Make a link that lets somebody see or drive this '
        'robot, or take links back. Run it on the robot, as the user who runs the bridge.')
    parser.add_argument('--role', choices=INVITE_ROLES, default='view', help='[%(default)s]')
    parser.add_argument('--whep', action='store_true', help='instead of a link make a bearer '
                        'token, with which a WHEP player may view')
    parser.add_argument('--name', type=_parse_name, default='',
                        help='who it is for; others see it')
    parser.add_argument('--ttl', type=_parse_duration, default='8h', metavar='8h',
                        help='how long it holds: a number with s, m, h or d [%(default)s]')
    parser.add_argument('--robot-id', help='the robot, if this user runs several')
    parser.add_argument('--page-url', help='page that the link leads to [as the bridge has it]')
    parser.add_argument('--directory', type=Path, default=default_directory(),
                        help='where the bridge keeps its secret [%(default)s]')
    what = parser.add_mutually_exclusive_group()
    what.add_argument('--revoke', metavar='ID', help='take one link back, by its id, or '
                      'by the link itself')
    what.add_argument('--revoke-name', metavar='NAME', help="take all of somebody's links back")
    return parser


def _choose_robot(store: KeyStore, options: argparse.Namespace) -> tuple[str, str]:
    """
    Return robot id and page URL of the robot that the options name.

    :raises RtcBridgeError: the options do not say which robot, or where its page is
    """
    robots = store.robots()
    if options.robot_id:
        name = options.robot_id
    elif len(robots) == 1:
        name, = robots
    else:
        there = ', '.join(sorted(robots)) or 'none has been started by this user'
        raise RtcBridgeError(f'which robot? --robot-id NAME; there are: {there}')
    page = str(parse_page_url(options.page_url)) if options.page_url else robots.get(name)
    if not page:
        raise RtcBridgeError(f'where is the page of {name}? --page-url https://host/{name}')
    return name, page


def _print_invite(store: KeyStore, options: argparse.Namespace) -> None:
    robot_id, page = _choose_robot(store, options)
    invite = store.issue(robot_id, 'view' if options.whep else options.role, options.name,
                         options.ttl)
    link = bearer_text(store.secret, invite) if options.whep else (
        f'{page}#{invite_text(store.secret, invite)}')
    print(link)
    # Programs read the link from standard output; the rest is for people.
    until = time.strftime('%Y-%m-%d %H:%M:%S %Z', time.localtime(invite.exp))
    print(f'It lets its holder {invite.role} until {until}. To take it back: '
          f'rtc-bridge invite --revoke={invite.invite_id}', file=sys.stderr)
    if sys.stdout.isatty() and not options.whep:
        code = qrcode.QRCode(border=2)
        code.add_data(link)
        code.print_ascii(invert=True)


def _parse_invite_id(text: str) -> str:
    """
    Return an invite's id from the id itself, an invite URL or a bearer.

    :raises RtcBridgeError: the text is none of these
    """
    payload = re.fullmatch(r'(?:.*#v1|w1)\.([^.]+)(?:\..*)?', text)
    if payload:
        return parse_payload(payload[1]).invite_id
    if not re.fullmatch(rf'[\w-]{{1,{MAX_NAME}}}', text):
        raise RtcBridgeError(f'{text!r} is neither the id of a link nor a link')
    return text


def _revoke(store: KeyStore, revoke: Callable[[str], None], value: str, what: str) -> None:
    """
    Revoke invites.

    :param what: is revoked, for people
    :raises RtcBridgeError: no bridge is known to read the folder
    """
    revoke(value)
    if not store.robots():
        raise RtcBridgeError(f'noted in {store.directory}, but no robot was started with that by '
                             'this user: is it another user, or another --directory?')
    print(f'Taken back: {what} {value!r}', file=sys.stderr)


def main() -> int:
    """Issue an invite or revoke some; return the exit status."""
    options = _parser().parse_args()
    try:
        store = KeyStore(options.directory)
        if options.revoke is not None:
            _revoke(store, store.revoke_id, _parse_invite_id(options.revoke), 'the link with id')
        elif options.revoke_name is not None:
            if not options.revoke_name:
                raise RtcBridgeError('--revoke-name: whose? Links without a name have an id')
            _revoke(store, store.revoke_name, options.revoke_name, 'all links so far of')
        else:
            _print_invite(store, options)
    except RtcBridgeError as error:
        print(f'rtc-bridge invite: {error}', file=sys.stderr)
        return REFUSED
    return 0
