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

"""A microphone of this computer."""

import logging
import threading
from typing import Any

import av
import numpy as np

from .sound_devices import open_device
from .sound_stream import SoundStream
from ...core.audio.sound_formats import SEND_RATE, SoundFormat
from ...core.failure_log import failures
from ...core.supervision import start_thread
from ...system.processes.thread_priority import use_ordinary_priority

logger = logging.getLogger(__name__)

# Seconds before a device that could not be opened, or has gone, is tried again.
_RETRY_S = 2.0
# Bytes that PulseAudio hands over at once: 10 ms of one channel. Its default is half a second.
_FRAGMENT = SEND_RATE // 100 * 2


class SoundDevice:
    """
    Reads a device while somebody listens.

    :meth:`update` belongs to the event loop, the reading to a thread. There is one thread at most:
    ALSA and PulseAudio may let it wait for ever for a device that hands over nothing (FFmpeg heeds
    no timeout there), and others that wait for its end would never read.

    :param kind: of ``sound_devices.DEVICE_KINDS``
    :param name: of the device, as ``default`` or ``hw:1,0``
    :param stream: takes the sound
    """

    def __init__(self, kind: str, name: str, stream: SoundStream) -> None:
        self._kind = kind
        self._name = name
        self._stream = stream
        self._changed = threading.Condition()
        self._wanted = False
        self._thread: threading.Thread | None = None

    def update(self, wanted: bool) -> None:
        """Read the device from now on, or no more."""
        with self._changed:
            if wanted == self._wanted:
                return
            self._wanted = wanted
            self._changed.notify()
            if wanted and self._thread is None:
                self._thread = start_thread('sound-device', self._run,
                                            failure_name='sound device')

    def _run(self) -> None:
        use_ordinary_priority()
        while True:
            ended = False
            try:
                ended = self._read()
            except (av.FFmpegError, LookupError, OSError, ValueError) as error:
                self._note(f'the device {self._kind}:{self._name} cannot be read: {error}')
            except Exception as error:
                failures.note('sound device', error, 'it is opened again')
                self._note(f'the device {self._kind}:{self._name} cannot be read: {error!r}')
            with self._changed:
                if not ended:
                    self._changed.wait_for(lambda: not self._wanted, _RETRY_S)
                if not self._wanted:
                    self._thread = None
                    return

    def _read(self) -> bool:
        """Read until nobody listens, and return True; False if the device has gone."""
        options = {'sample_rate': str(SEND_RATE), 'channels': str(self._stream.channels)}
        if self._kind == 'pulse':
            options['fragment_size'] = str(_FRAGMENT * self._stream.channels)
        with open_device(self._kind, self._name, 'r', options) as container:
            self._stream.source_reason = ''
            for frame in container.decode(audio=0):
                if not self._wanted:
                    return True
                self._stream.put(*_block(frame))
        return False

    def _note(self, reason: str) -> None:
        if reason != self._stream.source_reason:
            self._stream.source_reason = reason
            logger.warning('sound: %s', reason)


def _block(frame: Any) -> tuple[SoundFormat, Any]:
    """Return a frame's format and samples, in which the channels alternate."""
    values = frame.to_ndarray()
    if frame.format.is_planar:
        values = np.ascontiguousarray(values.T)
    return (SoundFormat(values.dtype.str.replace('|', ''), frame.sample_rate,
                        frame.layout.nb_channels), values.reshape(-1))
