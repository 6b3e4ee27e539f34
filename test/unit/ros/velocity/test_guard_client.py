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

"""The bridge's side of the topics between bridge and guard."""

from types import SimpleNamespace

import pytest
from rtc_bridge.core.clock import boot_time
from rtc_bridge.core.driving.guard_messages import BridgeId
from rtc_bridge.core.driving.velocity import Velocity
from rtc_bridge.ros.velocity.guard_client import GuardClient
from rtc_bridge.ros.velocity.velocity_publisher import stamp_seconds
from std_msgs.msg import Header


class FakeNode:
    """Keeps what is published, and the callback of the one subscription."""

    def __init__(self):
        self.sent = []
        self.guards = 1

    def create_publisher(self, kind, topic, qos):
        return SimpleNamespace(publish=self.sent.append,
                               get_subscription_count=lambda: self.guards)

    def create_subscription(self, kind, topic, callback, qos):
        self.answer = callback


@pytest.fixture
def node():
    return FakeNode()


@pytest.fixture
def client(node):
    """Return a client whose event loop acts at once."""
    client = GuardClient(node, BridgeId('1a', '/one'), 0.3)
    client.listen(SimpleNamespace(call_soon_threadsafe=lambda call, *args: call(*args)))
    return client


def answer(node, epoch, bridge='1a /one'):
    """Answer the newest command as the guard does."""
    node.answer(Header(stamp=node.sent[-1].header.stamp, frame_id=f'{epoch} {bridge}'))


def test_a_command_names_the_bridge_and_carries_boot_time(node, client):
    before = boot_time()
    client.publish(Velocity(1.0, 2.0, 3.0))
    message, = node.sent
    assert before - 0.001 <= stamp_seconds(message.header) <= boot_time()
    assert message.header.frame_id == '1a /one'
    assert (message.twist.linear.x, message.twist.angular.z) == (1.0, 3.0)


def test_without_a_guard_nothing_may_move(node, client):
    assert client.monitor.reason() is None
    node.guards = 0
    assert client.monitor.reason() == 'guard'


def test_an_answer_is_heard(node, client):
    client.publish(Velocity())
    client.monitor._clock = lambda: boot_time() + 1.0
    assert client.monitor.reason() == 'guard'
    answer(node, 'g.0', bridge='2b /two')
    assert client.monitor.reason() == 'guard'
    answer(node, 'g.0')
    assert client.monitor.reason() is None


def test_a_new_epoch_of_the_guard_requires_a_neutral_command(node, client):
    required = []
    client.on_neutral_required = lambda: required.append(True)
    client.publish(Velocity())
    answer(node, 'g.0')
    answer(node, 'g.1', bridge='2b /two')
    assert required == []
    answer(node, 'g.1')
    answer(node, 'g.1')
    assert required == [True]
