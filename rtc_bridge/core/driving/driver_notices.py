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

"""What a person who drives has to know of the way of commands to the motors."""

from dataclasses import dataclass
from typing import Any

# Node names in one notice; more of them are counted. A page shows it in a few lines.
MAX_NODES = 6


@dataclass(frozen=True)
class Notice:
    """
    One thing that is wrong.

    :param code: what, for programs; ``docs/protocol.md`` lists them
    :param level: ``warn``, or ``error`` where nothing can be driven
    :param text: one or two sentences for people: what is, and what to do
    :param topic: the topic that it is about, or nothing
    :param nodes: the full names of the nodes that it is about
    """

    code: str
    level: str
    text: str
    topic: str = ''
    nodes: tuple[str, ...] = ()

    def members(self) -> dict[str, Any]:
        """Return it as in the message ``notices``."""
        return {'code': self.code, 'level': self.level, 'topic': self.topic,
                'nodes': list(self.nodes[:MAX_NODES]), 'text': self.text}


def name_all(names: tuple[str, ...]) -> str:
    """Return names as part of a sentence: ``/a, /b and 3 more``."""
    if len(names) > MAX_NODES:
        return f'{", ".join(names[:MAX_NODES])} and {len(names) - MAX_NODES} more'
    return ' and '.join(filter(None, (', '.join(names[:-1]), names[-1]))) if names else 'nobody'
