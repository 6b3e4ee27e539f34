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

"""The parameters of services that drivers may call."""

from dataclasses import dataclass

from .parameters import parameter
from .telemetry_settings import LABEL_FORMS, label_text, member_text

# What a page draws beside the label.
ICONS = ('none', 'light', 'horn', 'dock', 'power', 'arm', 'camera', 'home', 'play', 'stop')
_STATE_MEMBER_FORMS = "a path of members like 'data' or 'outputs[0].on'"


def _state_member_text(value: object) -> str:
    if value == '':
        raise ValueError(value)
    return member_text(value)


@dataclass(frozen=True)
class ActionSettings:
    """Services that drivers may call: ``actions.*``."""

    services: tuple[str, ...] = parameter(
        (), 'services that drivers may call from the page, of any type: NAME, NAME:trigger '
        '(std_srvs/Trigger), NAME:set_bool (std_srvs/SetBool) or NAME:PACKAGE/srv/TYPE; or names '
        'of your choice that have actions.NAME.service')
    timeout: float = parameter(
        10.0, 'a service call without an answer fails after this time', unit='s', low=0.1,
        high=60.0)


@dataclass(frozen=True)
class ActionServiceSettings:
    """One of the services: ``actions.NAME.*``."""

    service: str = parameter('', 'service; empty: NAME')
    label: str = parameter(
        '', 'what drivers read on the button; empty: NAME', read=label_text, forms=LABEL_FORMS)
    icon: str = parameter('none', 'sign on the button', choices=ICONS)
    confirm: bool = parameter(False, 'whether the page asks before it calls the service')
    state_topic: str = parameter(
        '', 'topic that tells whether a switch (std_srvs/SetBool) is on; empty: the page shows '
        'what the last call has set, as assumed')
    state_member: str = parameter(
        'data', 'member of its messages: true or false, or a number, of which 0 is off',
        read=_state_member_text, forms=_STATE_MEMBER_FORMS)


# Members of the group that are no names of services.
RESERVED_NAMES = ('services', 'timeout')
