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

"""The package as colcon installs it."""

import ast
import os
from pathlib import Path
import re
import subprocess
import sys
import urllib.request
import xml.etree.ElementTree as ElementTree

import pytest
import rtc_bridge
from rtc_bridge.relay.http.page_files import PAGE_DIR, PageFiles
from support.patience import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
# Imported where somebody has installed them.
OPTIONAL = {'ffmpeg_image_transport_msgs', 'foxglove_msgs'}
EXECUTABLES = ['bridge', 'cmd_vel_guard', 'doctor', 'play_video', 'relay', 'sim_robot',
               'rtc-bridge']


@pytest.fixture(scope='module')
def manifest():
    return ElementTree.parse(ROOT / 'package.xml').getroot()


@pytest.fixture(scope='module')
def setup_arguments():
    """Return the arguments of setup() that are literals."""
    tree = ast.parse((ROOT / 'setup.py').read_text())
    call = next(node for node in ast.walk(tree)
                if isinstance(node, ast.Call) and getattr(node.func, 'id', '') == 'setup')
    found = {}
    for keyword in call.keywords:
        try:
            found[keyword.arg] = ast.literal_eval(keyword.value)
        except ValueError:
            pass
    return found


def test_setup_takes_what_package_xml_says(manifest, setup_arguments):
    names = ('version', 'maintainer', 'maintainer-email', 'description')
    done = subprocess.run([sys.executable, ROOT / 'setup.py', *(f'--{name}' for name in names)],
                          capture_output=True, text=True, timeout=PATIENCE)
    maintainer = manifest.find('maintainer')
    assert done.stdout.splitlines()[-4:] == [
        rtc_bridge.__version__, maintainer.text, maintainer.get('email'),
        manifest.findtext('description')], done.stderr
    assert manifest.findtext('version') == rtc_bridge.__version__
    assert manifest.findtext('license') == setup_arguments['license'] == 'Apache-2.0'


def test_package_xml(manifest):
    assert manifest.get('format') == '3'
    assert manifest.findtext('name') == 'rtc_bridge'
    assert manifest.findtext('export/build_type') == 'ament_python'
    keys = {element.text for element in manifest.findall('exec_depend')}
    assert {'python3-aiohttp', 'python3-aiortc', 'python3-numpy', 'python3-opencv',
            'python3-websockets', 'cv_bridge', 'rclpy', 'launch_ros'} <= keys
    for package in (ROOT / 'rtc_bridge').rglob('*.py'):
        for node in ast.walk(ast.parse(package.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or '').endswith('.msg'):
                assert node.module.removesuffix('.msg') in keys | OPTIONAL, package


def test_each_file_begins_with_copyright_and_licence():
    """As ament_copyright demands it."""
    header = (ROOT / 'setup.py').read_text().split('\n\n')[0]
    assert 'Copyright' in header and 'Apache License, Version 2.0' in header
    files = [ROOT / 'setup.py', *(path for folder in (
        'rtc_bridge', 'launch', 'scripts', 'test', 'benchmarks') for path in (
            ROOT / folder).rglob('*.py'))]
    assert [path for path in files if path.stat().st_size
            and not path.read_text().startswith(header)
            and path.name != 'rtcbot_seed_relay.py'] == []  # RTCBot's, under its own licence


def test_licence_is_apache_2():
    text = (ROOT / 'LICENSE').read_text()
    assert 'Apache License' in text
    assert 'Version 2.0, January 2004' in text
    assert 'END OF TERMS AND CONDITIONS' in text


def test_executables_are_where_ros2_run_looks(install):
    for name in EXECUTABLES:
        assert os.access(install.program(name), os.X_OK), name


@pytest.mark.parametrize('name', ['relay', 'rtc-bridge'])
def test_executables_start(install, name):
    done = install.run(install.program(name), '--help')
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith('usage:')


def test_files_are_in_share(install):
    share = install.prefix / 'share'
    for folder in ('launch', 'config'):
        files = {path.name for path in (ROOT / folder).iterdir() if path.is_file()}
        assert files
        assert {path.name for path in (share / 'rtc_bridge' / folder).iterdir()} == files
    assert (share / 'rtc_bridge' / 'package.xml').is_file()
    assert (share / 'ament_index/resource_index/packages/rtc_bridge').is_file()


def test_page_is_installed(install):
    def files(folder):
        return {str(path.relative_to(folder)) for path in folder.rglob('*') if path.is_file()}

    web = files(ROOT / 'rtc_bridge' / 'web')
    assert 'index.html' in web
    assert files(install.site_packages / 'rtc_bridge' / 'web') == web


def test_installed_relay_serves_its_page(install):
    relay = subprocess.Popen(
        [install.program('relay'), '--host', '127.0.0.1', '--port', '0', '--open'],
        cwd=install.prefix, env=install.environment, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True)
    try:
        address = re.search(r'http://\S+', relay.stdout.readline())[0]
        with urllib.request.urlopen(address + '/robot', timeout=PATIENCE) as page:
            assert page.read() == PageFiles(PAGE_DIR).content('index.html').plain
    finally:
        relay.kill()
        relay.communicate()


def test_installed_demo_finds_its_files(install):
    code = ('from rtc_bridge.sim.demo_environment import shared_file; '
            'print(shared_file("fastdds_shm.xml"), shared_file("demo.yaml"))')
    done = install.run(sys.executable, '-c', code)
    config = install.prefix / 'share' / 'rtc_bridge' / 'config'
    assert done.stdout.split() == [str(config / 'fastdds_shm.xml'), str(config / 'demo.yaml')]
