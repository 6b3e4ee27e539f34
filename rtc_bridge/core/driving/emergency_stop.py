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

"""
The emergency stop: once engaged, nothing moves until somebody releases it by its id.

Its state is stored, so that it outlives the process and a loss of power. A stored state that
cannot be read counts as a stop.
"""

from collections.abc import Iterable
import json
import logging
import secrets
import time
from typing import Protocol

from ..clock import boot_time, Clock
from ..errors import StoreError

logger = logging.getLogger(__name__)
# Seconds until a disk that took nothing is tried again: pages repeat their request 20 times a
# second, and each attempt waits for the disk.
_RETRY_PERIOD_S = 1.0


class StopStore(Protocol):
    """Where the state of one robot's emergency stop is kept; ``str`` gives its name for logs."""

    def read(self) -> bytes:
        """
        Return the text that was written last.

        :raises FileNotFoundError: nothing was ever written
        :raises OSError: it cannot be read
        :raises StoreError: others could have changed it
        """

    def write(self, text: str) -> None:
        """
        Replace the text; return when the new one would survive a loss of power.

        :raises StoreError: that cannot be done
        """

    def earlier(self) -> Iterable['StopStore']:
        """Return the stores of this robot under the names that it may have had before."""


class EmergencyStop:
    """
    Whether the emergency stop is engaged, and by whom.

    :param store: where the state is kept; ``None``: in memory only
    """

    def __init__(self, store: StopStore | None = None, *, clock: Clock = boot_time) -> None:
        # The id of the stop in force, which a release names; None if there is none.
        self.id: str | None = None
        # The name of the person or interface that engaged it.
        self.by = ''
        # The id of the stop that was released last. It is stored, as a guard may not have heard of
        # the release before this process ended.
        self.released: str | None = None
        self._store = store
        self._clock = clock
        # Whether the store has the present state.
        self._stored = True
        # Boot time of the next attempt to store it.
        self._next_attempt = 0.0
        self._read()

    @property
    def engaged(self) -> bool:
        """Tell whether nothing may move."""
        return self.id is not None

    def reason(self) -> str | None:
        """Return why nothing may move, as a code of ``docs/protocol.md``."""
        return None if self.id is None else 'stopped'

    def engage(self, by: str) -> None:
        """Stop, in memory; :meth:`store` makes it last."""
        if not self.engaged:
            self.id, self.by = secrets.token_hex(8), by
            self._stored, self._next_attempt = False, 0.0
            logger.error('emergency stop by %s', by)

    def store(self, *, at_once: bool = False) -> bool:
        """
        Write a new stop to the disk; return whether the disk has it, and it may be confirmed.

        :param at_once: try even if the last attempt failed less than a second ago
        """
        now = self._clock()
        if not self._stored and (at_once or now >= self._next_attempt):
            self._next_attempt = now + _RETRY_PERIOD_S
            try:
                self._save(self.id, self.by, self.released)
                self._stored = True
            except StoreError as error:
                logger.error('the emergency stop holds, but only as long as this process: %s',
                             error)
        return self._stored

    def release(self, stop_id: str, by: str) -> bool:
        """
        End the stop of this id; return whether it was the one in force.

        :raises StoreError: the disk does not take it, so the stop remains
        """
        if stop_id != self.id:
            logger.debug('release by %s names another stop than the one in force', by)
            return False
        # If this fails, the disk may have either state.
        self._stored = False
        self._save(None, by, stop_id)
        self.id, self.by, self.released, self._stored = None, '', stop_id, True
        logger.warning('emergency stop released by %s', by)
        return True

    def _save(self, stop_id: str | None, by: str, released: str | None) -> None:
        if self._store is not None:
            self._store.write(json.dumps({
                'id': stop_id, 'by': by, 'released': released, 'at': int(time.time())}) + '\n')

    def _read(self) -> None:
        if self._store is None:
            return
        try:
            state = json.loads(self._store.read())
            stop_id, by = state['id'], state['by']
            if not (stop_id is None or isinstance(stop_id, str)) or not isinstance(by, str):
                raise TypeError('id and by must be strings')
        except FileNotFoundError:
            # It was never engaged; not under this name.
            self._take_over(self._store)
        except (OSError, ValueError, KeyError, TypeError, RecursionError, StoreError) as error:
            logger.error('%s cannot be read: %s', self._store,
                         error if isinstance(error, StoreError) else repr(error))
            self.engage('a state that cannot be read')
        else:
            # Files of earlier versions do not have it.
            released = state.get('released')
            self.released = released if isinstance(released, str) else None
            if stop_id is not None:
                self.id, self.by = stop_id, by
                logger.error('emergency stop by %s is still in force', by)

    def _take_over(self, store: StopStore) -> None:
        """
        Take over a stop from before the robot had another name: DHCP may give a host a new one.

        If it is another robot's stop, this robot has to be released once.
        """
        for earlier in store.earlier():
            other = EmergencyStop(earlier, clock=self._clock)
            if other.engaged:
                logger.error('%s is a stop in force; if it is of another robot, release this one',
                             earlier)
                self.engage(f'{other.by or "somebody"}, when the robot had another name')
                self.store()
                return
