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

"""This computer: clock, shared memory, rights, key folder, and the port of the robot's server."""

import contextlib
import errno
import json
import os
from pathlib import Path
import resource
import socket
import ssl
import time
import urllib.request

from ..core.checks.host_rules import (
    clock_check, EVENT_LOOP_NICE, GUARD_PRIORITY, nice_check, port_check, real_time_check,
    shared_memory_check, SharedMemory,
)
from ..core.checks.result import Check
from ..core.clock import synchronized
from ..core.errors import StoreError
from ..system.files.key_store import default_directory
from ..system.files.latest_time import INSTALLED_AT, read_time
from ..system.files.private_files import check_folder, read_private

_SHM = Path('/dev/shm')
# What Fast DDS calls its files there.
_SHM_PREFIXES = ('fastrtps_', 'fastdds_', 'sem.fastrtps_', 'sem.fastdds_')
# Linux's capability numbers (capabilities(7)).
_CAP_SYS_NICE = 23
# Bytes that the key folder's disk must have for an emergency stop to be kept.
_LEAST_FREE = 1 << 20
_PORT_TIMEOUT_S = 2.0


def key_folder(directory: str) -> Path:
    """Return the folder that ``access.directory`` names."""
    return Path(directory).expanduser() if directory else default_directory()


def check_clock(folder: Path, required: bool) -> Check:
    """
    Look at the system clock.

    :param folder: the key folder
    :param required: ``access.require_synchronized_clock``
    """
    seen = INSTALLED_AT
    with contextlib.suppress(OSError, StoreError):
        seen = max(seen, read_time(folder / 'time'))
    return clock_check(synchronized(), required, seen - time.time())


def check_shared_memory(folder: Path = _SHM) -> Check:
    """Look at the memory that processes of ROS share."""
    try:
        state = os.statvfs(folder)
        foreign = sum(
            path.name.startswith(_SHM_PREFIXES) and not os.access(path, os.R_OK | os.W_OK)
            for path in folder.iterdir())
    except OSError:
        return shared_memory_check(SharedMemory(0, 0, writable=False))
    return shared_memory_check(SharedMemory(
        state.f_blocks * state.f_frsize, state.f_bavail * state.f_frsize,
        os.access(folder, os.W_OK | os.X_OK), foreign))


def check_rights() -> list[Check]:
    """Look at what this user may ask of the scheduler."""
    privileged = _has_capability(_CAP_SYS_NICE)
    priority, _ = resource.getrlimit(resource.RLIMIT_RTPRIO)
    # setrlimit(2): the ceiling of the nice value is 20 minus this.
    nice, _ = resource.getrlimit(resource.RLIMIT_NICE)
    unlimited = resource.RLIM_INFINITY
    return [real_time_check(privileged or priority == unlimited or priority >= GUARD_PRIORITY),
            nice_check(privileged or nice == unlimited or 20 - nice <= EVENT_LOOP_NICE)]


def _has_capability(number: int) -> bool:
    with contextlib.suppress(OSError, ValueError):
        for line in Path('/proc/self/status').read_text().splitlines():
            name, _, value = line.partition(':')
            if name == 'CapEff':
                return bool(int(value, 16) >> number & 1)
    return os.geteuid() == 0


def check_key_folder(folder: Path) -> Check:
    """Look at the folder with the secret, without making it."""
    name = f'key folder {folder}'
    try:
        if not folder.exists():
            parent = next(parent for parent in folder.parents if parent.exists())
            if not os.access(parent, os.W_OK | os.X_OK):
                return Check(name, 'fail', f'it cannot be made: this user may not write to '
                             f'{parent}', 'Run the bridge as another user, or set '
                             'access.directory')
            return Check(name, 'ok', 'the bridge will make it at its first start')
        check_folder(folder)
        for file, secret in (('secret', True), ('revoked.json', False), ('robots.json', False)):
            with contextlib.suppress(FileNotFoundError):
                read_private(folder / file, secret=secret)
        if not os.access(folder, os.W_OK | os.X_OK):
            return Check(name, 'fail', 'this user may not write to it',
                         f'sudo chown -R $USER {folder}; or run this as the user of the bridge')
        state = os.statvfs(folder)
        if state.f_bavail * state.f_frsize < _LEAST_FREE:
            return Check(name, 'fail', 'its disk is full: an emergency stop could not be kept',
                         f'df -h {folder}; delete something')
    except StoreError as error:
        text, _, remedy = str(error).partition(': ')
        return Check(name, 'fail', text, remedy or 'docs/security.md')
    except OSError as error:
        return Check(name, 'fail', f'{error.filename}: {error.strerror}',
                     'Run this as the user of the bridge')
    return Check(name, 'ok', 'only this user can change it')


def check_port(host: str, port: int, parameter: str = 'server.port', program: str = 'bridge'
               ) -> Check:
    """
    Find out whether a server can listen at an address.

    :param program: ``bridge`` or ``relay``, which may have the port as it runs already
    """
    if not port:
        return Check('port', 'skipped', f'{parameter} is 0: no server')
    try:
        address = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM,
                                     flags=socket.AI_PASSIVE)[0]
        with socket.socket(address[0], socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address[4])
        fault = ''
    except OSError as error:
        fault = error.strerror or str(error)
        if error.errno == errno.EADDRINUSE:
            there = _program_at(host, port)
            if there == program:
                return port_check(f'{host}:{port}', fault, True, parameter)
            if there:
                fault += f' by a {there} of rtc_bridge'
    return port_check(f'{host}:{port}', fault, False, parameter)


def _program_at(host: str, port: int) -> str:
    """Return which program of this package listens at an address of this computer, or ''."""
    name = '127.0.0.1' if host in ('', '0.0.0.0') else '[::1]' if host == '::' else host
    for scheme in ('http', 'https'):
        with contextlib.suppress(OSError, ValueError):
            with urllib.request.build_opener(
                    urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(
                        context=_any_certificate())).open(
                    f'{scheme}://{name}:{port}/healthz', timeout=_PORT_TIMEOUT_S) as answer:
                health = json.loads(answer.read(1000))
                if isinstance(health, dict) and health.get('program') in ('bridge', 'relay'):
                    return str(health['program'])
    return ''


def _any_certificate() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
