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

"""
Check that a program's libraries are installed, and new enough, before anything imports them.

The versions are those of the installed package's own metadata, which setup.py writes. This module
adds what metadata does not have: which program imports what, and the names of Debian's packages.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import metadata, util
import os
from pathlib import Path
import shlex
import sys
import sysconfig
from typing import TYPE_CHECKING

from ..core.errors import DependencyError

if TYPE_CHECKING:
    from packaging.requirements import Requirement

# Extras whose requirements apply wherever their package is imported. Those of the ROS extras are
# for ROS from PyPI only: an installed ROS 2 brings versions of its own.
_CHECKED_EXTRAS = ('', 'redis')
_ROS_EXTRAS = ('ros-jazzy', 'ros-kilted')


@dataclass(frozen=True)
class Dependency:
    """
    A package that a program imports.

    :param module: the name that programs import
    :param distribution: its name on PyPI; empty if PyPI does not have it
    :param apt: its Debian package on an installed ROS 2, or empty
    """

    module: str
    distribution: str
    apt: str = ''


_AIOHTTP = Dependency('aiohttp', 'aiohttp', 'python3-aiohttp')
_AIORTC = Dependency('aiortc', 'aiortc')
_AV = Dependency('av', 'av')
_CRYPTOGRAPHY = Dependency('cryptography', 'cryptography')
_NUMPY = Dependency('numpy', 'numpy', 'python3-numpy')
_OPENCV = Dependency('cv2', 'opencv-python-headless', 'python3-opencv')
_PACKAGING = Dependency('packaging', 'packaging', 'python3-packaging')
_PROMETHEUS = Dependency('prometheus_client', 'prometheus-client', 'python3-prometheus-client')
_RCLPY = Dependency('rclpy', '', 'ros-{distro}-rclpy')
_QRCODE = Dependency('qrcode', 'qrcode', 'python3-qrcode')
_REDIS = Dependency('redis', 'redis', 'python3-redis')
_WEBSOCKETS = Dependency('websockets', 'websockets')

_PROGRAMS: dict[str, tuple[Dependency, ...]] = {
    'bridge': (_RCLPY, _AIORTC, _AV, _AIOHTTP, _CRYPTOGRAPHY, _PROMETHEUS, _WEBSOCKETS,
               _NUMPY, _OPENCV),
    'cmd-vel-guard': (_RCLPY,),
    'invite': (_QRCODE,),
    'relay': (_AIOHTTP, _PROMETHEUS),
    'sim-robot': (_RCLPY, _NUMPY, _OPENCV),
    'forward': (_AIORTC, _WEBSOCKETS),
    'view': (_AIOHTTP,),
    'play-video': (_RCLPY, _AV, _NUMPY, _OPENCV),
}
_PROGRAMS['demo'] = tuple(dict.fromkeys(
    dependency for dependencies in _PROGRAMS.values() for dependency in dependencies))
# A relay that shares a Redis with others.
_PROGRAMS['relay --redis'] = (_REDIS,)


def dependencies_of(program: str) -> tuple[Dependency, ...]:
    """Return what a program of ``rtc-bridge`` imports."""
    return _PROGRAMS.get(program, ())


def is_importable(module: str) -> bool:
    """Return whether a module can be found."""
    return util.find_spec(module) is not None


def _own_requirements() -> Iterable[str]:
    """Return the requirements of this package (PEP 508), none if it is not installed."""
    try:
        return metadata.requires('rtc_bridge') or []
    except metadata.PackageNotFoundError:
        return []


def check(program: str, version: Callable[[str], str] = metadata.version,
          importable: Callable[[str], bool] = is_importable,
          requirements: Callable[[], Iterable[str]] = _own_requirements) -> None:
    """
    Check that the libraries of a program are installed in versions that fit.

    :param program: a program of ``rtc-bridge``; other programs need nothing
    :param version: returns the version of a distribution; raises ``PackageNotFoundError``
    :param importable: returns whether a module can be found
    :param requirements: returns this package's requirements
    :raises DependencyError: a library is missing or does not fit; the text ends with a shell line
        that installs what is needed
    """
    dependencies = _PROGRAMS.get(program, ())
    if not dependencies:
        # Nor packaging.
        return
    missing = [each for each in dependencies if not importable(each.module)]
    faults = [f'{each.module} is missing' for each in missing]
    if dependencies and not importable(_PACKAGING.module):
        # Nothing below can compare versions without it.
        missing.append(_PACKAGING)
        raise DependencyError(
            f'{", ".join([*faults, "packaging is missing"])}: {_repair(missing, [], {})}')
    declared = _parse(requirements())
    wrong = []
    for each in dependencies:
        if each not in missing and (fault := _version_fault(each, declared, version)):
            wrong.append(each)
            faults.append(fault)
    if faults:
        raise DependencyError(f'{", ".join(faults)}: {_repair(missing, wrong, declared)}')


def _parse(texts: Iterable[str]) -> dict[str, 'Requirement']:
    """Return the requirements by name: of two with one name the first that applies here."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    found: dict[str, Requirement] = {}
    parsed = [Requirement(text) for text in texts]
    for extra in (*_CHECKED_EXTRAS, *_ROS_EXTRAS):
        for requirement in parsed:
            if requirement.marker is None or requirement.marker.evaluate({'extra': extra}):
                found.setdefault(canonicalize_name(requirement.name), requirement)
    return found


