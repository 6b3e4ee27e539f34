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

"""The lease of a driver who moves nothing, or who is gone; names are text, whatever is in them."""

import pytest
from rtc_bridge.core.access.invite import Invite, invite_text
from rtc_bridge.system.files.key_store import KeyStore
from support.pages import shows, text
from support.stack import CmdVel, ColourCamera, ROBOT, Robot

IDLE = 4.0
EVIL = '<img src=x onerror="window.hit = 1"><b>Ada</b>'


@pytest.fixture(scope='module')
def robot(tmp_path_factory):
    """Run a robot that gives nobody the lease for nothing."""
    folder = tmp_path_factory.mktemp('keys')
    robot = Robot(guard={'teleop.timeout': 3.0}, **{
        'access.anonymous': 'none', 'access.anonymous_via_relay': 'none',
        'access.directory': str(folder), 'access.require_synchronized_clock': False,
        'teleop.timeout': 3.0, 'teleop.max_age': 3.0, 'teleop.max_frame_age': 5.0,
        'teleop.idle_timeout': IDLE})
    secret = KeyStore(folder).secret
    robot.link = lambda role, name: f'{robot.url}#' + invite_text(
        secret, Invite(ROBOT, role + name[-3:], role, name, 0, 9_999_999_999))
    camera = ColourCamera(robot.probe, 'front/image_raw', (0, 0, 200))
    yield robot
    camera.close()
    robot.close()


def test_an_idle_driver_loses_the_lease_and_one_who_moves_keeps_it(robot, browse):
    ada, grace = [browse(robot.link('drive', name)) for name in ('Ada', 'Grace')]
    cmd_vel = CmdVel(robot.probe)
    for page in (ada, grace):
        page.wait_state('live')
    ada.arm()
    shows(grace, '#driver', 'Ada drives')
    grace.click('#take')
    # Nobody answers, and Ada moves nothing.
    grace.wait('rtcBridge.driver.epoch !== null')
    shows(ada, '#driver', 'Grace drives')
    shows(ada, '#driver', 'Nobody drives')
    shows(grace, '#take', 'Drive')
    ada.arm()
    since = cmd_vel.mark()
    ada.down('KeyW')
    # 20 commands a second at least, for longer than that.
    cmd_vel.wait(lambda *_: True, since + int(20 * 2 * IDLE))
    assert ada.evaluate('rtcBridge.driver.epoch !== null')
    shows(grace, '#driver', 'Ada drives')
    # She is gone without an answer: who asked has the lease.
    grace.click('#take')
    shows(ada, '#asked', 'Grace asks to drive')
    since = cmd_vel.mark()
    ada.close()
    cmd_vel.wait_zero(since)
    grace.wait('rtcBridge.driver.epoch !== null')
    assert grace.errors == []


def test_a_name_is_text(robot, browse):
    ada, vera = browse(robot.link('drive', EVIL)), browse(robot.link('view', 'Vera'))
    grace = browse(robot.link('drive', EVIL.replace('Ada', 'Grace')))
    for page in (ada, vera, grace):
        page.wait_state('live')
    ada.arm()
    shows(vera, '#driver', EVIL)
    grace.click('#take')
    shows(ada, '#asked', EVIL.replace('Ada', 'Grace'))
    ada.click('#stop')
    shows(vera, '#stopped', EVIL)
    for page in (ada, vera, grace):
        assert not page.evaluate(
            "[...document.querySelectorAll('img, b')].some((one) => one.tagName === 'IMG' "
            "|| ['Ada', 'Grace'].includes(one.textContent))")
        assert page.evaluate('window.hit') is None
        assert page.errors == []
    # Who watches cannot stop it, by no key either, and waits for no confirmation.
    vera.down('Escape')
    vera.down('Backspace')
    assert text(vera, '#stop') == '' and not vera.evaluate('rtcBridge.driver.stopping')
    ada.evaluate('rtcBridge.driver.releaseStop()')
    vera.wait("document.getElementById('stopped').hidden")
    vera.down('Escape')
    assert vera.evaluate("document.getElementById('stopped').hidden")
