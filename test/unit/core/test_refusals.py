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
import sys

import pytest
from rtc_bridge.core.errors import ProtocolError, SignalingError
from rtc_bridge.core.limits.log_limits import escape, EscapingFormatter, LogSampler
from rtc_bridge.core.limits.refusals import MAX_REASONS, Refusal, Refusals


@pytest.mark.parametrize('text, escaped', [
    ('plain', 'plain'), ('a\nb', r'a\nb'), ('a\r\n\tb', r'a\r\n\tb'), ('\x1b[31m', r'\x1b[31m'),
    ('\u202eright', r'\u202eright'), ('\u2066x', r'\u2066x'), ('\ud800', r'\ud800'),
    ('\x00\x7f\x85', r'\x00\x7f\x85'), ('\u2028', r'\u2028'), ('Größe 机器人', 'Größe 机器人'),
    ('\U000e0001', r'\U000e0001'), ('', '')])
def test_a_text_is_one_printable_line(text, escaped):
    assert escape(text) == escaped
    assert escaped.isprintable()


def test_a_text_is_not_too_long():
    for text in ('x' * 10, '\n' * 5):
        assert len(escape(text, 10)) == 10 and not escape(text, 10).endswith('.')
    for text in ('x' * 11, '\n' * 6, '\ud800' * 10 ** 6):
        assert len(escape(text, 10)) == 10 and escape(text, 10).endswith('...')


def test_a_record_is_one_line_and_its_traceback_no_other():
    formatter = EscapingFormatter('[%(levelname)s] %(message)s')
    try:
        raise ValueError('x\n[ERROR] forged\x1b[2J\ud800')
    except ValueError:
        error = sys.exc_info()
    record = logging.LogRecord('n', logging.INFO, '', 0, 'by %s', ('a\n[ERROR] b',), error)
    first, *lines = formatter.format(record).split('\n')
    assert first == r'[INFO] by a\n[ERROR] b'
    assert len(lines) > 2 and all(line.startswith('  ') and line.isprintable() for line in lines)
    assert r'\x1b[2J\ud800' in lines[-1]


def test_repeats_are_counted_by_kind():
    repeats = LogSampler(limit=2)
    assert [n for n in range(1, 1201) if repeats.count('a', 1)] == [1, 10, 100, 1000]
    assert repeats.count('b') == 1 and repeats.count('b') == 0
    # The oldest kind is forgotten.
    assert repeats.count('c') == 1 and repeats.count('a', 1) == 1


def test_refusals_are_counted_with_the_newest_source(caplog):
    refusals = Refusals()
    caplog.set_level(logging.INFO, 'rtc_bridge.core.limits.refusals')
    for number in range(12):
        refusals.note('sdp', f'10.0.0.{number}', 'a\nb')
    refusals.note('names')
    assert refusals.all == {'sdp': Refusal(12, '10.0.0.11', r'a\nb'), 'names': Refusal(1, '', '')}
    assert refusals.total == 13
    assert [record.getMessage() for record in caplog.records] == [
        r'refused (sdp), 1 so far, newest from 10.0.0.0: a\nb',
        r'refused (sdp), 10 so far, newest from 10.0.0.9: a\nb',
        'refused (names), 1 so far, newest from an unknown source']


def test_refusals_take_bounded_memory():
    refusals = Refusals()
    for number in range(1000):
        refusals.note(f'{number} \ud800' + 'x' * 1000, '\n' * 100_000, 'y' * 100_000)
    assert len(refusals.all) == MAX_REASONS
    for reason, refusal in refusals.all.items():
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
    assert refusals.all == {'x': Refusal(1, 'there', 'no')}
