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

"""``rtc-bridge doctor`` as a process, on a graph with several faults, each of which it names."""

import json
import signal
import sys

from geometry_msgs.msg import TwistStamped
import pytest
from sensor_msgs.msg import Image
from support.patience import PATIENCE
from support.processes import free_port, node, Process
from support.ros_probe import RosProbe
from support.stack import ColourCamera


def doctor(*options, **environment):
    """Run the doctor; return its status, and its checks by name."""
    with Process([sys.executable, '-m', 'rtc_bridge.cli', 'doctor', '--json', *options],
                 env=environment) as process:
        status = process.wait(PATIENCE)
    text = process.text
    report = json.loads(text[text.index('{'):text.rindex('}') + 1])
    assert report['failed'] == (status == 1)
    return status, {check['name']: check for check in report['checks']}


@pytest.fixture(scope='module')
def probe():
    with RosProbe('field') as probe:
        yield probe


def test_each_cause_on_a_broken_robot_is_named(probe, tmp_path):
    good = ColourCamera(probe, 'good/image_raw', (0, 0, 200))
    odd = ColourCamera(probe, 'odd/image_raw', (0, 0, 200))
    odd.image.encoding = 'rgbx99'
    probe.publisher(Image, 'silent/image_raw')
    probe.subscribe(TwistStamped, 'cmd_vel')
    file = tmp_path / 'robot.yaml'
    port = free_port()
    file.write_text(f"""
/**:
  ros__parameters:
    robot_id: bot
    relay_url: http://127.0.0.1:{port}
    video: {{h264_encoder: h264_rkmpp}}
    teleop: {{message_type: twist}}
    server: {{port: 0}}
    access: {{directory: {tmp_path / "keys"}}}
    ice: {{servers: ['stun:127.0.0.1:{port}']}}
""")
    # Another bridge without its guard, as after a launch that lost it.
    with Process(node('bridge', **{
            'server.port': 0, 'access.directory': str(tmp_path / 'other'),
            'video.h264_encoder': 'libx264'})) as bridge:
        bridge.wait_line('H.264 is encoded', PATIENCE)
        status, checks = doctor('--params-file', str(file), '--seconds', '20')
        bridge.send(signal.SIGTERM)
    good.close()
    odd.close()
    assert status == 1
    for name, state, words in (
            ('camera /good/image_raw', 'ok', '320x240 bgr8'),
            ('camera /odd/image_raw', 'fail', 'rgbx99'),
            ('camera /silent/image_raw', 'fail', '/field publishes it'),
            ('cmd_vel', 'fail', 'expect TwistStamped'),
            ('guard', 'fail', 'without cmd_vel_guard'),
            ('bridge', 'ok', '/rtc_bridge'),
            ('relay', 'fail', 'refuse'),
            (f'ICE server stun:127.0.0.1:{port}', 'fail', ''),
            ('encoder h264_rkmpp', 'fail', 'libx264 is used'),
            ('encoder libx264', 'ok', 'is used'),
            ('parameters', 'ok', 'given'), ('libraries', 'ok', 'aiortc')):
        assert checks[name]['state'] == state, checks[name]
        assert words in checks[name]['text'], checks[name]
        assert state == 'ok' or checks[name]['remedy'] or '. ' in checks[name]['text']


def test_a_middleware_that_is_not_there_and_a_file_that_is_none(tmp_path):
    status, checks = doctor(RMW_IMPLEMENTATION='rmw_of_nobody')
    assert status == 1 and 'rmw_of_nobody' in checks['library rclpy']['text']
    assert 'RMW_IMPLEMENTATION' in checks['library rclpy']['remedy']
    assert checks['graph']['state'] == 'skipped'
    status, checks = doctor('--params-file', str(tmp_path / 'none.yaml'))
    assert status == 1 and 'none.yaml' in checks['parameters']['text']
