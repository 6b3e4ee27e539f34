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

"""Programs that are one ROS node: they end, whatever keeps them from it."""

import subprocess
import sys

from rtc_bridge.ros.program import FAILED
from support.patience import PATIENCE

# Fast DDS may wait for itself in destroy_node(), with the interpreter's lock: so does PyDLL.
STUCK = """
import ctypes
import sys
from rclpy.node import Node
from rtc_bridge.ros import program

class Stuck(Node):
    def __init__(self):
        super().__init__('stuck')
        self.create_timer(0.0, self.finish)

    def finish(self):
        raise program.Finished

    def destroy_node(self):
        ctypes.PyDLL(None).sleep(100_000)

program._END_TIMEOUT_S = 0.2
sys.exit(program.run_node('stuck', Stuck, []))
"""


def test_a_node_that_cannot_be_destroyed_keeps_no_process_alive():
    ended = subprocess.run([sys.executable, '-c', STUCK], stderr=subprocess.PIPE, text=True,
                           timeout=PATIENCE)
    assert ended.returncode == FAILED
    # Where it was stuck.
    assert 'in destroy_node' in ended.stderr
