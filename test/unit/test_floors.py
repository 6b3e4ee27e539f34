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

"""
The floors of the house: imports go down only.

Every import counts, inside functions and under ``TYPE_CHECKING`` too.
"""

import ast
from pathlib import Path
import sys

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / 'rtc_bridge'

MESSAGES = {'builtin_interfaces', 'diagnostic_msgs', 'geometry_msgs', 'nav_msgs', 'rcl_interfaces',
            'sensor_msgs', 'std_msgs', 'std_srvs',
            # Where they are installed.
            'ffmpeg_image_transport_msgs', 'foxglove_msgs', 'tf2_msgs'}

# Folder: the folders below that it may import, and the packages of others.
FLOORS = {
    'core': (set(), set()),
    # What a decision needs of the operating system is given to it from here.
    # packaging compares versions of dependencies.
    'system': ({'core'}, {'packaging'}),
    'media': ({'core', 'system'}, {'av', 'cv2', 'numpy', 'pywebrtc_audio'}),
    # A track gives aiortc what it sends as av.Packet, hence av.
    'peer': ({'core', 'system', 'media'}, {'aiortc', 'av'}),
    'signaling': ({'core', 'system'}, {'websockets'}),
    'client': ({'core', 'system', 'media', 'peer', 'signaling'}, {'aiortc', 'websockets'}),
    'relay': ({'core', 'system'}, {'aiohttp', 'prometheus_client', 'redis'}),
    'ros': ({'core', 'system', 'media', 'peer', 'signaling'},
            {'cv_bridge', 'numpy', 'rclpy', 'yaml'} | MESSAGES),
    'sim': ({'core', 'system', 'media', 'ros'}, {'av', 'cv2', 'numpy', 'rclpy'} | MESSAGES),
    'bridge': ({'core', 'system', 'media', 'peer', 'signaling', 'relay', 'ros'},
               {'aiohttp', 'cryptography', 'rclpy', 'websockets'} | MESSAGES),
}
FLOORS['doctor'] = ({*FLOORS} - {'sim'}, {'cryptography', 'rclpy', 'websockets'} | MESSAGES)
# The simulator is for the demo and for tests: a robot never imports it.
SIMULATOR = 'sim'
SIMULATOR_PROGRAMS = {'nodes/demo.py', 'nodes/play_video.py', 'nodes/sim_robot.py'}
# The top joins everything; the package itself holds its version.
TOP = {'nodes', 'cli.py', '__init__.py'}
# The one folder that may reach into aiortc, and import what is below it.
COMPAT = 'peer/aiortc_compat/'
COMPAT_PACKAGES = {'aioice'}
# The one file that imports messages whose packages the ROS graph names.
ANY_MESSAGE = 'ros/interfaces.py'


def imports(tree, path):
    """Yield each import as a dotted name from the top, with its line."""
    package = ['rtc_bridge', *Path(path).parts[:-1]]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = package[:len(package) - node.level + 1] if node.level else []
            base = [*base, *filter(None, [node.module])]
            # 'from .. import media' names the folder only here.
            for alias in node.names:
                yield '.'.join([*base, alias.name]), node.lineno
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(
                node.func, 'id', '')
            if name in ('import_module', '__import__'):
                first = node.args[0] if node.args else None
                yield (first.value if isinstance(first, ast.Constant) else '?'), node.lineno


def import_breaches(source, path):
    """Return what a module at ``path`` below the package may not import."""
    folder = Path(path).parts[0]
    if folder in TOP:
        if path in SIMULATOR_PROGRAMS:
            return []
        return [f'{path}:{line}: only the demo may import {name}'
                for name, line in imports(ast.parse(source), path)
                if name.split('.')[:2] == ['rtc_bridge', SIMULATOR]]
    if folder not in FLOORS:
        return [f'{path}: {folder} is on no floor']
    below, packages = FLOORS[folder]
    found = []
    for name, line in imports(ast.parse(source), path):
        top, *rest = name.split('.')
        if top == 'rtc_bridge':
            good = bool(rest) and (rest[0] in {folder, '__version__'} | below)
        else:
            good = top in sys.stdlib_module_names or top in packages
            good = good or (top, path) == ('?', ANY_MESSAGE)
            good = good or (path.startswith(COMPAT) and top in COMPAT_PACKAGES)
        if not good:
            found.append(f'{path}:{line}: {folder} may not import {name}')
    return found


