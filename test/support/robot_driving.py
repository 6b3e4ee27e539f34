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

"""Driving a robot of processes: other bridges, notices, and the emergency stop."""

from support.browsers import PATIENCE, until
from support.processes import free_port


class SecondBridge:
    """
    Another bridge beside the robot's own, at the same guard.

    :param name: of its node and its robot
    :param parameters: of the node
    """

    def __init__(self, robot, name='second', remap=(), **parameters):
        """Start it, and wait until it can be reached."""
        port = free_port()
        self.url = f'http://127.0.0.1:{port}/connect'
        self.process = robot.start('bridge', remap=[f'__node:={name}', *remap], **{
            'robot_id': name, 'server.port': port, 'access.anonymous': 'drive',
            'teleop.max_frame_age': 0.0, **parameters})
        self.process.wait_line('page: http://', PATIENCE)


def notice_of(viewer, code):
    """Return the notice of this code that a page was told last, if it holds."""
    notices = viewer.newest('control', 'notices')['notices']
    return next((notice for notice in notices if notice['code'] == code), None)


def wait_notice(viewer, code, condition=lambda notice: True):
    """Wait until a page is told of something; return the notice."""
    def found():
        notice = notice_of(viewer, code)
        return notice if notice and condition(notice) else None
    return until(found, lambda: viewer.newest('control', 'notices'))


def holds_no_lease(viewer):
    """Tell whether a page was told last that it does not hold the lease."""
    return viewer.newest('control', 'lease')['epoch'] is None


def move(driver, cmd_vel, x=0.2):
    """Drive until the robot moves that way, m/s."""
    since = cmd_vel.mark()

    def moves():
        driver.send(0)
        driver.send(x)
        return [v for v in cmd_vel.motions(since) if v[0] * x > 0]
    until(moves, 'motion')


def wait_refusal(driver, reason, send=(0, 0.2)):
    """Send velocities, m/s, again and again until one is refused for a reason."""
    heard = driver.viewer.heard['teleop']
    heard[:] = [m for m in heard if m['type'] == 'tick'][-1:]

    def refused():
        for x in send:
            driver.send(x)
        return any(m.get('reason') == reason for m in list(heard))
    until(refused, lambda: list(heard))


def press_stop(viewer):
    """Press the emergency stop until the robot confirms it; return its state."""
    until(lambda: viewer.send('teleop', {'type': 'stop', 'request': 1}) or any(
        m.get('request') == 1 for m in list(viewer.heard['control'])), 'a confirmation')
    return viewer.newest('control', 'stop')


def release_stop(viewer, stop_id):
    """Release the emergency stop of this id, and wait until it is over."""
    viewer.send('control', {'type': 'release', 'id': stop_id})
    until(lambda: not viewer.newest('control', 'stop')['latched'], 'the release')
