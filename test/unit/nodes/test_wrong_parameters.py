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

"""Wrong parameters of the robot's programs, which refuse to start with them."""

import pytest
import rclpy
from rclpy.node import Node
from rtc_bridge.bridge.bridge import Bridge
from rtc_bridge.bridge.data.telemetry_parameters import declare_topics
from rtc_bridge.core.errors import ParameterError, StoreError
from rtc_bridge.core.settings.telemetry_settings import TelemetrySettings
from rtc_bridge.nodes.cmd_vel_guard import CmdVelGuard
from rtc_bridge.sim.robot_node import SimRobot
from support.ros_probe import RosProbe
import yaml

pytestmark = pytest.mark.usefixtures('lonely')


@pytest.fixture
def bridge_parameters(tmp_path):
    """Return parameters with which a bridge starts: without a server, in a folder of its own."""
    return {'server.port': 0, 'cameras.names': ['front'], 'access.directory': str(tmp_path),
            'telemetry.topics': ['wifi'], 'actions.services': ['lamp']}


def start(program, parameters):
    """Make the node of a program with parameters from the command line."""
    rclpy.init(args=['--ros-args', *(
        word for name, value in parameters.items() for word in ('-p', f'{name}:={value}'))])
    try:
        if program == 'bridge':
            Bridge(Node('rtc_bridge'))
        else:
            {'cmd_vel_guard': CmdVelGuard, 'sim_robot': SimRobot}[program]()
    finally:
        rclpy.shutdown()


