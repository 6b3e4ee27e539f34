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

"""The robot's sound: blocks come in, and each listener gets the same packets."""

import asyncio
from collections import deque
from dataclasses import dataclass
import logging
import threading
from typing import Any, Protocol

from numpy.typing import NDArray

from .echo_canceller import EchoCanceller
from .opus_encoder import OpusEncoder, PACKET_SAMPLES
from .sound_decoder import Blocks, SoundDecoder
from ..encoded_frame import Packet
from ...core.audio.sample_clock import SampleClock
from ...core.audio.sound_formats import SEND_RATE, SoundFormat
from ...core.clock import boot_time, Clock
from ...core.errors import SoundError
from ...core.failure_log import failures
from ...core.supervision import call_guarded, start_thread
from ...system.processes.thread_priority import use_ordinary_priority

logger = logging.getLogger(__name__)

# Blocks that wait for the encoder, which takes 0.5 ms for each 20 ms of sound: more of them wait
# only while the host is too busy, and are too old then.
_MAX_WAITING = 16
# Seconds without a block after which there is no sound: some programs publish four a second.
_SILENT_AFTER_S = 2.0
# What is left of the sound while somebody talks: 30 dB less.
_DUCKED = 0.03
# Different faults that are logged, once each.
_MAX_LOGGED = 8
# Seconds before a thread that failed starts again.
_RESTART_AFTER_S = 1.0


class SoundListener(Protocol):
    """What a stream hands its packets to."""

    def put(self, packet: Packet) -> None:
        """Take a packet, in the event loop."""


@dataclass
class SoundStats:
    """
    Counts since the start, for ``/diagnostics``.

    :ivar blocks: that came from the source
    :ivar dropped: blocks that were too late to be encoded
    :ivar errors: blocks that could not be read
    :ivar last_error: what was wrong with the newest of them
    :ivar form: format of the newest block
    """

    blocks: int = 0
    packets: int = 0
    dropped: int = 0
    errors: int = 0
    last_error: str = ''
    form: SoundFormat | None = None


