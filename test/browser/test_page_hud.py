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

"""The display over the picture and the alarms, of a simulated robot."""

import re
import signal

import pytest
from sensor_msgs.msg import BatteryState
from support.accessibility import faults, out_of_reach
from support.browsers import until
from support.firefox import Firefox
from support.page_driving import PATIENT
from support.pages import end_stop, fresh_page, PHONE
from support.stack import finish, ROBOT, Robot

# What each part says, by its name; what cannot be seen is left out.
HUD = """Object.fromEntries([...document.querySelectorAll('#hud .plate')].filter(
  (one) => one.checkVisibility({ visibilityProperty: true })).map(
  (one) => [one.dataset.part, one.ariaLabel ?? one.getAttribute('aria-label')]))"""
# Alarms that are over the picture, as level and text.
ALARMS = """[...document.querySelectorAll('#alarms p')].map(
  (one) => `${one.dataset.level} ${one.textContent}`)"""
# Notes the pitch of each tone that begins.
TONES = """
  window.tones = [];
  const { start } = OscillatorNode.prototype;
  OscillatorNode.prototype.start = function (when) {
    tones.push(this.frequency.value);
    start.call(this, when);
  };
"""
# What takes the pointer or says something, and is covered by a plate.
COVERED = """() => {
  const plates = [...document.querySelectorAll('#hud .plate, #alarms p')].filter(
    (one) => one.checkVisibility({ visibilityProperty: true })).map(
    (one) => one.getBoundingClientRect());
  const others = [...document.querySelectorAll(
    'button, .stick, input, .banner, #notice, #notices, #toast:not(:empty), #lease')].filter(
    (one) => one.checkVisibility() && !one.closest('#panels'));
  return others.filter((one) => {
    const box = one.getBoundingClientRect();
    return plates.some(({ left, right, top, bottom }) => left < box.right - 1
      && right > box.left + 1 && top < box.bottom - 1 && bottom > box.top + 1);
  }).map((one) => one.id || one.textContent);
}"""
# Whether an alarm with a long text stays within the window.
LONG_ALARM = """(() => {
  const alarm = document.createElement('p');
  alarm.append(document.createElement('span'));
  alarm.firstChild.textContent = 'long '.repeat(60);
  document.getElementById('alarms').append(alarm);
  const inside = [alarm, document.getElementById('banners')].every((one) => {
    const { left, right } = one.getBoundingClientRect();
    return left >= 0 && right <= innerWidth;
  });
  alarm.remove();
  return inside;
})()"""
SIZES = {'desktop': (1440, 900), 'small': (1024, 640), 'tablet': (820, 1180),
         'phone': (390, 844), 'phone-side': (844, 390)}


class Battery:
    """A battery, as a publisher of the probe's."""

    def __init__(self, probe):
        """Begin to publish."""
        self.message = BatteryState(percentage=0.9, voltage=12.0)
        # The timer goes on: rclpy's executor may fail at one that another thread cancels.
        self.paused = False
        self._publisher = probe.publisher(BatteryState, 'battery_state', 1)
        probe.node.create_timer(0.25, self._publish)

    def _publish(self):
        if not self.paused:
            self._publisher.publish(self.message)


@pytest.fixture(scope='module')
def robot():
    """Run a robot with two cameras, whose battery is the test's."""
    robot = Robot(relay=False, guard={'teleop.timeout': 3.0}, **PATIENT, **{
        # A busy host shows its pictures late, and few of them, and its odometry comes in gusts.
        'alarms.delay': [], 'alarms.fps': [], 'alarms.stale': [5.0, 60.0]})
    for camera, topics, rate in (('front', ('battery_state',), 15.0),
                                 ('rear', ('battery_state', 'odom', 'cmd_vel'), 1.0)):
        robot.start('sim_robot', camera=camera, rate=rate, remap=[
            f'__node:={camera}', *(f'{topic}:={camera}/{topic}' for topic in topics)])
    robot.battery = Battery(robot.probe)
    yield robot
    robot.close()


def read(page, part, pattern):
    """Wait until a part of the display says something; return what it says."""
    return until(lambda: re.fullmatch(pattern, page.evaluate(HUD).get(part, '')),
                 lambda: f'{part}: {page.evaluate(HUD)}')[0]


def test_a_driver_sees_what_matters_and_chooses_what_is_shown(robot, browser):
    with fresh_page(browser) as page:
        page.load(f'{robot.url}?camera=front/image_raw')
        page.wait_state('live')
        end_stop(page)
        page.wait(f"document.title === '{ROBOT}'")
        read(page, 'speed', 'Speed 0.00 m/s')
        read(page, 'heading', r'Heading -?\d+°')
        read(page, 'battery', 'Battery 90 %')
        read(page, 'link', 'Connection: (poor|fair|good|very good)')
        read(page, 'delay', r'Delay from camera to screen: [\d.]+ ± \d+ ms')
        read(page, 'camera', 'Camera front')
        assert not {'command', 'recording', 'people'} & set(page.evaluate(HUD))
        page.arm()
        page.down('w')
        read(page, 'speed', r'Speed 0\.[1-5]\d m/s, asked for 0\.[1-5]\d m/s')
        read(page, 'command', r'Delay of commands: [\d.]+ ± \d+ ms')
        page.wait(f"document.title === 'Driving · {ROBOT}'")
        page.up('w')
        page.evaluate('rtcBridge.driver.emergencyStop()')
        page.wait(f"document.title === 'Stopped · {ROBOT}'")
        end_stop(page)
        # Each part can be switched off; the browser keeps that.
        page.evaluate("document.getElementById('options').click()")
        page.wait("!!document.querySelector('dialog')")
        page.evaluate("""[...document.querySelectorAll('dialog label')].find(
          (one) => one.textContent === 'Heading').querySelector('input').click()""")
        page.evaluate("document.querySelector('dialog').close()")
        until(lambda: 'heading' not in page.evaluate(HUD), 'no heading')
        page.load(f'{robot.url}?camera=front/image_raw')
        read(page, 'battery', 'Battery 90 %')
        assert 'heading' not in page.evaluate(HUD)


