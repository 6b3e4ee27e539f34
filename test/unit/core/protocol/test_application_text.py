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

"""Applications' messages as text."""

import json

import pytest
from rtc_bridge.core.protocol.application_text import read_text, write_text


@pytest.mark.parametrize('text, value', [
    ('Button Clicked!', 'Button Clicked!'), ('{"a": 1}', {'a': 1}), ('"x"', 'x'), ('', ''),
    ('123', 123), ('[' * 100000, '[' * 100000), ('{"range": NaN}', '{"range": NaN}')])
def test_text_is_json_or_itself(text, value):
    assert read_text(text) == value


def test_values_become_text():
    assert write_text('hello') == 'hello'
    assert json.loads(write_text({'a': [1]})) == {'a': [1]}
    assert write_text('half \ud800 a pair') == 'half ? a pair'
