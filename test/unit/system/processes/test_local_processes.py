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

"""Processes of this host, by the lowest bits of their ids."""

import os
import subprocess
import sys

from rtc_bridge.system.processes import local_processes
from rtc_bridge.system.processes.local_processes import shares_network


def test_a_process_beside_is_found_while_it_runs():
    assert shares_network(os.getpid() & 0xFFFF)
    child = subprocess.Popen([sys.executable, '-c', 'input()'], stdin=subprocess.PIPE)
    assert shares_network(child.pid & 0xFFFF)
    child.communicate(b'\n')


def test_a_process_of_another_network_is_no_neighbour(monkeypatch):
    networks = {'self': 'net:[1]', '7': 'net:[2]', str(7 + 0x10000): 'net:[1]', '8': 'net:[2]',
                '9': ''}
    monkeypatch.setattr(os, 'listdir', lambda path: [*networks, '10', 'cpuinfo'])
    monkeypatch.setattr(local_processes, '_network_of', networks.get)
    assert [number for number in range(12) if shares_network(number)] == [7, 9]
