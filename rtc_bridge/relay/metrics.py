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

"""Prometheus metrics of one relay. They hold no names, since names of robots may be secrets."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
import time

from aiohttp import web
from prometheus_client import (
    CollectorRegistry, Counter, Gauge, generate_latest, Histogram, ProcessCollector,
)
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from ..core.failure_log import failures
from ..core.limits.refusals import refusals

_PREFIX = 'rtc_bridge_relay_'
# Seconds: the relay's own share of a message's way, and a robot's answer with ICE and encoders.
_FORWARDING_BUCKETS = (.0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1)
_ANSWER_BUCKETS = (.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20)
# Offers and answers whose forwarding is measured at a time. Beyond it the oldest is forgotten.
_MAX_MEASURED = 4096


class _FailureCollector(Collector):
    """Reads how often parts of this process have failed, when the metrics are read."""

    def collect(self) -> Iterator[CounterMetricFamily]:
        """Yield the counts by name; the names are those of the program's parts."""
        counts = CounterMetricFamily(_PREFIX + 'failures', 'Failures by part of the program',
                                     labels=('part',))
        for name, count in failures.counts.items():
            counts.add_metric((name,), count)
        yield counts


class Metrics:
    """The metrics of one relay. Belongs to one event loop."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.registry.register(_FailureCollector())
        self.offers = Counter(
            _PREFIX + 'offers', 'Offers by protocol and what became of them',
            ('protocol', 'result'), registry=self.registry)
        self.refused = Counter(
            _PREFIX + 'refused', 'What was refused or cut, by reason', ('reason',),
            registry=self.registry)
        self.answer_seconds = Histogram(
            _PREFIX + 'answer_seconds', 'How long robots take to answer', buckets=_ANSWER_BUCKETS,
            registry=self.registry)
        self._forwarding = Histogram(
            _PREFIX + 'forwarding_seconds', "The relay's own share of the way of an offer or "
            'answer', ('message',), buckets=_FORWARDING_BUCKETS, registry=self.registry)
        # Arrival of what is to be forwarded, in seconds, by message and session.
        self._arrivals: OrderedDict[tuple[str, str], float] = OrderedDict()

    def gauge(self, name: str, text: str, value: Callable[[], float]) -> None:
        """Add a number that is computed when the metrics are read."""
        Gauge(_PREFIX + name, text, registry=self.registry).set_function(value)

    def refuse(self, reason: str, source: str | None = None, text: str = '') -> None:
        """
        Count a refusal, here and for the diagnostics of a robot that runs its own server.

        :param reason: a constant word
        :param source: address of the client that was refused
        :param text: what exactly was wrong; may hold text from outside
        """
        self.refused.labels(reason).inc()
        refusals.note(reason, source, text)

    def arrived(self, message: str, session: str) -> None:
        """
        Note that an offer or answer has arrived; a second call for the same changes nothing.

        :param message: ``offer`` or ``answer``
        """
        self._arrivals.setdefault((message, session), time.perf_counter())
        if len(self._arrivals) > _MAX_MEASURED:
            self._arrivals.popitem(last=False)

    def forwarded(self, message: str, session: str) -> None:
        """Note that it was sent on."""
        began = self._arrivals.pop((message, session), None)
        if began is not None:
            self._forwarding.labels(message).observe(time.perf_counter() - began)

    def forget(self, message: str, session: str) -> None:
        """Note that it will not be sent on, or not where that is measured."""
        self._arrivals.pop((message, session), None)

    def response(self) -> web.Response:
        """Return all metrics in Prometheus's text format."""
        return web.Response(body=generate_latest(self.registry), headers={
            'Content-Type': 'text/plain; version=0.0.4; charset=utf-8'})
