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

"""What a computer has to have: its clock, shared memory, rights, and a free port."""

from dataclasses import dataclass

from .result import Check
from ..clock import NOT_SYNCHRONIZED

_MB = 1 << 20
# Bytes of /dev/shm. A container has 64 MB by default, of which each process of ROS takes some.
_SMALL_SHM, _LITTLE_FREE_SHM = 128 * _MB, 32 * _MB
# Priority that the guard asks for, and nice value that the event loop asks for.
GUARD_PRIORITY, EVENT_LOOP_NICE = 10, -10
_DAY_S = 86400.0


def clock_check(synchronized: bool, required: bool, behind_s: float) -> Check:
    """
    Judge the system clock.

    :param required: ``access.require_synchronized_clock``
    :param behind_s: seconds by which the clock is behind a time that it has shown before, or that
        this program is known to be younger than
    """
    if behind_s > _DAY_S:
        return Check('clock', 'fail', f'the system clock is {behind_s / _DAY_S:.0f} days behind a '
                     'time that this computer has seen before; links expire by that time',
                     'Set the clock (timedatectl). If it is right, stop the bridge and delete the '
                     'file time in its key folder')
    if synchronized:
        return Check('clock', 'ok', 'synchronized')
    effect = ('the robot refuses links that expire' if required else
              'links may end early or late')
    return Check('clock', 'warn', f'{NOT_SYNCHRONIZED.partition(" (")[0]}: {effect}',
                 'timedatectl shows the state; install an NTP client such as chrony, or set '
                 'access.require_synchronized_clock to false')


@dataclass(frozen=True)
class SharedMemory:
    """
    The folder /dev/shm.

    :ivar size: bytes, 0 if there is no such folder
    :ivar free: bytes
    :ivar writable: this user may make files there
    :ivar foreign: files of ROS there that this user may not open, because another user made them
    """

    size: int
    free: int
    writable: bool
    foreign: int = 0


def shared_memory_check(found: SharedMemory) -> Check:
    """Judge the memory through which processes of ROS send large images to each other."""
    name, values = 'shared memory', {'size': found.size, 'free': found.free}
    if not found.size or not found.writable:
        return Check(name, 'fail', '/dev/shm is missing' if not found.size else
                     'this user may not write to /dev/shm, so images above 0.5 MB get lost',
                     'Mount it (mode 1777); in a container: --ipc host', values)
    if found.foreign:
        return Check(name, 'warn', f'/dev/shm has {found.foreign} files of ROS that this user may '
                     'not open: no picture arrives from the processes of that user',
                     'Run camera and bridge as one user, or one of them without shared memory '
                     '(FASTDDS_BUILTIN_TRANSPORTS=UDPv4)', values)
    if found.size < _SMALL_SHM or found.free < _LITTLE_FREE_SHM:
        return Check(name, 'warn', f'/dev/shm has {found.size // _MB} MB, {found.free // _MB} MB '
                     'of them free: too little for large images',
                     'In a container: --ipc host or --shm-size 1g', values)
    return Check(name, 'ok', f'{found.size // _MB} MB, {found.free // _MB} MB free', values=values)


def real_time_check(permitted: bool) -> Check:
    """Judge whether the guard may run in real time."""
    if permitted:
        return Check('real time', 'ok', 'the guard may run in real time')
    return Check('real time', 'warn', 'the guard may not run in real time: on a busy computer a '
                 'stop may be late', f'LimitRTPRIO={GUARD_PRIORITY} in the systemd unit, '
                 f'--ulimit rtprio={GUARD_PRIORITY} for a container, or "USER - rtprio '
                 f'{GUARD_PRIORITY}" in /etc/security/limits.conf')


def nice_check(permitted: bool) -> Check:
    """Judge whether the event loop of the bridge may go before other programs."""
    if permitted:
        return Check('priority', 'ok', 'the bridge may go before other programs')
    return Check('priority', 'warn', 'the bridge may not go before other programs: on a busy '
                 'computer commands may be late',
                 f'LimitNICE={EVENT_LOOP_NICE} in the systemd unit, --cap-add SYS_NICE for a '
                 f'container, or "USER - nice {EVENT_LOOP_NICE}" in /etc/security/limits.conf')


def port_check(where: str, fault: str, runs_already: bool, parameter: str) -> Check:
    """
    Judge whether a server can listen.

    :param where: address and port
    :param fault: why it cannot, '' if it can
    :param runs_already: the program that is to listen there does so already
    """
    if not fault:
        return Check('port', 'ok', f'{where} is free')
    if runs_already:
        return Check('port', 'ok', f'{where} is served by rtc_bridge, which runs; another one '
                     f'needs another {parameter}')
    return Check('port', 'fail', f'cannot listen on {where}: {fault}',
                 f'Another {parameter}; sudo ss -ltnp names the program that has the port')
