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

"""The command line."""

import subprocess
import sys

import pytest
from rtc_bridge import __version__
from rtc_bridge.cli import PROGRAMS
from support.patience import PATIENCE


def rtc_bridge(*arguments):
    return subprocess.run([sys.executable, '-c', 'from rtc_bridge import cli; exit(cli.main())',
                           *arguments], capture_output=True, text=True, timeout=PATIENCE)


def test_version():
    done = rtc_bridge('--version')
    assert (done.returncode, done.stdout) == (0, f'rtc-bridge {__version__}\n')


def test_help_has_one_line_for_each_program():
    done = rtc_bridge('--help')
    assert done.returncode == 0
    for name, text in PROGRAMS.items():
        assert [name, text] in [line.strip().split(maxsplit=1)
                                for line in done.stdout.splitlines() if line.strip()]


@pytest.mark.parametrize('arguments, fault', [
    (['fly'], "there is no program 'fly'"),
    (['--fly'], "there is no program '--fly'"),
    ([], 'which program?'),
])
def test_unknown_program(arguments, fault):
    done = rtc_bridge(*arguments)
    assert done.returncode == 2
    assert done.stdout == ''
    assert done.stderr.startswith(f'rtc-bridge: {fault}\n')
    assert 'usage:' in done.stderr


@pytest.mark.parametrize('number', ['SIGINT', 'SIGTERM'])
@pytest.mark.parametrize('module, program, status', [
    ('rtc_bridge.system.dependency_check', 'relay', 0), ('rtc_bridge.nodes.relay', 'relay', 0),
    ('rtc_bridge.nodes.invite', 'invite', 130)])
def test_a_signal_during_the_start_is_quiet(module, program, status, number):
    """What ends by itself has not done its work then."""
    code = f"""
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == '{module}':
            os.kill(os.getpid(), signal.{number})
sys.meta_path.insert(0, Interrupt())
from rtc_bridge import cli
exit(cli.main())
"""
    done = subprocess.run([sys.executable, '-c', code, program], capture_output=True, text=True,
                          timeout=PATIENCE)
    assert (done.returncode, done.stdout, done.stderr) == (status, '', '')


def test_relay_imports_nothing_of_ros_or_media():
    code = """
import sys
forbidden = {'rclpy', 'aiortc', 'av', 'numpy', 'cv2'}
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split('.')[0] in forbidden:
            raise ImportError(f'{name} is not on this host')
sys.meta_path.insert(0, Refuse())
sys.argv[1:] = ['relay', '--help']
from rtc_bridge import cli
sys.exit(cli.main())
"""
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True,
                          timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    assert '--port' in done.stdout


def test_output_that_nobody_reads_is_dropped():
    """As after launch, which reads it, has died."""
    process = subprocess.Popen([sys.executable, '-c', """
import sys
from rtc_bridge import cli
sys.stdin.read()
exit(cli.main())
""", 'relay', '--help'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True)
    process.stdout.close()
    process.stdin.close()
    assert process.stderr.read() == ''
    process.stderr.close()
    assert process.wait(PATIENCE) == 0


@pytest.mark.parametrize('program', ['bridge', 'sim-robot', 'play-video'])
def test_a_library_that_cannot_be_imported_costs_one_line(program, tmp_path, monkeypatch):
    (tmp_path / 'cv2.py').write_text('raise ImportError("libGL.so.1: cannot open")')
    monkeypatch.setenv('PYTHONPATH', str(tmp_path))
    done = rtc_bridge(program)
    assert done.returncode == 2 and done.stdout == ''
    line, = done.stderr.splitlines()
    assert line.startswith(f'rtc-bridge {program}: ') and 'libGL.so.1' in line
    assert 'sudo apt install libgl1' in line
