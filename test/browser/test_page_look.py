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

"""What the page opens beside the picture: in reach of all, on phones and desktops."""

import pytest
from std_srvs.srv import Trigger
from support.accessibility import faults, out_of_reach
from support.browsers import until
from support.pages import PHONE
from support.stack import ColourCamera, Robot

SIZES = {'phone': (390, 844), 'phone-side': (844, 390), 'desktop': (1440, 900)}


@pytest.fixture(scope='module')
def robot():
    """Run a robot with two cameras, telemetry and actions."""
    # Without the messages of a busy host, which would be over what is looked at.
    robot = Robot(relay=False, guard={'teleop.timeout': 3.0}, **{
        'teleop.timeout': 3.0, 'teleop.max_age': 3.0, 'teleop.max_frame_age': 10.0,
        'telemetry.topics': ['sim_robot/bumper'],
        'actions.services': ['sim_robot/lamp', 'stuck', 'reset', 'read', 'absent'],
        'actions.reset.service': 'sim_robot/reset', 'actions.reset.confirm': True,
        'actions.read.service': 'sim_robot/get_parameters'})
    simulator = robot.start('sim_robot', camera='front', width=160, height=120)

    def fail(_, answer):
        answer.message = 'the arm does not reach its end switch, and neither does the wrist'
        return answer
    service = robot.probe.node.create_service(Trigger, 'stuck', fail)
    camera = ColourCamera(robot.probe, 'rear/image_raw', (90, 120, 60), (160, 120))
    yield robot
    camera.close()
    robot.probe.node.destroy_service(service)
    assert simulator.running
    robot.close()


@pytest.mark.parametrize('size', SIZES)
def test_everybody_reaches_what_is_opened_and_can_still_stop(robot, chromium, tmp_path, size):
    width, height = SIZES[size]
    page = chromium.page(viewport={'width': width, 'height': height},
                         **({} if size == 'desktop' else PHONE))
    try:
        page.load(f'{robot.url}?camera=front/image_raw')
        page.wait_state('live')
        page.wait("rtcBridge.cameras.length === 2 && !document.getElementById('more').hidden")
        page.arm()
        page.click('#thumbs')
        page.wait("document.getElementById('video1').videoWidth > 0")
        page.click('#actionsopen')
        # A message that comes and goes may be over anything.
        page.wait("!document.getElementById('toast').textContent")
        assert faults(page) == [] and out_of_reach(page) == []
        page.click('#more')
        page.wait("document.querySelectorAll('#actions .missing').length === 1")
        page.wait("document.getElementById('telemetry').textContent.includes('%')")
        page.evaluate("""() => [...document.querySelectorAll('#actions button')].find(
          (one) => one.textContent === 'stuck').click()""")
        page.wait("document.querySelector('#actions .bad')")
        # A question in place, a form, and what is not there.
        page.evaluate("""() => [...document.querySelectorAll('#actions button')].find(
          (one) => one.textContent === 'reset').click()""")
        page.wait("!!document.querySelector('#actions [role=alert]')")
        page.evaluate("""() => [...document.querySelectorAll('#actions button')].find(
          (one) => one.textContent === 'read…').click()""")
        assert 'start the node' in page.evaluate(
            "document.querySelector('#actions .missing').textContent")
        assert faults(page) == [] and out_of_reach(page) == []
        page.click('#options')
        page.wait("document.querySelector('dialog[open]')")
        page.wait("[...document.querySelectorAll('dialog select')].every((one) => one.length)")
        assert faults(page) == [] and out_of_reach(page) == []
        page.evaluate("document.querySelector('dialog').close()")
        # Until its event has come, what is behind the dialog takes no focus.
        page.wait("!document.querySelector('dialog')")
        assert page.evaluate('document.documentElement.scrollWidth') <= width
        # Through all controls and back, with the focus to be seen on each.
        seen = []
        page.wait("document.getElementById('stage').tabIndex === 0")
        page.evaluate("document.getElementById('more').focus()")

        def step():
            page.down('Tab')
            page.up('Tab')
            seen.append(page.evaluate("""() => {
              const one = document.activeElement;
              const line = getComputedStyle(one).outlineWidth;
              const frame = getComputedStyle(one, '::after').borderTopWidth;
              return [one.id || one.textContent, parseFloat(line) > 0 || parseFloat(frame) > 0];
            }"""))
            return seen[-1][0] == 'faster'
        until(step, lambda: f'the last control: {seen}')
        names = [name for name, _ in seen]
        assert all(visible for _, visible in seen), seen
        order = ['stage', 'thumbs', 'actionsopen', 'stuck', 'options', 'release', 'stop', 'faster']
        assert [name for name in names if name in order] == order
        assert page.errors == []
    finally:
        page.leave()
