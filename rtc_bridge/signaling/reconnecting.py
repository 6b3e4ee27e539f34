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

"""Why a connection to a relay ended, and how long to wait before the next one."""

from collections.abc import Callable, Iterator
import random

from websockets.exceptions import ConnectionClosed

from ..core.network.connection_reasons import connection_reason

# Seconds. A relay that is back has all its robots within the longest delay. A thousand of them
# come at up to 700 a second, which it bears. Ever longer delays would save one packet each, and
# leave a robot unreachable.
FIRST_DELAY_S, LONGEST_DELAY_S = 2.0, 4.0


class ConnectionLost(Exception):
    """The connection to a relay ended; the text says why."""


class RelayMisbehaves(ConnectionLost):
    """The connection was ended because of what the relay sent."""


def disconnect_reason(error: BaseException) -> str:
    """Return in one short line why a connection ended; ``dial_reasons`` tells why none began."""
    if isinstance(error, ConnectionClosed):
        close = error.rcvd
        if close is None:
            # This end sends 1011 to a peer that does not answer its pings.
            is_silent = error.sent is not None and error.sent.code == 1011
            return 'the relay does not answer pings' if is_silent else 'connection lost'
        return f'closed by the relay ({close.code}{" " + close.reason if close.reason else ""})'
    return connection_reason(error)


def reconnect_delays(random_number: Callable[[], float] = random.random) -> Iterator[float]:
    """
    Yield seconds to wait, for ever.

    The first delay is anywhere from 0 to ``FIRST_DELAY_S``, so that robots which lost their relay
    together do not come back together. The others are between half and all of
    ``LONGEST_DELAY_S``, so that robots which found it closed at the same moment drift apart.

    :param random_number: returns numbers from 0 to 1
    """
    yield FIRST_DELAY_S * random_number()
    while True:
        yield LONGEST_DELAY_S * (0.5 + 0.5 * random_number())


def remaining_delay(delay: float, took: float) -> float:
    """
    Return how much of a delay is left after a try that failed, in seconds.

    A try that got no answer was a wait itself. A quarter of the delay always remains.
    """
    return max(delay - took, delay / 4)
