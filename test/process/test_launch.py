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

"""The launch files, loaded and started by the real launch."""

import os
from pathlib import Path
import queue
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request

import pytest

try:
    # The folder launch/ of the source tree imports as an empty package of that name.
    from launch import LaunchDescription  # noqa: F401
    import launch_ros  # noqa: F401
except ImportError:
    pytest.skip('launch and launch_ros are not on PyPI; they come with an installed ROS 2',
                allow_module_level=True)

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter_client import AsyncParameterClient
from support.patience import PATIENCE
from support.processes import free_port
from support.ros_probe import RosProbe

TEST = Path(__file__).resolve().parents[1]


class Launched:
    """A launch file that runs, in a process of its own."""

    def __init__(self, install, file, **arguments):
        self.process = subprocess.Popen(
            [sys.executable, TEST / 'support' / 'launch_run.py',
             install.prefix / 'share' / 'rtc_bridge' / 'launch' / file,
             *(f'{name}:={value}' for name, value in arguments.items())],
            cwd=install.prefix, env=install.environment, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, start_new_session=True)
        self.output = ''
        self._lines = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def wait_for(self, pattern, timeout=PATIENCE):
        """Return the match in the first line that has one."""
        deadline = time.monotonic() + timeout
        while True:
            found = re.search(pattern, self.output)
            if found:
                return found
            try:
                line = self._lines.get(timeout=max(0, deadline - time.monotonic()))
            except queue.Empty:
                line = None
            assert line is not None, f'no {pattern} in:\n{self.output}'
            self.output += line

    def started(self):
        """Return the executables that run so far."""
        return {Path(name).name for name in re.findall(r'^started: (\S+)', self.output, re.M)}

    def stop(self):
        """Press Ctrl-C; return the rest of the output and the status."""
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(timeout=PATIENCE)
        while (line := self._lines.get(timeout=10)) is not None:
            self.output += line
        return status


