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

"""The package's types, by mypy with the options in setup.cfg."""

from pathlib import Path
import subprocess
import sys

import pytest
from support.patience import PATIENCE

pytest.importorskip('mypy', reason='mypy is not installed: the types are not checked')

ROOT = Path(__file__).resolve().parents[2]


def run_mypy(*arguments):
    """Run mypy at the root of the checkout, with its cache in .mypy_cache."""
    return subprocess.run([sys.executable, '-m', 'mypy', *arguments], capture_output=True,
                          text=True, cwd=ROOT, timeout=PATIENCE)


@pytest.mark.linter
def test_types_hold():
    done = run_mypy()
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.linter
def test_a_missing_and_a_wrong_type_are_found(tmp_path):
    bad = tmp_path / 'bad.py'
    bad.write_text('def f(x):\n    return x\n\n\ny: int = "a"\n')
    done = run_mypy('--cache-dir', str(tmp_path / 'cache'), str(bad))
    assert 'no-untyped-def' in done.stdout and 'assignment' in done.stdout
