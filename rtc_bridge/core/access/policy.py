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
Who may view and who may drive.

A session has a role by the way on which it comes (:meth:`AccessPolicy.anonymous_role`), or by an
invite whose key its page proves to know (:meth:`AccessPolicy.verify_proof`). An invite is checked
against the clock and the list of revoked ones, at the proof and while the session lasts.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from hmac import compare_digest
import logging
import time
from typing import Protocol

from .invite import (
    bearer_mac, Invite, invite_key, invite_text, MAX_BEARER_LIFE_S, new_id, new_secret,
    parse_payload, split_bearer,
)
from .origins import ANY, SAME
from .proof import page_mac, robot_mac, Transcript
from ..clock import Clock
from ..errors import ProtocolError, SignalingError
from ..protocol.kscale_messages import WRONG_TOKEN
from ..protocol.strict_json import shorten

logger = logging.getLogger(__name__)

ROLES = ('none', 'view', 'drive', 'supervise')
# Seconds that the invite on the console is valid by its own text. It ends with the process that
# printed it, because its secret does, so any long time is right.
_CONSOLE_TTL_S = 10 * 365 * 86400


def may_drive(role: str) -> bool:
    """Return whether a role may send commands."""
    return role in ('drive', 'supervise')


def may_know(role: str, other: str) -> bool:
    """Return whether the holder of an invite is told the names in invites of another role."""
    return ROLES.index(role) >= ROLES.index(other) > 0


def may_press_stop(role: str, view_may_stop: bool) -> bool:
    """Return whether a role may press the emergency stop. Only drivers may release it."""
    return may_drive(role) or view_may_stop and role == 'view'


class InviteStore(Protocol):
    """What a robot remembers for its invites."""

    @property
    def secret(self) -> bytes:
        """Return the secret that signs invites."""

    def is_revoked(self, invite: Invite) -> bool:
        """Return whether an invite is revoked."""

    def now(self, wall: float) -> float:
        """
        Return the time in seconds since 1970, never less than a time returned before.

        :param wall: what the system clock shows
        """


@dataclass(frozen=True)
class VerifiedInvite:
    """
    An invite whose holder has proved to know its key, or has shown its bearer.

    ``robot_mac`` is the robot's own proof for the page. ``console`` invites end with the process
    that printed them, and by nothing else.
    """

    invite: Invite
    robot_mac: bytes
    console: bool


