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

"""The settings of the relay."""

from dataclasses import dataclass

from .parameters import parameter


@dataclass(frozen=True)
class RelayLimits:
    """What clients and robots may use of the relay: ``limits.*``."""

    connections: int = parameter(20_000, 'most connections at once', low=1, high=1_000_000)
    connections_per_address: int = parameter(
        256, 'most connections at once of one address, without those of robots that showed a '
        'token', low=1, high=1_000_000)
    requests_per_minute: int = parameter(
        1200, 'most requests of one address, on average', low=1, high=1_000_000)
    offers_per_minute: int = parameter(
        120, 'most offers of one address, on average', low=1, high=1_000_000)
    messages_per_second: int = parameter(
        50, "most messages on one page's WebSocket, on average", low=1, high=100_000)
    robots: int = parameter(10_000, 'most robots at once', low=1, high=1_000_000)
    viewers_per_robot: int = parameter(
        64, 'most pages and sessions of one robot at once; one address may have a quarter of '
        'them, at least 4', low=1, high=100_000)
    viewers_per_address: int = parameter(
        64, 'most pages and sessions of one address at once', low=1, high=100_000)
    answer_timeout: float = parameter(
        10.0, 'time for a robot to answer', unit='s', low=0.1, high=60.0)
    header_timeout: float = parameter(
        10.0, 'time for a new connection to send its first request', unit='s', low=0.1, high=300.0)
    request_timeout: float = parameter(
        60.0, 'time for a request, from its header to the end of its answer', unit='s', low=0.1,
        high=3600.0)
    stall_timeout: float = parameter(
        15.0, 'a client that reads nothing for this long is disconnected', unit='s', low=0.1,
        high=300.0)
    heartbeat: float = parameter(
        8.0, 'time between pings; a dead peer is noticed after one and a half times this',
        unit='s', low=0.1, high=300.0)


@dataclass(frozen=True)
class LogSettings:
    """What the relay logs: ``log.*``."""

    format: str = parameter(  # noqa: A003 - the setting has this name
        'text', 'text: lines for people; json: a JSON object a line', choices=('text', 'json'))
    level: str = parameter(
        'info', 'lowest level that is logged', choices=('debug', 'info', 'warning', 'error'))


@dataclass(frozen=True)
class RelaySettings:
    """All settings of the relay."""

    host: str = parameter(
        '0.0.0.0', "address to listen on; 0.0.0.0: all of IPv4, '::': all of IPv4 and IPv6")
    port: int = parameter(8080, 'TCP port', low=0, high=65_535)
    certificate: str = parameter(
        '', 'file with the TLS certificate and its chain, PEM; empty: no TLS. Read again on '
        'SIGHUP')
    key: str = parameter(
        '', "file with the certificate's key, PEM; empty: in the certificate's file")
    open: bool = parameter(  # noqa: A003 - the setting has this name
        False, 'whether any robot may register under any free name that has no token')
    tokens_file: str = parameter(
        '', 'file with tokens of robots: a line NAME:TOKEN for one robot, *:TOKEN for all; the '
        "environment's RTC_BRIDGE_RELAY_TOKENS has such words, too. Read again on SIGHUP")
    trusted_proxies: tuple[str, ...] = parameter(
        (), 'networks of proxies whose X-Forwarded-For, -Proto and -Host are believed, like '
        '10.0.0.0/8')
    hosts: tuple[str, ...] = parameter(
        (), 'host names by which clients reach the relay through a proxy or tunnel, if it '
        "listens on the loopback only, and read /metrics; '*': all")
    metrics_for: tuple[str, ...] = parameter(
        ('127.0.0.0/8', '::1/128'), 'networks whose clients may read /metrics')
    redis: str = parameter(
        '', 'URL of the Redis that several relays share, like redis://:PASSWORD@HOST:6379/0; '
        'empty: there is no other relay')
    limits: RelayLimits = RelayLimits()
    log: LogSettings = LogSettings()
