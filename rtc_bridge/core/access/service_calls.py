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

"""Services that pages may call: which, and how often."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Callable, Iterable

from ..clock import boot_time, Clock
from ..errors import ParameterError
from ..limits.rate_limit import RateLimiter
from ..protocol.strict_json import shorten

# Type of the service, as the graph names it, by kind.
SERVICE_TYPES = {'trigger': 'std_srvs/srv/Trigger', 'set_bool': 'std_srvs/srv/SetBool'}
MAX_SERVICES = 32
CALLS_HZ, CALLS_AT_ONCE = 2.0, 5.0
_REMEMBERED = 64
_MAX_TEXT = 500


@dataclass(frozen=True)
class Service:
    """A service that pages may call; ``kind`` is ``None`` where the graph is to tell."""

    name: str
    topic: str
    kind: str | None


@dataclass(frozen=True)
class Result:
    """How a call ended, with a sentence for people."""

    success: bool
    message: str

    def __post_init__(self) -> None:
        """Cut what a service says at length."""
        object.__setattr__(self, 'message', self.message[:_MAX_TEXT])


def read_services(entries: Iterable[str], resolve: Callable[[str], str],
                  forbidden: Iterable[str]) -> list[Service]:
    """
    Return what ``actions.services`` lists.

    :param resolve: takes a service's name and returns the full one; raises ValueError
    :param forbidden: names that are never to be called from a page
    :raises ParameterError: an entry is no ``name`` or ``name:kind``, double, or forbidden
    """
    never = {resolve(name) for name in forbidden}
    found: dict[str, Service] = {}
    for entry in entries:
        name, colon, kind = entry.partition(':')
        fault = ''
        if colon and kind not in SERVICE_TYPES:
            fault = f'allowed after the colon is {" or ".join(SERVICE_TYPES)}'
        try:
            topic = resolve(name)
        except (ValueError, RuntimeError) as error:
            topic, fault = '', str(error).splitlines()[0]
        if topic in never:
            fault = 'an emergency stop is released by a person at the page, not by an action'
        elif topic in found:
            fault = 'it is there twice'
        if fault:
            raise ParameterError(f'parameter actions.services has {shorten(entry)}, allowed are '
                                 f'names of services, alone or as name:trigger or name:set_bool: '
                                 f'{fault}')
        found[topic] = Service(name, topic, kind or None)
    if len(found) > MAX_SERVICES:
        raise ParameterError(f'parameter actions.services has {len(found)} entries, at most '
                             f'{MAX_SERVICES} are allowed')
    return list(found.values())


class Calls:
    """One session's calls: each request is made once, and not too many are."""

    def __init__(self, clock: Clock = boot_time) -> None:
        """Start with none."""
        self._limit = RateLimiter(CALLS_HZ, CALLS_AT_ONCE, clock)
        # Results by request; None while the service has not answered.
        self._known: OrderedDict[int, Result | None] = OrderedDict()

    def begin(self, request: int) -> bool:
        """Tell whether to make a call; if not, :meth:`result` says why, or what came of it."""
        if request in self._known:
            return False
        fresh = self._limit.allow()
        self._known[request] = None if fresh else Result(False, 'too many calls: wait a moment')
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return fresh

    def result(self, request: int) -> Result | None:
        """Return what came of a request, ``None`` while nothing has."""
        return self._known.get(request)

    def end(self, request: int, result: Result) -> None:
        """Note what came of a request."""
        self._known[request] = result
