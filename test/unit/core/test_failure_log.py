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

"""Failures of a process: counted, and logged once."""

import asyncio
import logging
import sys
import threading

from rtc_bridge.core import failure_log
from rtc_bridge.core.failure_log import count_unhandled_failures
from rtc_bridge.core.supervision import call_guarded, guarded
from support.failures import raise_error


def test_a_failure_is_logged_once_with_its_traceback_and_then_counted(failures, caplog):
    call = guarded('part', raise_error)
    assert [call() for _ in range(3)] == [None] * 3
    assert failures.counts == {'part': 3}
    assert failures.newest == {'part': 'ValueError: broken'}
    record, = caplog.records
    assert record.levelno == logging.ERROR and record.exc_info[1].args == ('broken',)


def test_a_different_failure_is_logged_too(failures, caplog):
    def other():
        raise KeyError('other')
    guarded('part', raise_error)()
    guarded('part', other)()
    guarded('second part', raise_error)()
    assert len(caplog.records) == 3
    assert failures.counts == {'part': 2, 'second part': 1}


def test_the_log_of_failures_is_bounded(failures, caplog, monkeypatch):
    monkeypatch.setattr(failure_log, 'MAX_LOGGED', 2)
    for number in range(5):
        guarded(f'part {number}', raise_error)()
    assert len(caplog.records) == 2 and len(failures.counts) == 5
    guarded('part', lambda: raise_error('x' * 1000))()
    assert len(failures.newest['part']) == 200


def test_text_from_outside_is_printable_in_the_newest_failure(failures):
    guarded('part', lambda: raise_error('one\ntwo \udce4 \x1b[2J'))()
    assert failures.newest == {'part': r'ValueError: one\ntwo \udce4 \x1b[2J'}
    assert guarded('part', raise_error, result='instead')() == 'instead'


def test_unhandled_failures_are_counted(failures, monkeypatch):
    monkeypatch.setattr(threading, 'excepthook', threading.excepthook)
    monkeypatch.setattr(sys, 'unraisablehook', sys.unraisablehook)

    class Broken:
        def __del__(self):
            raise_error()

    async def main():
        count_unhandled_failures(asyncio.get_running_loop())
        asyncio.get_running_loop().call_soon(raise_error)
        asyncio.get_running_loop().call_soon(call_guarded, 'part', raise_error)
        thread = threading.Thread(target=raise_error)
        thread.start()
        thread.join()
        Broken()
        await asyncio.sleep(0)
    asyncio.run(main())
    assert failures.counts == {'event loop': 1, 'part': 1, 'other thread': 1, 'destructor': 1}
