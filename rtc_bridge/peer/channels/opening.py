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

"""Which data channels a viewer may open."""

from collections.abc import Mapping
import re

from aiortc import RTCDataChannel

from .channel import Channel, ChannelSession
from .control import ControlChannel
from .rtcbot import RTCBotChannel
from .service_channel import open_service_channel
from .teleop import TeleopChannel

# RTCBot's label, on which its clients both drive and send messages.
RTCBOT = 'default'
# The name of a local service, and what tells connections to it apart.
_SERVICE = re.compile(r'service/([A-Za-z0-9][A-Za-z0-9_-]{0,63})(?:/[A-Za-z0-9_-]{1,64})?')


def make_channel(channel: RTCDataChannel, session: ChannelSession,
                 opened: Mapping[str, Channel]) -> Channel | None:
    """
    Return the channel that a viewer has opened, ``None`` if it is not used.

    A session has one way to drive: RTCBot's, without nonces and sequence numbers, is not for a
    session that has ours. Before a proof there is only our page's way in.

    :param opened: the channels that the session has, by label
    """
    label = channel.label
    if label in opened:
        return None
    if label == RTCBOT:
        return RTCBotChannel(channel, session) if not opened and session.role != 'none' else None
    if RTCBOT in opened:
        return None
    if label == 'control':
        return ControlChannel(channel, session)
    if label == 'teleop':
        return TeleopChannel(channel, session)
    if label.startswith('service/') and session.role != 'none':
        service = _SERVICE.fullmatch(label)
        # A name that cannot be one is answered, too.
        return open_service_channel(channel, session, service[1] if service else '')
    return None
