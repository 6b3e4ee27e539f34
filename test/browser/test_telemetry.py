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

"""The page's panels for telemetry and services, beside a simulated robot."""

import re
import signal

import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_msgs.msg import String
from support.browsers import until
from support.pages import TELEMETRY
from support.services import HOSTILE, Services
from support.stack import finish, Robot


@pytest.fixture(scope='module')
def robot():
    """Run a robot beside a node that has services."""
    robot = Robot(relay=False, **{
        'telemetry.topics': ['note', 'sim_robot/bumper'], 'telemetry.rate': 10.0,
        'actions.services': ['dock', 'broken', 'sim_robot/lamp']})
    robot.services = Services(robot.probe)
    yield robot
    robot.services.go.set()
    robot.close()


def test_the_page_shows_values_and_calls_services_and_runs_no_html_in_them(robot, chromium):
    note = robot.probe.publisher(String, 'note', QoSProfile(
        depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL))
    note.publish(String(data=HOSTILE))
    simulator = robot.start('sim_robot', camera='sim')
    page = chromium.show(f'{robot.url}?camera=sim/image_raw')
    try:
        page.wait_state('live')
        page.wait("!document.getElementById('more').hidden")
        page.evaluate("document.getElementById('more').click()")
        page.wait(f"({TELEMETRY})['/sim_robot/bumper'] === 'false'")
        page.wait(f"({TELEMETRY}).Battery?.endsWith(' V')")
        page.wait(f"({TELEMETRY}).Speed === '0.00 m/s'")
        page.wait(f"'/note' in ({TELEMETRY})")
        shown = page.evaluate(TELEMETRY)
        # It was said once; a busy machine shows it late.
        assert re.fullmatch(re.escape(HOSTILE) + r'( \(\d+ s ago\))?', shown['/note'])
        page.arm()
        page.down('w')
        page.wait(f'parseFloat(({TELEMETRY}).Speed) > 0.1')
        page.up('w')
        click = """(label) => {
          const all = [...document.querySelectorAll('#actions button')];
          const found = all.find((one) => (one.ariaLabel ?? one.textContent) === label);
          found?.click();
          return !!found;
        }"""
        result = """[...document.querySelectorAll('#actions [role=status]')].map(
          (one) => one.textContent)"""
        until(lambda: page.evaluate(click, 'dock'), 'the button')
        page.wait(f"({result}).includes({f'✓ docked {HOSTILE}'!r})")
        before = page.grab().mean()
        until(lambda: page.evaluate(click, 'sim_robot/lamp off'), 'the button')
        page.wait(f"({result}).includes('✓ the light is off')")
        until(lambda: page.grab().mean() < before / 2, 'the dark')
        assert page.evaluate(click, 'broken')
        page.wait(f"({result}).includes('✗ the arm is stuck')")
        assert page.evaluate('window.hurt === undefined')
        page.wait("!document.querySelector('#panels img, #panels script')")
        assert page.errors == []
        # What has fallen silent says so.
        simulator.send(signal.SIGSTOP)
        page.wait(f"({TELEMETRY}).Battery.includes('s ago')")
        simulator.send(signal.SIGCONT)
    finally:
        page.leave()
        finish(simulator)
        robot.probe.node.destroy_publisher(note)
