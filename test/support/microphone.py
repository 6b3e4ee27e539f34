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
"""A microphone as a topic."""

from std_msgs.msg import UInt8MultiArray
from support.tones import BLOCK, RATE, tone

# Parameters of a bridge that listens to the topic.
PARAMETERS = {'audio.source': 'sound', 'audio.format': f'S16LE {RATE} 1'}
FREQUENCY = 440


class Microphone:
    """The topic ``sound`` with a tone, in blocks of 20 ms."""

    def __init__(self, probe):
        """Begin to publish."""
        self._node = probe.node
        self._publisher = self._node.create_publisher(UInt8MultiArray, 'sound', 10)
        samples = tone(FREQUENCY, 1.0)
        self._blocks = [samples[start:start + BLOCK].tobytes() for start in range(0, RATE, BLOCK)]
        self._next = 0
        self._timer = self._node.create_timer(BLOCK / RATE, self._publish)

    def _publish(self):
        message = UInt8MultiArray()
        message.data.frombytes(self._blocks[self._next % len(self._blocks)])
        self._next += 1
        self._publisher.publish(message)

    def close(self):
        """Cease to publish."""
        self._node.destroy_timer(self._timer)
        self._node.destroy_publisher(self._publisher)
