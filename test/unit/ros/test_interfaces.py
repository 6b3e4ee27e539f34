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

"""The classes of types that the ROS graph and definitions name."""

import pytest
from rtc_bridge.ros.interfaces import field_type, message_type, service_type
from std_msgs.msg import String
from std_srvs.srv import Trigger


@pytest.mark.parametrize('name', ['os/msg/path', 'no_such_msgs/msg/One', 'std_msgs/msg/Nothing',
                                  'std_msgs', '', '../msg/X', 'std_msgs/srv/String'])
def test_types_that_are_not_installed_are_named(name):
    assert message_type('std_msgs/msg/String') is String
    with pytest.raises(LookupError, match='is not installed'):
        message_type(name)


def test_services_and_the_types_of_fields_are_found_too():
    assert service_type('std_srvs/srv/Trigger') is Trigger
    assert field_type('std_msgs/String') is String
    with pytest.raises(LookupError, match='install the package docking_msgs'):
        service_type('docking_msgs/srv/Dock')
    with pytest.raises(LookupError):
        service_type('std_msgs/msg/String')
