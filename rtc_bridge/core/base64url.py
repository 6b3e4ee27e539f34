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

"""Base64url without padding (RFC 4648, section 5), accepted in one form only."""

import base64
import binascii
import re

from .errors import ProtocolError
from .protocol.strict_json import shorten

_ALPHABET = re.compile(r'[A-Za-z0-9_-]+')


def encode(data: bytes) -> str:
    """Return bytes as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def decode(text: str) -> bytes:
    """
    Return the bytes that a base64url text without padding stands for.

    :raises ProtocolError: the text is empty, has another character, or has bits left over; so
        no two texts stand for the same bytes
    """
    if not _ALPHABET.fullmatch(text):
        raise ProtocolError(f'{shorten(text)} is not base64url')
    try:
        data = base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))
    except binascii.Error:
        raise ProtocolError(f'{shorten(text)} is not base64url') from None
    if encode(data) != text:
        raise ProtocolError(f'{shorten(text)} is not base64url: bits are left over')
    return data
