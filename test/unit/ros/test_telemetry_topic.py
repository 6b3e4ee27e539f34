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

"""The classes of message types that the ROS graph names."""

import pytest
from rtc_bridge.ros.telemetry_topic import message_type
from std_msgs.msg import String


@pytest.mark.parametrize('name', ['os/msg/path', 'no_such_msgs/msg/One', 'std_msgs/msg/Nothing',
                                  'std_msgs', '', '../msg/X', 'std_msgs/srv/String'])
def test_types_that_are_not_installed_are_named(name):
    assert message_type('std_msgs/msg/String') is String
    with pytest.raises(LookupError, match='is not installed'):
        message_type(name)
