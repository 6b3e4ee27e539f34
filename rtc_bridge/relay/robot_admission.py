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

"""Which robots may register, and what the log says about them."""

from hashlib import sha256
import logging
import secrets

from aiohttp import web

from .directory.registry import NAMELESS, Registry
from .event_log import log_event
from .http.connection_limits import limited_connection
from .http.middleware import registration_token
from .metrics import Metrics
from ..core.access.registration_tokens import RegistrationTokens
from ..core.limits.address_limits import client_key
from ..core.limits.log_limits import LogSampler


# What a robot is told, and so its log, about what it showed.
_TOKEN_FAULTS = {
    'no token': 'A robot needs the token of its name here, and this one showed none '
                '(relay_token_file, or RTC_BRIDGE_RELAY_TOKEN)',
    'unknown token': 'This is no token of this relay; a robot needs the token of its name here '
                     '(relay_token_file)',
    'token of another robot': 'This token is for another name; a robot needs the token of its '
                              'own name here (relay_token_file)'}


class RobotAdmission:
    """
    Decides whether a robot may register at this relay, by any protocol.

    :param max_robots: at once
    """

    def __init__(self, registry: Registry, tokens: RegistrationTokens, max_robots: int,
                 metrics: Metrics) -> None:
        self._registry = registry
        self._tokens = tokens
        self._max_robots = max_robots
        self._metrics = metrics
        self._sampler = LogSampler()
        self._salt = secrets.token_bytes(16)

    def is_known(self, request: web.Request) -> bool:
        """Tell whether a request shows the token of the robot that its path names."""
        return self._shows_token(request.match_info.get('name', NAMELESS), request)

    def refusal(self, name: str, request: web.Request) -> str | None:
        """Return why a robot may not register under a name, ``None`` if it may."""
        if not self._tokens:
            return 'No robots may register here'
        token = registration_token(request)
        if fault := self._tokens.fault(name, token):
            owner = self._tokens.owner(token) if token else None
            self._log_refusal(name, request, 'token', fault,
                              token_of=owner and self._label(owner))
            return _TOKEN_FAULTS[fault]
        if self._registry.get(name) is None and self._registry.count >= self._max_robots:
            self._log_refusal(name, request, 'robots', 'limits.robots is reached')
            return 'There is no room for more robots here'
        return None

    def name_taken(self, name: str, request: web.Request) -> None:
        """Note that a robot may register, but that another one has its name."""
        self._log_refusal(name, request, 'name', 'another robot has the name')

    def _log_refusal(self, name: str, request: web.Request, limit: str, reason: str,
                     **fields: str | None) -> None:
        self._metrics.refuse(limit, request.remote)
        if count := self._sampler.count(client_key(request.remote), reason):
            log_event('a robot was refused', logging.WARNING, name=self._label(name),
                      source=request.remote, reason=reason, count=count, **fields)

    def registered(self, name: str, request: web.Request, protocol: str) -> None:
        """Note that a robot has registered; a token exempts it from its address's quota."""
        log_event('a robot came', name=self._label(name), source=request.remote,
                  protocol=protocol)
        connection = limited_connection(request)
        if connection is not None and self._shows_token(name, request):
            # A site may have many robots.
            connection.exempt()

    def left(self, name: str) -> None:
        """Note that a robot's WebSocket is over."""
        log_event('a robot went', name=self._label(name))

    def _shows_token(self, name: str, request: web.Request) -> bool:
        return self._tokens.matches(name, registration_token(request))

    def _label(self, name: str) -> str:
        """Return a robot's name for logs; where names are secrets, a pseudonym of it."""
        if name == NAMELESS or not self._tokens.open_names:
            return name
        return '#' + sha256(self._salt + name.encode()).hexdigest()[:8]
