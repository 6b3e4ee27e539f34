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

"""The robot, browsers and networks of the tests, for benchmarks that need whole robots."""

import os
from pathlib import Path
import sys

TEST = Path(__file__).resolve().parent.parent / 'test'
sys.path.insert(0, str(TEST))
# Programs beside the tests' helpers find these, too.
os.environ['PYTHONPATH'] = os.pathsep.join(
    filter(None, [str(TEST), os.environ.get('PYTHONPATH')]))

# For a ROS graph, and a home, of its own.
import conftest  # noqa: E402, F401
from support.browsers import until  # noqa: E402, F401
from support.chromium import Chromium  # noqa: E402, F401
from support.drawn import WATCH  # noqa: E402, F401
from support.firefox import Firefox  # noqa: E402, F401
from support.netns import Namespace  # noqa: E402, F401
from support.processes import node, Process  # noqa: E402, F401
from support.ros_probe import RosProbe  # noqa: E402, F401
from support.stack import finish, free_port, Robot, start  # noqa: E402, F401
