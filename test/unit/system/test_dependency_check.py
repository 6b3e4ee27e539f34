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

"""A missing or too old library is reported with the shell line that installs it."""

from importlib import metadata
import subprocess
import sys

import pytest
from rtc_bridge.core.errors import DependencyError
from rtc_bridge.system import dependency_check
from support.patience import PATIENCE

GOOD = {'aiohttp': '3.9.1', 'aiortc': '1.14.0', 'cryptography': '42.0.0', 'websockets': '13',
        'redis': '5.0.1', 'av': '12.0.0', 'numpy': '1.26.4', 'prometheus-client': '0.19',
        'qrcode': '7.4'}


def versions(**changes):
    """Return metadata.version as of a machine with these packages."""
    table = {**GOOD, **changes}

    def version(package):
        if table.get(package) is None:
            raise metadata.PackageNotFoundError(package)
        return table[package]

    return version


def fault(program, monkeypatch, missing=(), distro='jazzy', venv=False, **changes):
    """Return the text of the error on such a machine."""
    if distro:
        monkeypatch.setenv('ROS_DISTRO', distro)
    else:
        monkeypatch.delenv('ROS_DISTRO', raising=False)
    monkeypatch.setattr(sys, 'executable', '/v/bin/python')
    monkeypatch.setattr(sys, 'base_prefix', '/base')
    monkeypatch.setattr(sys, 'prefix', '/v' if venv else '/base')
    with pytest.raises(DependencyError) as caught:
        dependency_check.check(program, versions(**changes), lambda module: module not in missing)
    return str(caught.value)


def test_each_dependency_is_declared():
    """The metadata, and not this module, says which versions are needed."""
    declared = dependency_check._parse(dependency_check._own_requirements())
    names = {each.distribution for dependencies in dependency_check._PROGRAMS.values()
             for each in dependencies if each.distribution}
    assert names <= declared.keys() and len(names) > 9


@pytest.mark.parametrize('program', [
    'demo', 'bridge', 'relay', 'relay --redis', 'cmd-vel-guard', 'play-video'])
def test_lowest_versions_pass(program):
    dependency_check.check(program, versions(), lambda module: True)


def test_the_doctor_runs_without_any_library():
    dependency_check.check('doctor', versions(), lambda module: False,
                           lambda: pytest.fail('nothing is to be compared'))


def test_version_numbers_are_compared_as_numbers():
    dependency_check.check('bridge', versions(aiohttp='3.14.5', aiortc='1.16', websockets='17.4'),
                           lambda module: True)


def test_a_library_without_metadata_passes():
    dependency_check.check('bridge', versions(aiortc=None), lambda module: True)


def test_ubuntu_24_04(monkeypatch):
    """Noble's aiortc 1.6 and websockets 10.4 are refused, and one line mends both."""
    monkeypatch.setattr(dependency_check.Path, 'exists', lambda path: True)
    assert fault('bridge', monkeypatch, aiortc='1.6.0', websockets='10.4') == (
        'aiortc 1.6.0 is too old, at least 1.14 is needed, '
        'websockets 10.4 is too old, at least 13 is needed: '
        "python3 -m pip install --user --break-system-packages 'aiortc>=1.14,<2' 'websockets>=13'")


def test_pip_without_pep_668(monkeypatch):
    monkeypatch.setattr(dependency_check.Path, 'exists', lambda path: False)
    assert fault('relay', monkeypatch, aiohttp='3.8.6').endswith(
        ": python3 -m pip install --user 'aiohttp>=3.9'")


def test_pip_in_a_virtual_environment(monkeypatch):
    assert fault('bridge', monkeypatch, venv=True, aiortc='1.13.9') == (
        'aiortc 1.13.9 is too old, at least 1.14 is needed: '
        "/v/bin/python -m pip install 'aiortc>=1.14,<2'")


def test_missing_with_and_without_ros(monkeypatch):
    assert fault('sim-robot', monkeypatch, missing={'cv2'}) == (
        'cv2 is missing: sudo apt install python3-opencv')
    assert fault('bridge', monkeypatch, missing={'cv2', 'av'}, venv=True) == (
        'av is missing, cv2 is missing: sudo apt install python3-opencv '
        '&& /v/bin/python -m pip install av')
    # The bridge reads images without it, and says so.
    assert 'cv_bridge' not in fault('bridge', monkeypatch, missing={'cv_bridge', 'av'}, venv=True)
    assert fault('bridge', monkeypatch, missing={'rclpy', 'cv2'}, distro='').endswith(
        ': source /opt/ros/jazzy/setup.bash')


def test_a_version_above_the_bounds_does_not_fit(monkeypatch):
    assert fault('bridge', monkeypatch, aiortc='2.0.1', venv=True) == (
        'aiortc 2.0.1 does not fit, aiortc>=1.14,<2 is needed: '
        "/v/bin/python -m pip install 'aiortc>=1.14,<2'")


def test_a_version_that_cannot_be_compared_passes():
    dependency_check.check('bridge', versions(aiortc='unknown'), lambda module: True)


def test_redis_is_an_extra(monkeypatch):
    assert fault('relay --redis', monkeypatch, missing={'redis'}, distro='').endswith(
        "'redis>=5'")
    assert 'redis 4.9 is too old' in fault('relay --redis', monkeypatch, redis='4.9')


def test_without_metadata_of_this_package_only_modules_are_checked():
    dependency_check.check('bridge', versions(aiortc='0.1'), lambda module: True, lambda: [])


def test_packaging_itself_may_be_missing(monkeypatch):
    assert fault('view', monkeypatch, missing={'packaging', 'aiohttp'}) == (
        'aiohttp is missing, packaging is missing: '
        'sudo apt install python3-aiohttp python3-packaging')


def test_relay_needs_no_ros():
    dependency_check.check('relay', versions(),
                           lambda module: module in (
                               'aiohttp', 'packaging', 'prometheus_client'))


def test_start_stops_with_one_line(tmp_path):
    """The real program, with an aiortc that says it is 1.6.0."""
    info = tmp_path / 'aiortc-1.6.0.dist-info'
    info.mkdir()
    (info / 'METADATA').write_text('Metadata-Version: 2.1\nName: aiortc\nVersion: 1.6.0\n')
    code = (f'import sys; sys.path.insert(0, {str(tmp_path)!r}); sys.argv[1:] = ["bridge"]; '
            'from rtc_bridge import cli; sys.exit(cli.main())')
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True,
                          timeout=PATIENCE)
    assert done.returncode == 2
    assert done.stdout == ''
    assert len(done.stderr.splitlines()) == 1
    assert 'aiortc 1.6.0 is too old' in done.stderr
    assert "'aiortc>=1.14,<2'" in done.stderr
