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

"""Scripts of the page, joined with what they import, do what their modules do."""

import json
import shutil
import subprocess

import pytest
from rtc_bridge.relay.http.page_files import PAGE_DIR
from rtc_bridge.relay.http.script_bundle import join_scripts
from support.patience import PATIENCE

MODULES = {
    'index.html': '<script type="module" async src="static/start.js"></script>\n'
                  '<script type="module" src="static/ui/main.js"></script>',
    'start.js': """import { one } from './core/one.js';
console.log('start');
export const two = one + one;
""",
    'core/one.js': "console.log('one');\nexport const one = 1;\n",
    'ui/main.js': """// @ts-check
import { one } from '../core/one.js';
import { add, Counter as Tally } from '../core/sums.js';
import { two } from '../start.js';
import {
  later,
  words,
} from './more.js';

/** @typedef {import('./types.js').None} None */
const tally = new Tally(); // counts
tally.add(2);
export const end = async () => {
  const { found } = await import('../core/lazy.js');
  const { second } = await import('./second.js');
  console.log(add(one, two), tally.sum, [...words()], await later(), found, second);
};
if (!globalThis.quiet) end();
""",
    'core/sums.js': """const hidden = 1;
/* Says how
   often it is run. */
console.log('sums');
export class Counter { sum = hidden; add(more) { this.sum = add(this.sum, more); } }
export function add(a, b) { return a + b; }
// The last line ends without one.""",
    'ui/more.js': """import { add } from '../core/sums.js';
const hidden = 40;
export async function later() { return add(hidden, 2); }
export function* words() { yield 'import'; yield 'export'; }
""",
    'core/lazy.js': """import { add } from './sums.js';
import { five } from './numbers.js';
import { one } from './one.js';
import { two } from '../start.js';
export const found = add(one + two, five);
""",
    'ui/second.js': """import { five, six } from '../core/all.js';
export const second = five + six;
""",
    'core/all.js': "export { five, six } from './numbers.js';\n",
    'core/numbers.js': "console.log('numbers');\nexport const five = 5;\nexport const six = 6;\n",
    'client/index.js': """export { add, Counter as Tally } from '../core/sums.js';
export { six } from '../core/numbers.js';
""",
}
SCRIPTS = {'start.js', 'ui/main.js', 'core/lazy.js', 'ui/second.js', 'client/index.js'}


@pytest.fixture
def folder(tmp_path):
    """Return a folder with modules."""
    for name, text in MODULES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
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


def write(scripts, folder):
    """Write scripts into a folder, and nothing else."""
    for path, script in scripts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(script.text)
        (folder / f'{path}.map').write_text(script.source_map)
    (folder / 'package.json').write_text('{"type": "module"}')


def test_joined_scripts_do_what_their_modules_do_and_run_none_twice(folder, tmp_path_factory):
    before = node(folder / 'ui/main.js')
    assert sorted(before.splitlines()) == [
        "3 3 [ 'import', 'export' ] 42 8 11", 'numbers', 'one', 'start', 'sums']
    scripts = join_scripts(folder)
    assert scripts.keys() == SCRIPTS
    joined = tmp_path_factory.mktemp('joined')
    write(scripts, joined)
    assert sorted(node(joined / 'ui/main.js').splitlines()) == sorted(before.splitlines())
    (joined / 'user.js').write_text(
        "import { add, six, Tally } from './client/index.js';\n"
        'const tally = new Tally();\ntally.add(1);\nconsole.log(add(six, tally.sum));\n')
    assert node(joined / 'user.js').splitlines()[-1] == '8'


