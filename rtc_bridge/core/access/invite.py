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
Invites and WHEP bearers: texts that grant a role, signed with the robot's secret.

An invite's text is ``v1.<payload>.<key>``, the fragment of an invite URL. The payload is base64url
of JSON; the key is HMAC-SHA256 of the payload's characters under the robot's secret. The holder
never sends the key but proves to know it, see :mod:`~rtc_bridge.core.access.proof`.

A bearer's text is ``w1.<payload>.<mac>``. A WHEP player sends all of it (RFC 6750), so it grants
viewing only, for a day at most, and its MAC has a label of its own: a bearer reveals no invite's
key.

The robot stores neither: it recomputes the MAC over the payload's characters as received.
"""

from dataclasses import asdict, dataclass
import hashlib
import hmac
import re
import secrets
import unicodedata

from .. import base64url
from ..errors import ProtocolError
from ..protocol.strict_json import dump_frame, load_object, member, shorten

SECRET_BYTES = 32
INVITE_ROLES = ('view', 'drive', 'supervise')
# Characters of a payload: bounds what is decoded and parsed.
MAX_PAYLOAD = 1024
# Characters of an invite's id and of the name of the person whom it is for.
MAX_NAME = 64
# Seconds from iat to exp of a bearer: proxies and players see it, and may keep it in their logs.
MAX_BEARER_LIFE_S = 86400
# 72 bits: nobody guesses an id, and no two are the same.
_ID_BYTES = 9
_INVITE_LABEL = b'rtc-bridge/1 invite\0'
_BEARER_LABEL = b'rtc-bridge/1 whep\0'
_INVITE_FORM = re.compile(r'v1\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)')
_BEARER_FORM = re.compile(r'w1\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)')


@dataclass(frozen=True)
class Invite:
    """
    What an invite grants, and to whom.

    ``iat`` (issued at) and ``exp`` (expires at) are seconds since 1970. ``invite_id`` is random;
    it tells invites for the same name apart.
    """

    robot_id: str
    invite_id: str
    role: str
    name: str
    iat: int
    exp: int


def new_secret() -> bytes:
    """Return 32 random bytes."""
    return secrets.token_bytes(SECRET_BYTES)


def new_id() -> str:
    """Return a random invite id."""
    return secrets.token_urlsafe(_ID_BYTES)


def invite_key(secret: bytes, payload: str) -> bytes:
    """
    Return the 32 bytes that only the robot and the invite's holder know.

    :param payload: the characters as received; they are authenticated before they are parsed
    """
    return hmac.digest(secret, _INVITE_LABEL + payload.encode(), hashlib.sha256)


def bearer_mac(secret: bytes, payload: str) -> bytes:
    """Return the 32 bytes that make a payload a bearer for WHEP players."""
    return hmac.digest(secret, _BEARER_LABEL + payload.encode(), hashlib.sha256)


def invite_text(secret: bytes, invite: Invite) -> str:
    """Return an invite as the text of a URL's fragment."""
    payload = _payload(invite)
    return f'v1.{payload}.{base64url.encode(invite_key(secret, payload))}'


def bearer_text(secret: bytes, invite: Invite) -> str:
    """Return a bearer token for WHEP players. Anybody who sees it can use it."""
    payload = _payload(invite)
    return f'w1.{payload}.{base64url.encode(bearer_mac(secret, payload))}'


def _payload(invite: Invite) -> str:
    """
    Return the payload of an invite or a bearer.

    :raises ProtocolError: it would be too long to be read, or is not well-formed Unicode
    """
    members = asdict(invite)
    # Four characters of base64url have three bytes.
    return base64url.encode(dump_frame(
        {'id': members.pop('invite_id'), **members}, MAX_PAYLOAD * 3 // 4).encode())


def split_invite(text: str) -> tuple[str, bytes]:
    """
    Return payload characters and key of an invite's text, as its holder needs them.

    :raises ProtocolError: the text has another form; the error does not repeat it, because it
        contains the key
    """
    match = _INVITE_FORM.fullmatch(text)
    if match is None:
        raise ProtocolError('the invite is not of the form v1.payload.key: was it cut off?')
    return match[1], base64url.decode(match[2])


def split_bearer(text: str) -> tuple[str, bytes]:
    """Return payload characters and MAC of a bearer, both empty for a text of another form."""
    match = _BEARER_FORM.fullmatch(text)
    try:
        return (match[1], base64url.decode(match[2])) if match else ('', b'')
    except ProtocolError:
        return '', b''


def parse_payload(payload: str) -> Invite:
    """
    Return what an invite's payload says. This checks its form, not its authenticity.

    :raises ProtocolError: the text names what is wrong
    """
    if len(payload) > MAX_PAYLOAD:
        raise ProtocolError(f'invite of {len(payload)} characters, at most {MAX_PAYLOAD} are '
                            'allowed')
    obj = load_object(base64url.decode(payload), MAX_PAYLOAD)
    names = {'robot_id', 'id', 'role', 'name', 'iat', 'exp'}
    if set(obj) != names:
        raise ProtocolError(f'an invite has {", ".join(sorted(names))}, got '
                            f'{", ".join(map(shorten, obj))}')
    invite = Invite(member(obj, 'robot_id', str), member(obj, 'id', str), member(obj, 'role', str),
                    member(obj, 'name', str), member(obj, 'iat', int), member(obj, 'exp', int))
    if invite.role not in INVITE_ROLES:
        raise ProtocolError(
            f'role is {shorten(invite.role)}, allowed are {", ".join(INVITE_ROLES)}')
    if not invite.invite_id or len(invite.invite_id) > MAX_NAME or len(invite.name) > MAX_NAME:
        raise ProtocolError(f'id and name have at most {MAX_NAME} characters, and id is not empty')
    check_printable(invite.name)
    return invite


def check_printable(name: str) -> None:
    """
    Check that a person's name can stand in a log line and in a ROS message.

    :raises ProtocolError: it has control characters, line separators, or lone surrogates
    """
    if any(unicodedata.category(letter) in ('Cc', 'Cs', 'Zl', 'Zp') for letter in name):
        raise ProtocolError(f'name is {shorten(name)}, allowed is what can be printed in one line')
