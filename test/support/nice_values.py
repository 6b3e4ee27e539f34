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

"""Nice values of threads, by the system's own word (Linux)."""

import os
import threading

from rtc_bridge.system.processes.thread_priority import EVENT_LOOP_NICE

# Of this process, and of what it starts.
ORDINARY = os.getpriority(os.PRIO_PROCESS, 0)


def in_a_thread(work):
    """Call a function in a thread, whose nice value ends with it; return what it returns."""
    results = []
    thread = threading.Thread(target=lambda: results.append(work()))
    thread.start()
    thread.join()
    return results[0]


def lowest_allowed():
    """Return the nice value that the system allows an event loop."""
    def lower():
        try:
            os.setpriority(os.PRIO_PROCESS, 0, min(ORDINARY, EVENT_LOOP_NICE))
        except OSError:
            pass
        return os.getpriority(os.PRIO_PROCESS, 0)
    return in_a_thread(lower)


def nice_values(pid):
    """Return the nice value of each thread of a process, by the thread's id."""
    found = {}
    for tid in map(int, os.listdir(f'/proc/{pid}/task')):
        try:
            found[tid] = os.getpriority(os.PRIO_PROCESS, tid)
        except ProcessLookupError:
            # It has just ended.
            pass
    return found
