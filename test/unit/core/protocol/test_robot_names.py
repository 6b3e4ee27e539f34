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

"""Which names a robot may have."""

import pytest
from rtc_bridge.core.errors import ProtocolError
from rtc_bridge.core.protocol.robot_names import check_name


@pytest.mark.parametrize('name', ['a', 'turtlebot4-1', 'x_y.z~', 'A' * 64])
def test_names(name):
    assert check_name(name) == name


@pytest.mark.parametrize('name', ['', 'a/b', '.hidden', 'a b', 'é', 'A' * 65, 'static', 'whep'])
def test_what_is_no_name(name):
    with pytest.raises(ProtocolError):
        check_name(name)
