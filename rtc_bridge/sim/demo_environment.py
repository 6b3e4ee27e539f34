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

"""What the demo's programs find: a port, a ROS domain, shared files and an environment."""

import errno
import os
from pathlib import Path
import random
import socket

# Addresses that stand for all of a host, and the one by which the host itself is reached.
_LOOPBACK = {'0.0.0.0': '127.0.0.1', '::': '::1'}
# Domains that are free on all platforms: from 102 on, ports may meet ephemeral ones (ROS 2
# documentation, "The ROS_DOMAIN_ID").
_DOMAINS = range(1, 102)
# Where a domain's first participant listens: base and gain (DDSI-RTPS 2.3, section 9.6.1.1).
_PORT_BASE, _DOMAIN_GAIN = 7410, 250
_MAX_PORT = 65535


def url_of(host: str, port: int) -> str:
    """Return the URL of a server, for this host where its address stands for all."""
    host = _LOOPBACK.get(host, host)
    return f'http://[{host}]:{port}' if ':' in host else f'http://{host}:{port}'


def _bind(host: str, port: int) -> int:
    """
    Return the port that can be listened on, a free one for 0.

    :raises OSError: it cannot
    :raises OverflowError: it is out of range
    """
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        # Two sockets may share a bound port as long as neither listens.
        probe.listen(1)
        bound: int = probe.getsockname()[1]
        return bound


def choose_port(host: str, port: int) -> int:
    """
    Return the port to listen on.

    :param port: 0 for any free one
    :raises SystemExit: it cannot be used; the text suggests another one
    """
    try:
        return _bind(host, port)
    except OverflowError:
        fault = f'port {port} is out of range: 0 to {_MAX_PORT}'
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            other = _bind(host, 0)
            fault = (f'port {port} is taken; choose another: rtc-bridge demo --port {other} '
                     f'(make demo PORT={other})')
        elif error.errno == errno.EACCES:
            fault = f'port {port} is not allowed to this user; choose one above 1023: --port 8080'
        else:
            fault = f'cannot listen on {host}: {error.strerror or error}'
    raise SystemExit(f'rtc-bridge demo: {fault}')


def free_domain() -> int:
    """Return a ROS domain in which no program of this host takes part, 0 if there is none."""
    for domain in random.sample(_DOMAINS, len(_DOMAINS)):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(('', _PORT_BASE + _DOMAIN_GAIN * domain))
                return domain
            except OSError:
                continue
    return 0


def shared_file(name: str) -> Path:
    """
    Return a file of ``config/``, in the source tree or where it was installed.

    :raises FileNotFoundError: it is in neither
    """
    for folder in Path(__file__).resolve().parents:
        for path in (folder / 'config' / name, folder / 'share' / 'rtc_bridge' / 'config' / name):
            if path.is_file():
                return path
    raise FileNotFoundError(f'config/{name} was not installed')


def demo_environment(host: str) -> dict[str, str]:
    """
    Return the programs' environment: a ROS graph on this host only, and memory for images.

    :param host: of the relay, to which no proxy leads
    """
    environment = {**os.environ, 'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST',
                   'PYTHONUNBUFFERED': '1'}
    environment.setdefault('ROS_DOMAIN_ID', str(free_domain()))
    environment.setdefault('FASTRTPS_DEFAULT_PROFILES_FILE',
                           str(shared_file('fastdds_shm.xml')))
    direct = environment.get('no_proxy') or environment.get('NO_PROXY', '')
    # A star means all hosts, but only if it stands alone.
    if direct.strip() != '*':
        direct = ','.join([*filter(None, [direct]), '127.0.0.1', 'localhost', '::1', host])
    return {**environment, 'no_proxy': direct, 'NO_PROXY': direct}
