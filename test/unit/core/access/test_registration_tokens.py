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

import pytest
from rtc_bridge.core.access.registration_tokens import RegistrationTokens
from rtc_bridge.core.errors import ParameterError
from rtc_bridge.system.secret_files import read_words

SHARED, OWN = 'shared-token-123456', 'own-token-of-r1-123'


def test_tokens_for_one_name_and_for_all(tmp_path):
    file = tmp_path / 'tokens'
    file.write_text(f'# ours\nr1:{OWN}  # the first\n\n')
    tokens = RegistrationTokens(read_words(str(file), f'*:{SHARED}'))
    assert tokens.admits('r1', OWN) and tokens.admits('r1', SHARED) and tokens.admits('r2', SHARED)
    for name, token in (('r2', OWN), ('r1', None), ('r1', ''), ('r1', OWN + 'x'), ('r1', '*')):
        assert not tokens.admits(name, token)
    assert tokens and not RegistrationTokens()
    some = RegistrationTokens([f'r1:{OWN}'], open_names=True)
    assert some.admits('r2', None) and not some.admits('r1', None) and some.admits('r1', OWN)


@pytest.mark.parametrize('word', [
    'short', 'r1:short', '/x:long-enough-token-1', 'long-token-12345678', 'r1:long-enough-tökens'])
def test_bad_tokens_are_refused_and_not_shown(word):
    with pytest.raises(ParameterError) as error:
        RegistrationTokens([f'*:{SHARED}', word])
    assert 'token 2' in str(error.value) and word not in str(error.value)
