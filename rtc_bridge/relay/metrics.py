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

"""What an operator can watch: Prometheus metrics, and log lines with fields."""

from collections import OrderedDict
from collections.abc import Iterator
import json
import logging
import time
from typing import Any, Callable

from aiohttp import web
from prometheus_client import (CollectorRegistry, Counter, Gauge, generate_latest, Histogram,
                               ProcessCollector)
from prometheus_client.core import CounterMetricFamily

from ..core.failure_log import failures
from ..core.limits.refusals import refusals

_logger = logging.getLogger('rtc_bridge.relay')
# Offers and answers whose way is measured at a time; beyond that the oldest is not measured.
_MAX_UNDER_WAY = 4096
_PREFIX = 'rtc_bridge_relay_'
_FAST = (.0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1)
_SLOW = (.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20)


class _Failures:
    """Reads how often parts of this process have failed, when the metrics are read."""

    def collect(self) -> Iterator[CounterMetricFamily]:
        """Yield the counts by name; the names are those of the program's parts."""
        counts = CounterMetricFamily(_PREFIX + 'failures', 'Failures by part of the program',
                                     labels=('part',))
        for name, count in failures.counts.items():
            counts.add_metric((name,), count)
        yield counts


class Metrics:
    """The numbers of one relay. No names in them: those of rooms are secrets."""

    def __init__(self) -> None:
        """Start at zero."""
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.registry.register(_Failures())

        def make(kind: type, name: str, text: str, labels=(), **options) -> Any:
            return kind(_PREFIX + name, text, labels, registry=self.registry, **options)

        self._make = make
        self.offers = make(Counter, 'offers', 'Offers by door and what became of them',
                           ('door', 'result'))
        self.refused = make(Counter, 'refused', 'What was refused or cut, by reason', ('reason',))
        self._forwarding = make(
            Histogram, 'forwarding_seconds', "The relay's own share of the way of an offer or "
            'answer', ('message',), buckets=_FAST)
        self.answering = make(Histogram, 'answer_seconds', 'How long robots take to answer',
                              buckets=_SLOW)
        self._came: OrderedDict[tuple[str, str], float] = OrderedDict()

    def gauge(self, name: str, text: str, value: Callable[[], float]) -> None:
        """Add a number that is asked for when it is read."""
        self._make(Gauge, name, text).set_function(value)

    def refuse(self, reason: str, source: str | None = None, text: str = '') -> None:
        """
        Count a refusal, here and for the diagnostics of a robot that serves its own doors.

        :param reason: a word of ours
        :param source: address of whoever it was refused to
        :param text: what exactly was wrong
        """
        self.refused.labels(reason).inc()
        refusals.note(reason, source, text)

    def came(self, message: str, session: str) -> None:
        """Note that an offer or answer has arrived."""
        self._came.setdefault((message, session), time.perf_counter())
        if len(self._came) > _MAX_UNDER_WAY:
            self._came.popitem(last=False)

    def went(self, message: str, session: str) -> None:
        """Note that it was passed on."""
        began = self._came.pop((message, session), None)
        if began is not None:
            self._forwarding.labels(message).observe(time.perf_counter() - began)

    def forget(self, message: str, session: str) -> None:
        """Note that it will not be passed on, or not in a way that is measured."""
        self._came.pop((message, session), None)

    def response(self) -> web.Response:
        """Return all of it in Prometheus's text format."""
        return web.Response(body=generate_latest(self.registry), headers={
            'Content-Type': 'text/plain; version=0.0.4; charset=utf-8'})


def log(event: str, level: int = logging.INFO, **fields: Any) -> None:
    """Log an event; fields that are ``None`` are left out."""
    if _logger.isEnabledFor(level):
        fields = {name: value for name, value in fields.items() if value is not None}
        _logger.log(level, '%s', event + ''.join(
            f' {name}={json.dumps(value) if isinstance(value, str) else value}'
            for name, value in fields.items()), extra={'event': event, 'fields': fields})


class JsonFormatter(logging.Formatter):
    """One JSON object a line: ``time`` (UTC), ``level``, ``event`` and the event's fields."""

    def format(self, record: logging.LogRecord) -> str:  # noqa: A003
        """Return the line."""
        stamp = time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(record.created))
        line = {'time': f'{stamp}.{int(record.msecs):03d}Z', 'level': record.levelname.lower(),
                'event': getattr(record, 'event', None) or record.getMessage(),
                **getattr(record, 'fields', {})}
        if record.exc_info:
            line['exception'] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)
