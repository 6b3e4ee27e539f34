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

"""The robot's telemetry on ``control``."""

from .channel import Channel, MAX_BUFFERED_TELEMETRY
from ...core.clock import boot_time
from ...core.protocol.strict_json import dump


class TelemetrySender:
    """Sends values by name; of those that the path does not take yet the newest ones, later."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        # Values that the page has yet to be told.
        self._unsent: dict[str, object] = {}

    def send_all(self, telemetry: dict[str, tuple[object, float] | None]) -> None:
        """
        Send all values that are known, with their ages in seconds, to a page that begins.

        :param telemetry: values by name, each with the boot-time clock of its arrival
        """
        known = {name: entry for name, entry in telemetry.items() if entry is not None}
        if known:
            now = boot_time()
            self._channel.send(dump({
                'type': 'telemetry', 'values': {name: value for name, (value, _) in known.items()},
                'ages': {name: round(now - came, 1) for name, (_, came) in known.items()}}))

    def add(self, values: dict[str, object]) -> None:
        """Send new values, now or later."""
        self._unsent |= values
        self.send_unsent()

    def send_unsent(self) -> None:
        """Send the values that could not be sent before."""
        if self._unsent and self._channel.send(
                dump({'type': 'telemetry', 'values': self._unsent}), MAX_BUFFERED_TELEMETRY):
            self._unsent = {}
