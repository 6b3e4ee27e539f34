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

"""Values of others, as errors show them."""

from rtc_bridge.core.protocol.strict_json import shorten


def test_shown_values_are_short_and_printable():
    assert shorten('x' * 1000).endswith('...') and len(shorten('x' * 1000)) == 60
    assert '\n' not in shorten('a\nb') and shorten('\x1b[31m').isprintable()
