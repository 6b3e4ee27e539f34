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

"""A robot with somebody who drives it, at which the attacks of the corpus are played."""

from contextlib import contextmanager
import re

import pytest
from rtc_bridge.core.access.invite import bearer_text
from rtc_bridge.system.files.key_store import KeyStore
from support.attack_corpus import CORPUS, HostileRelay, play, REFUSED, Target
from support.browsers import Loop
from support.page_client import PageClient
from support.patience import PATIENCE
from support.processes import free_port
from support.stack import ROBOT, Robot

# Of floods: a tenth says as much here.
SHARE = 0.1
CLOSED = {'access.anonymous': 'none', 'access.anonymous_via_relay': 'none',
          'access.whep_via_relay': True, 'access.require_synchronized_clock': False,
          'teleop.max_frame_age': 0.0}
# Refusals that say nothing of what was in an offer.
UNREAD = ('too-many', 'busy', '429', '503', 'no-robot', 'robot-timeout')
# The last is the beginning of a log line that a stranger wrote: rclpy's have a time of now.
FAILED = re.compile(r'Traceback|never retrieved|^\[ERROR(?!\] \[\d{10})')


class Stage:
    """A robot, somebody who drives it, and where attackers go."""

    def __init__(self, robot, url, **target):
        """Let somebody drive."""
        self.robot = robot
        self.honest, self.attackers = Loop(), Loop()
        self.fragment = robot.bridge.wait_line(r'link to drive.*#(\S+)', PATIENCE)[1]
        self.target = Target(url=url, robot=ROBOT, fragment=self.fragment, share=SHARE,
                             checks_take_s=3.0, **target)
        self.driver = self.honest.run(self._drive())

    async def _drive(self):
        driver = await PageClient(f'{self.robot.own_url}/{ROBOT}', self.fragment).enter()
        await driver.drive()
        await driver.goes_on()
        return driver

    def play(self, name):
        """Play an attack, and see that nobody noticed; return what came of it."""
        if self.driver.gone:
            # An attack before this one has been felt; it has failed for that.
            self.driver = self.honest.run(self._drive())
        told = len(self.robot.bridge.lines)
        outcome = self.attackers.run(play(CORPUS[name], self.target), 2 * PATIENCE)
        self.honest.run(self._unharmed())
        said = self.robot.bridge.lines[told:]
        assert not [line for line in said if FAILED.search(line)]
        if self.target.hostile is None:
            # The link stands; only a hostile relay is left, and tried again.
            assert not [line for line in said if 'trying again' in line]
        return outcome

    async def _unharmed(self):
        assert self.driver.gone is None
        await self.driver.goes_on()
        await self.driver.stop()
        await self.driver.release()
        await self.driver.goes_on()

    def newcomer(self, url):
        """See that somebody else is let in."""
        async def come():
            page = await PageClient(f'{url}/{ROBOT}', self.fragment).enter()
            await page.close()
        self.honest.run(come())

    def close(self):
        """End the driver, and the loops."""
        self.honest.run(self.driver.close())
        self.honest.close()
        self.attackers.close()


@contextmanager
def attacked(directory, *, own_server=False):
    """
    Give a robot at its own server and at a relay that does not count offers.

    :param directory: for its secrets
    :param own_server: attack its own server, not the relay
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in ('OFFERS_PER_MINUTE', 'REQUESTS_PER_MINUTE'):
            patch.setenv(f'RTC_BRIDGE_RELAY_LIMITS_{name}', '1000000')
        robot = Robot(**CLOSED, **{'access.directory': str(directory)})
    stage = None
    try:
        url = robot.own_url if own_server else robot.url.removesuffix(f'/{ROBOT}')
        store = KeyStore(directory)
        stage = Stage(robot, url, bearer=bearer_text(
            store.secret, store.issue(ROBOT, 'view', 'player', 3600)))
        yield stage
        # The last word: the relay has the robot, and lets people in.
        stage.newcomer(url)
    finally:
        if stage is not None:
            stage.close()
        robot.close()


@contextmanager
def betrayed(directory):
    """
    Give a robot whose relay is hostile.

    :param directory: for its secrets
    """
    port = free_port()
    robot = Robot(relay=False, relay_url=f'http://127.0.0.1:{port}', **CLOSED,
                  **{'access.directory': str(directory)})
    hostile, stage = HostileRelay(port), None
    try:
        stage = Stage(robot, '', hostile=hostile)
        stage.attackers.run(hostile.__aenter__())
        yield stage
        stage.newcomer(robot.own_url)
        stage.attackers.run(hostile.__aexit__())
    finally:
        if stage is not None:
            stage.close()
        robot.close()


def names(*entries):
    """Return the attacks that come in there."""
    return [name for name, attack in CORPUS.items() if attack.entry in entries]


def judge(name, outcome):
    """Check that an attack came to what it should."""
    first, _, code = outcome.partition(' ')
    assert first in CORPUS[name].expected, outcome
    if CORPUS[name].expected == {REFUSED}:
        # It was read, and refused for what it is.
        assert code not in UNREAD, outcome
