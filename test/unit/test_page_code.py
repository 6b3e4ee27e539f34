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

"""The page's code: its types hold, and it never makes elements of text."""

from pathlib import Path
import re
import shutil
import subprocess

import pytest
from support.browsers import node_modules
from support.patience import PATIENCE

WEB = Path(__file__).resolve().parents[2] / 'rtc_bridge' / 'web'
# RTCBot's interface is plain JavaScript for plain JavaScript.
MODULES = sorted(path for path in WEB.rglob('*.js') if path.name != 'rtcbot.js')


def check(*files):
    """Return what the compiler has against modules."""
    node = shutil.which('node') or shutil.which('nodejs')
    if node is None:
        pytest.skip('node is not installed')
    compiler = Path(node_modules('typescript')) / 'typescript' / 'bin' / 'tsc'
    done = subprocess.run(
        [node, compiler, '--noEmit', '--allowJs', '--checkJs', '--strict', '--target', 'es2022',
         '--module', 'nodenext', '--lib', 'es2023,dom,dom.iterable', *files],
        capture_output=True, text=True, timeout=PATIENCE, cwd=WEB)
    return done.stdout


@pytest.mark.linter
def test_types_hold():
    found = check(*MODULES)
    assert not found, found


@pytest.mark.linter
def test_a_wrong_type_is_found(tmp_path):
    bad = tmp_path / 'bad.js'
    bad.write_text('/** @param {number} x */\nexport const f = (x) => x.length;\n')
    assert "Property 'length' does not exist" in check(bad)


@pytest.mark.parametrize('module', MODULES, ids=lambda path: path.stem)
def test_text_stays_text(module):
    code = module.read_text()
    assert code.startswith('// @ts-check\n')
    assert not re.search(r'innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(', code)
