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

"""The robot's programs as processes, as on a robot, and a ROS node that looks at them."""

import os
import signal
import sys

from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import Twist, TwistStamped
import numpy as np
from rtc_bridge.sim.demo_environment import shared_file
from sensor_msgs.msg import Image
from support.browsers import PATIENCE
from support.processes import free_port, node, Process
from support.ros_probe import RosProbe

ROBOT = 'testbot'
# PyPI's ROS wheels set these when they start Python a second time; another environment's Python
# would take the first one's libraries.
WHEELS = ('_ROS_WHEELS_BOOTSTRAP_COMPLETE', 'LD_LIBRARY_PATH')


def start(command, python=sys.executable):
    """
    Start a program of the robot.

    :param command: as ``processes.node`` makes it
    :param python: the interpreter to run it with
    """
    if python != sys.executable:
        unset = [word for name in WHEELS for word in ('-u', name)]
        command = ['env', *unset, python, *command[1:]]
    return Process(command, env={
        'FASTRTPS_DEFAULT_PROFILES_FILE': str(shared_file('fastdds_shm.xml'))})


def finish(*processes):
    """End programs as a service manager does, all at once; return the status of the last."""
    status = None
    for process in processes:
        process.send(signal.SIGTERM)
        # A stopped process ends by no other signal.
        process.send(signal.SIGCONT)
    try:
        for process in processes:
            status = process.wait(PATIENCE)
    finally:
        for process in processes:
            process.send(signal.SIGKILL)
    return status


class Robot:
    """
    Bridge, guard and relay, each a process, and a probe.

    :param python: the interpreter that runs them
    :param host: address that the relay and the robot's own server listen on
    :param guard: parameters of the guard; ``None`` for none
    :param relay: whether there is one, or only the robot's own server
    :param parameters: of the bridge, besides those that every test needs
    """

    def __init__(self, *, python=sys.executable, host='127.0.0.1', guard=(), relay=True,
                 **parameters):
        """Start all, and wait until the robot can be reached."""
        self.python = python
        self.processes = []
        self.relay = self.guard = self.bridge = None
        self.port = free_port()
        scheme = 'https' if parameters.get('server.tls', 'off') != 'off' else 'http'
        self.own_url = f'{scheme}://{host}:{self.port}'
        self._parameters = {
            'robot_id': ROBOT, 'server.host': host, 'server.port': self.port,
            'access.anonymous': 'drive', 'access.anonymous_via_relay': 'drive',
            # A path that a busy host makes narrow would get smaller pictures.
            'video.tiers': ['1/1'],
            # Without a process that tries the hardware.
            'video.h264_encoder': 'libx264', **parameters}
        self.probe = RosProbe().__enter__()
        try:
            self._diagnostics = self.probe.subscribe(DiagnosticArray, '/diagnostics')
            self.url = f'{self.own_url}/{ROBOT}'
            if relay:
                self._host, self._relay_port = host, 0
                url = self.start_relay()
                self._parameters['relay_url'] = url
                self.url = f'{url}/{ROBOT}'
            if guard is not None:
                self.start_guard(**dict(guard))
            self.start_bridge()
        except BaseException:
            self.close()
            raise

    def start_relay(self):
        """Start the relay, at the address of the one before; return its URL."""
        self.relay = self.start('relay', host=self._host, port=self._relay_port)
        url = self.relay.wait_line(r'listens on (http://\S+)', PATIENCE)[1]
        self._relay_port = int(url.rpartition(':')[2])
        return url

    def start(self, module, host=None, port=0, **parameters):
        """Start a program; it ends with the robot."""
        command = self.command(module, **parameters)
        if host is not None:
            command += ['--host', host, '--port', str(port), '--open']
        process = start(command, self.python)
        self.processes.append(process)
        return process

    def start_bridge(self, **changes):
        """Start the bridge, maybe with other parameters, and wait until it can be reached."""
        self.bridge = self.start('bridge', **{**self._parameters, **changes})
        self.bridge.wait_line('page: https?://', PATIENCE)
        if self.relay is not None:
            self.diagnostics('relay', lambda values, message: message == 'connected')
        if self.guard is not None:
            self.diagnostics('driving', lambda values, message: values['guard'] == 'ok')

    def start_guard(self, **parameters):
        """Start the guard, in place of the one before."""
        if self.guard is not None:
            finish(self.guard)
        self.guard = self.start('cmd_vel_guard', **parameters)

    def command(self, module, **parameters):
        """Return a program's command line."""
        return node(module, **parameters)

    def diagnostics(self, name, condition=lambda values, message: True):
        """Wait for a status that fulfils a condition, from now on; return its values."""
        since = len(self._diagnostics)

        def found():
            for status in (s for m in self._diagnostics[since:] for s in m.status):
                values = {pair.key: pair.value for pair in status.values}
                if status.name == f'rtc_bridge: {name}' and condition(values, status.message):
                    return values
            return None
        return self.probe.wait_for(found, PATIENCE)

    def close(self):
        """End all."""
        try:
            finish(*[process for process in self.processes if process.running])
        finally:
            self.probe.__exit__(None, None, None)


