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

"""Driving a robot from a page in a browser."""

from contextlib import contextmanager

from support.browsers import until
from support.stack import ColourCamera, Robot

# The robot's limits here, m/s and rad/s; not the defaults.
MAX_X, MAX_Z = 0.4, 1.25
# A busy machine is no reason to stop in tests that are about something else.
PATIENT_TIMEOUT = {'teleop.timeout': 3.0}
PATIENT = {**PATIENT_TIMEOUT, 'teleop.max_age': 3.0, 'teleop.max_frame_age': 5.0}
# Before a page gives up, which is after two seconds of silence.
CUT = {'teleop.timeout': 1.0, 'teleop.max_age': 1.0, 'teleop.max_frame_age': 2.0}


@contextmanager
def robot_with_camera(namespace, times):
    """
    Run a robot with a camera, reached through the browser's cable if there is one.

    :param times: ``PATIENT``, or ``CUT`` if it is to stop before a page gives up
    """
    robot = Robot(
        host=namespace.address if namespace else '127.0.0.1',
        guard={'teleop.timeout': times['teleop.timeout']},
        **{'teleop.max_linear_x': MAX_X, 'teleop.max_angular_z': MAX_Z, **times})
    camera = None
    try:
        robot.camera = camera = ColourCamera(robot.probe, 'front/image_raw', (0, 0, 200))
        yield robot
    finally:
        if camera:
            camera.close()
        robot.close()


@contextmanager
def live_page(robot, browser):
    """Open the robot's page, and wait until it shows a picture."""
    page = browser.show(robot.url)
    page.wait_state('live')
    yield page
    page.leave()


def drive(page, cmd_vel, key='w', steady=1):
    """Press a key until so many velocities in a row move the robot; return the first's number."""
    def moves():
        # Again, since the lease of a session that died without a word is free only after some
        # seconds, and on a busy machine the robot may stop for want of commands.
        page.up(key)
        page.arm()
        since = cmd_vel.mark()
        page.down(key)
        try:
            first = cmd_vel.wait_motion(since, timeout=2)
        except AssertionError:
            return None
        cmd_vel.wait(lambda *_: True, first + steady - 1)
        return all(map(any, cmd_vel.heard[first:first + steady])) and first + 1
    return until(moves, 'motion') - 1


def check_stopped_for_good(robot, page, cmd_vel, since):
    """Check that a key that stays down moves nothing, until it is let go and pressed again."""
    zero = cmd_vel.wait_zero(since)
    # The page is in touch with the robot again, and still holds the key.
    page.wait_state('live')
    until(lambda: page.evaluate("""document.getElementById('toast').textContent.includes('Let go')
      || rtcBridge.driver?.epoch === null"""), 'the robot refuses, or is not driven')
    # The bridge has had the time for what was waiting.
    robot.diagnostics('viewers')
    assert cmd_vel.motions(zero) == []
    page.up('w')
    drive(page, cmd_vel)
