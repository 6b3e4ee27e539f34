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
Who may see and who may drive.

A session has a role by the way it came (:meth:`Access.role`), or by an invite that its page has
proved to hold (:meth:`Access.admit`). Invites are made, and held against the clock and the list of
revoked ones, without being stored anywhere.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
import time
from typing import Callable, Protocol

from .invite import (
    bearer_mac, bearer_parts, Invite, key_of, new_id, new_secret, read, write,
)
from .origins import ANY, SAME
from .proof import page_mac, robot_mac, same, Transcript
from ..clock import Clock
from ..errors import ProtocolError, SignalingError
from ..protocol.kscale_messages import WRONG_TOKEN
from ..protocol.strict_json import shorten

ROLES = ('none', 'view', 'drive', 'supervise')
# Far enough: a console's link ends with its process.
_CONSOLE_TTL_S = 10 * 365 * 86400


def may_drive(role: str) -> bool:
    """Tell whether a role may send commands."""
    return role in ('drive', 'supervise')


def may_press_stop(role: str, view_may_stop: bool) -> bool:
    """Tell whether a role may press the emergency stop; only drivers may release it."""
    return may_drive(role) or view_may_stop and role == 'view'


class Store(Protocol):
    """What a robot keeps about invites."""

    secret: bytes

    def is_revoked(self, invite: Invite) -> bool:
        """Tell whether an invite was taken back."""

    def now(self, wall: float) -> float:
        """Return the time in seconds since 1970, never less than what was ever returned."""


@dataclass(frozen=True)
class Admission:
    """A proof that held. ``mac`` is the robot's own proof for the page."""

    invite: Invite
    mac: bytes
    console: bool