class AccessPolicy:
    """
    The access rules of one robot.

    :param anonymous: role without an invite at the robot's own server
    :param anonymous_via_relay: role without an invite through a relay
    :param store: secret and revocations; without it nobody can prove anything
    :param origins: origins of foreign pages that get the anonymous roles, too; ``*`` for all
    :param whep_via_relay: whether WHEP players may come through a relay, which could then view
    :param kscale_token: the token that K-Scale's apps must send besides; empty for none
    :param wall: seconds since 1970
    :param synchronized: returns whether the system clock is right
    """

    def __init__(self, robot_id: str = '', anonymous: str = 'none',
                 anonymous_via_relay: str = 'none', store: InviteStore | None = None, *,
                 origins: Iterable[str] = (), whep_via_relay: bool = False, kscale_token: str = '',
                 wall: Clock = time.time,
                 synchronized: Callable[[], bool] = lambda: True) -> None:
        self._robot_id = robot_id
        self._anonymous = anonymous
        self._anonymous_via_relay = anonymous_via_relay
        self._store = store
        self._origins = frozenset(origins)
        self._whep_via_relay = whep_via_relay
        self._kscale_token = kscale_token.encode()
        self._wall = wall
        self._synchronized = synchronized
        # Signs the invite on the console, and ends with this process.
        self._console_secret = new_secret()

    @property
    def accepts_invites(self) -> bool:
        """Return whether anybody can prove an invite."""
        return self._store is not None

    # Without an invite

    def anonymous_role(self, via: str, protocol: str, origin: str | None = None) -> str:
        """
        Return the role of a session without an invite: ``none``, ``view`` or ``drive``.

        A page that somebody happens to visit reaches whatever their browser reaches, so pages of
        other origins have no role unless ``access.origins`` lists them.

        :param via: ``server`` (the robot's own) or ``relay``
        :param protocol: ``v1``, ``rtcbot``, ``whep`` or ``kscale``; WHEP players cannot drive
        :param origin: of the viewer's page, see :mod:`~rtc_bridge.core.access.origins`
        """
        if not (origin in (None, SAME) or ANY in self._origins or origin in self._origins):
            return 'none'
        if protocol == 'whep' and via == 'relay' and not self._whep_via_relay:
            return 'none'
        role = self._anonymous if via == 'server' else self._anonymous_via_relay
        return 'view' if protocol == 'whep' and role == 'drive' else role

    def lacks_only_origin(self, via: str, protocol: str, origin: str | None) -> bool:
        """Return whether a session would have a role if its page had another origin."""
        return (self.anonymous_role(via, protocol, origin) == 'none'
                and self.anonymous_role(via, protocol) != 'none')

    def refusal(self, via: str, protocol: str, origin: str | None = None) -> SignalingError:
        """Return the error for a session that has no role and cannot prove an invite."""
        if self.lacks_only_origin(via, protocol, origin):
            return SignalingError(
                'denied', 'this robot lets pages of other sites in with an invite only: parameter '
                          f'access.origins does not list {shorten(origin, 120)}; if '
                          'that is the address of its own page, a proxy changes the header Host')
        return SignalingError('denied', 'this robot lets nobody in without an invite this way')

    def kscale_role(self, via: str, protocol: str, token: str | None,
                    origin: str | None = None) -> str:
        """
        Return the role of a K-Scale app.

        Its token grants nothing by itself, because each relay on the way can read it.

        :raises SignalingError: ``denied``
        """
        role = self.anonymous_role(via, protocol, origin)
        if role == 'none':
            raise self.refusal(via, protocol, origin)
        if self._kscale_token and not compare_digest(
                (token or '').encode('utf-8', 'replace'), self._kscale_token):
            raise SignalingError('denied', 'a token is needed first' if token is None
                                 else WRONG_TOKEN)
        return role

    # With an invite

    def console_invite(self, role: str, name: str) -> str:
        """Return the text of an invite that is valid as long as this process runs."""
        now = int(self._wall())
        return invite_text(self._console_secret, Invite(
            self._robot_id, new_id(), role, name, now, now + _CONSOLE_TTL_S))

    def verify_proof(self, transcript: Transcript, mac: bytes) -> VerifiedInvite:
        """
        Check a page's proof.

        :param mac: the page's
        :raises SignalingError: ``denied``; for a proof that is right ``expired``, ``revoked`` or
            ``clock``
        """
        # The characters are authenticated before anything parses them.
        payload = transcript.payload
        key = self._matching_key(transcript, mac, self._console_secret)
        console = key is not None
        if key is None and self._store is not None:
            key = self._matching_key(transcript, mac, self._store.secret)
        if key is None:
            raise SignalingError('denied', 'the invite is not one of this robot')
        try:
            invite = parse_payload(payload)
        except ProtocolError as error:
            raise SignalingError('denied', f'the invite cannot be read: {error}') from None
        return self._checked(VerifiedInvite(invite, robot_mac(key, transcript), console))

    @staticmethod
    def _matching_key(transcript: Transcript, mac: bytes, secret: bytes) -> bytes | None:
        key = invite_key(secret, transcript.payload)
        return key if compare_digest(page_mac(key, transcript), mac) else None

    def verify_bearer(self, text: str, via: str) -> VerifiedInvite:
        """
        Check the bearer of a WHEP player.

        :raises SignalingError: ``denied``, ``expired``, ``revoked`` or ``clock``
        """
        if via == 'relay' and not self._whep_via_relay:
            raise SignalingError('denied', 'this robot takes no WHEP players through a relay')
        payload, mac = split_bearer(text)
        if self._store is None or not mac or not compare_digest(
                mac, bearer_mac(self._store.secret, payload)):
            raise SignalingError('denied', 'the bearer is not one of this robot')
        try:
            invite = parse_payload(payload)
        except ProtocolError as error:
            raise SignalingError('denied', f'the bearer cannot be read: {error}') from None
        # A relay, or a proxy, may have seen the bearer: it never grants more than viewing.
        verified = self._checked(VerifiedInvite(replace(invite, role='view'), b'', console=False))
        life = invite.exp - min(invite.iat, int(self._store.now(self._wall())))
        if life > MAX_BEARER_LIFE_S:
            # rtc-bridge invite makes none of these, but other programs may have the secret.
            raise SignalingError(
                'denied', f'the bearer is valid for {life} s, at most {MAX_BEARER_LIFE_S} s are '
                          'allowed: make another with rtc-bridge invite --whep')
        return verified

    def _checked(self, verified: VerifiedInvite) -> VerifiedInvite:
        invite, error = verified.invite, self.why_invalid(verified)
        if error is not None:
            logger.debug('invite %s refused (%s): %s', shorten(invite.invite_id), error.code,
                         error)
            raise error
        logger.debug('invite %s verified: role %s, %s', shorten(invite.invite_id), invite.role,
                     'valid while this process runs' if verified.console
                     else f'expires at {invite.exp}')
        return verified

    def why_invalid(self, verified: VerifiedInvite) -> SignalingError | None:
        """Return why an invite is not valid, or not any more, or ``None`` if it is valid."""
        invite = verified.invite
        if invite.robot_id != self._robot_id:
            return SignalingError('denied', 'the invite is for another robot')
        if verified.console or self._store is None:
            return None
        if self._store.is_revoked(invite):
            return SignalingError('revoked', 'the invite was revoked')
        # This check precedes InviteStore.now(), which remembers the time: a clock far ahead at
        # the robot's start would end all invites for ever.
        if not self._synchronized():
            return SignalingError('clock', "the robot's clock is not synchronized, so that it "
                                           'cannot tell whether the invite has expired')
        if self._store.now(self._wall()) >= invite.exp:
            return SignalingError('expired', 'the invite has expired')
        return None
