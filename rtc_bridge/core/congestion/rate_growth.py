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

"""How fast the bitrate of a path grows while nothing speaks against it."""

# Growth of the bitrate per second, as a share of it: until the first overuse, so that the queue
# of a feedback's delay stays below 100 ms; back to what the path was found to carry; near that,
# soon after an overuse and later; and beyond it at first (section 5.5: 0.08).
_SLOW_START_GROWTH, _RECOVERY_GROWTH = 0.7, 0.35
_NEAR_GROWTH, _LATER_NEAR_GROWTH, _GROWTH = 0.05, 0.1, 0.1
# Beyond it, the longer nothing speaks against it the faster, as CUBIC does (RFC 9438, 4.5):
# per second and second, after so many seconds, up to a bound.
_ACCELERATION, _ACCELERATION_DELAY_S, _MAX_GROWTH = 0.1, 2.0, 0.5
# The measured capacity is near within the first two shares: a rate over half a second varies by a
# tenth. Above the third the path is another one.
_BELOW, _ABOVE, _CHANGED = 0.95, 1.1, 1.4


def growth_per_second(share: float, since: float | None) -> float:
    """
    Return by which share of it a bitrate grows per second.

    :param share: of what the path carried at the last overuse
    :param since: seconds since then; ``None`` before the first
    """
    if since is None or share > _CHANGED:
        return _SLOW_START_GROWTH
    if share < _BELOW:
        return _RECOVERY_GROWTH
    later = since - _ACCELERATION_DELAY_S
    if share < _ABOVE:
        return _NEAR_GROWTH if later < 0 else _LATER_NEAR_GROWTH
    return min(_MAX_GROWTH, _GROWTH + _ACCELERATION * max(0.0, later))
