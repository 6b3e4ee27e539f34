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
from std_srvs.srv import SetBool
from support.browsers import until
from support.pages import TELEMETRY
from support.services import HOSTILE, Services
from support.stack import finish, Robot


@pytest.fixture(scope='module')
def robot():
    """Run a robot beside a node that has services; its timeouts suit a busy host."""
    robot = Robot(relay=False, guard={'teleop.timeout': 3.0}, **{
        'teleop.timeout': 3.0, 'teleop.max_age': 3.0, 'teleop.max_frame_age': 5.0,
        'telemetry.topics': ['note', 'sim_robot/bumper', 'motor', 'wifi', 'missing'],
        'telemetry.rate': 10.0,
        'telemetry.motor.topic': 'sim_robot/motor_temperature', 'telemetry.motor.label': 'Motors',
        'telemetry.motor.amber': '> 20', 'telemetry.motor.digits': 0,
        'telemetry.motor.sparkline': True,
        'telemetry.wifi.topic': 'sim_robot/wifi_signal', 'telemetry.wifi.unit': 'dBm',
        'telemetry.missing.topic': 'sim_robot/wifi_signal', 'telemetry.missing.member': 'level',
        'actions.services': ['dock', 'broken', 'sim_robot/lamp', 'light', 'plan', 'absent',
                             'lamp'],
        'actions.dock.confirm': True, 'actions.dock.icon': 'dock', 'actions.plan.label': 'Plan',
        'actions.lamp.service': 'sim_robot/reset', 'actions.lamp.label': 'Start',
        'actions.sim_robot.lamp.state_topic': 'sim_robot/lamp_state'})
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
        # The first press asks, in place.
        page.wait("document.querySelector('#actions [role=alert]')?.textContent === 'dock?'")
        assert page.evaluate(click, 'No') and robot.services.calls == []
        # A double click presses what the question has put there.
        page.evaluate(f"() => ['dock', 'Yes'].map({click})")
        asks = "document.querySelector('#actions [role=alert]')?.textContent === 'dock?'"
        page.wait(asks)
        assert robot.services.calls == []
        until(lambda: page.evaluate(click, 'Yes') and not page.evaluate(asks), 'the call')
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


ROW = """(name) => [...document.querySelectorAll('#actions .group')].find(
  (one) => one.querySelector('.controls').textContent.startsWith(name))"""
SPEED = "document.querySelector('[data-part=speed] b').textContent"
# Plates of the display that the actions cover.
COVERED = """(() => {
  const boxes = (selector) => [...document.querySelectorAll(selector)].filter(
    (one) => one.checkVisibility()).map((one) => one.getBoundingClientRect());
  return boxes('#hud .plate').filter((plate) => boxes('#actionsbar > *').some((one) => (
    plate.left < one.right && plate.right > one.left && plate.top < one.bottom
      && plate.bottom > one.top))).length;
})()"""
PRESSED = """(name) => [...document.querySelectorAll('#actions button')].filter(
  (one) => one.ariaLabel?.startsWith(name) && one.ariaPressed === 'true').map(
  (one) => one.textContent)"""


def test_readings_have_levels_bars_and_curves(robot, chromium):
    simulator = robot.start('sim_robot', camera='sim')
    page = chromium.show(f'{robot.url}?camera=sim/image_raw')
    try:
        page.wait_state('live')
        page.wait("!document.getElementById('more').hidden")
        page.click('#more')
        page.wait(f"({TELEMETRY}).Motors?.endsWith('31 °C▲ warning')")
        page.wait(f"({TELEMETRY}).wifi?.startsWith('-48 dBm')")
        assert page.evaluate("document.querySelector('#telemetry [data-bars]').dataset.bars") == (
            '4')
        page.wait("document.querySelector('#telemetry polyline').getAttribute('points')"
                  ".split(' ').length > 2")
        assert 'there is no member level' in page.evaluate(TELEMETRY)['missing']
        # What comes once a second is old soon after it has stopped coming, and dim.
        simulator.send(signal.SIGSTOP)
        page.wait(f'/ s ago/.test(({TELEMETRY}).Motors)')
        page.wait("document.querySelectorAll('#telemetry .old').length > 4")
        simulator.send(signal.SIGCONT)
        page.wait("!document.querySelector('#telemetry .amber').classList.contains('old')")
    finally:
        page.leave()
        finish(simulator)


def test_actions_while_driving_show_what_is_and_ask_for_arguments(robot, chromium):
    simulator = robot.start('sim_robot', camera='sim')
    page = chromium.show(f'{robot.url}?camera=sim/image_raw')
    try:
        page.wait_state('live')
        page.arm()
        page.wait("document.querySelector('#hud .head .plate').checkVisibility()")
        assert page.evaluate(COVERED) == 0
        page.click('#actionsopen')
        assert page.evaluate(COVERED) == 0
        page.wait(f"({PRESSED})('sim_robot/lamp')[0] === 'on'")
        page.wait("document.activeElement.id === 'stage'")
        page.evaluate("""() => document.getElementById('stage').addEventListener(
          'blur', () => { window.blurred = true; })""")
        page.down('w')
        page.click('#actions button[aria-label="sim_robot/lamp off"]')
        page.wait(f"({PRESSED})('sim_robot/lamp')[0] === 'off'")
        # The key goes on driving: the picture has never lost the focus.
        assert page.evaluate('window.blurred ?? null') is None
        page.wait(f'parseFloat({SPEED}) > 0.1')
        page.up('w')
        # Somebody else switches it.
        switch = robot.probe.node.create_client(SetBool, 'sim_robot/lamp')
        robot.probe.wait_for(switch.service_is_ready)
        switch.call_async(SetBool.Request(data=True))
        page.wait(f"({PRESSED})('sim_robot/lamp')[0] === 'on'")
        robot.probe.node.destroy_client(switch)
        # Without a topic the page says that it assumes.
        assert page.evaluate(f"({PRESSED})('light')") == []
        page.click('#actions button[aria-label="light on"]')
        page.wait(f"({ROW})('light').querySelector('.state').textContent === 'on, assumed'")
        assert 'start the node that has it' in page.evaluate(f"({ROW})('absent').textContent")
        robot.services.calls.clear()
        page.evaluate(f"({ROW})('Plan').querySelector('button').click()")
        page.evaluate(f"""() => {{
          const form = ({ROW})('Plan').querySelector('form');
          const field = (name, at) => [...form.querySelectorAll('label')].filter(
            (one) => one.firstChild.textContent === name)[at].querySelector('input');
          field('frame_id', 1).value = 'map';
          field('x', 2).value = '2.5';
          field('tolerance', 0).value = '';
          form.requestSubmit();
        }}""")
        # The browser refuses what is empty.
        assert robot.services.calls == []
        page.evaluate(f"""() => {{
          const form = ({ROW})('Plan').querySelector('form');
          form.querySelectorAll('label')[form.querySelectorAll('label').length - 1]
            .querySelector('input').value = '0.5';
          form.requestSubmit();
        }}""")
        until(lambda: robot.services.calls == [('plan', 'map', 2.5, 0.5)], 'the call')
        page.wait(f"""({ROW})('Plan').querySelector('.good')?.textContent.includes('"map"')""")
        assert page.errors == []
    finally:
        page.leave()
        finish(simulator)
