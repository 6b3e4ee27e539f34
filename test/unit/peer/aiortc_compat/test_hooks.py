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

"""The private parts of aiortc that features need."""

from types import SimpleNamespace

from rtc_bridge.peer.aiortc_compat import hooks


def test_this_release_has_all_parts():
    assert hooks.missing == []


def test_a_missing_part_is_named_in_one_warning(monkeypatch, caplog):
    monkeypatch.setattr(hooks, 'missing', [])
    sender = SimpleNamespace(_ssrc=1)
    assert hooks.available('one feature', (sender, ['_ssrc']))
    assert not caplog.records and not hooks.missing
    assert not hooks.available('the feedback', (sender, ['_ssrc', '_handle']), (None, ['other']))
    record, = caplog.records
    assert record.getMessage() == (
        'this release of aiortc has no _handle, other: the feedback is not available')
    assert hooks.missing == ['the feedback']
