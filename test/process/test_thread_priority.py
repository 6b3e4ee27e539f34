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

"""The event loop of a running bridge goes before its encoders."""

from support.browsers import until
from support.nice_values import lowest_allowed, nice_values, ORDINARY
from support.stack import ColourCamera, Robot
from support.viewers import Viewer


def test_the_event_loop_has_a_lower_nice_value_than_encoders():
    robot = Robot(relay=False, guard=None, **{'cameras.names': ['front']})
    viewer = None
    try:
        pid = robot.bridge.pid
        until(lambda: nice_values(pid)[pid] == lowest_allowed(), 'the loop goes first')
        before = nice_values(pid)
        ColourCamera(robot.probe, 'front/image_raw', (0, 0, 200))
        viewer = Viewer(f'{robot.own_url}/connect')
        until(lambda: viewer.frames, 'a frame')
        after = nice_values(pid)
        # The encoder's thread, and those that its library starts.
        assert {after[tid] for tid in after.keys() - before.keys()} == {ORDINARY}
        assert after[pid] == before[pid]
    finally:
        if viewer is not None:
            viewer.close()
        robot.close()
