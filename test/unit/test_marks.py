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

"""Which tests colcon leaves out: those with what a build farm has not."""

import configparser
from pathlib import Path
import re

import pytest
from support.purity import needs_network
import yaml

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize('module, needs', [
    ('process/test_relays.py', True), ('browser/test_turn_networks.py', True),
    ('process/test_signals.py', False), ('unit/test_marks.py', False)])
def test_modules_with_networks_are_found(module, needs):
    assert needs_network(ROOT / 'test' / module) == needs


def test_colcon_names_marks_that_exist():
    option, expression = yaml.safe_load((ROOT / 'colcon.pkg').read_text())['pytest-args']
    ini = configparser.ConfigParser()
    ini.read(ROOT / 'pytest.ini')
    marks = set(re.findall(r'^(\w+):', ini['pytest']['markers'], re.MULTILINE))
    assert option == '-m' and re.findall(r'not (\w+)', expression) == ['live', 'network']
    assert {'live', 'network'} <= marks
