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

"""Which robots may register: tokens, each for one name or for all."""

from collections.abc import Iterable
from hashlib import sha256
from hmac import compare_digest

from ..errors import ParameterError, ProtocolError
from ..protocol.signaling_messages import check_name

ANY = '*'
# 16 characters of base64 are 96 bits.
MIN_LENGTH = 16


class Tokens:
    """
    The tokens of a relay. Only their digests are kept.

    :param words: ``NAME:TOKEN``, or ``*:TOKEN`` for every name
    :param open_names: whether a name without a token of its own needs none
    :raises ParameterError: a word that is none; the text does not show it
    """

    def __init__(self, words: Iterable[str] = (), *, open_names: bool = False) -> None:
        """Read the words."""
        self.open_names = open_names
        self._digests: dict[str, list[bytes]] = {}
        for number, word in enumerate(words, 1):
            name, _, token = word.partition(':')
            if name != ANY:
                try:
                    check_name(name)
                except ProtocolError:
                    raise ParameterError(f'token {number} is not of the form NAME:TOKEN or '
                                         '*:TOKEN') from None
            if len(token) < MIN_LENGTH or not token.isascii() or not token.isprintable():
                raise ParameterError(f'token {number} can be guessed or sent wrong: at least '
                                     f'{MIN_LENGTH} ASCII characters are needed')
            self._digests.setdefault(name, []).append(_digest(token))

    def __bool__(self) -> bool:
        """Tell whether any robot can register."""
        return self.open_names or bool(self._digests)

    def admits(self, name: str, token: str | None) -> bool:
        """Tell whether a robot with this token, or with none, may have a name."""
        own = self._digests.get(name, [])
        if self.open_names and not own:
            return True
        return self.knows(name, token)

    def knows(self, name: str, token: str | None) -> bool:
        """Tell whether it is a token for the name, in a time that tells nothing of them."""
        digest = _digest(token or '')
        return any(compare_digest(digest, known) for known in
                   self._digests.get(name, []) + self._digests.get(ANY, []))


def _digest(token: str) -> bytes:
    return sha256(token.encode('utf-8', 'replace')).digest()
