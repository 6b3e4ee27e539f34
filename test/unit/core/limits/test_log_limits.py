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

"""Text from outside in logs."""

import logging
import sys

import pytest
from rtc_bridge.core.limits.log_limits import escape, EscapingFormatter, LogSampler


@pytest.mark.parametrize('text, escaped', [
    ('plain', 'plain'), ('a\nb', r'a\nb'), ('a\r\n\tb', r'a\r\n\tb'), ('\x1b[31m', r'\x1b[31m'),
    ('\u202eright', r'\u202eright'), ('\u2066x', r'\u2066x'), ('\ud800', r'\ud800'),
    ('\x00\x7f\x85', r'\x00\x7f\x85'), ('\u2028', r'\u2028'), ('Größe 机器人', 'Größe 机器人'),
    ('\U000e0001', r'\U000e0001'), ('', '')])
def test_escaped_text_is_one_printable_line(text, escaped):
    assert escape(text) == escaped
    assert escaped.isprintable()


def test_escaped_text_is_not_too_long():
    for text in ('x' * 10, '\n' * 5):
        assert len(escape(text, 10)) == 10 and not escape(text, 10).endswith('.')
    for text in ('x' * 11, '\n' * 6, '\ud800' * 10 ** 6):
        assert len(escape(text, 10)) == 10 and escape(text, 10).endswith('...')


def test_a_record_is_one_line_and_its_traceback_cannot_look_like_one():
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


def test_sampler_counts_by_kind():
    repeats = LogSampler(limit=2)
    assert [n for n in range(1, 1201) if repeats.count('a', 1)] == [1, 10, 100, 1000]
    assert repeats.count('b') == 1 and repeats.count('b') == 0
    # The oldest kind is forgotten.
    assert repeats.count('c') == 1 and repeats.count('a', 1) == 1