class ColourCamera:
    """A camera of one colour, as a publisher of the probe's."""

    def __init__(self, probe, topic, colour, size=(320, 240), qos=1,
                 period=1 / 8):
        """
        Begin to publish.

        :param colour: blue, green, red
        :param period: between two pictures, in seconds
        """
        self._node = probe.node
        width, height = size
        self.image = Image(height=height, width=width, encoding='bgr8', step=width * 3)
        self.image.data.frombytes(np.full((height, width, 3), colour, np.uint8).tobytes())
        self.publisher = self._node.create_publisher(Image, topic, qos)
        self._timer = self._node.create_timer(
            period, lambda: self.publisher.publish(self.image))

    def pause(self):
        """Publish no more for now."""
        self._timer.cancel()

    def go_on(self):
        """Publish again."""
        self._timer.reset()

    def close(self):
        """Be gone."""
        self._node.destroy_timer(self._timer)
        self._node.destroy_publisher(self.publisher)


class CmdVel:
    """
    What a motor controller hears on ``cmd_vel``, as (linear x, linear y, angular z).

    :param kind: ``Twist`` or ``TwistStamped``
    """

    def __init__(self, probe, kind=Twist):
        """Begin to listen."""
        self._probe = probe
        self.stamps = []
        self.heard = probe.subscribe(kind, 'cmd_vel', self._take)

    def _take(self, message):
        if isinstance(message, TwistStamped):
            self.stamps.append(message.header)
            message = message.twist
        return message.linear.x, message.linear.y, message.angular.z

    def close(self):
        """Hear no more."""
        node = self._probe.node
        for subscription in list(node.subscriptions):
            if subscription.topic_name == '/cmd_vel':
                node.destroy_subscription(subscription)

    def mark(self):
        """Return how many came so far."""
        return len(self.heard)

    def wait(self, condition, since=0, timeout=PATIENCE):
        """
        Wait for a velocity that fulfils a condition; return its number.

        :raises AssertionError: none came in time
        """
        def found():
            return next((number for number, velocity in enumerate(self.heard[since:], since)
                         if condition(*velocity)), None)
        return self._probe.wait_for(lambda: None if found() is None else (found(),), timeout)[0]

    def wait_motion(self, since=0, timeout=PATIENCE):
        """Wait for a velocity that is not zero; return its number."""
        return self.wait(lambda *velocity: any(velocity), since, timeout)

    def wait_zero(self, since=0):
        """Wait for zero; return its number."""
        return self.wait(lambda *velocity: not any(velocity), since)

    def wait_end(self):
        """Wait until nobody publishes any more, and zero was the last that was said."""
        self._probe.wait_for(lambda: not self._probe.node.count_publishers('cmd_vel') and
                             self.heard[-1:] == [(0, 0, 0)], PATIENCE)

    def check_rest(self, robot):
        """
        Check that the robot rests, now that no command can come any more.

        A busy host may have let a timeout pass while somebody drove, so that the first zero need
        not be the last one.
        """
        self._probe.wait_for(lambda: self.heard[-1] == (0, 0, 0), PATIENCE)
        zero = self.mark()
        # These come once a second.
        robot.diagnostics('viewers')
        assert self.motions(zero) == []

    def motions(self, since=0, until=None):
        """Return the velocities that are not zero."""
        return [velocity for velocity in self.heard[since:until] if any(velocity)]


def usage(pid):
    """Return how many threads and file descriptors a process has."""
    return len(os.listdir(f'/proc/{pid}/task')), len(os.listdir(f'/proc/{pid}/fd'))
