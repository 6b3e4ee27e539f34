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

"""A ROS graph and a home of the tests' own: nobody else's robot is moved, seen or changed."""

from functools import lru_cache
import os
import socket
import tempfile

from rtc_bridge.sim.demo_environment import free_domain

_claims: list[socket.socket] = []


def _claim_domain() -> tuple[int, socket.socket]:
    """Return a free ROS domain, and what keeps it so: the port of its first participant."""
    while True:
        domain, claim = free_domain(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            claim.bind(('', 7410 + 250 * domain))
            return domain, claim
        except OSError:
            # Another run was quicker.
            claim.close()


@lru_cache(maxsize=1)
def lonely_domain() -> int:
    """Return a domain of this process besides its own, in which nobody else is."""
    domain, claim = _claim_domain()
    # As long as the process lives.
    _claims.append(claim)
    return domain


def isolate() -> tuple[str, socket.socket]:
    """
    Give this process and its children a ROS domain and a folder for secrets.

    Return the folder, and what keeps the domain as long as it lives.
    """
    domain, claim = _claim_domain()
    # Discovery stays on this host.
    os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
    os.environ['ROS_DOMAIN_ID'] = str(domain)
    os.environ.pop('ROS_LOCALHOST_ONLY', None)
    # Secrets of the robots here are none of the user's.
    os.environ['ROS_HOME'] = tempfile.mkdtemp(prefix='rtc_bridge_ros_home_')
    return os.environ['ROS_HOME'], claim
