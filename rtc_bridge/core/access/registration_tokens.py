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
import re

from ..errors import ParameterError, ProtocolError
from ..protocol.robot_names import check_name

ANY_NAME = '*'
# Characters: 16 of base64 are 96 bits.
MIN_TOKEN_LENGTH = 16
# Different characters: a random token of 16 hexadecimal digits has fewer once in a million.
_MIN_DIFFERENT = 5
# What documents have in place of a token, without its hyphens: `A-LONG-RANDOM-SECRET`.
_PLACEHOLDER = re.compile(
    '(?:a|an|the|my|your|this|some|very|long|random|secret|token|key|password|word|change|me|'
    'please|replace|with|example|sample|test|default|insert|put|here|placeholder|todo|robot|'
    'relay|x|1234567890|0123456789|abcdefghij)+')
_RANDOM = 'make one with: openssl rand -base64 24'


class RegistrationTokens:
    """
    The tokens of a relay. It keeps only their digests.

    :param words: ``NAME:TOKEN``, or ``*:TOKEN`` for every name
    :param places: where each word was found, such as ``/etc/tokens, line 3``; for errors
    :param open_names: whether a name without a token of its own needs none
    :raises ParameterError: a word has another form, a weak token or a placeholder; the text names
        the place and does not show the token
    """

    def __init__(self, words: Iterable[str] = (), places: Iterable[str] = (), *,
                 open_names: bool = False) -> None:
        self.open_names = open_names
        self._digests = _parse(list(words), list(places))

    def __bool__(self) -> bool:
        """Return whether any robot can register."""
        return self.open_names or bool(self._digests)

    def __len__(self) -> int:
        """Return the number of tokens."""
        return sum(map(len, self._digests.values()))

    def replace(self, other: 'RegistrationTokens') -> None:
        """Take over other tokens; robots that are registered stay."""
        self._digests = other._digests

    def admits(self, name: str, token: str | None) -> bool:
        """Return whether a robot with this token, or without one, may register this name."""
        return self.fault(name, token) == ''

    def fault(self, name: str, token: str | None) -> str:
        """
        Return what is wrong with what a robot shows, '' if it may register this name.

        :return: ``no token``, ``unknown token`` or ``token of another robot``
        """
        if self.open_names and name not in self._digests or self.matches(name, token):
            return ''
        if not token:
            return 'no token'
        # Who has another robot's token is no stranger, and may know.
        return 'token of another robot' if self.owner(token) is not None else 'unknown token'

    def owner(self, token: str) -> str | None:
        """Return the name that a token is for, ``None`` if there is no such token."""
        digest = _digest(token)
        found = [name for name, known in self._digests.items()
                 for each in known if compare_digest(digest, each)]
        return found[0] if found else None

    def matches(self, name: str, token: str | None) -> bool:
        """Return whether a token is one for the name. The time it takes reveals no token."""
        digest = _digest(token or '')
        return any(compare_digest(digest, known) for known in
                   self._digests.get(name, []) + self._digests.get(ANY_NAME, []))


def _parse(words: list[str], places: list[str]) -> dict[str, list[bytes]]:
    """
    Return the digests of tokens by name.

    :raises ParameterError: as :class:`RegistrationTokens`
    """
    digests: dict[str, list[bytes]] = {}
    for number, word in enumerate(words, 1):
        place = places[number - 1] if places else f'token {number}'
        name, _, token = word.partition(':')
        if name != ANY_NAME:
            try:
                check_name(name)
            except ProtocolError:
                token = ''
        if not token:
            raise ParameterError(f'{place}: a token is not of the form NAME:TOKEN or *:TOKEN, '
                                 'without a space')
        if len(token) < MIN_TOKEN_LENGTH or not token.isascii() or not token.isprintable():
            raise ParameterError(f'{place}: a token can be guessed or sent wrong: at least '
                                 f'{MIN_TOKEN_LENGTH} ASCII characters are needed; {_RANDOM}')
        if is_placeholder(token):
            raise ParameterError(f'{place}: a token is a placeholder, such as documents have, or '
                                 f'can be guessed; {_RANDOM}')
        digests.setdefault(name, []).append(_digest(token))
    return digests


def is_placeholder(token: str) -> bool:
    """Return whether everybody could guess a token: it is a document's, or no random text."""
    letters = re.sub('[^a-z0-9]', '', token.lower())
    return len(set(token)) < _MIN_DIFFERENT or _PLACEHOLDER.fullmatch(letters) is not None


def _digest(token: str) -> bytes:
    return sha256(token.encode('utf-8', 'replace')).digest()