def _version_fault(dependency: Dependency, declared: dict[str, 'Requirement'],
                   version: Callable[[str], str]) -> str:
    """Return how an installed library's version does not fit, or an empty text."""
    from packaging.version import InvalidVersion, Version

    requirement = declared.get(dependency.distribution)
    if requirement is None or not _is_checked(requirement):
        return ''
    try:
        found = version(dependency.distribution)
        if requirement.specifier.contains(found, prereleases=True):
            return ''
        lowest = [bound.version for bound in requirement.specifier if bound.operator == '>=']
        if lowest and Version(found) < Version(lowest[0]):
            return (f'{dependency.distribution} {found} is too old, at least {lowest[0]} is '
                    'needed')
        return (f'{dependency.distribution} {found} does not fit, '
                f'{_requirement_text(requirement)} is needed')
    except metadata.PackageNotFoundError:
        return ''  # Importable without metadata: somebody installed it by hand.
    except InvalidVersion:
        return ''  # Not a version of PEP 440, so there is nothing to compare.


def _is_checked(requirement: 'Requirement') -> bool:
    return requirement.marker is None or any(
        requirement.marker.evaluate({'extra': extra}) for extra in _CHECKED_EXTRAS)


def _requirement_text(requirement: 'Requirement') -> str:
    """Return a requirement without its marker, the lower bound first."""
    bounds = sorted(requirement.specifier, key=lambda bound: bound.operator, reverse=True)
    return requirement.name + ','.join(map(str, bounds))


def _repair(missing: list[Dependency], wrong: list[Dependency],
            declared: dict[str, 'Requirement']) -> str:
    """Return one shell line that installs all these packages."""
    distro = os.environ.get('ROS_DISTRO')
    if _RCLPY in missing and not distro:
        # ROS brings most of the others, so it comes first.
        return 'source /opt/ros/jazzy/setup.bash'
    by_apt = [each for each in missing if each.apt and distro]
    by_pip = [each for each in missing if each not in by_apt] + wrong
    commands = []
    if by_apt:
        names = (each.apt.format(distro=distro) for each in by_apt)
        commands.append(f'sudo apt install {" ".join(names)}')
    if by_pip:
        texts = (_requirement_text(declared[each.distribution])
                 if each.distribution in declared else each.distribution for each in by_pip)
        commands.append(f'{_pip()} {" ".join(map(shlex.quote, texts))}')
    return ' && '.join(commands)


def _pip() -> str:
    """Return the pip command that installs for this Python, without touching the system's."""
    if sys.prefix != sys.base_prefix:
        return f'{shlex.quote(sys.executable)} -m pip install'
    # PEP 668: Debian's and Ubuntu's pip refuses without the option, for the user's folder too.
    managed = Path(sysconfig.get_path('stdlib'), 'EXTERNALLY-MANAGED').exists()
    return 'python3 -m pip install --user' + ' --break-system-packages' * managed
