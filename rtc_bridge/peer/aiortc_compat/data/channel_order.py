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
Data channels whose messages go out after those of all others.

aiortc sends what is put into channels in the order in which it was put there, and holds back a
message until those before it are under way: a command would wait behind a file.

Private parts used (aiortc 1.14 to 1.16): ``RTCSctpTransport._data_channel_flush`` and its
``_data_channel_queue``. Without them local services slow down what is sent beside them.
"""

from collections import deque
from typing import Any

from aiortc import RTCSctpTransport

from ..hooks import available

# Channels whose labels begin so come last.
LAST = 'service/'


def _install_order() -> None:
    transport: Any = RTCSctpTransport
    if not available('the order of data channels', (transport, ['_data_channel_flush'])):
        return
    flush = transport._data_channel_flush

    async def flush_in_order(self: Any) -> None:
        queue = self._data_channel_queue
        if len(queue) > 1 and any(item[0].label.startswith(LAST) for item in queue):
            # Sorting keeps the order of each channel's messages.
            self._data_channel_queue = deque(
                sorted(queue, key=lambda item: item[0].label.startswith(LAST)))
        await flush(self)

    transport._data_channel_flush = flush_in_order


_install_order()