# Program, parameter, value, and what the message says besides the parameter.
WRONG = [
    ('bridge', 'robot_id', 'two words', "'two words' is no robot name: 1 to 64 letters"),
    ('bridge', 'relay_url', 'ftp://host/name', "'ftp://host/name', allowed"),
    ('bridge', 'server.port', 70000, '70000, allowed is an integer from 0 to 65535'),
    ('bridge', 'cameras.names', '[]', 'at least one'),
    ('bridge', 'cameras.front.rotate', 45, '45, allowed is one of 0, 90, 180, 270'),
    ('bridge', 'cameras.front.depth_max', 0.1, 'cameras.front.depth_min'),
    ('bridge', 'cameras.names', ['a b'], "'a b', which is no name of a topic"),
    ('bridge', 'cameras.names', ['default'], "'default', which is reserved"),
    ('bridge', 'cameras.names', 'front', "'front', allowed is a list of texts"),
    ('bridge', 'cameras.names', [1, 2], '[1, 2], allowed is a list of texts'),
    ('bridge', 'cameras.front.max_fpss', 5, 'is it cameras.front.max_fps?'),
    ('bridge', 'cameras.frnt.max_fps', 5.0, 'is it cameras.front.max_fps?'),
    ('bridge', 'cameras.default.max_fpss', 5.0, 'is it cameras.default.max_fps?'),
    ('bridge', 'cameras.default.topic', 'x', 'is not known'),
    ('bridge', 'cameras.default.depth_max', 0.1, 'cameras.default.depth_min'),
    ('bridge', 'cameras.default.type', 'png', 'allowed is one of auto'),
    ('bridge', 'cameras.front.label', 'x' * 65, 'up to 64 printable characters'),
    ('bridge', 'video.codecs', ['h266'], 'h264, vp8'),
    ('bridge', 'video.codecs', ['h264', 'h264'], 'each once'),
    ('bridge', 'ice.servers', ['turns:host?transport=udp'],
     "'turns:host?transport=udp', allowed are stun:"),
    ('bridge', 'ice.ports', [50000], 'two numbers, the first and the last port'),
    ('bridge', 'ice.ports', 50000, '50000, allowed is a list of integers'),
    ('bridge', 'ice.ports', [50100, 50000], 'the first port has to be the smaller one'),
    ('bridge', 'ice.ports', [80, 90], 'allowed are ports from 1024 to 65535'),
    ('bridge', 'ice.ports', "['a', 'b']", 'allowed is a list of integers'),
    ('bridge', 'ice.addresses', ['robot.example.org'], 'browsers take no names here'),
    ('bridge', 'ice.interfaces', ['192.168.1.5'], 'allowed are names of network interfaces'),
    ('bridge', 'ice.credentials_url', 'http://turn.example.org/x', 'use https'),
    ('bridge', 'ice.credentials_token_file', '/nowhere', 'of no use without ice.credentials_url'),
    ('bridge', 'relay_ca_file', '/nowhere/ca.pem', 'cannot be read: No such file'),
    ('bridge', 'access.anonymous', 'all', "'all', allowed is one of none, view, drive"),
    ('bridge', 'page_url', 'ftp://host/x', 'page_url'),
    ('bridge', 'teleop.max_linear_x', 'fast', "'fast', allowed is a number from 0.0 to 50.0 m/s"),
    ('bridge', 'teleop.max_angular_z', '.nan', 'nan, allowed is a number from 0.0 to 50.0 rad/s'),
    ('bridge', 'teleop.max_liner_x', 1.0, 'max_linear_x'),
    ('bridge', 'teleop.footprint', '[0.6, -0.4]', 'length and width'),
    ('bridge', 'teleop.footprint', "'[[0.3, 0.2], [0.3, -0.2]]'", 'or a polygon'),
    ('bridge', 'cameras.front.mount_height', -0.3, '-0.3, allowed is a number from 0.0 to 100.0'),
    ('bridge', 'cameras.front.mount_pitch', 20, '20.0, allowed is a number from -1.6 to 1.6 rad'),
    ('bridge', 'cameras.front.fov', 70.0, '70.0, allowed is a number from 0.0 to 3.0 rad'),
    ('bridge', 'cameras.front.mount_hight', 0.3, 'is it cameras.front.mount_height?'),
    ('bridge', 'telop.max_linear_x', 1.0, 'is it teleop.max_linear_x?'),
    ('bridge', 'server', 8080, 'is a group, not a value; in it are: server.certificate'),
    ('bridge', 'telemetry.topics', ['no topic'], "'no topic'"),
    ('bridge', 'telemetry.battery', '1st', "'1st'"),
    ('bridge', 'telemetry.topics', ['map', '~/map'], "'map' and '~/map', which share the "
     'parameters telemetry.map.*: give one another name, with telemetry.NAME.topic'),
    ('bridge', 'telemetry.topics', [f't{number}' for number in range(33)], 'at most 32'),
    ('bridge', 'telemetry.wifi.level', 'x', 'in telemetry are: telemetry.battery'),
    ('bridge', 'telemetry.wifi.topic', 'no topic', "'no topic', allowed are names of topics"),
    ('bridge', 'telemetry.wifi.label', 'x' * 65, 'a text of up to 64 printable characters'),
    ('bridge', 'telemetry.wifi.member', 'a..b', "'a..b', allowed is empty, or a path of members"),
    ('bridge', 'telemetry.wifi.amber', 20, '20, allowed is empty, or a comparison in quotes'),
    ('bridge', 'telemetry.wifi.red', "'< warm'", "'< warm', allowed is empty, or a comparison"),
    ('bridge', 'telemetry.wifi.digits', 12, '12, allowed is an integer from -1 to 9'),
    ('bridge', 'telemetry.wifi.unit', 'kilometres per hour', 'up to 16 printable characters'),
    ('bridge', 'alarms.delay', [0.5, 0.25], '[0.5, 0.25], allowed is two numbers from 0 to 60 s, '
     'from small to large: [0.25, 0.5], or [] for no alarm'),
    ('bridge', 'alarms.battery', [0.1, 0.2], 'from large to small: [0.2, 0.1]'),
    ('bridge', 'alarms.loss', [5.0, 10.0], 'allowed is two numbers from 0 to 1, from small'),
    ('bridge', 'alarms.fps', 5.0, '5.0, allowed is two numbers from 0 to 120 Hz'),
    ('bridge', 'alarms.stale', "['a', 'b']", 'allowed is two numbers'),
    ('bridge', 'alarms.rate', [5.0, 2.0], 'in alarms are: alarms.battery, alarms.delay'),
    ('bridge', 'obstacles.topics', ['scan x=1m'], "'scan x=1m', allowed is TOPIC, or TOPIC with"),
    ('bridge', 'obstacles.topics', ['no-topic yaw=1'], "'no-topic', allowed are names of topics"),
    ('bridge', 'obstacles.topics', ['a', 'b', 'c', 'd', 'e'], '5 entries, at most 4'),
    ('bridge', 'obstacles.topics', 'scan', "'scan', allowed is a list of texts"),
    ('bridge', 'obstacles.red', 2.0, 'at most obstacles.amber, which is 1.0'),
    ('bridge', 'obstacles.min_height', 2.0, 'less than obstacles.max_height, which is 1.5'),
    ('bridge', 'obstacles.view', 7.0, '7.0, allowed is a number from 0.1 to 3.14 rad'),
    ('bridge', 'obstacles.topic', 'scan', 'in obstacles are: obstacles.amber'),
    ('bridge', 'obstacles.collision_monitor_topic', '1st', "'1st', allowed are names of topics"),
    ('bridge', 'actions.services', ['dock', '~/release'], "'~/release'"),
    ('bridge', 'actions.services', ['rtc_bridge/release:trigger'], "'rtc_bridge/release:trigger'"),
    ('bridge', 'actions.services', ['a:b'], "'a:b'"),
    ('bridge', 'actions.services', ['dock:no_such_msgs'], 'or a type like std_srvs/srv/Empty'),
    ('bridge', 'actions.services', ['lamp', '~/lamp'], "'lamp' and '~/lamp' share the parameters "
     'actions.lamp.*; give one another name, with actions.NAME.service'),
    ('bridge', 'actions.services', ['lamp', '/lamp:trigger'], "'/lamp:trigger', allowed are names "
     'of services, alone or as name:trigger, name:set_bool or name:PACKAGE/srv/TYPE: it is there '
     'twice'),
    ('bridge', 'actions.lamp.icon', 'bulb', "'bulb', allowed is one of none, light, horn"),
    ('bridge', 'actions.lamp.service', '~/release', 'released by a person at the page'),
    ('bridge', 'actions.lamp.state_topic', 'no topic', "'no topic', allowed are names of topics"),
    ('bridge', 'actions.lamp.confirm', 'yes please', "'yes please', allowed is true or false"),
    ('bridge', 'actions.lamp.state_member', "''", "'', allowed is a path of members"),
    ('bridge', 'actions.lamb.icon', 'light', 'in actions are: actions.lamp.confirm'),
    ('cmd_vel_guard', 'teleop.message_type', 'twits',
     "'twits', allowed is one of twist, twist_stamped, auto"),
    ('cmd_vel_guard', 'teleop.timeout', 0.01, '0.01, allowed is a number from 0.1 to 5.0 s'),
    ('cmd_vel_guard', 'teleop.timout', 1.0, 'in teleop are: teleop.enabled'),
    ('cmd_vel_guard', 'telop.timeout', 1.0, 'is it teleop.timeout?'),
    ('sim_robot', 'widht', 320, 'is it width?'),
]


