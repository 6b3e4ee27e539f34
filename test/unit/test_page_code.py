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

"""The page's code: its types hold, its layers too, and text never becomes HTML."""

from pathlib import Path
import re
import shutil
import subprocess

import pytest
from rtc_bridge.relay.http.script_module import read_module
from support.firefox import node_modules
from support.patience import PATIENCE

WEB = Path(__file__).resolve().parents[2] / 'rtc_bridge' / 'web'
# rtcbot.js has RTCBot's interface, for pages without modules.
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


@pytest.mark.parametrize('sheet', sorted(WEB.glob('ui/**/*.css')), ids=lambda path: path.name)
def test_colours_have_names(sheet):
    """A theme can change each colour: only custom properties (`--name`) have values."""
    rules = re.sub(r'/\*.*?\*/', '', sheet.read_text(), flags=re.DOTALL)
    rules = re.sub(r'--[\w-]+:[^;]*;', '', rules)
    assert re.findall(r':[^;{}]*(#[0-9a-f]{3,8}\b|\b(?:rgb|hsl)a?\()[^;{]*[;}]', rules) == []


# What only a page has. Timers, WebSocket, RTCPeerConnection and performance are no part of it.
DOM = re.compile(r'\b(document|window|navigator|location|localStorage|sessionStorage|matchMedia'
                 r'|requestAnimationFrame|Element|Audio|Image|HTML\w+|(?<!\.)addEventListener)\b')


@pytest.mark.parametrize('name', sorted(
    str(path.relative_to(WEB)) for path in WEB.glob('client/**/*.js')))
def test_the_client_needs_no_page_and_nothing_of_the_ui(name):
    module = read_module(WEB, name)
    assert all(target.startswith('client/') for target in (*module.imports, *module.loads))
    code = '\n'.join(line.text for line in module.lines(str, '', inner=True))
    assert [found[0] for found in DOM.finditer(re.sub(r"'[^'\n]*'", '', code))] == []
    # Nor by a type.
    assert '../ui/' not in module.source


def test_a_use_of_the_page_is_found():
    for code in ('document.hidden', 'addEventListener("blur", f)', 'new Image()'):
        assert DOM.search(code)
    assert not DOM.search('pc.addEventListener("close", f)')