class Access:
    """
    The rules of one robot.

    :param anonymous: role of those who reach the robot's own server without an invite
    :param anonymous_via_relay: role of those who come through a relay without one
    :param origins: of pages elsewhere that get these roles, too; ``*`` for all
    :param whep_via_relay: whether WHEP players may come through a relay, which could then watch
    :param kscale_token: what K-Scale's apps have to send besides; empty: nothing
    :param store: secret and revocations; without it nobody can prove anything
    :param synchronized: tells whether the system clock is right
    """

    def __init__(self, robot_id: str = '', anonymous: str = 'none',
                 anonymous_via_relay: str = 'none', store: Store | None = None, *,
                 origins: Iterable[str] = (), whep_via_relay: bool = False, kscale_token: str = '',
                 wall: Clock = time.time,
                 synchronized: Callable[[], bool] = lambda: True) -> None:
        """Make a second secret for the console's links, which ends with this process."""
        self._robot_id = robot_id
        self._anonymous = anonymous
        self._anonymous_via_relay = anonymous_via_relay
        self._origins = frozenset(origins)
        self._whep_via_relay = whep_via_relay
        self._kscale_token = kscale_token.encode()
        self._store = store
        self._wall = wall
        self._synchronized = synchronized
        self._console_secret = new_secret()

    @property
    def provable(self) -> bool:
        """Tell whether invites can be proved."""
        return self._store is not None

    def role(self, via: str, door: str, origin: str | None = None) -> str:
        """
        Return the role of a session that has proved nothing, ``none``, ``view`` or ``drive``.

        A page that somebody happens to visit can reach whatever their browser can, so pages of
        other origins have no role unless ``access.origins`` lists them.

        :param via: ``server`` (the robot's own) or ``relay``
        :param door: the form it came by; WHEP players have no way to drive
        :param origin: of the viewer's page, see :mod:`~rtc_bridge.core.access.origins`
        """
        return 'none' if self._is_foreign(origin) else self._role(via, door)

    def _role(self, via: str, door: str) -> str:
        if door == 'whep' and via == 'relay' and not self._whep_via_relay:
            return 'none'
        role = self._anonymous if via == 'server' else self._anonymous_via_relay
        return 'view' if door == 'whep' and role == 'drive' else role

    def _is_foreign(self, origin: str | None) -> bool:
        return not (origin in (None, SAME) or ANY in self._origins or origin in self._origins)

    def is_for_own_pages(self, via: str, door: str, origin: str | None) -> bool:
        """Tell whether nothing but its page's origin keeps somebody from a role."""
        return self._is_foreign(origin) and self._role(via, door) != 'none'

    def refusal(self, via: str, door: str, origin: str | None = None) -> SignalingError:
        """Return why somebody has no role who cannot prove anything."""
        if self.is_for_own_pages(via, door, origin):
            return SignalingError(
                'denied', 'this robot lets pages of other sites in with an invite only: parameter '
                          f'access.origins does not list {shorten(origin, 120)}')
        return SignalingError('denied', 'this robot lets nobody in without an invite this way')

    def caller(self, via: str, door: str, token: str | None, origin: str | None = None) -> str:
        """
        Return the role of a K-Scale app.

        Its token opens nothing that is closed otherwise: every relay on the way reads it.

        :raises SignalingError: ``denied``
        """
        role = self.role(via, door, origin)
        if role == 'none':
            raise self.refusal(via, door, origin)
        if self._kscale_token and not same((token or '').encode('utf-8', 'replace'),
                                           self._kscale_token):
            raise SignalingError('denied', 'a token is needed first' if token is None
                                 else WRONG_TOKEN)
        return role

    def console_invite(self, role: str, name: str) -> str:
        """Return an invite's text that holds as long as this process."""
        now = int(self._wall())
        return write(self._console_secret, Invite(self._robot_id, new_id(), role, name, now,
                                                  now + _CONSOLE_TTL_S))

    def admit(self, transcript: Transcript, mac: bytes) -> Admission:
        """
        Check a page's proof.

        :raises SignalingError: ``denied``, and for a proof that holds ``expired``, ``revoked`` or
            ``clock``
        """
        secrets = [self._console_secret] + ([self._store.secret] if self._store else [])
        for secret in secrets:
            # The characters are authenticated before anything reads them.
            key = key_of(secret, transcript.payload)
            if same(page_mac(key, transcript), mac):
                break
        else:
            raise SignalingError('denied', 'the invite is not one of this robot')
        try:
            invite = read(transcript.payload)
        except ProtocolError as error:
            raise SignalingError('denied', f'the invite cannot be read: {error}') from None
        admission = Admission(invite, robot_mac(key, transcript),
                              secret is self._console_secret)
        fault = self.fault(admission)
        if fault is not None:
            raise fault
        return admission

    def bearer(self, text: str, via: str) -> Admission:
        """
        Check what a WHEP player showed.

        :raises SignalingError: ``denied``, ``expired``, ``revoked`` or ``clock``
        """
        if via == 'relay' and not self._whep_via_relay:
            raise SignalingError('denied', 'this robot takes no WHEP players through a relay')
        payload, found = bearer_parts(text)
        if self._store is None or not found or not same(
                found, bearer_mac(self._store.secret, payload)):
            raise SignalingError('denied', 'the bearer is not one of this robot')
        try:
            invite = read(payload)
        except ProtocolError as error:
            raise SignalingError('denied', f'the bearer cannot be read: {error}') from None
        admission = Admission(replace(invite, role='view'), b'', console=False)
        fault = self.fault(admission)
        if fault is not None:
            raise fault
        return admission

    def fault(self, admission: Admission) -> SignalingError | None:
        """Return why an invite does not, or no longer, hold."""
        invite = admission.invite
        if invite.robot_id != self._robot_id:
            return SignalingError('denied', 'the invite is for another robot')
        if admission.console or self._store is None:
            return None
        if self._store.is_revoked(invite):
            return SignalingError('revoked', 'the invite was taken back')
        # Before the time is looked at, which is remembered: a clock that was far ahead when the
        # robot started would end all invites for ever.
        if not self._synchronized():
            return SignalingError('clock', "the robot's clock is not synchronized, so that it "
                                           'cannot tell whether the invite has expired')
        if self._store.now(self._wall()) >= invite.exp:
            return SignalingError('expired', 'the invite has expired')
        return None
