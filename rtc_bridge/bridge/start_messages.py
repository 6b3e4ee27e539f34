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

"""What people read when a bridge starts: the link with an invite, and a warning of open access."""

import logging

from ..core.access.policy import AccessPolicy
from ..core.errors import StoreError
from ..core.settings.robot_settings import AccessSettings
from ..system.files.key_store import KeyStore

_logger = logging.getLogger(__name__)


def page_address(page_url: str, relay_page: str, own_page: str) -> str:
    """
    Return the address that invites lead to; empty if there is none.

    :param page_url: the parameter of that name, where one trusts neither relay nor robot
    :param relay_page: the robot's page at the relay; empty without a relay
    :param own_page: the page at the robot's own server; empty without the server
    """
    address = page_url or relay_page or own_page
    _logger.debug('invites lead to %s', address or 'no page: neither page_url, relay nor server')
    return address


def note_page(page: str, key_store: KeyStore, robot_id: str) -> None:
    """Note the robot's page for ``rtc-bridge invite``; log it if that fails."""
    try:
        key_store.note_robot(robot_id, page)
    except StoreError as error:
        _logger.error('rtc-bridge invite will need --robot-id and --page-url: %s', error)


def print_console_link(role: str, page: str, access: AccessPolicy) -> None:
    """
    Print a link for the person who started the robot.

    The link is a secret, and a logger is a ROS topic: it goes to standard output only.

    :param role: of its invite
    """
    invite = access.console_invite(role, 'console')
    print(f'link to {role}, as long as this process runs: {page}#{invite}', flush=True)


def warn_of_anonymous_roles(settings: AccessSettings, has_server: bool, has_relay: bool) -> None:
    """Warn of each way on which people have a role without an invite."""
    for name, role, reachable in (
            ('access.anonymous', settings.anonymous, has_server),
            ('access.anonymous_via_relay', settings.anonymous_via_relay, has_relay)):
        if reachable and role != 'none':
            _logger.warning('%s is %s: everybody who reaches the page may %s', name, role, role)
