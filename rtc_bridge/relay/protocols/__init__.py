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
Signaling protocols that the relay serves: native, RTCBot, WHEP and K-Scale.

To add a protocol, write one file with a :class:`~.protocol.SignalingProtocol`, or with a
:class:`~.protocol.SocketProtocol` if it takes WebSockets, and add its class to ``PROTOCOLS``. It
gets robots from ``relay.registry``, brings offers to them with ``relay.broker.ask``, and, if it
has robots of its own, adds them to the registry as ``RobotLink``.
"""

from .kscale import KScaleProtocol
from .native import NativeProtocol
from .native_polling import NativePolling
from .protocol import SignalingProtocol
from .rtcbot import RTCBotProtocol
from .whep import WhepProtocol

# Of those that take a WebSocket, the first one serves it.
PROTOCOLS: tuple[type[SignalingProtocol], ...] = (
    NativeProtocol, NativePolling, RTCBotProtocol, WhepProtocol, KScaleProtocol)
