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

"""Priorities of threads: the event loop goes before encoders and decoders."""

import contextlib
import os

# Nice value of the event loop, which passes on what other threads produce, commands above all.
EVENT_LOOP_NICE = -10
# The nice value of the process before raise_priority(), None before any call.
_ordinary_nice: int | None = None


def raise_priority(nice: int) -> None:
    """
    Give the calling thread, and threads that it starts from now on, a lower nice value.

    On Linux each thread has a nice value of its own and inherits that of the thread that starts it
    (setpriority(2), "C library/kernel differences"). A value below the present one needs root,
    CAP_SYS_NICE or RLIMIT_NICE; without them nothing changes.
    """
    global _ordinary_nice
    present = os.getpriority(os.PRIO_PROCESS, 0)
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, min(present, nice))
        _ordinary_nice = present


def use_ordinary_priority() -> None:
    """Give the calling thread the ordinary nice value, although a raised thread started it."""
    if _ordinary_nice is not None:
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, _ordinary_nice)
