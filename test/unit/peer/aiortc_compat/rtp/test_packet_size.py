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

"""Payloads leave room for all headers; what is on the wire, test_ice_networks.py looks at."""

import os

from aiortc import rtcsctptransport
from aiortc.codecs.h264 import H264Encoder
from aiortc.codecs.vpx import Vp8Encoder
from rtc_bridge.peer.aiortc_compat.rtp.packet_size import MAX_DATAGRAM


def test_payloads_of_video_leave_room_for_headers():
    # One NAL unit that is not empty, of a type that may be split.
    unit = b'\x65' + os.urandom(20_000).replace(b'\0', b'\1')
    for payloads in (H264Encoder._packetize(iter([unit])), Vp8Encoder._packetize(unit, 1)):
        assert len(payloads) == 19
        assert max(map(len, payloads)) + 108 <= MAX_DATAGRAM


def test_data_leaves_room_for_headers():
    assert rtcsctptransport.USERDATA_MAX_LENGTH + 12 + 16 + 37 <= MAX_DATAGRAM
    assert rtcsctptransport.USERDATA_MAX_LENGTH % 4 == 0
