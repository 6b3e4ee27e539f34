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

"""Which threads go first where all of them have something to do; where the system allows it."""

import contextlib
import os

# Of the event loop, which passes on what others have made, commands above all.
LOOP_NICE = -10
_ordinary: int | None = None


def prefer(nice: int) -> None:
    """
    Let the calling thread, and those that it starts from now on, go before others.

    On Linux each thread has a nice value of its own and inherits that of the one which starts it
    (setpriority(2), "C library/kernel differences"). Below the present one it needs root,
    CAP_SYS_NICE or RLIMIT_NICE; without them nothing changes.
    """
    global _ordinary
    before = os.getpriority(os.PRIO_PROCESS, 0)
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, min(before, nice))
        _ordinary = before


def be_ordinary() -> None:
    """Let the calling thread be one like others, though one that is preferred has started it."""
    if _ordinary is not None:
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, _ordinary)
