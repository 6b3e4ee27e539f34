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

"""What kind of network an interface leads to, as Linux tells it."""

from pathlib import Path

from ..core.network.host_candidates import kind_of

_SYSFS = Path('/sys/class/net')


def interface_kind(name: str, sysfs: Path = _SYSFS) -> str:
    """
    Return ``vpn``, ``bridge`` (of containers and virtual machines), or nothing for another one.

    A VPN may have any name: tun and tap devices have a file ``tun_flags``, WireGuard's say so in
    ``uevent``. A bridge counts by its name only, as robots also have bridges to their LAN.

    :param name: of the interface; an alias such as ``eth0:1`` counts as its interface
    """
    name = name.partition(':')[0]
    folder = sysfs / name
    try:
        if (folder / 'tun_flags').exists():
            return 'vpn'
        if 'DEVTYPE=wireguard' in (folder / 'uevent').read_text():
            return 'vpn'
    except (OSError, ValueError):
        # Not Linux, or the interface has gone.
        pass
    return kind_of(name)
