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

"""What a test needs of this host, or else is skipped."""

import shutil

import pytest
from rtc_bridge.signaling.network_changes import reachable


def need_program(*names: str) -> str:
    """Return the path of the first of these programs that is installed, or skip the test."""
    for name in names:
        # A user's PATH may lack the folder of servers.
        path = shutil.which(name) or shutil.which(name, path='/usr/sbin')
        if path:
            return path
    pytest.skip(f'{names[0]} is not installed')


def need_address() -> str:
    """Return an address of this host that is not loopback, or skip the test."""
    host = reachable('0.0.0.0')
    if host == '127.0.0.1':
        pytest.skip('this host has no address')
    return host
