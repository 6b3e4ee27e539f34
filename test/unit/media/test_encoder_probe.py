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

import asyncio
import json

import pytest
from rtc_bridge.core.video.video_codecs import HARDWARE
from rtc_bridge.media.encoder_probe import probe_encoders
from rtc_bridge.system.processes.trial_process import run_trial

NAMES = [kind.name for kind in HARDWARE]


def children(**behaviours):
    """
    Return a stand-in for child processes, and what was asked of them.

    :param behaviours: by encoder a fault, or ``!`` and how the process ends
    """
    asked = []

    async def run(command, on_line):
        names = [name for name in command[2:] if name != '--every']
        asked.append(names)
        for name in names:
            assert on_line(json.dumps({'encoder': name}))
            assert not on_line('[h264 @ 0x1] a text of FFmpeg')
            fault = behaviours[name]
            if fault.startswith('!'):
                return fault[1:]
            assert on_line(json.dumps({'encoder': name, 'fault': fault}))
            if not fault and '--every' not in command:
                break
        return ''
    return run, asked


def probe(behaviours, every=False):
    run, asked = children(**behaviours)
    return asyncio.run(probe_encoders(list(behaviours), every=every, run=run)), asked


def test_the_first_that_works_ends_the_search():
    faults, asked = probe({'a': 'no device', 'b': '', 'c': '!crashed'})
    assert faults == {'a': 'no device', 'b': ''} and asked == [['a', 'b', 'c']]


def test_a_crash_is_told_and_the_others_are_tried():
    behaviours = {'a': '!crashed (SIGSEGV)', 'b': 'no device', 'c': '!gave no answer for 15 s',
                  'd': ''}
    faults, asked = probe(behaviours)
    assert faults == {'a': 'its driver crashed (SIGSEGV)', 'b': 'no device',
                      'c': 'its driver gave no answer for 15 s', 'd': ''}
    assert asked == [['a', 'b', 'c', 'd'], ['b', 'c', 'd'], ['d']]
    assert probe({'a': '', 'b': '!crashed', 'c': ''}, every=True)[0] == {
        'a': '', 'b': 'its driver crashed', 'c': ''}


def test_a_child_that_does_not_start_ends_the_search():
    async def run(command, on_line):
        on_line('ModuleNotFoundError')
        return 'ended with status 1: ModuleNotFoundError'
    faults = asyncio.run(probe_encoders(['a', 'b'], run=run))
    assert set(faults) == {'a', 'b'} and 'ModuleNotFoundError' in faults['b']
    assert asyncio.run(probe_encoders([], run=run)) == {}


@pytest.mark.parametrize('code, ending', [
    ('print("x")', ''),
    ('import os; os.kill(os.getpid(), 11)', 'crashed (SIGSEGV)'),
    ('raise SystemExit("why")', 'ended with status 1: why'),
    ('print(1, flush=True); import time; time.sleep(1e6)', 'gave no answer for 3 s')])
def test_how_a_child_process_ended(code, ending):
    assert asyncio.run(run_trial(['-S', '-c', code], lambda line: line == 'x', 3)) == ending


def test_hardware_is_tried_in_a_child_process():
    """Whatever this computer has, each has an answer; libx264 works everywhere."""
    faults = asyncio.run(probe_encoders([*NAMES, 'libx264'], every=True))
    assert list(faults) == [*NAMES, 'libx264'] and faults['libx264'] == ''


def test_no_module_comes_from_the_present_directory(tmp_path, monkeypatch):
    (tmp_path / 'json.py').write_text('raise SystemExit("taken from the present directory")')
    monkeypatch.chdir(tmp_path)
    assert asyncio.run(run_trial(['-m', 'json.tool', '--help'], lambda line: True, 10)) == ''
