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

"""A script of the page, served with all that it imports, does what its modules do."""

import shutil
import subprocess

import pytest
from rtc_bridge.relay.http.page_files import PAGE_DIR
from rtc_bridge.relay.http.script_bundle import join
from support.patience import PATIENCE

MODULES = {
    'main.js': """// @ts-check
import { add, Counter as Tally } from './sums.js';
import {
  later,
  words,
} from './more.js';

/** @typedef {import('./types.js').None} None */
const tally = new Tally();
tally.add(2);
export const end = async () => {
  const { found } = await import('./lazy.js');
  console.log(add(1, 2), tally.sum, [...words()], await later(), found);
};
await end();
""",
    'sums.js': """const hidden = 1;
export class Counter { sum = hidden; add(more) { this.sum = add(this.sum, more); } }
export function add(a, b) { return a + b; }
// The last line ends without one.""",
    'more.js': """import { add } from './sums.js';
const hidden = 40;
export async function later() { return add(hidden, 2); }
export function* words() { yield 'import'; yield 'export'; }
""",
    'lazy.js': "import { add } from './sums.js';\nexport const found = add(3, 4);\n",
}


@pytest.fixture
def folder(tmp_path):
    """Return a folder with modules."""
    for name, text in MODULES.items():
        (tmp_path / name).write_text(text)
    (tmp_path / 'package.json').write_text('{"type": "module"}')
    return tmp_path


def node(*arguments):
    """Run node; return what it writes."""
    path = shutil.which('node') or shutil.which('nodejs')
    if path is None:
        pytest.skip('node is not installed')
    done = subprocess.run([path, *arguments], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_joined_modules_do_what_they_did(folder):
    before = node(folder / 'main.js')
    assert before == "3 3 [ 'import', 'export' ] 42 7\n"
    (folder / 'joined.js').write_text(join(folder / 'main.js'))
    for name in ('sums.js', 'more.js'):
        (folder / name).rename(folder / f'gone-{name}')
    (folder / 'lazy.js').write_text('export const found = 7;\n')
    assert node(folder / 'joined.js') == before
    assert join(folder / 'lazy.js') == 'export const found = 7;\n'


@pytest.mark.parametrize('line', [
    "import './sums.js';", "import all from './sums.js';", "import * as all from './sums.js';",
    "import { add } from 'https://elsewhere/sums.js';", "export * from './sums.js';",
    'export default 1;', 'export let changes = 1;', "import { end } from './main.js';"])
@pytest.mark.parametrize('file', ['main.js', 'more.js'])
def test_what_is_not_understood_is_not_joined(folder, file, line):
    (folder / file).write_text(f'{line}\n{MODULES[file]}')
    with pytest.raises(ValueError, match=file):
        join(folder / 'main.js')


def test_the_page_is_one_script(tmp_path):
    script = tmp_path / 'main.mjs'
    script.write_text(join(PAGE_DIR / 'main.js'))
    node('--check', script)
    # Each module once, and none left to ask for but those of the moment.
    text = script.read_text()
    for module in PAGE_DIR.glob('*.js'):
        first = module.read_text().splitlines()[1]
        alone = module.name in ('boot.js', 'capture.js', 'options.js', 'rtcbot.js')
        name = f'const ${module.name.replace(".js", "_js")} ='
        assert text.count(name) == (0 if alone or module.name == 'main.js' else 1), first
