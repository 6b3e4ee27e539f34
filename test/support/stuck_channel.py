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

"""A data channel whose path takes nothing for a while."""

import json


class StuckChannel:
    """A data channel that takes nothing while it is full, and nothing that is too long."""

    readyState = 'open'  # noqa: N815

    def __init__(self):
        self.bufferedAmount = 0  # noqa: N815
        self.longest = 100_000
        self.sent = []

    def on(self, event, handler):
        """Call nobody."""

    def send(self, text):
        if len(text) > self.longest:
            raise ValueError('too long')
        self.sent.append(json.loads(text))

    def types(self):
        """Return the types of what was sent so far, and forget it."""
        sent, self.sent = self.sent, []
        return [message['type'] for message in sent]
