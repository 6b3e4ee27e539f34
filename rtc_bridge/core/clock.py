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

"""The clock that safety and media time stand on."""

import ctypes
import time
from typing import Callable

# A clock gives seconds from an arbitrary origin and never steps back.
Clock = Callable[[], float]
# TIME_ERROR of <sys/timex.h>.
_TIME_ERROR = 5


def boot_time() -> float:
    """
    Return seconds since boot, suspend included (Linux ``CLOCK_BOOTTIME``).

    All processes of a host share it, it ignores steps of the system clock, and a command that
    was sent before the host slept is old when it wakes, which ``CLOCK_MONOTONIC`` would hide.
    """
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def synchronized() -> bool:
    """Tell whether the kernel holds the system clock for right (``adjtimex(2)``, time error)."""
    try:
        # A struct timex whose modes are 0 changes nothing; it has at most 208 bytes.
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(256))
        return state not in (-1, _TIME_ERROR)
    except (OSError, AttributeError):
        return True  # No Linux: nobody to ask.
