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
"""Issue invite URLs, list them, and revoke them."""

import argparse
from collections.abc import Callable, Collection
from hmac import compare_digest
from pathlib import Path
import re
import sys
import time

import qrcode

from ..core.access.invite import (
    bearer_mac, bearer_text, check_printable, invite_key, INVITE_ROLES, invite_text,
    MAX_BEARER_LIFE_S, MAX_NAME, parse_payload, split_bearer, split_invite,
)
from ..core.access.invite_url import parse_page_url
from ..core.clock import NOT_SYNCHRONIZED, synchronized
from ..core.errors import ProtocolError, REFUSED, RtcBridgeError
from ..system.files.key_store import default_directory, KeyStore

# Ids or names that an error shows.
_MAX_SHOWN = 12
# Seconds by unit.
_UNITS = {'s': 1, 'm': 60, 'h': 3600, 'd': 86400}
_MAX_BEARER_HOURS = MAX_BEARER_LIFE_S // _UNITS['h']


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
                        help='how long it holds: a number with s, m, h or d; with --whep '
                        f'{_MAX_BEARER_HOURS}h at most [%(default)s]')
    parser.add_argument('--robot-id', help='the robot, if this user runs several')
    parser.add_argument('--page-url', help='page that the link leads to [as the bridge has it]')
    parser.add_argument('--directory', type=Path, default=default_directory(),
                        help='where the bridge keeps its secret [%(default)s]')
    what = parser.add_mutually_exclusive_group()
    what.add_argument('--revoke', metavar='ID', help='take one link back, by its id, or '
                      'by the link itself')
    what.add_argument('--revoke-name', metavar='NAME', help="take all of somebody's links back")
    what.add_argument('--list', action='store_true', help='list the links that were made here, '
                      'with their ids; none of them can be used from the list')
    parser.add_argument('--force', action='store_true', help='with --revoke and --revoke-name: '
                        'also what is not in the list, such as links of an older version')
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
        if not robots:
            raise _no_robot(store)
        raise RtcBridgeError('which robot? --robot-id NAME; there are: '
                             + ', '.join(sorted(robots)))
    page = str(parse_page_url(options.page_url)) if options.page_url else robots.get(name)
    if not page:
        raise RtcBridgeError(f'where is the page of {name}? --page-url https://host/{name}; '
                             f'{_robots_text(store)}')
    return name, page


def _robots_text(store: KeyStore) -> str:
    return f'robots that were started with {store.directory}: {_some(store.robots())}'


def _no_robot(store: KeyStore) -> RtcBridgeError:
    return RtcBridgeError(f'no robot was started with {store.directory} by this user: is it '
                          'another user, or another --directory?')


def _print_invite(store: KeyStore, options: argparse.Namespace) -> None:
    if options.whep and options.ttl > MAX_BEARER_LIFE_S:
        raise RtcBridgeError(
            f'--ttl: {options.ttl} s are too long for a bearer, which others may see on its way: '
            f'at most {MAX_BEARER_LIFE_S} s. Use --ttl {_MAX_BEARER_HOURS}h or less, and make '
            'another when it ends; a link (without --whep) may last longer')
    robot_id, page = _choose_robot(store, options)
    invite = store.issue(robot_id, 'view' if options.whep else options.role, options.name,
                         options.ttl, bearer=options.whep)
    link = bearer_text(store.secret, invite) if options.whep else (
        f'{page}#{invite_text(store.secret, invite)}')
    print(link)
    # Programs read the link from standard output; the rest is for people.
    until = time.strftime('%Y-%m-%d %H:%M:%S %Z', time.localtime(invite.exp))
    print(f'It lets its holder {invite.role} until {until}. To take it back: '
          f'rtc-bridge invite --revoke={invite.invite_id}', file=sys.stderr)
    if robot_id not in store.robots():
        print(f'Warning: no robot {robot_id} was started so far; only one with this name and this '
              f'folder takes the link; {_robots_text(store)}', file=sys.stderr)
    if not synchronized():
        print(f'Warning: {NOT_SYNCHRONIZED}: the robot refuses this link until it is, unless '
              'access.require_synchronized_clock is false', file=sys.stderr)
    if sys.stdout.isatty() and not options.whep:
        code = qrcode.QRCode(border=2)
        code.add_data(link)
        code.print_ascii(invert=True)


