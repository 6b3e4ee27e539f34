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

"""The emergency stop in ROS: what engages and releases it, and what is told of it."""

from types import SimpleNamespace

import pytest
from rtc_bridge.bridge.driving import emergency_stop_topics
from rtc_bridge.bridge.driving.emergency_stop_topics import EmergencyStopTopics, LOCK_TOPIC
from rtc_bridge.core.driving.guard_messages import BridgeId, StopState
from rtc_bridge.ros.velocity.velocity_publisher import STOP_STATE_TOPIC
from std_msgs.msg import Bool
from std_srvs.srv import Trigger
from support.driving import Bench, MemoryStore


class FakeNode:
    """Keeps what is published by topic, and callbacks by topic or service."""

    def __init__(self):
        self.sent = {}
        self.callbacks = {}

    def create_publisher(self, kind, topic, qos):
        return SimpleNamespace(publish=self.sent.setdefault(topic, []).append)

    def create_subscription(self, kind, topic, callback, qos):
        self.callbacks[topic] = callback

    def create_service(self, kind, service, callback):
        self.callbacks[service] = callback


class Robot:
    """An emergency stop with its topics, whose event loop acts at once."""

    def __init__(self, monkeypatch):
        self.store = MemoryStore()
        self.bench = Bench(store=self.store)
        self.stop = self.bench.stop
        self.node = FakeNode()
        self.others_engaged = False
        monkeypatch.setattr(emergency_stop_topics, 'boot_time', self.bench.clock)
        monkeypatch.setattr(emergency_stop_topics, 'call_in_loop',
                            lambda loop, name, act, timeout: act())
        self.topics = EmergencyStopTopics(
            self.node, BridgeId('1a', '/one'), self.stop, 'f0', lambda: self.others_engaged)
        self.topics.listen(
            SimpleNamespace(call_soon_threadsafe=lambda call, *args: call(*args)),
            self.bench.controller)

    def call(self, service):
        """Call a service; return its answer."""
        response = self.node.callbacks[service](Trigger.Request(), Trigger.Response())
        return response.success, response.message

    def locks(self):
        """Return what twist_mux was told, and forget it."""
        self.topics.publish()
        locks = [message.data for message in self.node.sent[LOCK_TOPIC]]
        self.node.sent[LOCK_TOPIC].clear()
        return locks


@pytest.fixture
def robot(monkeypatch):
    return Robot(monkeypatch)


@pytest.mark.parametrize('message, engaged', [
    (Bool(data=True), True), (Bool(data=False), False),
    # A message that cannot be read counts as a press.
    (None, True)])
def test_a_message_engages_the_stop(robot, message, engaged):
    robot.node.callbacks['emergency_stop'](message)
    assert robot.stop.engaged == engaged
    assert not engaged or robot.stop.by == 'the topic emergency_stop'


def test_services_engage_and_release_the_stop(robot):
    assert robot.call('~/release') == (False, 'there is no emergency stop')
    assert robot.call('~/emergency_stop') == (True, f'stopped, id {robot.stop.id}')
    assert robot.call('~/release') == (True, 'released') and not robot.stop.engaged


def test_a_full_disk_is_told(robot):
    robot.store.full = True
    assert robot.call('~/emergency_stop') == (
        True, f'stopped, id {robot.stop.id}; it could not be written to the disk')
    assert robot.call('~/release') == (False, 'the stop remains: no space left')
    assert robot.stop.engaged


def test_a_busy_bridge_says_so(robot, monkeypatch):
    def call_in_loop(*_):
        raise TimeoutError
    monkeypatch.setattr(emergency_stop_topics, 'call_in_loop', call_in_loop)
    assert robot.call('~/emergency_stop') == (False, 'the bridge is busy; it will be done')


def test_the_state_is_told_with_the_last_release(robot):
    robot.call('~/emergency_stop')
    stop = robot.stop.id
    robot.topics.publish()
    robot.call('~/release')
    robot.topics.publish()
    bridge = BridgeId('1a', '/one')
    assert [StopState.parse(message.data) for message in robot.node.sent[STOP_STATE_TOPIC]] == [
        StopState(bridge, stop, None, 'f0'), StopState(bridge, None, stop, 'f0')]


def test_the_lock_opens_once_other_bridges_were_heard(robot):
    assert robot.locks() == []
    robot.stop.engage('Ada')
    assert robot.locks() == [True]
    robot.stop.release(robot.stop.id, 'Ada')
    assert robot.locks() == []
    robot.bench.clock.now += 1.0
    assert robot.locks() == [False]
    robot.others_engaged = True
    assert robot.locks() == [True]
