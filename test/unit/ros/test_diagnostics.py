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

"""Status messages: any text may be in them."""

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.serialization import serialize_message
from rtc_bridge.ros.diagnostics import make_status


def test_text_from_outside_is_escaped():
    status = make_status('x\n', DiagnosticStatus.OK, '\ud800', {'key\x1b': 'a\n\udfff', 'n': 1})
    assert serialize_message(status)
    assert (status.name, status.message) == (r'rtc_bridge: x\n', r'\ud800')
    assert [(pair.key, pair.value) for pair in status.values] == [
        (r'key\x1b', r'a\n\udfff'), ('n', '1')]