@pytest.mark.parametrize('program, name, value, reason', WRONG, ids=[
    f'{row[1]} {row[2]}' for row in WRONG])
def test_a_wrong_parameter_is_named_with_what_is_allowed(
        bridge_parameters, program, name, value, reason):
    parameters = bridge_parameters if program == 'bridge' else {}
    with pytest.raises(ParameterError) as refused:
        start(program, {**parameters, name: value})
    # What is wrong with a service is told of the list that makes it an action.
    assert str(refused.value).startswith((f'parameter {name}', 'parameter actions.services'))
    assert reason in str(refused.value)


def test_the_parameters_of_the_other_program_in_the_same_file_are_none_of_the_guards():
    start('cmd_vel_guard', {'teleop.max_linear_x': 0.7, 'server.port': 0, 'robot_id': 'bot',
                            'telemetry.wifi.topic': 'x', 'actions.lamp.service': 'y'})


def test_good_parameters_are_not_refused(bridge_parameters):
    start('bridge', bridge_parameters)


def test_a_topic_under_two_spellings_is_taken_once(lonely):
    settings = TelemetrySettings(
        topics=('/map_status', 'map_status', 'map_status', 'battery', '/battery', '~/battery'))
    with RosProbe('rtc_bridge') as probe:
        assert [entry.topic for entry in declare_topics(probe.node, settings)] == [
            '/map_status', '/battery', '/rtc_bridge/battery']


def test_a_key_folder_that_cannot_be_used_is_named(bridge_parameters, tmp_path):
    (tmp_path / 'file').write_text('')
    with pytest.raises(StoreError, match='file'):
        start('bridge', {**bridge_parameters, 'access.directory': tmp_path / 'file'})


def test_parameters_of_a_camera_that_is_not_there_are_named(
        bridge_parameters, capfd, caplog):
    start('bridge', {**bridge_parameters, 'cameras.names': "['*']",
                     'cameras.front.max_bitrat': 800000})
    assert ('cameras.front.max_bitrat is not known; is it cameras.front.max_bitrate?'
            in caplog.text)
    start('bridge', {**bridge_parameters, 'cameras.names': "['*']",
                     'cameras.front.max_bitrate': 800000, 'cameras.front.rotate': 90})
    assert ('cameras.front.max_bitrate and 1 more: for a camera that is not there'
            in capfd.readouterr().err)


@pytest.mark.parametrize('ports, warned', [([50000, 50003], True), ([50000, 50100], False),
                                           ('[]', False)])
def test_ice_parameters_reach_the_bridge(bridge_parameters, caplog, ports, warned):
    start('bridge', {**bridge_parameters, 'ice.ports': ports, 'ice.addresses': ['203.0.113.7'],
                     'ice.interfaces': ['*', '!docker*']})
    assert ('ice.ports has 4 ports, so 4 sessions at most' in caplog.text) == warned


def test_a_dump_of_all_parameters_can_be_read_again(bridge_parameters, tmp_path):
    """As `ros2 param dump` writes it, of a bridge with empty lists."""
    file, dumps = tmp_path / 'robot.yaml', []
    file.write_text('/**:\n  ros__parameters:\n    actions: {services: []}\n'
                    '    alarms: {delay: [], stale: [1, 3]}\n'
                    '    server: {port: 0, hosts: []}\n')
    for _ in range(2):
        rclpy.init(args=['--ros-args', '--params-file', str(file), *(
            word for name in ('cameras.names', 'access.directory')
            for word in ('-p', f'{name}:={bridge_parameters[name]}'))])
        try:
            node = Node('rtc_bridge')
            Bridge(node)
            dumps.append({name: parameter.value
                          for name, parameter in node.get_parameters_by_prefix('').items()})
        finally:
            rclpy.shutdown()
        file.write_text(yaml.safe_dump({'/rtc_bridge': {'ros__parameters': {
            # In place of an empty list, what versions before wrote.
            name: None if value == [] else value for name, value in dumps[-1].items()}}}))
    assert dumps[0] == dumps[1] and dumps[0]['server.hosts'] == dumps[0]['alarms.delay'] == []
    assert list(dumps[0]['alarms.stale']) == [1, 3]
