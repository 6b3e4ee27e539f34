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

"""What a viewer's network path can carry, as the congestion controller finds it."""

from dataclasses import dataclass

# Bit/s at which a new session starts: a robot's mobile uplink carries it, and it shows a usable
# picture. It is twice libwebrtc's start of 300 kbit/s, since slow start begins with a keyframe.
START_BITRATE = 600_000


@dataclass(frozen=True)
class BandwidthEstimate:
    """
    The state of a viewer's path, in the words of RFC 8836 and draft-ietf-rmcat-gcc-02.

    :ivar bitrate: what may be sent to the viewer, in bit/s
    :ivar rtt: the newest round trip, in seconds
    :ivar stale: no feedback has come of late, so the rest is out of date
    :ivar slow_start: the bitrate is still being found for the first time
    :ivar overuse: packets queue up on the path
    :ivar random_loss: the path loses packets at any bitrate, without a queue
    """

    bitrate: float
    rtt: float = 0.1
    stale: bool = False
    slow_start: bool = False
    overuse: bool = False
    random_loss: bool = False


# Of a path that nothing is known about.
INITIAL_ESTIMATE = BandwidthEstimate(START_BITRATE, slow_start=True)
