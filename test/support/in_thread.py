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

"""A thread for one call, whose scheduling nobody inherits."""

from concurrent.futures import ThreadPoolExecutor
from functools import wraps


def in_own_thread(function):
    """
    Return a function that runs in a thread of its own, and waits for it.

    As root libsvtav1 gives the thread that opens it, and so all that this thread starts later, the
    highest real-time priority: the host would stand still.
    """
    @wraps(function)
    def run(*args, **kwargs):
        with ThreadPoolExecutor(1) as executor:
            return executor.submit(function, *args, **kwargs).result()
    return run
