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

"""Signals that come again and again until a program has ended, as from systemd and from people."""

import itertools
import signal
import sys
import time

import cv2
import numpy as np
import pytest
from rtc_bridge.core.access.invite import Invite, invite_text
from sensor_msgs.msg import Image
from support.processes import free_port, Process
from support.ros_probe import RosProbe
from support.stack import Robot
from support.viewers import SteadyDriver

INT, TERM, HUP = signal.SIGINT, signal.SIGTERM, signal.SIGHUP
# Seconds between two signals: some come at each step of an end, which takes a tenth of a second.
PAUSE = 0.002


def end(process, *numbers):
    """Send these signals in turn until a program has ended; check that it did so in order."""
    said = len(process.lines)
    for number in itertools.cycle(numbers):
        if not process.running:
            break
        process.send(number)
        time.sleep(PAUSE)
    assert process.wait() == 0, process.text
    rest = '\n'.join(process.lines[said:])
    assert not any(word in rest for word in (
        'Traceback', 'BrokenPipe', 'KeyboardInterrupt', 'Exception')), rest


def program(*arguments):
    """Return the command line of a program as its installed executable starts it."""
    return [sys.executable, '-m', 'rtc_bridge.cli', *arguments]


@pytest.fixture(scope='module')
def robot():
    """Run a robot without camera and relay, from installed executables."""
    class Installed(Robot):
        def command(self, module, **parameters):
            python, _, _, *rest = super().command(module, **parameters)
            return [python, *program(module.replace('_', '-'))[1:], *rest]
    robot = Installed(relay=False, **{'teleop.max_frame_age': 0.0})
    yield robot
    robot.close()


@pytest.mark.parametrize('numbers', [(INT,), (INT, TERM)],
                         ids=lambda numbers: '+'.join(number.name for number in numbers))
@pytest.mark.parametrize('name', ['guard', 'bridge'])
def test_zero_is_said_last(robot, url, cmd_vel, name, numbers):
    driver = SteadyDriver(url)
    try:
        since = cmd_vel.mark()
        cmd_vel.wait(lambda x, y, z: x == 0.5, since)
        end(getattr(robot, name), *numbers)
        cmd_vel.wait_zero(since)
        robot.probe.wait_for(lambda: cmd_vel.heard[-1] == (0, 0, 0))
    finally:
        driver.close()
        getattr(robot, f'start_{name}')()


@pytest.mark.parametrize('numbers', [(INT,), (TERM, INT)],
                         ids=lambda numbers: '+'.join(number.name for number in numbers))
def test_a_relay_ends_in_order(numbers):
    with Process(program('relay', '--open', '--host', '127.0.0.1', '--port', '0')) as relay:
        relay.wait_line('listens on')
        relay.send(HUP)
        end(relay, *numbers)


def test_a_simulated_robot_ends_in_order():
    with RosProbe() as probe, Process(program('sim-robot')) as sim:
        images = probe.subscribe(Image, 'image_raw')
        probe.wait_for(lambda: images)
        end(sim, INT)


def test_a_player_ends_in_order(tmp_path):
    cv2.imwrite(str(tmp_path / '1.png'), np.zeros((48, 64, 3), np.uint8))
    with RosProbe() as probe, Process(program(
            'play-video', '--ros-args', '-p', f'path:={tmp_path}')) as player:
        images = probe.subscribe(Image, 'image_raw')
        probe.wait_for(lambda: images)
        end(player, INT)


def test_the_demo_ends_in_order():
    with Process(program('demo', '--port', str(free_port()))) as demo:
        demo.wait_line('The robot is here')
        end(demo, INT)


def test_the_page_of_a_viewer_ends_in_order():
    invite = invite_text(b's' * 32, Invite('bot', 'x', 'view', '', 0, 4_000_000_000))
    with Process(program('view', '--no-browser', f'http://127.0.0.1:9/bot#{invite}')) as view:
        view.wait_line('Ctrl-C')
        end(view, INT)
