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

"""Services of the robot that pages may call: which, and how often."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
import re

from ..clock import boot_time, Clock
from ..errors import ParameterError
from ..limits.rate_limit import RateLimiter
from ..protocol.strict_json import shorten
from ..settings.action_settings import ActionServiceSettings

# Type of the service, as the ROS graph names it, by kind.
SERVICE_TYPES = {'trigger': 'std_srvs/srv/Trigger', 'set_bool': 'std_srvs/srv/SetBool'}
_TYPE = re.compile(r'([a-z][a-z0-9_]*)/(?:srv/)?([A-Z][A-Za-z0-9]*)')
# The name of what is no service: a text that the robot is to say.
SAY = 'say'
# In actions.services: a page shows a button for each.
MAX_SERVICES = 32
# Calls of one session, per second and at once: more than a person presses buttons.
CALLS_HZ, CALLS_AT_ONCE = 2.0, 5.0
# Requests of one session whose results are kept for repetitions.
_MAX_REMEMBERED = 64
# Characters of a service's message that a page gets.
_MAX_MESSAGE = 500


@dataclass(frozen=True)
class CallableService:
    """
    A service that pages may call.

    ``name`` is as listed, ``topic`` the full name. ``kind`` is a key of ``SERVICE_TYPES`` or the
    name of another type, or ``None`` where the graph tells it.
    """

    name: str
    topic: str
    kind: str | None
    settings: ActionServiceSettings = ActionServiceSettings()

    @property
    def type_name(self) -> str | None:
        """Return the type that it has to have, as the graph names it; ``None``: any."""
        return SERVICE_TYPES.get(self.kind, self.kind) if self.kind is not None else None


@dataclass(frozen=True)
class ServiceResult:
    """The result of a call, with a sentence for people."""

    success: bool
    message: str

    def __post_init__(self) -> None:
        """Shorten a long message of the service."""
        object.__setattr__(self, 'message', self.message[:_MAX_MESSAGE])


def parse_services(entries: Iterable[str], resolve: Callable[[str], str],
                   forbidden: Iterable[str], settings_of: Callable[[str], ActionServiceSettings]
                   = lambda name: ActionServiceSettings()) -> list[CallableService]:
    """
    Return the services that ``actions.services`` lists.

    :param resolve: returns the full name of a service; raises ValueError
    :param forbidden: names that pages must never call
    :param settings_of: returns ``actions.NAME.*`` of a listed name
    :raises ParameterError: an entry is not ``name`` or ``name:kind``, is listed twice, or is
        forbidden
    """
    never = {resolve(name) for name in forbidden}
    found: dict[str, CallableService] = {}
    for entry in entries:
        name, colon, kind = entry.partition(':')
        settings, fault, topic = ActionServiceSettings(), '', ''
        if colon and kind not in SERVICE_TYPES:
            kind, fault = _read_type(kind)
        try:
            resolve(name)
            settings = settings_of(name)
            topic = resolve(settings.service or name)
        except (ValueError, RuntimeError) as error:
            fault = str(error).splitlines()[0]
        if topic in never:
            fault = 'an emergency stop is released by a person at the page, not by an action'
        elif topic in found:
            fault = 'it is there twice'
        if fault:
            raise ParameterError(f'parameter actions.services has {shorten(entry)}, allowed are '
                                 f'names of services, alone or as name:trigger, name:set_bool or '
                                 f'name:PACKAGE/srv/TYPE: {fault}')
        found[topic] = CallableService(name, topic, kind or None, settings)
    if len(found) > MAX_SERVICES:
        raise ParameterError(f'parameter actions.services has {len(found)} entries, at most '
                             f'{MAX_SERVICES} are allowed')
    return list(found.values())


def _read_type(text: str) -> tuple[str, str]:
    """Return a kind for the name of a type, and what is wrong with it, or an empty text."""
    parts = _TYPE.fullmatch(text)
    if parts is None:
        return '', (f'allowed after the colon is {" or ".join(SERVICE_TYPES)}, or a type like '
                    'std_srvs/srv/Empty')
    name = f'{parts[1]}/srv/{parts[2]}'
    return next((kind for kind, one in SERVICE_TYPES.items() if one == name), name), ''


class SessionServiceCalls:
    """
    The service calls of one session.

    A page repeats a request until it gets the result; each request is carried out once, and at a
    limited rate.
    """

    def __init__(self, clock: Clock = boot_time) -> None:
        self._limiter = RateLimiter(CALLS_HZ, CALLS_AT_ONCE, clock)
        # Results by request id; None while the service has not answered.
        self._results: OrderedDict[int, ServiceResult | None] = OrderedDict()

    def begin(self, request: int) -> bool:
        """Return whether to carry a request out; if not, :meth:`result` has its result so far."""
        if request in self._results:
            return False
        allowed = self._limiter.allow()
        self._results[request] = None if allowed else ServiceResult(
            False, 'too many calls: wait a second, and try again')
        if len(self._results) > _MAX_REMEMBERED:
            self._results.popitem(last=False)
        return allowed

    def result(self, request: int) -> ServiceResult | None:
        """Return the result of a request, ``None`` while there is none."""
        return self._results.get(request)

    def end(self, request: int, result: ServiceResult) -> None:
        """Note the result of a request."""
        self._results[request] = result
