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

"""
Who may see and who may drive.

The only question asked of it is: which role has this session? Today the answer depends on the
door alone; invites and their proof will be a second way to a role.
"""

from dataclasses import dataclass

ROLES = ('none', 'view', 'drive')


@dataclass(frozen=True)
class Access:
    """
    Roles without an invite.

    :param anonymous: role of those who reach the robot's own server
    :param anonymous_via_relay: role of those who come through a relay
    :param whep_via_relay: whether WHEP players may come through a relay, which could then watch
    """

    anonymous: str = 'none'
    anonymous_via_relay: str = 'none'
    whep_via_relay: bool = False

    def role(self, via: str, door: str) -> str:
        """
        Return ``none``, ``view`` or ``drive`` for a session that has proved nothing.

        :param via: ``server`` (the robot's own) or ``relay``
        :param door: the form it came by; WHEP players have no way to drive
        """
        if door == 'whep' and via == 'relay' and not self.whep_via_relay:
            return 'none'
        role = self.anonymous if via == 'server' else self.anonymous_via_relay
        return 'view' if door == 'whep' and role == 'drive' else role