def private_breaches(source, path):
    """Return where a module reaches into the private parts of another's object."""
    if path.startswith(COMPAT):
        return []
    found = []
    for node in ast.walk(ast.parse(source)):
        name = ''
        if isinstance(node, ast.Attribute):
            if not (isinstance(node.value, ast.Name) and node.value.id in ('self', 'cls', 'os')):
                name = node.attr
        elif isinstance(node, ast.Call) and getattr(node.func, 'id', '') in ('getattr', 'setattr'):
            if len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
                name = str(node.args[1].value)
        elif isinstance(node, ast.ImportFrom):
            private = [alias.name for alias in node.names if alias.name.startswith('_')]
            name = private[0] if private else ''
        if name.startswith('_') and not name.endswith('__'):
            found.append(f'{path}:{node.lineno}: {name} is private')
    return found


MODULES = sorted(str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob('*.py'))


def test_all_folders_are_there():
    assert {Path(module).parts[0] for module in MODULES} == {*FLOORS, *TOP}


@pytest.mark.parametrize('path', MODULES)
def test_imports_go_down_only(path):
    assert import_breaches((PACKAGE / path).read_text(), path) == []


@pytest.mark.parametrize('path', [path for path in MODULES
                                  if path.startswith(('peer', 'bridge', 'nodes'))])
def test_private_parts_of_aiortc_stay_in_one_folder(path):
    assert private_breaches((PACKAGE / path).read_text(), path) == []


@pytest.mark.parametrize('path, source', [
    ('core/driving/command_gate.py', 'import numpy'),
    ('core/driving/gate.py', 'from ...media import encoder'),
    ('core/driving/gate.py', 'from ... import media'),
    ('core/driving/command_gate.py', 'from rtc_bridge import media'),
    ('core/driving/command_gate.py', 'import rtc_bridge.media.encoder'),
    ('core/driving/command_gate.py', 'def late():\n    import av'),
    ('core/driving/command_gate.py', 'import importlib\nimportlib.import_module("rclpy")'),
    ('core/driving/command_gate.py', 'name = "rclpy"\n__import__(name)'),
    ('media/encoder.py', 'import aiortc'),
    ('media/encoder.py', 'from ..peer.session import Session'),
    ('peer/session.py', 'from ..signaling.client import RelayClient'),
    ('peer/session.py', 'import rclpy'),
    ('peer/session.py', 'import aioice'),
    ('signaling/relay_client.py', 'from ..peer import session'),
    ('signaling/relay_client.py', 'import aiohttp'),
    ('relay/app.py', 'from ..ros.images import image_to_array'),
    ('relay/app.py', 'try:\n    import numpy as np\nexcept ImportError:\n    pass'),
    ('relay/deep/app.py', 'from ...media import encoder'),
    ('ros/cameras/images.py', 'from ...relay.app import create_app'),
    ('ros/cameras/images.py', 'from ...nodes import bridge'),
    ('bridge/streams/cameras.py', 'from ...sim.clips import Clip'),
    ('nodes/bridge.py', 'from ..sim import world'),
    ('core/clock.py', 'from ..system import private_files'),
    ('attic/thing.py', ''),
])
def test_a_breach_is_found(path, source):
    assert len(import_breaches(source, path)) == 1


@pytest.mark.parametrize('path, source', [
    ('core/driving/command_gate.py', 'import json\nfrom .errors import ProtocolError'),
    ('peer/session.py', 'from .. import __version__\nfrom ..media.encoder import Encoder'),
    (f'{COMPAT}ice/consent.py', 'import aioice.ice'),
    ('ros/cameras/images.py',
     'from sensor_msgs.msg import Image\nfrom ...peer.robot_context import RobotContext'),
    ('nodes/bridge.py', 'import anything\nfrom ..relay.app import create_app'),
])
def test_a_good_import_is_let_through(path, source):
    assert import_breaches(source, path) == []


@pytest.mark.parametrize('source', [
    'sender._ssrc',
    'self._sender._ssrc',
    'getattr(sender, "_ssrc")',
    'setattr(sender, "_RTCRtpSender__encoder", None)',
    'from aiortc.codecs import _depayload',
    'pc._RTCPeerConnection__sctp.stop()',
])
def test_reaching_into_aiortc_is_found(source):
    assert len(private_breaches(source, 'peer/session.py')) == 1
    assert private_breaches(source, f'{COMPAT}data/sctp.py') == []


def test_own_private_parts_are_let_through():
    source = 'self._a\ncls._b\nself.__dict__\npc.__class__'
    assert private_breaches(source, 'peer/session.py') == []
