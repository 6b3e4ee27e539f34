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

"""Obstacles on the page, in Chromium and Firefox, of a simulated robot that drives into one."""

import signal

import numpy as np
import pytest
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import LaserScan
from std_srvs.srv import Trigger
from support.accessibility import faults, out_of_reach
from support.browsers import until
from support.firefox import Firefox
from support.pages import fresh_page
from support.stack import Robot

RADIUS = 0.2
SENSOR = {'obstacles.topics': ['scan'], 'teleop.footprint': str(RADIUS)}
# What the page shows of obstacles.
SHOWN = """(() => {
  const [ring, band] = ['svg.obstacles', '#obstacles svg'].map(
    (one) => document.querySelector(one));
  const foot = document.getElementById('obstacles');
  const words = foot?.querySelector('p');
  const has = (svg, level) => !!svg?.querySelector(`.${level}`).getAttribute('d');
  return {
    shown: !!foot?.checkVisibility(), tone: foot?.dataset.tone, label: foot?.ariaLabel,
    text: words?.checkVisibility() ? words.lastElementChild.textContent : '',
    at: ring?.parentElement?.id, ring: ring?.checkVisibility() ?? false,
    band: band?.checkVisibility() ?? false, ringRed: has(ring, 'red'),
    bandRed: has(band, 'red'), clear: has(ring, 'clear'),
    stale: ring?.classList.contains('stale'),
  };
})()"""
# Keeps the times at which the ring is drawn.
WATCH = """(() => {
  window.drawn = [];
  new MutationObserver(() => drawn.push(performance.now())).observe(
    document.querySelector('svg.obstacles .clear'), { attributes: true });
})()"""


@pytest.fixture(scope='module')
def robot():
    """Run a simulated robot with a laser scanner, whose commands may be late."""
    robot = Robot(relay=False, guard={'teleop.timeout': 3.0}, **{
        'teleop.timeout': 3.0, 'teleop.max_age': 3.0, 'teleop.max_frame_age': 5.0,
        'teleop.max_linear_x': 1.0, **SENSOR})
    robot.simulator = robot.start('sim_robot', camera='sim', width=320, height=240, rate=10.0)
    robot.scans = robot.probe.subscribe(
        LaserScan, 'scan', lambda scan: float(np.min(scan.ranges)), qos_profile_sensor_data)
    robot.reset = robot.probe.node.create_client(Trigger, 'sim_robot/reset')
    yield robot
    assert robot.simulator.running and robot.bridge.running
    robot.close()


def wait(page, condition):
    """Wait until the page shows obstacles so; return what it shows."""
    seen = {}

    def found():
        seen.update(page.evaluate(SHOWN))
        return condition(seen)
    until(found, lambda: f'{seen}, {page.texts()}')
    return seen


def drive_into_it(page):
    """Drive ahead until the page says that something is there."""
    def is_there():
        # Again: on a busy host the robot stops for want of commands.
        page.arm()
        page.wait("document.activeElement.id === 'stage'")
        page.down('w')
        try:
            return until(shows_it, 'it', 5)
        except pytest.fail.Exception:
            return False
        finally:
            page.up('w')

    def shows_it():
        seen = page.evaluate(SHOWN)
        return seen['tone'] == 'red' and 'm ahead' in seen['text'] and (
            seen['ringRed'] and seen['bandRed'])
    until(is_there, lambda: f'{page.evaluate(SHOWN)}, {page.texts()}')


@pytest.mark.parametrize('browser', ['chromium', 'firefox'], indirect=True)
def test_a_driver_sees_what_is_around_the_robot(robot, browser):
    until(robot.reset.service_is_ready, 'the simulator')
    future = robot.reset.call_async(Trigger.Request())
    robot.probe.wait_for(future.done)
    with fresh_page(browser) as page:
        page.load(f'{robot.url}?camera=sim/image_raw')
        page.wait_state('live')
        far = wait(page, lambda seen: seen['ring'] and not seen['stale'])
        assert far['at'] == 'stick' and far['clear'] and not far['ringRed'] and not far['text']
        wait(page, lambda seen: 'nearest 1.' in seen['label'])
        page.evaluate(WATCH)
        drive_into_it(page)

        def agrees():
            words = page.evaluate(SHOWN)['text'].split()
            return words and abs(float(words[0]) - max(robot.scans[-1] - RADIUS, 0)) < 0.05
        until(agrees, lambda: f'{page.evaluate(SHOWN)}, {robot.scans[-1]}')
        # Never more often than five times a second.
        times = page.evaluate('drawn')
        assert 3 < len(times) <= (times[-1] - times[0]) / 170 + 1
        # The band has the directions of a picture that is shown whole.
        assert page.evaluate(SHOWN)['band']
        page.evaluate("""document.getElementById('stage').dispatchEvent(
          new WheelEvent('wheel', { deltaY: -400, bubbles: true, cancelable: true }))""")
        wait(page, lambda seen: not seen['band'] and seen['tone'] == 'red')
        page.evaluate("document.getElementById('zoom').click()")
        wait(page, lambda seen: seen['band'])
        # Without a stick the ring is in a corner of the picture.
        page.evaluate("rtcBridge.settings.set('sticks', 'off')")
        wait(page, lambda seen: seen['at'] == 'obstaclering' and seen['ring'])
        page.wait("document.getElementById('obstaclering').ariaLabel.endsWith('m ahead')")
        if not isinstance(page, Firefox):
            assert faults(page) == [] and out_of_reach(page) == []
        page.evaluate("rtcBridge.settings.set('sticks', 'one')")
        wait(page, lambda seen: seen['at'] == 'stick')
        # A sensor that is silent is told, and what it saw is dim.
        robot.simulator.send(signal.SIGSTOP)
        try:
            silent = wait(page, lambda seen: 'silent' in seen['text'])
            assert silent['stale'] and silent['tone'] == 'stale'
            assert silent['text'] == silent['label'] == 'No obstacle data: /scan is silent'
        finally:
            robot.simulator.send(signal.SIGCONT)
        wait(page, lambda seen: not seen['stale'] and seen['tone'] == 'red')
