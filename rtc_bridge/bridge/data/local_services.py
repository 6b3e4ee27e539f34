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

"""Connections to programs on the robot's computer, for viewers."""

import asyncio
from collections import Counter
from collections.abc import Iterable
import logging
from pathlib import Path

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node
from websockets.exceptions import WebSocketException

from .service_connections import (
    failure_text, open_stream, open_websocket, ServiceRates, WebSocketService,
)
from .service_listener import service_token, ServiceListener
from ...core.errors import ParameterError
from ...core.gateway.connection import ServiceConnection, ServiceError
from ...core.gateway.registration import read_meeting_place
from ...core.gateway.service_rules import LISTEN, service_rule, ServiceRule
from ...core.protocol.strict_json import shorten
from ...core.settings.local_service_settings import (
    LocalServiceSettings, LocalServicesSettings,
)
from ...ros.diagnostics import make_status
from ...ros.parameters import declare_parameters

_logger = logging.getLogger(__name__)

# Seconds in which a program on this computer has to take a connection.
_TIMEOUT_S = 5.0


def make_services(node: Node, settings: LocalServicesSettings, directory: Path) -> 'LocalServices':
    """
    Return what ``services.*`` says.

    :param directory: the key folder, where the token of programs is that come by themselves
    :raises ParameterError: a name, a URL or the place of such programs cannot be used
    :raises StoreError: their token cannot be used
    """
    rules = [service_rule(name, declare_parameters(
        node, LocalServiceSettings(), f'services.{name}.')) for name in settings.names]
    awaited = {rule.name: rule.max_connections for rule in rules if rule.scheme == LISTEN}
    if not settings.listen:
        for name in awaited:
            raise ParameterError(f'parameter services.{name}.url is {LISTEN}, and services.listen '
                                 'says nowhere: set it to ws://127.0.0.1:9010')
        return LocalServices(rules)
    return LocalServices(rules, ServiceListener(
        read_meeting_place(settings.listen), service_token(directory / 'services.token'),
        awaited))


class LocalServices:
    """
    Opens connections, as far as the rules allow. Belongs to the event loop.

    :param rules: of the services that there are
    :param listener: where programs come by themselves
    """

    def __init__(self, rules: Iterable[ServiceRule],
                 listener: ServiceListener | None = None) -> None:
        self._listener = listener
        self._rules = {rule.name: rule for rule in rules}
        self._rates = {name: ServiceRates(rule.max_rate) for name, rule in self._rules.items()}
        self._counts: Counter[str] = Counter()
        # What a viewer was told last.
        self._last_refusal = ''

    async def run(self) -> None:
        """
        Await programs that come by themselves, for ever; return at once where none do.

        :raises OSError: the place is taken, or not allowed
        """
        if self._listener is not None:
            await self._listener.run()

    async def connect(self, name: str, role: str, messages: bool = False) -> ServiceConnection:
        """
        Connect to a service.

        :param role: of the viewer
        :param messages: the viewer has messages only, and no stream of bytes
        :raises ServiceError: ``no-service``, ``denied``, ``busy`` or ``unreachable``
        """
        try:
            return await self._connect(name, role, messages)
        except ServiceError as refusal:
            self._last_refusal = str(refusal)
            raise

    async def _connect(self, name: str, role: str, messages: bool) -> ServiceConnection:
        rule = self._rules.get(name)
        if rule is None:
            there = [rule.name for rule in self._rules.values() if rule.admits(role)]
            raise ServiceError('no-service', f'there is no service {shorten(name)}; there are: '
                                             f'{", ".join(there) or "none"}')
        if not rule.admits(role):
            raise ServiceError('denied', f'the service {name} takes the role {rule.role}, this '
                                         f'session has {role}')
        if messages and rule.scheme == 'tcp':
            raise ServiceError('denied', f'the service {name} takes a stream of bytes, and apps '
                                         'send messages: give it a url ws: or listen')
        if self._counts[name] >= rule.max_connections:
            raise ServiceError('busy', f'{self._counts[name]} connections to {name} are open, '
                                       'more are not allowed')
        self._counts[name] += 1
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                return await self._open(rule)
        except (OSError, UnicodeError, WebSocketException, TimeoutError) as error:
            self._counts[name] -= 1
            _logger.debug('service %s: %r', name, error)
            raise ServiceError('unreachable', f'{_where(rule)} takes no connection: '
                                              f'{_reason(error)}') from None
        except BaseException:
            self._counts[name] -= 1
            raise

    async def _open(self, rule: ServiceRule) -> ServiceConnection:
        rates = self._rates[rule.name]
        if rule.scheme == LISTEN:
            came = await self._listener.take(rule.name) if self._listener is not None else None
            if came is None:
                raise ServiceError('unreachable', f'the program {rule.name} has not come')
            return WebSocketService(came, rates, self._counts, rule.name)
        if rule.scheme == 'ws':
            return await open_websocket(rule, rates, self._counts)
        return await open_stream(rule, rates, self._counts)

    def status(self) -> DiagnosticStatus | None:
        """Return the state for diagnostics; ``None`` where no service is configured."""
        if not self._rules:
            return None
        values: dict[str, object] = {f'{name}.open': self._counts[name] for name in self._rules}
        text, level = f'{sum(self._counts.values())} connections', DiagnosticStatus.OK
        if (listener := self._listener) is not None:
            values |= {f'{name}.waiting': count for name, count in listener.waiting.items()}
            values |= {'listening': listener.fault or 'yes',
                       'last_refused_program': listener.last_refusal}
            if listener.fault:
                text, level = f'programs cannot come: {listener.fault}', DiagnosticStatus.WARN
        return make_status('services', level, text, {
            **values, 'last_refusal': self._last_refusal})


def _where(rule: ServiceRule) -> str:
    """Return which program it is, for people."""
    return (f'the program {rule.name}, which came by itself,' if rule.scheme == LISTEN
            else f'{rule.host} port {rule.port}')


def _reason(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return f'no answer within {_TIMEOUT_S:g} s'
    return failure_text(error)