@pytest.fixture
def launch(install):
    running = []

    def start(file, **arguments):
        running.append(Launched(install, file, **arguments))
        return running[-1]

    yield start
    for launched in running:
        try:
            os.killpg(launched.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        launched.process.wait()


@pytest.fixture(scope='module')
def node():
    with RosProbe('unused') as probe:
        # The tests spin it themselves.
        node = rclpy.create_node('launch_watcher', context=probe.context)
        yield node
        node.destroy_node()


def parameters(node, name, names):
    """Return parameters of a running node as it has them."""
    client = AsyncParameterClient(node, name)
    assert client.wait_for_services(timeout_sec=60), f'there is no node {name}'
    future = client.get_parameters(names)
    executor = SingleThreadedExecutor(context=node.context)
    executor.add_node(node)
    executor.spin_until_future_complete(future, timeout_sec=60)
    executor.remove_node(node)
    values = [rclpy.parameter.parameter_value_to_python(v) for v in future.result().values]
    return dict(zip(names, values))


def params_file(folder, **lines):
    """Write a file in the form of config/robot.yaml."""
    path = folder / 'params.yaml'
    rows = ''.join(f'    {name}: {value}\n' for name, value in lines.items())
    path.write_text(f'/**:\n  ros__parameters:\n    server.port: 0\n{rows}')
    return path


def test_relay(launch):
    port = free_port()
    relay = launch('relay.launch.py', host='127.0.0.1', port=port, open='true')
    relay.wait_for(f'listens on http://127.0.0.1:{port}')
    with urllib.request.urlopen(f'http://127.0.0.1:{port}/robot', timeout=PATIENCE) as page:
        assert page.status == 200
    assert relay.stop() == 0
    assert 'Traceback' not in relay.output


def test_a_relay_with_a_file(launch, tmp_path):
    port = free_port()
    (tmp_path / 'tokens').write_text('bot:at-least-sixteen-characters\n')
    (tmp_path / 'relay.toml').write_text(
        f'host = "127.0.0.1"\nport = {port}\ntokens_file = "{tmp_path / "tokens"}"\n')
    relay = launch('relay.launch.py', config=tmp_path / 'relay.toml')
    relay.wait_for(f'listens on http://127.0.0.1:{port}')
    assert relay.stop() == 0
    assert '--open' not in relay.output


def test_a_relay_where_no_robot_could_register_ends_the_launch(launch):
    relay = launch('relay.launch.py', host='127.0.0.1', port=free_port())
    relay.wait_for('no robot could register: give tokens')
    assert relay.process.wait(timeout=PATIENCE) == 1


def test_robot_leaves_alone_what_is_not_given(launch, node, tmp_path):
    file = params_file(tmp_path, robot_id='from_file', relay_url='ws://127.0.0.1:9/from_file',
                       **{'teleop.timeout': 0.4})
    robot = launch('robot.launch.py', params_file=file)
    assert parameters(node, '/rtc_bridge', [
        'robot_id', 'relay_url', 'use_sim_time', 'teleop.guard', 'server.port']) == {
            'robot_id': 'from_file', 'relay_url': 'ws://127.0.0.1:9/from_file',
            'use_sim_time': False, 'teleop.guard': True, 'server.port': 0}
    assert parameters(node, '/cmd_vel_guard', ['teleop.timeout']) == {'teleop.timeout': 0.4}
    assert robot.stop() == 0


def test_robot_takes_what_is_given(launch, node, tmp_path):
    file = params_file(tmp_path, robot_id='from_file', **{'teleop.max_linear_x': 0.7})
    robot = launch('robot.launch.py', params_file=file, robot_id='007', namespace='here',
                   relay_url='ws://127.0.0.1:9/room', use_sim_time='true', guard='False',
                   log_level='debug')
    assert parameters(node, '/here/rtc_bridge', [
        'robot_id', 'relay_url', 'use_sim_time', 'teleop.guard', 'teleop.max_linear_x']) == {
            'robot_id': '007', 'relay_url': 'ws://127.0.0.1:9/room', 'use_sim_time': True,
            'teleop.guard': False, 'teleop.max_linear_x': 0.7}
    robot.wait_for(r'\[DEBUG\]')
    assert robot.started() == {'bridge'}
    assert robot.stop() == 0


def test_robot_starts_on_the_default_file(launch, node):
    robot = launch('robot.launch.py')
    robot.wait_for('page: http://')
    robot.wait_for(r'started: \S*cmd_vel_guard')
    assert robot.started() == {'bridge', 'cmd_vel_guard'}
    assert robot.stop() == 0


def test_a_wrong_parameter_ends_the_launch(launch, tmp_path):
    file = params_file(tmp_path, **{'teleop.timeout': 99.0})
    robot = launch('robot.launch.py', params_file=file)
    robot.wait_for(r'parameter teleop.timeout is 99.0, allowed is a number from 0.1 to 5.0 s')
    # By itself, where a crash would be followed by a new start.
    assert robot.process.wait(timeout=PATIENCE) == 1


@pytest.mark.parametrize('arguments, text', [
    ({'params_file': '/nowhere.yaml'}, 'params_file:=/nowhere.yaml cannot be read: No such file'),
    ({'namespace': 'a b'}, 'namespace:=a b cannot be used')])
def test_an_argument_that_cannot_be_used_starts_nothing(launch, arguments, text):
    robot = launch('robot.launch.py', **arguments)
    robot.wait_for(text)
    assert robot.process.wait(timeout=PATIENCE) == 1
    assert robot.started() == set()


def test_without_rviz_the_robot_is_started(launch, tmp_path):
    robot = launch('robot.launch.py', params_file=params_file(tmp_path), rviz='true')
    robot.wait_for('RViz is not installed')
    robot.wait_for('H.264 is encoded by')
    assert robot.started() == {'bridge', 'cmd_vel_guard'}
    assert robot.stop() == 0


def test_signals_to_all_processes_end_them_in_order(launch, tmp_path):
    """As systemd's default and Ctrl-C in a terminal do; launch sends one more."""
    robot = launch('robot.launch.py', params_file=params_file(tmp_path))
    robot.wait_for('H.264 is encoded by')
    robot.wait_for(r'started: \S*cmd_vel_guard')
    for _ in range(2):
        os.killpg(robot.process.pid, signal.SIGINT)
    assert robot.stop() == 0
    assert re.findall(r'^exited: \S+ (\S+)', robot.output, re.M) == ['0', '0']
    assert 'Traceback' not in robot.output and 'BrokenPipe' not in robot.output


INCLUDING = """
from launch import LaunchDescription
from launch.actions import ExecuteProcess, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource


def generate_launch_description():
    return LaunchDescription([
        IncludeLaunchDescription(PythonLaunchDescriptionSource({file!r}),
                                 launch_arguments=[('params_file', {params!r})]),
        ExecuteProcess(cmd=['sh', '-c', '{command}'])])
"""


def including(install, folder, params, command):
    """Write a launch file that includes the robot's, and runs a program of its own."""
    path = folder / 'site.launch.py'
    share = install.prefix / 'share' / 'rtc_bridge' / 'launch' / 'robot.launch.py'
    path.write_text(INCLUDING.format(file=str(share), params=str(params), command=command))
    return path


def test_a_refused_start_leaves_an_including_launch_alone(install, launch, tmp_path):
    params = params_file(tmp_path, **{'teleop.timeout': 99.0})
    site = launch(including(install, tmp_path, params, 'exec sleep 300'))
    site.wait_for('refused to start, for the reason above')
    # The second may be stopped before it is refused, too; neither is started again.
    site.wait_for(r'exited: \S*bridge')
    site.wait_for(r'exited: \S*cmd_vel_guard')
    assert site.process.poll() is None and 'exited: sh' not in site.output
    assert site.stop() == 0
    assert site.output.count('started:') == 3


def test_a_program_of_another_that_ends_with_2_leaves_the_robot_alone(install, launch, tmp_path):
    site = launch(including(install, tmp_path, params_file(tmp_path), 'exit 2'))
    site.wait_for(r'exited: sh\S* 2')
    site.wait_for(r'started: \S*cmd_vel_guard')
    site.wait_for('H.264 is encoded by')
    assert site.process.poll() is None and 'refused to start' not in site.output
    assert site.stop() == 0


@pytest.mark.parametrize('name', ['start_and_end', 'picture_and_driving', 'killed_bridge'])
def test_robot_under_launch_testing(install, name):
    pytest.importorskip('launch_testing', reason='it comes with an installed ROS 2')
    done = install.run(sys.executable, '-m', 'launch_testing.launch_test',
                       TEST / 'under_launch' / f'{name}.py')
    assert done.returncode == 0, done.stdout + done.stderr
    assert (done.stdout + done.stderr).count('Ran 1 test') == 2


def test_demo(launch):
    port = free_port()
    demo = launch('demo.launch.py', port=port)
    assert demo.wait_for(r'The robot will be here: ([^;]+)')[1] == (
        f'http://127.0.0.1:{port}/demo')
    demo.wait_for(f'listens on http://127.0.0.1:{port}')
    demo.wait_for(f'relay: http://127.0.0.1:{port}/demo')
    demo.wait_for(f'link to drive.*: http://127.0.0.1:{port}/demo#')
    assert demo.started() == {'relay', 'sim_robot', 'bridge', 'cmd_vel_guard'}
    assert demo.stop() == 0
    assert 'Traceback' not in demo.output
