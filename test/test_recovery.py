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

"""Robots that move to another network, or lose theirs for a while."""

from browsers import PATIENCE
from networks import networks  # noqa: F401
from test_turn_networks import site  # noqa: F401


def test_robot_dials_again_when_it_moves(site, networks):  # noqa: F811
    robot = site.robot()
    start = len(robot.lines)
    networks.move_robot()
    robot.wait_line('network changed', PATIENCE, start)
    # By what it sees itself: pings would tell later, and in other words.
    robot.wait_line('state lost: the network has changed', PATIENCE, start)
    robot.wait_line('state connected', PATIENCE, start)
    # Its first connection was not closed: the relay cannot know of its end.
    site.relay.wait_line('a robot has taken its own place', PATIENCE)


def test_other_links_disturb_nothing(site, networks):  # noqa: F811
    robot = site.robot()
    start = len(robot.lines)
    # As a container's comes and goes.
    networks.ip('robot', 'link', 'add', 'docker0', 'type', 'veth', 'peer', 'name', 'other')
    networks.ip('robot', 'address', 'add', '172.17.0.1/16', 'dev', 'docker0')
    networks.ip('robot', 'link', 'set', 'docker0', 'up')
    robot.wait_line('network changed', PATIENCE, start)
    networks.ip('robot', 'link', 'del', 'docker0')
    networks.move_robot()
    robot.wait_line('state lost: the network has changed', PATIENCE, start)
    assert sum('state lost' in line for line in robot.lines[start:]) == 1


def test_relay_that_is_silent_is_noticed(site, networks):  # noqa: F811
    robot = site.robot()
    start = len(robot.lines)
    networks.cut('robot')
    robot.wait_line('state lost: the relay does not answer pings', PATIENCE, start)
    # The other end sees it, too, and frees the name: nobody would have to prove anything.
    site.relay.wait_line('a robot went', PATIENCE)
    networks.mend('robot')
    robot.wait_line('state connected', PATIENCE, start)
