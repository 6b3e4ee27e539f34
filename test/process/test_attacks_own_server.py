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

"""
The attacks of the corpus by peers and over HTTP, played at the server of a real robot.

What an attack costs in time and memory is for ``benchmarks/attacks.py``; here it is about what
comes of it: refused or sent away, and nobody else notices. Of the modules with attacks each has a
robot of its own: two in one ROS graph would be two guards.
"""

import pytest
from support.attack_stage import attacked, judge, names


@pytest.fixture(scope='module')
def stage(tmp_path_factory):
    """Return a robot with somebody who drives it."""
    with attacked(tmp_path_factory.mktemp('access'), own_server=True) as stage:
        yield stage


@pytest.mark.parametrize('name', names('peer', 'http'))
def test_peers_and_connections(stage, name):
    judge(name, stage.play(name))
