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
Invites: links that carry a role, made and checked with one secret, kept nowhere.

The text in a link's fragment is ``v1.<payload>.<key>``. The payload is base64url of JSON; the key
is HMAC-SHA256 of the payload's characters under the robot's secret, also base64url. It is never
sent anywhere: its holder proves to have it, see :mod:`~rtc_bridge.core.access.proof`.
"""

import base64
import binascii
from dataclasses import asdict, dataclass
import hashlib
import hmac
import re
import secrets
import unicodedata

from ..errors import ProtocolError
from ..protocol.strict_json import dump, load_object, member, shorten

SECRET_BYTES = 32
ROLES = ('view', 'drive', 'supervise')
MAX_PAYLOAD = 1024
MAX_NAME = 64
_LABEL = b'rtc-bridge/1 invite\0'
_BEARER_LABEL = b'rtc-bridge/1 whep\0'
_BASE64URL = re.compile(r'[A-Za-z0-9_-]+')
_BEARER_FORM = re.compile(r'w1\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)')
_FORM = re.compile(r'v1\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)')


@dataclass(frozen=True)
class Invite:
    """
    What an invite grants, and to whom.

    ``iat`` and ``exp`` are seconds since 1970; at ``exp`` it is over. ``invite_id`` is random and
    tells invites of one name apart.
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
    """Return a random invite id, 72 bits."""
    return secrets.token_urlsafe(9)


def encode(data: bytes) -> str:
    """Return base64url without padding (RFC 4648, section 5)."""
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def decode(text: str) -> bytes:
    """
    Return what base64url without padding stands for (RFC 4648, section 5).

    :raises ProtocolError: another character, or bits left over
    """
    if not _BASE64URL.fullmatch(text):
        raise ProtocolError(f'{shorten(text)} is not base64url')
    try:
        data = base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))
    except binascii.Error:
        raise ProtocolError(f'{shorten(text)} is not base64url') from None
    if encode(data) != text:
        raise ProtocolError(f'{shorten(text)} is not base64url: bits are left over')
    return data


def key_of(secret: bytes, payload: str) -> bytes:
    """
    Return the 32 bytes that only the robot and the invite's holder know.

    :param payload: its characters as received; they are authenticated before they are read
    """
    return hmac.new(secret, _LABEL + payload.encode(), hashlib.sha256).digest()


def _payload(invite: Invite) -> str:
    members = asdict(invite)
    return encode(dump({'id': members.pop('invite_id'), **members}).encode())


def write(secret: bytes, invite: Invite) -> str:
    """Return the text for a link's fragment."""
    payload = _payload(invite)
    return f'v1.{payload}.{encode(key_of(secret, payload))}'


def bearer_mac(secret: bytes, payload: str) -> bytes:
    """Return what makes a payload a bearer for WHEP players, 32 bytes; never an invite's key."""
    return hmac.new(secret, _BEARER_LABEL + payload.encode(), hashlib.sha256).digest()


def write_bearer(secret: bytes, invite: Invite) -> str:
    """Return a text that lets a WHEP player watch, as it is: who sees it can use it."""
    payload = _payload(invite)
    return f'w1.{payload}.{encode(bearer_mac(secret, payload))}'


def bearer_parts(text: str) -> tuple[str, bytes]:
    """Return payload characters and MAC of a bearer, both empty for another form."""
    match = _BEARER_FORM.fullmatch(text)
    try:
        return (match[1], decode(match[2])) if match else ('', b'')
    except ProtocolError:
        return '', b''


def split(text: str) -> tuple[str, bytes]:
    """
    Return payload characters and key of an invite's text, as its holder does.

    :raises ProtocolError: another form
    """
    match = _FORM.fullmatch(text)
    if match is None:
        # The text itself is a key: it is not repeated.
        raise ProtocolError('the invite is not of the form v1.payload.key: was it cut off?')
    return match[1], decode(match[2])


def read(payload: str) -> Invite:
    """
    Return what an invite's payload says, whoever wrote it.

    :raises ProtocolError: the text names what is wrong
    """
    if len(payload) > MAX_PAYLOAD:
        raise ProtocolError(f'invite of {len(payload)} characters, at most {MAX_PAYLOAD} are '
                            'allowed')
    obj = load_object(decode(payload), MAX_PAYLOAD)
    names = {'robot_id', 'id', 'role', 'name', 'iat', 'exp'}
    if set(obj) != names:
        raise ProtocolError(f'an invite has {", ".join(sorted(names))}, got '
                            f'{", ".join(map(shorten, obj))}')
    invite = Invite(member(obj, 'robot_id', str), member(obj, 'id', str), member(obj, 'role', str),
                    member(obj, 'name', str), member(obj, 'iat', int), member(obj, 'exp', int))
    if invite.role not in ROLES:
        raise ProtocolError(f'role is {shorten(invite.role)}, allowed are {", ".join(ROLES)}')
    if not invite.invite_id or len(invite.invite_id) > MAX_NAME or len(invite.name) > MAX_NAME:
        raise ProtocolError(f'id and name have at most {MAX_NAME} characters, and id is not empty')
    check_text(invite.name)
    return invite


def check_text(name: str) -> None:
    """
    Check that a person's name can stand in a log and in a ROS message.

    :raises ProtocolError: it has control characters, or halves of surrogate pairs
    """
    if any(unicodedata.category(letter) in ('Cc', 'Cs', 'Zl', 'Zp') for letter in name):
        raise ProtocolError(f'name is {shorten(name)}, allowed is what can be printed in one line')
