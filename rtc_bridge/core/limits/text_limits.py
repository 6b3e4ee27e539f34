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
Bounds of texts in messages from outside: length, and printable Unicode only.

JSON's escapes can write a lone surrogate, which cannot be encoded: an exception would follow
wherever the text is logged, published or sent. A control character could forge lines of a log.
"""

from typing import Any

from ..errors import ProtocolError
from ..protocol.strict_json import member, REQUIRED, shorten

# Characters, by the kind of text.
MAX_LENGTHS = {
    # An address: IPv6 with a zone has up to 61.
    'source': 64,
    # A scheme, a host name of 253 characters (RFC 1035, section 3.1) and a port.
    'origin': 300,
    # Words that programs compare, and versions.
    'code': 64, 'door': 64, 'kind': 64, 'version': 64, 'id': 64,
    # Base64url of 32 bytes has 43.
    'salt': 64, 'digest': 64, 'key': 64,
    # A WHEP session has 58, with the names of relay and registration before it.
    'session': 128,
    'mid': 64,
    # A ROS topic's name has up to 255.
    'camera': 256, 'name': 256,
    # RFC 8839, section 5.1: with IPv6, a related address and Chromium's extensions 210.
    'candidate': 256,
    'url': 256,
    # RFC 8489, section 14.3: a username has less than 509 bytes.
    'username': 512, 'credential': 512,
    # Our bearers have up to 1071: a payload of 1024 and a MAC. Some players always send a JSON Web
    # Token of their own; a robot that is open to all without one (access.anonymous) takes them,
    # too. K-Scale's tokens are of the owner's choice.
    'bearer': 2048, 'token': 2048,
    # What a robot is to say: half a minute of speech.
    'text': 500,
    # Sentences for people. They are shortened, not refused.
    'message': 256, 'reason': 256, 'finding': 1000,
}


def check_text(value: str, kind: str, name: str = '') -> str:
    """
    Return a text after checking it.

    :param kind: a key of :data:`MAX_LENGTHS`
    :param name: of the JSON member, for the error; by default the kind
    :raises ProtocolError: the text is too long, or has characters that are not printable
    """
    limit = MAX_LENGTHS[kind]
    if len(value) > limit:
        raise ProtocolError(f'member "{name or kind}" has {len(value)} characters, at most '
                            f'{limit} are allowed')
    if not value.isprintable():
        raise ProtocolError(f'member "{name or kind}" has characters that cannot be printed: '
                            f'{shorten(value)}')
    return value


def text_member(obj: dict[str, Any], name: str, kind: str = '', default: Any = REQUIRED) -> Any:
    """
    Return member ``name`` of a JSON object as a checked text.

    :param kind: a key of :data:`MAX_LENGTHS`, by default the name
    :param default: returned for a missing member; without it a missing member is an error
    :raises ProtocolError: the member is missing, is not a text, or is not allowed
    """
    value = member(obj, name, str, default)
    return value if value is default else check_text(value, kind or name, name)


def sdp_member(obj: dict[str, Any], name: str = 'sdp', default: Any = REQUIRED) -> str:
    """
    Return a session description. :mod:`.sdp_limits` checks its contents.

    :param default: as for :func:`text_member`
    :raises ProtocolError: the member is missing, is not a text, or has a lone surrogate
    """
    value: str = member(obj, name, str, default)
    try:
        value.isascii() or value.encode()
    except UnicodeEncodeError:
        raise ProtocolError(f'member "{name}" has half a character (a surrogate)') from None
    return value
