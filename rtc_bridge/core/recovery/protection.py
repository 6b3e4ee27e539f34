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

"""Whether a viewer's packets are protected by recovery packets, and what these cost."""

from collections.abc import Iterable
import math

from ..clock import boot_time, Clock

# Seconds of round trip above which a lost packet is sent again too late, and below which it is in
# time again: what is sent again comes a round trip late, twice that if it is lost once more. It
# costs only what was lost.
TOO_LATE_S, IN_TIME_S = 0.08, 0.06
# Shares of packets lost from which on packets are protected, and below which no more.
LOSSY, LOSSLESS = 0.005, 0.0025
# Seconds over which losses are averaged while they grow, and while they shrink. A browser reports
# on some hundred packets: their losses vary by half of their mean, and now and then none is lost.
_RISE_S, _FALL_S = 2.0, 10.0
# Weight of one more burst in the mean length of bursts, and packets that a burst counts for at
# most: what is longer is an interruption, against which nothing is sent in advance.
_BURST_WEIGHT, _MAX_BURST = 0.1, 16
# Bursts are protected from this mean on: two of 30 packets that are lost at random are neighbours.
_MIN_BURST = 1.5
# Packets by which one that is asked for again may be behind the newest one asked for.
_ASKED_AGAIN = 1024
# Seconds over which the price is averaged.
_PRICE_S = 2.0


class Protection:
    """
    Decides by a path's loss and round trip which frames are protected, and counts the price.

    Frames are protected where a packet that is sent again comes too late. Keyframes are on each
    path that loses packets, as nothing is shown until they are whole. How many recovery packets
    there are is decided in :mod:`.parity_groups`, by ``loss`` and ``burst``.

    Belongs to one thread.

    :ivar loss: share of packets that the path loses, 0 to 1, of the last seconds
    """

    def __init__(self, clock: Clock = boot_time) -> None:
        self.loss = 0.0
        self._clock = clock
        self._updated = self._sent_at = clock()
        self._lossy = self._far = False
        self._burst = 1.0
        # The newest packet that was noted as lost.
        self._newest_lost: int | None = None
        # Bytes of a frame and of its recovery packets, averaged.
        self._media = self._recovery = 0.0

    def update(self, loss: float, rtt: float, *, overuse: bool = False) -> None:
        """
        Take what is known of the path; call it several times a second.

        :param loss: share of packets lost of late, 0 to 1
        :param rtt: round trip in seconds
        :param overuse: packets queue up on the path: what is lost then is lost to a full queue,
            which more packets would only lengthen
        """
        now = self._clock()
        seconds, self._updated = now - self._updated, now
        if overuse:
            loss = min(loss, self.loss)
        if rtt > TOO_LATE_S and not overuse:
            self._far = True
        elif rtt < IN_TIME_S:
            self._far = False
        self.loss += (loss - self.loss) * -math.expm1(
            -seconds / (_RISE_S if loss > self.loss else _FALL_S))
        self._lossy = self.loss >= (LOSSLESS if self._lossy else LOSSY)

    def on_lost(self, sequences: Iterable[int]) -> None:
        """
        Learn from losses how long bursts are.

        :param sequences: RTP sequence numbers of one negative acknowledgement, in its order
        """
        length, before = 0, None
        newest = self._newest_lost
        # Those that were asked for before are seldom single ones: these are repaired.
        new = [sequence for sequence in sequences
               if newest is None or (newest - sequence & 0xFFFF) >= _ASKED_AGAIN]
        if new:
            self._newest_lost = new[-1]
        for sequence in (*new, None):
            if length and (sequence is None or before is None
                           or sequence != before + 1 & 0xFFFF):
                self._burst += _BURST_WEIGHT * (min(length, _MAX_BURST) - self._burst)
                length = 0
            length, before = length + 1, sequence

    @property
    def burst(self) -> float:
        """Return the mean length of bursts of losses; 1 where losses are independent."""
        return self._burst if self._burst >= _MIN_BURST else 1.0

    def covers(self, keyframe: bool) -> bool:
        """Tell whether a frame that is sent now is protected."""
        return self._lossy and (keyframe or self._far)

    def on_sent(self, media: int, recovery: int) -> None:
        """
        Note what was sent.

        :param media: bytes of a frame, with the headers of its packets or without
        :param recovery: bytes of recovery packets, counted in the same way
        """
        if media > 0:
            now = self._clock()
            weight = -math.expm1(-(now - self._sent_at) / _PRICE_S)
            self._sent_at = now
            self._media += weight * (media - self._media)
            self._recovery += weight * (recovery - self._recovery)

    @property
    def price(self) -> float:
        """Return how many bytes of recovery packets were sent for each byte of media of late."""
        return self._recovery / max(self._media, 1.0)

    def media_bitrate(self, bitrate: float) -> float:
        """
        Return what is left for the encoder, so that media and recovery share a bitrate.

        :param bitrate: of both, in bit/s
        """
        return bitrate / (1 + self.price)

    def path_bitrate(self, bitrate: float) -> float:
        """
        Return what a path has to carry for an encoder's bitrate; see :meth:`media_bitrate`.

        :param bitrate: of the encoder, in bit/s
        """
        return bitrate * (1 + self.price)
