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

"""How many viewers a robot and an address may have at once."""

from collections.abc import Hashable
from contextlib import ExitStack
import sys

from .metrics import Metrics
from ..core.errors import SignalingError
from ..core.limits.address_limits import client_key, ConcurrencyQuota, is_loopback
from ..core.settings.relay_settings import RelayLimits

# Viewers of one robot that each address may have at least, however small its share is.
_MIN_SHARE = 4


class ViewerQuotas:
    """Counts viewers by robot, by address, and by both."""

    def __init__(self, limits: RelayLimits, metrics: Metrics) -> None:
        self._metrics = metrics
        self._by_robot = ConcurrencyQuota(sys.maxsize, limits.viewers_per_robot)
        self._by_address = ConcurrencyQuota(sys.maxsize, limits.viewers_per_address)
        # Without it one address could keep all others away from a robot.
        self._by_both = ConcurrencyQuota(
            sys.maxsize, max(_MIN_SHARE, limits.viewers_per_robot // 4))

    @property
    def in_use(self) -> int:
        """Return the number of viewers."""
        return self._by_robot.in_use

    def acquire(self, robot: Hashable, source: str | None) -> ExitStack:
        """
        Count one more viewer, until what is returned is closed.

        :raises SignalingError: ``busy``
        """
        client = client_key(source)
        quotas: list[tuple[ConcurrencyQuota, Hashable, str, str]] = [
            (self._by_robot, robot, 'viewers_per_robot',
             'This robot has as many viewers as it may'),
            (self._by_address, client, 'viewers_per_address',
             'There are too many viewers from this address')]
        # A tunnel or proxy on this host brings many people, who do not share one quota.
        if not is_loopback(source):
            quotas.append((self._by_both, (robot, client), 'viewers_per_address',
                           'This robot has as many viewers from this address as it may'))
        with ExitStack() as acquired:
            for quota, key, setting, text in quotas:
                if not quota.acquire(key):
                    self._metrics.refuse(setting, source)
                    raise SignalingError('busy', text)
                acquired.callback(quota.release, key)
            return acquired.pop_all()