def test_comments_go_and_what_only_looks_like_one_stays(folder):
    source = """const a = 'http://x'; // gone
const b = "it's /* here */"; /* gone
gone */ const c = `// here ${`nested /* here */ ${'}' /* gone */}`}
// here
import { nothing } from './here.js';

${{ a: 1 }.a}`;
const d = /[/'"`]\\/\\*/.test('/*'); // gone
const e = 4 / 2 / 1; const f = (8) / 2; // it's gone
const g = [1].map((x) => x / 2).filter((x) => !/"/.test(x));
const h = a ? [ 1 , 2 ] : `${ 1 , 2 } = ( x )`; const i = 3 - -1 + +1; const j = 'x = ( y )';
function* k() { yield [ i ]; yield i > 1 && ! h; }
async function l(x) { for (const y of [ x ]) if (y === 2) return [ y ]; return /= [ ( ]/.test(x); }
console.log(JSON.stringify([a, b, c, d, e, f, g, h, i, j, ...k()]), await_(l));
function await_(x) { return x.length; }
"""
    (folder / 'ui/main.js').write_text(source)
    text = join_scripts(folder)['ui/main.js'].text
    assert 'gone' not in text and text.count('here') == source.count('here')
    assert 'const h=a?[1,2]:' in text and '3 - -1 + +1' in text
    (folder / 'stripped.js').write_text(text)
    assert node(folder / 'stripped.js') == node(folder / 'ui/main.js')


@pytest.mark.parametrize('line', [
    "import './sums.js';", "import all from './sums.js';", "import * as all from './sums.js';",
    "import { add } from 'https://elsewhere/sums.js';", "export * from './sums.js';",
    'export default 1;', 'export let changes = 1;', 'const name = "x"; import(name);',
    'const here = import.meta.url;', "import { add } from '../../outside.js';",
    'const text = `open;', 'await 1;'])
@pytest.mark.parametrize('file', ['ui/main.js', 'core/sums.js', 'core/lazy.js'])
def test_a_form_that_is_not_known_is_refused(folder, file, line):
    (folder / file).write_text(f'{line}\n{MODULES[file]}')
    with pytest.raises(ValueError, match=file):
        join_scripts(folder)


@pytest.mark.parametrize('file, line, fault', [
    ('core/sums.js', "import { end } from '../ui/main.js';",
     'ui/main.js imports itself by way of core/sums.js'),
    ('ui/main.js', "import { nothing } from '../core/sums.js';",
     'imports nothing from core/sums.js, which does not export that'),
    ('ui/main.js', "import { found } from '../core/lazy.js';",
     'core/lazy.js is both imported and loaded'),
    ('client/index.js', "const later = import('../core/lazy.js');", 'is loaded by two scripts')])
def test_modules_that_do_not_fit_together_are_refused(folder, file, line, fault):
    (folder / file).write_text(f'{line}\n{MODULES[file]}')
    with pytest.raises(ValueError, match=fault):
        join_scripts(folder)


def test_source_maps_lead_to_the_lines_of_the_modules(folder, tmp_path_factory):
    (folder / 'ui/more.js').write_text(MODULES['ui/more.js'].replace(
        'return add', "// one line more\n  throw new Error('here'); return add"))
    joined = tmp_path_factory.mktemp('joined')
    write(join_scripts(folder), joined)
    (joined / 'quiet.js').write_text('globalThis.quiet = true;\n')
    (joined / 'run.js').write_text("import './quiet.js';\nimport { end } from './ui/main.js';\n"
                                   'end().catch((error) => console.log(error.stack));\n')
    stack = node('--enable-source-maps', joined / 'run.js')
    assert 'more.js:4:' in stack
    for path in SCRIPTS:
        found = json.loads((joined / f'{path}.map').read_text())
        assert len(found['mappings'].split(';')) == len(
            (joined / path).read_text().splitlines()) - 1
        for source, text in zip(found['sources'], found['sourcesContent'], strict=True):
            assert (folder / path).parent.joinpath(source).read_text() == text


def test_the_page_has_each_module_once(tmp_path):
    scripts = join_scripts(PAGE_DIR)
    write(scripts, tmp_path)
    for path in scripts:
        node('--check', tmp_path / path)
    page = ''.join(script.text for path, script in scripts.items() if path != 'client/index.js')
    for module in PAGE_DIR.rglob('*.js'):
        path = module.relative_to(PAGE_DIR).as_posix()
        name = f'const ${path.replace("/", "_").replace(".", "_")} = ('
        assert page.count(name) == (path not in {*scripts, 'rtcbot.js'}), path
