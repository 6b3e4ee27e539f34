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

"""The libraries of a program: installed, new enough, and importable."""

from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from ..core.checks.result import Check
from ..core.errors import DependencyError
from ..system.dependency_check import check, dependencies_of, Dependency
from ..system.import_faults import import_remedy
from ..system.processes.trial_process import run_trial

# Seconds for an import.
_IMPORT_TIMEOUT_S = 30.0
# These load libraries of the system, which may be missing or built for another NumPy.
_NATIVE = ('av', 'cv2', 'cv_bridge', 'cryptography', 'numpy', 'rclpy')
# The bridge does without this one.
_OPTIONAL = 'cv_bridge'


def check_versions(program: str) -> Check:
    """Look at the versions of a program's libraries."""
    try:
        check(program)
    except DependencyError as error:
        faults, _, remedy = str(error).rpartition(': ')
        return Check('libraries', 'fail', faults, remedy)
    versions = {each.distribution or each.module: version
                for each in dependencies_of(program) if (version := _version(each))}
    return Check('libraries', 'ok', ', '.join(
        f'{name} {version}' for name, version in versions.items()), values=versions)


def check_sourced(folder: Path = Path('/opt/ros')) -> Check:
    """Say why there is no ROS: it is not sourced, or not installed."""
    installed = sorted(path.parent.name for path in folder.glob('*/setup.bash'))
    if not installed:
        return Check('libraries', 'skipped', 'ROS is not installed here, so this is no robot; a '
                     'relay is checked by --relay-config FILE')
    return Check('libraries', 'fail', f'ROS is installed ({", ".join(installed)}), but not '
                 'sourced', f'source {folder}/{installed[-1]}/setup.bash, and the setup.bash of '
                 'the workspace')


def _version(dependency: Dependency) -> str:
    try:
        return metadata.version(dependency.distribution) if dependency.distribution else ''
    except metadata.PackageNotFoundError:
        return ''


async def check_imports(modules: Iterable[str]) -> list[Check]:
    """Import native libraries in a child process each; return those that fail."""
    found = []
    for module in modules:
        if module in _NATIVE:
            fault = await run_trial(['-c', f'import {module}'], lambda line: False,
                                    _IMPORT_TIMEOUT_S)
            if fault:
                optional = '; images are read without it' if module == _OPTIONAL else ''
                found.append(Check(
                    f'library {module}', 'warn' if optional else 'fail',
                    f'its import {fault}{optional}', import_remedy(fault, module)))
    return found
