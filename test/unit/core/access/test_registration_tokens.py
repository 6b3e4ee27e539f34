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

"""Tokens of robots."""

import secrets

import pytest
from rtc_bridge.core.access.registration_tokens import RegistrationTokens
from rtc_bridge.core.errors import ParameterError
from rtc_bridge.system.files.secret_files import read_words

SHARED, OWN = 'shared-token-123456', 'own-token-of-r1-123'


def test_tokens_for_one_name_and_for_all(tmp_path):
    file = tmp_path / 'tokens'
    file.write_text(f'# ours\nr1:{OWN}  # the first\n\n')
    tokens = RegistrationTokens(*read_words(str(file), f'*:{SHARED}'))
    assert tokens.admits('r1', OWN) and tokens.admits('r1', SHARED) and tokens.admits('r2', SHARED)
    for name, token in (('r2', OWN), ('r1', None), ('r1', ''), ('r1', OWN + 'x'), ('r1', '*')):
        assert not tokens.admits(name, token)
    assert tokens and not RegistrationTokens()
    some = RegistrationTokens([f'r1:{OWN}'], open_names=True)
    assert some.admits('r2', None) and not some.admits('r1', None) and some.admits('r1', OWN)


def test_a_robot_learns_which_token_it_showed():
    tokens = RegistrationTokens([f'r1:{OWN}'])
    assert [tokens.fault(name, token) for name, token in (
        ('r1', OWN), ('r2', OWN), ('r1', 'x'), ('r1', ''), ('r1', None))] == [
            '', 'token of another robot', 'unknown token', 'no token', 'no token']
    assert tokens.owner(OWN) == 'r1' and tokens.owner('x') is None


@pytest.mark.parametrize('token', [
    'A-LONG-RANDOM-SECRET', 'THE_TOKEN_THE_TOKEN', 'change-me-change-me', 'xxxxxxxxxxxxxxxxxxxx',
    'your-secret-token-here', '1234567890123456789012345678901234567890'[:20], 'abababababababab'])
def test_placeholders_are_refused(token):
    with pytest.raises(ParameterError, match='placeholder.*openssl rand') as error:
        RegistrationTokens([f'my-robot:{token}'])
    assert token not in str(error.value)


def test_random_tokens_are_none():
    for _ in range(300):
        RegistrationTokens([f'r1:{secrets.token_hex(8)}', f'r1:{secrets.token_urlsafe(12)}'])


def test_a_broken_line_is_named(tmp_path):
    file = tmp_path / 'tokens'
    for line, reason in (('r2 shared-token-123456', 'NAME:TOKEN'), ('r2: own-token-of-r2-1',
                         'NAME:TOKEN'), ('r2:short', '16'), ('r2:A-LONG-RANDOM-SECRET', 'place')):
        file.write_text(f'\ufeff# ours\r\nr1:{OWN}#1\r\n\r\n{line}\r\n', newline='')
        words, places = read_words(str(file), '')
        assert words[0] == f'r1:{OWN}#1'
        with pytest.raises(ParameterError, match=reason) as error:
            RegistrationTokens(words, places)
        assert str(error.value).startswith(f'{file}, line 4: '), error.value
    words, places = read_words('', f'r1:{OWN} r2:short', 'RTC_BRIDGE_RELAY_TOKENS')
    with pytest.raises(ParameterError, match='RTC_BRIDGE_RELAY_TOKENS, word 2'):
        RegistrationTokens(words, places)


def test_tokens_are_replaced():
    tokens = RegistrationTokens([f'r1:{OWN}'])
    tokens.replace(RegistrationTokens([f'r2:{SHARED}']))
    assert tokens.admits('r2', SHARED) and not tokens.admits('r1', OWN) and len(tokens) == 1


@pytest.mark.parametrize('word', [
    'short', 'r1:short', '/x:long-enough-token-1', 'long-token-12345678', 'r1:long-enough-tökens'])
def test_bad_tokens_are_refused_and_not_shown(word):
    with pytest.raises(ParameterError) as error:
        RegistrationTokens([f'*:{SHARED}', word])
    assert 'token 2' in str(error.value) and word not in str(error.value)
