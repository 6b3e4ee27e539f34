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
"""A loudspeaker of ALSA that writes what it plays into a file."""

import os

import numpy as np
from support.browsers import until
from support.tones import frequency_of

# Of what the robot plays, mono, Hz.
RATE = 48_000


class Loudspeaker:
    """
    A device for programs that are started from now on, until it is closed.

    :param folder: for its files
    :ivar device: its name, as a parameter takes it
    :ivar file: where what was played is, mono, 16 bits; it may not be there yet
    """

    device = 'alsa:loudspeaker'

    def __init__(self, folder):
        """Describe it to ALSA."""
        self.file = folder / 'played.raw'
        config = folder / 'asound.conf'
        config.write_text('pcm.null { type null }\npcm.loudspeaker { type file slave.pcm "null" '
                          f'file "{self.file}" format "raw" }}\n')
        self._before = os.environ.get('ALSA_CONFIG_PATH')
        os.environ['ALSA_CONFIG_PATH'] = str(config)

    def _played(self):
        return np.fromfile(self.file, '<i2') if self.file.exists() else np.zeros(0, '<i2')

    def wait_tone(self, frequency):
        """Wait until half a second of a tone is played from now on; frequency in Hz."""
        before = len(self._played())

        def heard():
            nonlocal before
            played = self._played()
            # The player closes the device in a silence, and writes a new file after it.
            before = min(before, len(played))
            newest = played[before:][-RATE // 2:]
            return len(newest) == RATE // 2 and abs(frequency_of(newest, RATE) - frequency) < 5
        until(heard, f'a tone of {frequency} Hz from the loudspeaker')

    def close(self):
        """Restore what was described before."""
        del os.environ['ALSA_CONFIG_PATH']
        if self._before is not None:
            os.environ['ALSA_CONFIG_PATH'] = self._before
