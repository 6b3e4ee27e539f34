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

"""The clock of safety and media timers, and whether the wall clock is right."""

import ctypes
from functools import partial
import time
from typing import Callable

# Returns seconds.
Clock = Callable[[], float]
# What people are told where that matters.
NOT_SYNCHRONIZED = ('the system clock is not synchronized (see timedatectl; install an NTP client '
                    'such as chrony)')
# TIME_ERROR of <sys/timex.h>.
_TIME_ERROR = 5


# Returns the seconds since boot, including those spent suspended. All processes of a host share
# this clock, and steps of the system clock do not affect it. A command that was sent before the
# host was suspended is old when the host resumes; ``CLOCK_MONOTONIC`` would hide that, and stands
# in where the operator's computer runs no Linux. No function of our own, as it is read some
# thousand times a second.
boot_time: Clock = partial(time.clock_gettime,
                           getattr(time, 'CLOCK_BOOTTIME', time.CLOCK_MONOTONIC))


def synchronized() -> bool:
    """Return whether the system clock is synchronized, as ``adjtimex(2)`` says."""
    try:
        # A struct timex with modes 0 changes nothing. It has at most 208 bytes.
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(256))
        return state not in (-1, _TIME_ERROR)
    except (OSError, AttributeError):
        return True  # Not Linux: there is no such call.