@pytest.mark.parametrize('size', SIZES)
def test_the_display_covers_nothing_and_everybody_can_use_the_page(robot, chromium, size):
    width, height = SIZES[size]
    page = chromium.page(viewport={'width': width, 'height': height},
                         **({} if size in ('desktop', 'small') else PHONE))
    try:
        page.load(f'{robot.url}?camera=front/image_raw')
        page.wait_state('live')
        end_stop(page)
        page.click('#firsthint button')
        read(page, 'delay', '.+')
        until(lambda: {'speed', 'battery', 'link'} <= set(page.evaluate(HUD)),
              lambda: f'all that is shown: {page.evaluate(HUD)}')
        until(lambda: page.evaluate(COVERED) == [], 'nothing that is covered')
        assert out_of_reach(page) == []
        assert faults(page) == []
        assert page.evaluate(LONG_ALARM)
        page.arm()
        page.evaluate('rtcBridge.driver.emergencyStop()')
        page.wait("!document.getElementById('stopped').hidden")
        assert page.evaluate(LONG_ALARM)
        until(lambda: page.evaluate(COVERED) == [], 'nothing that is covered')
        end_stop(page)
        assert page.errors == []
    finally:
        page.leave()


def test_viewers_see_who_drives_and_how_many_watch(robot, chromium):
    pages = [chromium.show(robot.url) for _ in range(2)]
    try:
        for page in pages:
            page.wait_state('live')
        end_stop(pages[0])
        read(pages[0], 'people', '1 other watches')
        pages[0].arm()
        read(pages[0], 'people', 'You drive · 1 other watches')
        read(pages[1], 'people', 'Somebody drives')
        pages[1].click('#take')
        pages[0].wait(f"document.title === 'Somebody asks to drive · {ROBOT}'")
        pages.pop().leave()
        until(lambda: 'people' not in pages[0].evaluate(HUD), 'nobody else')
    finally:
        for page in pages:
            page.leave()


def test_old_values_are_dimmed_and_alarms_are_raised_and_listed(robot, browser):
    def alarm(words):
        page.wait(f'({ALARMS}).includes({words!r})')
    try:
        with fresh_page(browser, may_fail=True) as page:
            page.evaluate_on_load(TONES)
            page.load(f'{robot.url}?camera=front/image_raw')
            page.wait_state('live')
            read(page, 'battery', 'Battery 90 %')
            # Browsers let a page sound when its person has done something there.
            page.wait("!document.getElementById('more').hidden")
            page.click('#more')
            assert page.evaluate('tones') == []
            page.evaluate("rtcBridge.settings.set('alarmSound', true)")
            # Firefox plays nothing on a host without a loudspeaker.
            sounds = not isinstance(page, Firefox)
            page.wait(f'tones.length === {int(sounds)}')
            assert page.evaluate("document.body.dataset.alarm ?? ''") == ''
            robot.battery.message.percentage = 0.15
            alarm('amber !AttentionBattery 15 %')
            assert page.evaluate('document.body.dataset.alarm') == 'amber'
            assert page.evaluate(
                "document.querySelector('[data-part=battery]').dataset.level") == 'amber'
            robot.battery.message.percentage = 0.05
            alarm('red !AlarmBattery 5 %')
            page.wait(f'tones.length === {4 * sounds}')
            assert page.evaluate('tones') == [587, 587, 988, 988][:4 * sounds]
            listed = page.evaluate("""[...document.querySelectorAll('#alarmlog li')].map(
              (one) => [one.dataset.level, one.querySelector('time').textContent])""")
            assert [level for level, _ in listed] == ['red', 'amber']
            assert listed[0][1].startswith('since ') and ' – ' in listed[1][1]
            robot.battery.message.percentage = 0.9
            page.wait("!('alarm' in document.body.dataset)")
            # What says nothing any more is shown as old, and so is all if the robot has gone.
            robot.battery.paused = True
            read(page, 'battery', r'Battery 90 % \(old\)')
            assert not page.evaluate(HUD)['speed'].endswith('(old)')
            robot.battery.paused = False
            read(page, 'battery', 'Battery 90 %')
            robot.bridge.send(signal.SIGKILL)
            page.wait("""[...document.querySelectorAll('#alarmlog li')].some(
              (one) => one.textContent.includes('Connection lost'))""")
            assert page.evaluate('document.body.dataset.alarm') == 'red'
            assert all(page.evaluate(HUD)[part].endswith(' (old)') for part in (
                'speed', 'battery'))
    finally:
        robot.battery.message.percentage = 0.9
        robot.battery.paused = False
        finish(robot.bridge)
        robot.start_bridge()
