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

"""What was refused is counted; what others send is fit for a log."""

import logging

import pytest
from rtc_bridge.core.errors import ProtocolError, SignalingError
from rtc_bridge.core.limits.refusals import MAX_REASONS, Refusal, Refusals


def test_refusals_are_counted_with_the_newest_source(caplog):
    refusals = Refusals()
    caplog.set_level(logging.INFO, 'rtc_bridge.core.limits.refusals')
    for number in range(12):
        refusals.note('sdp', f'10.0.0.{number}', 'a\nb')
    refusals.note('names')
    assert refusals.by_reason == {
        'sdp': Refusal(12, '10.0.0.11', r'a\nb'), 'names': Refusal(1, '', '')}
    assert refusals.total == 13
    assert [record.getMessage() for record in caplog.records] == [
        r'refused (sdp), 1 so far, newest from 10.0.0.0: a\nb',
        r'refused (sdp), 10 so far, newest from 10.0.0.9: a\nb',
        'refused (names), 1 so far, newest from an unknown source']


def test_refusals_take_bounded_memory():
    refusals = Refusals()
    for number in range(1000):
        refusals.note(f'{number} \ud800' + 'x' * 1000, '\n' * 100_000, 'y' * 100_000)
    assert len(refusals.by_reason) == MAX_REASONS
    for reason, refusal in refusals.by_reason.items():
        assert len(reason) + len(refusal.source) + len(refusal.text) < 500
        (reason + refusal.source + refusal.text).encode()


@pytest.mark.parametrize('error', [SignalingError('denied', 'no'), ProtocolError('no')])
def test_a_block_that_refuses_is_noted(error):
    refusals = Refusals()
    with pytest.raises(type(error)):
        with refusals.noted('x', 'there'):
            raise error
    with pytest.raises(ZeroDivisionError):
        with refusals.noted('x', 'there'):
            raise ZeroDivisionError
    with refusals.noted('x', 'there'):
        pass
    assert refusals.by_reason == {'x': Refusal(1, 'there', 'no')}
