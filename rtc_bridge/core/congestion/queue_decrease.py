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

"""How far a queue lowers the bitrate of a path."""

# Multiplicative decrease (draft-ietf-rmcat-gcc-02, section 5.5: beta), less a share per second of
# queue, down to a bound.
_BETA, _MIN_BETA = 0.85, 0.5
# A queue longer than this, in seconds, is none of jitter, however the path's delays vary.
LONG_QUEUE_S = 0.09
# The share of the bitrate that is left by a queue that may be jitter, however often it shows up in
# so many seconds.
_SHORT_QUEUE_BETA, _SHORT_QUEUE_INTERVAL_S = 0.81, 3.0


class QueueDecrease:
    """Finds the bitrate that lets a queue drain; belongs to one thread."""

    def __init__(self) -> None:
        # When a queue was first found that may be jitter, of late, and the bitrate then.
        self._reference = float('-inf'), 0.0

    def bitrate(self, now: float, queue: float, through: float, before: float, *,
                may_be_jitter: bool) -> float:
        """
        Return what to send from now on, in bit/s.

        :param now: in seconds
        :param queue: its length in seconds
        :param through: what the path carries, in bit/s
        :param before: what was to be sent until now, in bit/s
        :param may_be_jitter: a short queue may be none of ours
        """
        if queue > LONG_QUEUE_S:
            return through * max(_MIN_BETA, _BETA - queue)
        lower = _BETA * through
        if may_be_jitter:
            # Packets that are held back once lower the receive rate, too.
            if now - self._reference[0] > _SHORT_QUEUE_INTERVAL_S:
                self._reference = now, before
            lower = max(lower, _SHORT_QUEUE_BETA * self._reference[1])
        return lower
