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

"""Opus, as one encoder for all listeners."""

from fractions import Fraction
from typing import Any

import av
import numpy as np

from .sound_samples import Samples
from ..encoded_frame import Packet
from ...core.audio.sound_formats import SEND_RATE

# Of each packet, in ms (RFC 7587, section 4.2: the usual one).
PACKET_MS = 20
PACKET_SAMPLES = SEND_RATE * PACKET_MS // 1000
TIME_BASE = Fraction(1, SEND_RATE)
# The loss, in percent, for which packets carry the one before them once more (RFC 6716, 2.1.7):
# what a path loses at random without being of no use.
_EXPECTED_LOSS = '10'


class OpusEncoder:
    """
    Encodes one sound. Belongs to one thread.

    :param channels: 1 or 2
    :param bitrate: in bit/s
    """

    def __init__(self, channels: int, bitrate: int) -> None:
        self._layout = 'mono' if channels == 1 else 'stereo'
        context: Any = av.CodecContext.create('libopus', 'w')
        context.sample_rate = SEND_RATE
        context.layout = self._layout
        context.format = 's16'
        context.bit_rate = bitrate
        context.time_base = TIME_BASE
        # Its other mode waits 6.5 ms for what comes, and gets no better at these rates by that.
        context.options = {
            'application': 'voip', 'frame_duration': str(PACKET_MS), 'fec': '1',
            'packet_loss': _EXPECTED_LOSS}
        self._context = context

    def encode(self, samples: Samples, pts: int) -> list[Packet]:
        """
        Return the packet of a block.

        :param samples: ``PACKET_SAMPLES`` per channel, at ``SEND_RATE``
        :param pts: the number of the first one
        """
        numbers = np.rint(samples * 32767.0).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(numbers.reshape(1, -1), 's16', self._layout)
        frame.sample_rate = SEND_RATE
        frame.pts = pts
        frame.time_base = TIME_BASE
        packets: list[Packet] = self._context.encode(frame)
        for packet in packets:
            # FFmpeg takes the encoder's delay off, which RTP does not know.
            packet.pts = pts
            packet.time_base = TIME_BASE
        return packets
