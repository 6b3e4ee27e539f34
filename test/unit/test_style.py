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

"""The style of ament_flake8 and ament_pep257, with the tools that they call."""

from pathlib import Path
import subprocess
import sys

import pytest
from support.patience import PATIENCE

pytest.importorskip('pydocstyle')
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
def test_a_breach_is_found(tmp_path):
    bad = tmp_path / 'bad.py'
    bad.write_text('import sys, os\nx = "a"\n\n\ndef f():\n    """Returns a"""\n')
    for tool in ('flake8', 'pydocstyle'):
        done = subprocess.run([sys.executable, '-m', tool, bad], capture_output=True, text=True,
                              cwd=ROOT, timeout=PATIENCE)
        assert done.returncode == 1, tool
