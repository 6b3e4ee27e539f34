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

"""What a page knows of an action: a service that it may call, or why it cannot."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .form import FormField
from ..protocol.strict_json import dump

# Kinds besides those of std_srvs: what is no service, a text that the robot is to say; and a
# service of any other type, called by a form.
TEXT_KIND, FORM_KIND = 'text', 'form'
# Bytes of all forms in one list, and of one of them.
_MAX_FORMS, MAX_FORM = 32 * 1024, 8 * 1024


@dataclass(frozen=True)
class Action:
    """
    One action.

    :ivar kind: ``trigger``, ``set_bool``, ``text`` or ``form``; empty while it cannot be called
    :ivar reason: why it cannot be called, with the remedy
    :ivar icon: one of those in ``core.settings.action_settings``
    :ivar has_state: a topic tells whether the switch is on
    :ivar type: of the service, for a form
    """

    kind: str
    reason: str = ''
    label: str = ''
    icon: str = 'none'
    confirm: bool = False
    has_state: bool = False
    type: str = ''  # noqa: A003 - as a member of the message
    fields: tuple[FormField, ...] = ()

    def members(self, name: str) -> dict[str, Any]:
        """Return it as a JSON object, without what is empty."""
        obj: dict[str, Any] = {'name': name, 'kind': self.kind or None}
        if self.reason:
            obj['reason'] = self.reason
        if self.label:
            obj['label'] = self.label
        if self.icon != 'none':
            obj['icon'] = self.icon
        for member in ('confirm', 'has_state'):
            if getattr(self, member):
                obj[member] = True
        if self.kind == FORM_KIND:
            obj |= {'type': self.type, 'fields': [field.members() for field in self.fields]}
        return obj


def form_size(fields: tuple[FormField, ...]) -> int:
    """Return the bytes that a form takes in a message."""
    return len(dump({'fields': [field.members() for field in fields]}))


def actions_list(actions: Mapping[str, Action]) -> list[dict[str, Any]]:
    """Return actions as JSON objects, of which the forms have a bounded size together."""
    left, found = _MAX_FORMS, []
    for name, action in actions.items():
        if action.kind == FORM_KIND:
            left -= form_size(action.fields)
            if left < 0:
                action = Action('', 'the forms of all actions are too large together: list fewer '
                                'services with large requests', action.label, action.icon)
        found.append(action.members(name))
    return found