class SoundStream:
    """
    Encodes a source once, however many listen, and only while somebody does.

    :meth:`put` belongs to the source's thread, :meth:`count_error` to any; all else to the event
    loop.

    :param channels: 1 or 2
    :param bitrate: in bit/s
    :param source: its name, for people
    """

    def __init__(self, channels: int, bitrate: int, source: str = 'the microphone',
                 clock: Clock = boot_time) -> None:
        self.source = source
        self.channels = channels
        self.bitrate = bitrate
        self.stats = SoundStats()
        # Why the source has no sound, '' if it should have; set in any thread.
        self.source_reason = ''
        self._clock = clock
        self._heard_at: float | None = None
        # Since when somebody listens.
        self._wanted_at = 0.0
        self._logged: set[str] = set()
        self._changed = threading.Condition()
        # The thread that is to read the blocks; any other one ends. And the last one there was.
        self._reader: threading.Thread | None = None
        self._thread: threading.Thread | None = None
        # Of all threads one after the other: the time of what is sent never jumps back.
        self._samples = SampleClock()
        # Blocks with the times when they came.
        self._blocks: deque[tuple[SoundFormat, bytes | NDArray[Any], float]] = deque()
        self._gain = 1.0
        # Takes the voices out of it that are played on the robot; set before anybody listens.
        self.canceller: EchoCanceller | None = None
        # Replaced as a whole and never changed.
        self._listeners: tuple[SoundListener, ...] = ()
        self._loop: asyncio.AbstractEventLoop | None = None

    # The source's thread

    def put(self, form: SoundFormat, data: bytes | NDArray[Any]) -> None:
        """Take the next block."""
        now = self._heard_at = self._clock()
        self.stats.blocks += 1
        self.stats.form = form
        with self._changed:
            if self._reader is None:
                return
            if len(self._blocks) >= _MAX_WAITING:
                self._blocks.popleft()
                self.stats.dropped += 1
            self._blocks.append((form, data, now))
            self._changed.notify()

    def count_error(self, error: str) -> None:
        """Count a block that cannot be read, and log each reason once; from any thread."""
        # Sources find faults in messages, the encoder's thread those in bytes.
        with self._changed:
            self.stats.errors += 1
            self.stats.last_error = error
            is_new = error not in self._logged and len(self._logged) < _MAX_LOGGED
            if is_new:
                self._logged.add(error)
        if is_new:
            logger.warning('sound: %s', error)

    # Event loop

    @property
    def wanted(self) -> bool:
        """Tell whether somebody listens; from any thread."""
        return bool(self._listeners)

    @property
    def listeners(self) -> int:
        """Return how many listen."""
        return len(self._listeners)

    @property
    def reason(self) -> str:
        """Return why nobody hears anything, '' if they do or nobody listens; from any thread."""
        if not self._listeners:
            return ''
        if self.source_reason:
            return self.source_reason
        since = max(self._wanted_at, self._heard_at or 0.0)
        if self._clock() - since < _SILENT_AFTER_S:
            return ''
        return f'nothing comes from {self.source}'

    def add(self, listener: SoundListener) -> None:
        """Let one more listen."""
        first = not self._listeners
        self._listeners += (listener,)
        if first:
            self._loop = asyncio.get_running_loop()
            self._wanted_at = self._clock()
            with self._changed:
                self._reader = self._thread = start_thread(
                    'encode-sound', self._run, self._thread, failure_name='sound encoder')

    def remove(self, listener: SoundListener) -> None:
        """Let one listen no more; with the last one the encoder ends."""
        before = self._listeners
        self._listeners = tuple(one for one in before if one is not listener)
        if before and not self._listeners:
            with self._changed:
                self._reader = None
                self._blocks.clear()
                self._changed.notify_all()

    def duck(self, on: bool) -> None:
        """Make the sound faint while a voice is played, which the microphone hears, too."""
        self._gain = _DUCKED if on else 1.0

    # Encoder thread

    def _run(self, predecessor: threading.Thread | None) -> None:
        """Encode until another thread is the reader, and start again after a failure."""
        if predecessor is not None:
            predecessor.join()
        while True:
            try:
                use_ordinary_priority()
                return self._encode()
            except Exception as error:
                failures.note('sound encoder', error, 'it starts again')
            this = threading.current_thread()
            with self._changed:
                if self._changed.wait_for(lambda: self._reader is not this, _RESTART_AFTER_S):
                    return

    def _encode(self) -> None:
        decoder, encoder = SoundDecoder(self.channels), OpusEncoder(self.channels, self.bitrate)
        blocks, clock, canceller = Blocks(PACKET_SAMPLES), self._samples, self.canceller
        if canceller is not None:
            canceller.restart()
        while (block := self._take()) is not None:
            form, data, came = block
            try:
                samples = decoder.decode(form, data)
            except SoundError as error:
                self.count_error(str(error))
                continue
            if clock.note_block(came, len(samples) / SEND_RATE):
                # The rest of a packet from before the pause.
                blocks.clear()
                if canceller is not None:
                    canceller.restart()
            for packet_samples in blocks.add(samples):
                if canceller is not None:
                    packet_samples = canceller.clean(packet_samples)
                for packet in encoder.encode(
                        packet_samples * self._gain, clock.take(PACKET_SAMPLES)):
                    self._send(packet)

    def _take(self) -> tuple[SoundFormat, bytes | NDArray[Any], float] | None:
        """Wait for the next block; return ``None`` if the calling thread is to end."""
        this = threading.current_thread()
        with self._changed:
            self._changed.wait_for(lambda: self._blocks or self._reader is not this)
            return self._blocks.popleft() if self._reader is this else None

    def _send(self, packet: Packet) -> None:
        self.stats.packets += 1
        assert self._loop is not None  # Since the first listener.
        try:
            self._loop.call_soon_threadsafe(call_guarded, 'sound', self._deliver, packet)
        except RuntimeError:
            # The loop was closed meanwhile, and all listeners with it.
            pass

    def _deliver(self, packet: Packet) -> None:
        for listener in self._listeners:
            try:
                listener.put(packet)
            except (Exception, asyncio.CancelledError) as error:
                # One listener's failure must not keep the sound from the others.
                failures.note('sound', error)
