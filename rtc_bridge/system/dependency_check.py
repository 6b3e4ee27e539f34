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

"""What each program needs of other packages, looked at before anything imports them."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata, util
import os
from pathlib import Path
import re
import shlex
import sys
import sysconfig

from ..core.errors import DependencyError


@dataclass(frozen=True)
class Need:
    """
    One package.

    :param module: what programs import
    :param pip: its name on PyPI
    :param apt: its package where ROS 2 is installed from packages
    :param lowest: lowest version that will do, or empty
    :param bound: further bound of what pip may install, as setup.py has it
    """

    module: str
    pip: str
    apt: str
    lowest: str = ''
    bound: str = ''

    def requirement(self) -> str:
        """Return the requirement specifier for pip (PEP 508)."""
        return self.pip + (f'>={self.lowest}' if self.lowest else '') + self.bound


_AIOHTTP = Need('aiohttp', 'aiohttp', 'python3-aiohttp', '3.9')
_AIORTC = Need('aiortc', 'aiortc', '', '1.14', ',<2')
_AV = Need('av', 'av', '')
_CRYPTOGRAPHY = Need('cryptography', 'cryptography', '', '42')
_CV_BRIDGE = Need('cv_bridge', 'cv-bridge', 'ros-{distro}-cv-bridge')
_NUMPY = Need('numpy', 'numpy', 'python3-numpy')
_OPENCV = Need('cv2', 'opencv-python-headless', 'python3-opencv')
_PROMETHEUS = Need('prometheus_client', 'prometheus-client', 'python3-prometheus-client')
_RCLPY = Need('rclpy', '', 'ros-{distro}-rclpy')
_QRCODE = Need('qrcode', 'qrcode', 'python3-qrcode')
_REDIS = Need('redis', 'redis', 'python3-redis', '5')
_WEBSOCKETS = Need('websockets', 'websockets', '', '13')

_PROGRAMS = {
    'bridge': (_RCLPY, _AIORTC, _AV, _AIOHTTP, _CRYPTOGRAPHY, _PROMETHEUS, _WEBSOCKETS,
               _NUMPY, _OPENCV, _CV_BRIDGE),
    'cmd-vel-guard': (_RCLPY,),
    'invite': (_QRCODE,),
    'relay': (_AIOHTTP, _PROMETHEUS),
    'sim-robot': (_RCLPY, _NUMPY, _OPENCV),
    'view': (_AIOHTTP,),
    'play-video': (_RCLPY, _AV, _NUMPY, _OPENCV),
}
_PROGRAMS['demo'] = tuple(dict.fromkeys(need for needs in _PROGRAMS.values() for need in needs))
# A relay that shares one with others.
_PROGRAMS['relay --redis'] = (_REDIS,)


def _importable(module: str) -> bool:
    return util.find_spec(module) is not None


def check(program: str, version: Callable[[str], str] = metadata.version,
          importable: Callable[[str], bool] = _importable) -> None:
    """
    Check that what a program needs is there and new enough, without importing it.

    :param program: name of a program of ``rtc-bridge``; others need nothing
    :param version: gives the version of an installed package, or raises ``PackageNotFoundError``
    :param importable: tells whether a module can be found
    :raises DependencyError: something is missing or too old; the text ends with the line that
        mends all of it
    """
    missing, old, faults = [], [], []
    for need in _PROGRAMS.get(program, ()):
        if not importable(need.module):
            missing.append(need)
            faults.append(f'{need.module} is missing')
        elif need.lowest:
            try:
                found = version(need.pip)
            except metadata.PackageNotFoundError:
                continue  # Importable all the same: somebody put it there by hand.
            if _numbers(found) < _numbers(need.lowest):
                old.append(need)
                faults.append(f'{need.pip} {found} is too old, at least {need.lowest} is needed')
    if faults:
        raise DependencyError(f'{", ".join(faults)}: {_mend(missing, old)}')


def _numbers(version: str) -> tuple[int, ...]:
    """Return the release numbers of a version, without what follows them (PEP 440)."""
    match = re.match(r'\d+(\.\d+)*', version)
    return tuple(int(part) for part in match[0].split('.')) if match else ()


def _mend(missing: list[Need], old: list[Need]) -> str:
    """Return one shell line that brings all these packages."""
    distro = os.environ.get('ROS_DISTRO')
    if _RCLPY in missing and not distro:
        # ROS brings most of the others, so it comes first.
        return 'source /opt/ros/jazzy/setup.bash'
    by_apt = [need for need in missing if need.apt and distro]
    by_pip = [need for need in missing if need not in by_apt] + old
    commands = []
    if by_apt:
        names = (need.apt.format(distro=distro) for need in by_apt)
        commands.append(f'sudo apt install {" ".join(names)}')
    if by_pip:
        requirements = ' '.join(shlex.quote(need.requirement()) for need in by_pip)
        commands.append(f'{_pip()} {requirements}')
    return ' && '.join(commands)


def _pip() -> str:
    """Return the pip command that installs for this Python, without touching the system's."""
    if sys.prefix != sys.base_prefix:
        return f'{shlex.quote(sys.executable)} -m pip install'
    # PEP 668: Debian's and Ubuntu's pip refuses without the option, for the user's folder too.
    managed = Path(sysconfig.get_path('stdlib'), 'EXTERNALLY-MANAGED').exists()
    return 'python3 -m pip install --user' + ' --break-system-packages' * managed
