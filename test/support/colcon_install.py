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

"""A real colcon build of the package."""

import os
from pathlib import Path
import shutil
import subprocess
import sys

import pytest
from support.patience import PATIENCE

ROOT = Path(__file__).resolve().parents[2]


class Install:
    """
    The package as colcon installs it.

    :param workspace: an empty folder for source, build and install
    """

    def __init__(self, workspace: Path) -> None:
        """Build it, or skip where colcon is not installed."""
        try:
            import colcon_core  # noqa: F401
        except ImportError:
            pytest.skip('colcon is not installed')
        ignored = shutil.ignore_patterns('.*', '*.egg-info', '__pycache__', 'build', 'install',
                                         'log', 'test')
        shutil.copytree(ROOT, workspace / 'src' / 'rtc_bridge', ignore=ignored)
        colcon = 'import sys; from colcon_core.command import main; sys.exit(main())'
        done = subprocess.run([sys.executable, '-c', colcon, 'build'], cwd=workspace,
                              capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 0, done.stdout + done.stderr
        self.prefix = workspace / 'install' / 'rtc_bridge'
        self.site_packages = next(self.prefix.rglob('rtc_bridge/__init__.py')).parent.parent
        # As install/setup.bash makes it: the installed package comes first.
        self.environment = {
            **os.environ,
            'PYTHONPATH': f'{self.site_packages}{os.pathsep}{os.environ["PYTHONPATH"]}',
            'AMENT_PREFIX_PATH': os.pathsep.join(
                filter(None, [str(self.prefix), os.environ.get('AMENT_PREFIX_PATH')]))}

    def program(self, name: str) -> Path:
        """Return the path of an executable, as ``ros2 run`` finds it."""
        return self.prefix / 'lib' / 'rtc_bridge' / name

    def run(self, *command) -> subprocess.CompletedProcess:
        """Run something with the installed package, far from the source."""
        return subprocess.run(command, cwd=self.prefix, env=self.environment, capture_output=True,
                              text=True, timeout=PATIENCE)
