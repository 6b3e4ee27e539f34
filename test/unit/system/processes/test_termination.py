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

"""Signals that come again and again, at the worst moments: in processes of their own."""

import subprocess
import sys

import pytest
from support.patience import PATIENCE

# Sends all of them to its own process.
SIGNALS = """
import asyncio, atexit, os, signal, sys, threading
from rtc_bridge.system.processes.early_signals import ended_by_signals
from rtc_bridge.system.processes.termination import (
    handled_signals, in_event_loop, termination, termination_signals)

def send():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(os.getpid(), number)

class Late:
    def __del__(self):
        os.kill(os.getpid(), 2)
"""


def run(code):
    """Run code behind the lines above; return its status, and all that it printed."""
    done = subprocess.run([sys.executable, '-c', SIGNALS + code], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=PATIENCE)
    return done.returncode, done.stdout


def test_an_event_loop_ends_in_order_whenever_more_signals_come():
    assert run("""
async def main():
    stop = asyncio.Event()
    with termination() as wish:
        wish.on_request(in_event_loop(stop.set))
        send()
        await stop.wait()
        send()
        print('in order')
    send()

late = Late()
atexit.register(send)
asyncio.run(main())
send()
""") == (0, 'in order\n')


def test_a_program_without_event_loop_ends_in_order():
    """The first signal wakes the main thread; handlers are not called behind the block."""
    assert run("""
late = Late()
called = threading.Event()
with termination() as wish:
    wish.on_request(lambda: print('once', flush=True))
    wish.on_request(called.set)
    send()
    wish.requested.wait()
    called.wait()
    send()
    wish.on_request(lambda: print('at once', flush=True))
send()
""") == (0, 'once\nat once\n')


def test_each_signal_has_its_handler_and_a_failure_of_one_ends_nothing():
    status, text = run("""
import logging
logging.basicConfig(format='%(message)s', stream=sys.stdout)
stop = threading.Event()
with handled_signals({signal.SIGHUP: lambda: 1 / 0, signal.SIGTERM: stop.set}):
    os.kill(os.getpid(), signal.SIGHUP)
    os.kill(os.getpid(), signal.SIGTERM)
    stop.wait()
""")
    assert status == 0 and text.startswith('signals failed') and 'ZeroDivisionError' in text


def test_signals_that_nohup_ignores_stay_ignored():
    assert run("""
signal.signal(signal.SIGHUP, signal.SIG_IGN)
print(*(number.name for number in termination_signals()))
""") == (0, 'SIGINT SIGTERM\n')


@pytest.mark.parametrize('name', ['SIGINT', 'SIGTERM'])
def test_a_signal_before_anything_has_begun_ends_the_process_at_once(name):
    assert run(f"""
with ended_by_signals():
    os.kill(os.getpid(), signal.{name})
    signal.pause()
""") == (0, '')


def test_signals_are_those_of_python_when_all_is_imported():
    assert run("""
with ended_by_signals():
    pass
print(signal.getsignal(signal.SIGINT) is signal.default_int_handler, flush=True)
os.kill(os.getpid(), signal.SIGTERM)
""") == (-15, 'True\n')
