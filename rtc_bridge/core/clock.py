"""The clock that safety and media time stand on."""

import time
from typing import Callable

# A clock gives seconds from an arbitrary origin and never steps back.
Clock = Callable[[], float]


def boot_time() -> float:
    """
    Return seconds since boot, suspend included (Linux ``CLOCK_BOOTTIME``).

    All processes of a host share it, it ignores steps of the system clock, and a command that
    was sent before the host slept is old when it wakes, which ``CLOCK_MONOTONIC`` would hide.
    """
    return time.clock_gettime(time.CLOCK_BOOTTIME)