def _parse_invite_id(store: KeyStore, text: str) -> tuple[str, bool]:
    """
    Return an invite's id from the id itself, an invite URL or a bearer.

    :return: the id, and whether the text proves that the invite is one of this folder
    :raises RtcBridgeError: the text is none of these
    """
    link = re.fullmatch(r'(.*#v1|w1)\.([^.]+)(?:\..*)?', text)
    if link:
        return parse_payload(link[2]).invite_id, _is_signed(store.secret, text)
    if not re.fullmatch(rf'[\w-]{{1,{MAX_NAME}}}', text):
        raise RtcBridgeError(f'{text!r} is neither the id of a link nor a link')
    return text, False


def _is_signed(secret: bytes, text: str) -> bool:
    """Return whether an invite URL or bearer was made with a secret."""
    if text.startswith('w1.'):
        payload, mac = split_bearer(text)
        return compare_digest(mac, bearer_mac(secret, payload))
    try:
        payload, key = split_invite(text.rpartition('#')[2])
    except ProtocolError:
        return False
    return compare_digest(key, invite_key(secret, payload))


def _revoke(store: KeyStore, options: argparse.Namespace) -> None:
    """
    Revoke the invites that the options name.

    :raises RtcBridgeError: no such invite was made here, or no bridge reads the folder
    """
    issued = store.issued()
    if options.revoke_name is not None:
        value, what = options.revoke_name, 'all links so far of'
        revoke: Callable[[str], None] = store.revoke_name
        if not value:
            raise RtcBridgeError('--revoke-name: whose? Links without a name have an id')
        is_known, known = value in issued.names(), issued.names()
        unknown = f'no link of {value!r} was made here; there are links of'
    else:
        value, is_known = _parse_invite_id(store, options.revoke)
        what, revoke = 'the link with id', store.revoke_id
        known = issued.ids()
        is_known = is_known or value in known
        unknown = (f'no link with id {value!r} was made here (the link of the console ends with '
                   'its bridge); there are')
    if not store.robots():
        raise _no_robot(store)
    if not is_known and not options.force:
        raise RtcBridgeError(f'{unknown} {_some(known)}. Nothing was taken back; rtc-bridge '
                             'invite --list has all links, and --force takes back others, too')
    revoke(value)
    print(f'Taken back: {what} {value!r}', file=sys.stderr)


def _some(names: Collection[str]) -> str:
    """Return a few of some names."""
    shown = ', '.join(sorted(names)[:_MAX_SHOWN]) or 'none'
    return f'{shown} and {len(names) - _MAX_SHOWN} more' if len(names) > _MAX_SHOWN else shown


def _print_list(store: KeyStore, options: argparse.Namespace) -> None:
    rows = [('ID', 'ROLE', 'NAME', 'ROBOT', 'MADE', 'UNTIL', 'STATE')]
    for issued in store.issued():
        invite = issued.invite
        if options.robot_id in (None, invite.robot_id):
            state = ('taken back' if store.is_revoked(invite) else
                     'expired' if store.latest_time() >= invite.exp else 'valid')
            rows.append((invite.invite_id, 'view (WHEP)' if issued.bearer else invite.role,
                         invite.name or '-', invite.robot_id, _local(invite.iat),
                         _local(invite.exp), state))
    if len(rows) == 1:
        of_robot = f' of {options.robot_id}' if options.robot_id else ''
        print(f'No links{of_robot} were made with {store.directory} by this user.',
              file=sys.stderr)
        return
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        print('  '.join(text.ljust(width) for text, width in zip(row, widths)).rstrip())


def _local(seconds: float) -> str:
    return time.strftime('%Y-%m-%d %H:%M', time.localtime(seconds))


def main() -> int:
    """Issue an invite, or list or revoke some; return the exit status."""
    options = _parser().parse_args()
    try:
        store = KeyStore(options.directory)
        if options.revoke is not None or options.revoke_name is not None:
            _revoke(store, options)
        elif options.list:
            _print_list(store, options)
        else:
            _print_invite(store, options)
    except RtcBridgeError as error:
        print(f'rtc-bridge invite: {error}', file=sys.stderr)
        return REFUSED
    return 0
