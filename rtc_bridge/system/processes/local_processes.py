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

"""Processes of this host, looked for by what others tell of their process ids."""

import os

# Of a process id, what some protocols carry.
_LOW_BITS = 0xFFFF


def shares_network(low_bits: int) -> bool:
    """
    Tell whether a process with such a process id runs here, in the network of this process.

    A container's process has another network, unless it was started with that of the host. A
    process that runs here and does not let itself be looked at counts as one.

    :param low_bits: the lowest 16 bits of the process id
    """
    own = _network_of('self')
    for name in os.listdir('/proc'):
        if name.isdigit() and int(name) & _LOW_BITS == low_bits:
            network = _network_of(name)
            if network in ('', own):
                return True
    return False


def _network_of(process: str) -> str | None:
    """Return a process's network namespace, '' if that may not be seen, ``None`` if it ended."""
    try:
        return os.readlink(f'/proc/{process}/ns/net')
    except PermissionError:
        return ''
    except OSError:
        return None
