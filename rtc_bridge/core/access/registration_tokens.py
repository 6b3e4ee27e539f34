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

"""Tokens with which robots register at a relay, each for one robot name or for all."""

from collections.abc import Iterable
from hashlib import sha256
from hmac import compare_digest

from ..errors import ParameterError, ProtocolError
from ..protocol.robot_names import check_name

ANY_NAME = '*'
# Characters: 16 of base64 are 96 bits.
MIN_TOKEN_LENGTH = 16


class RegistrationTokens:
    """
    The tokens of a relay. It keeps only their digests.

    :param words: ``NAME:TOKEN``, or ``*:TOKEN`` for every name
    :param open_names: whether a name without a token of its own needs none
    :raises ParameterError: a word has another form or a weak token; the text does not show it
    """

    def __init__(self, words: Iterable[str] = (), *, open_names: bool = False) -> None:
        self.open_names = open_names
        self._digests: dict[str, list[bytes]] = {}
        for number, word in enumerate(words, 1):
            name, _, token = word.partition(':')
            if name != ANY_NAME:
                try:
                    check_name(name)
                except ProtocolError:
                    raise ParameterError(f'token {number} is not of the form NAME:TOKEN or '
                                         '*:TOKEN') from None
            if len(token) < MIN_TOKEN_LENGTH or not token.isascii() or not token.isprintable():
                raise ParameterError(f'token {number} can be guessed or sent wrong: at least '
                                     f'{MIN_TOKEN_LENGTH} ASCII characters are needed')
            self._digests.setdefault(name, []).append(_digest(token))

    def __bool__(self) -> bool:
        """Return whether any robot can register."""
        return self.open_names or bool(self._digests)

    def admits(self, name: str, token: str | None) -> bool:
        """Return whether a robot with this token, or without one, may register this name."""
        if self.open_names and name not in self._digests:
            return True
        return self.matches(name, token)

    def matches(self, name: str, token: str | None) -> bool:
        """Return whether a token is one for the name. The time it takes reveals no token."""
        digest = _digest(token or '')
        return any(compare_digest(digest, known) for known in
                   self._digests.get(name, []) + self._digests.get(ANY_NAME, []))


def _digest(token: str) -> bytes:
    return sha256(token.encode('utf-8', 'replace')).digest()
