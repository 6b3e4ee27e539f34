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

"""A viewer's voice: packets come in, samples go out at their time."""

from collections.abc import Callable
import threading
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from ...core.audio.jitter_buffer import JitterBuffer
from ...core.clock import boot_time, Clock
from ...core.failure_log import failures
from ...core.supervision import call_guarded, start_thread
from ...system.processes.thread_priority import use_ordinary_priority

# What is played of a voice: one channel at 48 kHz, 16 bits, 20 ms at once.
VOICE_RATE, VOICE_BLOCK = 48_000, 960
# What is left of the last block for each one that did not come: it fades in 60 ms.
_FADE = 0.5
# Seconds before a thread that failed may be followed by another.
_RESTART_AFTER_S = 1.0

VoiceBlock = NDArray[np.int16]


class VoiceDecoder:
    """Decodes Opus, and conceals what did not come. Belongs to one thread."""

    def __init__(self) -> None:
        self._decoder: Any = av.CodecContext.create('libopus', 'r')
        self._last: VoiceBlock = np.zeros(VOICE_BLOCK, np.int16)

    def decode(self, payload: bytes | None) -> VoiceBlock:
        """
        Return the samples of a packet; of ``None`` the last ones, fainter.

        :param payload: of RTP (RFC 7587)
        """
        if payload is None:
            self._last = (self._last * _FADE).astype(np.int16)
            return self._last
        try:
            frames = self._decoder.decode(av.Packet(payload))
        except av.FFmpegError:
            # Of a viewer who sends no Opus.
            return self.decode(None)
        parts = [frame.to_ndarray().reshape(-1, frame.layout.nb_channels).mean(axis=1)
                 for frame in frames]
        if parts:
            self._last = np.concatenate(parts).astype(np.int16)
        return self._last


class Voice:
    """
    Plays the voice that has the floor into what takes it.

    :meth:`put` and :meth:`end` belong to the event loop, what is given to ``sinks`` to a thread
    that lives while somebody talks.

    :ivar sinks: take each block of samples
    :ivar blocks: that were played, in all
    """

    def __init__(self, clock: Clock = boot_time) -> None:
        self.blocks = 0
        self.sinks: list[Callable[[VoiceBlock], object]] = []
        # Return why nobody hears an output.
        self._reasons: list[Callable[[], str]] = []
        self._clock = clock
        self._changed = threading.Condition()
        self._buffer = JitterBuffer()
        # The thread that plays; any other one ends.
        self._thread: threading.Thread | None = None

    def add_output(self, sink: Callable[[VoiceBlock], object],
                   reason: Callable[[], str]) -> None:
        """
        Play on one more output; call this before anybody talks.

        :param sink: takes each block of samples
        :param reason: returns why nobody hears this output, '' if somebody does; in any thread
        """
        self.sinks.append(sink)
        self._reasons.append(reason)

    @property
    def reason(self) -> str:
        """Return why no output is heard, '' if one is or there is none; from any thread."""
        reasons = [reason() for reason in self._reasons]
        return '; '.join(reasons) if all(reasons) else ''

    @property
    def delay(self) -> float:
        """Return for how long packets are kept, in seconds."""
        return self._buffer.delay

    def put(self, sequence: int, payload: bytes) -> None:
        """
        Take a packet of who has the floor.

        :param sequence: its number in RTP
        """
        with self._changed:
            self._buffer.put(sequence, payload, self._clock())
            if self._thread is None:
                self._thread = start_thread('voice', self._run, failure_name='voice',
                                            on_failure=self._on_failure)
            self._changed.notify()

    def end(self) -> None:
        """Play nothing more of this voice: another may come."""
        with self._changed:
            self._buffer = JitterBuffer()
            self._thread = None
            self._changed.notify_all()

    def _on_failure(self, error: BaseException) -> None:
        """Let :meth:`put` start another thread, a little later; in the thread that failed."""
        this = threading.current_thread()
        with self._changed:
            self._changed.wait_for(lambda: self._thread is not this, _RESTART_AFTER_S)
            if self._thread is this:
                self._buffer = JitterBuffer()
                self._thread = None

    def _run(self) -> None:
        use_ordinary_priority()
        decoder, this = VoiceDecoder(), threading.current_thread()
        while True:
            with self._changed:
                played = None
                while self._thread is this and (
                        played := self._buffer.take(self._clock())) is None:
                    self._changed.wait(self._buffer.wait(self._clock()))
                if self._thread is not this or played is None:
                    return
            try:
                block = decoder.decode(played.payload)
            except Exception as error:
                failures.note('voice', error, 'a part of it is left out')
                continue
            self.blocks += 1
            for sink in self.sinks:
                call_guarded('voice', sink, block)
