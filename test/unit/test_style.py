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

"""The style of ament_flake8 and ament_pep257, by flake8 with the plugins that they use."""

from pathlib import Path
import subprocess
import sys

import pytest
from support.patience import PATIENCE

for plugin in ('flake8_builtins', 'flake8_comprehensions', 'flake8_docstrings',
               'flake8_import_order', 'flake8_quotes'):
    pytest.importorskip(plugin)

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.linter
def test_style():
    done = subprocess.run([ROOT / 'scripts' / 'lint.sh', sys.executable], capture_output=True,
                          text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.linter
def test_breaches_of_all_plugins_are_found(tmp_path):
    bad = tmp_path / 'bad.py'
    bad.write_text('import sys, os\nx = "a"\nmax = list(y for y in x)\n\n\n'
                   'def f():\n    """Returns a"""\n\n\ndef g():\n    """Do it.\n\n    More.\n'
                   '    """\n')
    done = subprocess.run([sys.executable, '-m', 'flake8', '--format=%(code)s', '--no-show-source',
                           bad], capture_output=True, text=True, cwd=ROOT, timeout=PATIENCE)
    # pydocstyle's D213 and D415 are outside of the convention that flake8-docstrings defaults to.
    assert {'A001', 'C400', 'D213', 'D401', 'D415', 'E401', 'F401', 'Q000'} <= set(
        done.stdout.split())
