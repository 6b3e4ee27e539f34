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

"""Services of another node that drivers call from the page."""

import threading

from nav_msgs.srv import GetPlan
from std_srvs.srv import Empty, SetBool, Trigger
from support.patience import PATIENCE

# An answer that would run in a page if it were taken for HTML.
HOSTILE = '<img src=x onerror="window.hurt=1"><script>window.hurt=1</script>'
# What actions.services lists for them: some that are absent, of a wrong type, or not installed.
LISTED = ['dock', 'light', 'slow', 'broken', 'absent:trigger', 'empty', 'strict:set_bool',
          'plan', 'unknown:no_such_msgs/srv/Dock']


class Services:
    """Services of another node, and what was asked of them."""

    def __init__(self, probe):
        """Offer them; ``slow`` answers when ``go`` is set."""
        self.calls = []
        self.go = threading.Event()
        offer = probe.node.create_service
        self.made = [
            offer(Trigger, 'dock', self._dock), offer(SetBool, 'light', self._light),
            offer(Trigger, 'slow', self._slow), offer(Trigger, 'broken', self._broken),
            offer(Trigger, 'strict', self._dock), offer(Empty, 'empty', lambda _, answer: answer),
            offer(GetPlan, 'plan', self._plan)]

    def _dock(self, _, answer):
        self.calls.append('dock')
        answer.success, answer.message = True, f'docked {HOSTILE}'
        return answer

    def _light(self, request, answer):
        self.calls.append(('light', request.data))
        answer.success, answer.message = True, 'on' if request.data else 'off'
        return answer

    def _plan(self, request, answer):
        goal = request.goal
        self.calls.append(('plan', goal.header.frame_id, goal.pose.position.x, request.tolerance))
        answer.plan.header.frame_id = goal.header.frame_id
        return answer

    def _slow(self, _, answer):
        self.calls.append('slow')
        # Set by the test, or at its end.
        self.go.wait(PATIENCE)
        answer.success = True
        return answer

    def _broken(self, _, answer):
        self.calls.append('broken')
        answer.success, answer.message = False, 'the arm is stuck'
        return answer
