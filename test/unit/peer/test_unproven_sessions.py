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

"""The places of sessions that have not proved an invite."""

import asyncio

import pytest
from rtc_bridge.core.errors import SignalingError
from rtc_bridge.core.protocol.signaling_messages import Offer
from rtc_bridge.peer import unproven_sessions
from rtc_bridge.peer.answering_session import AnsweringSession
from rtc_bridge.peer.local_robot_link import LocalRobotLink
from rtc_bridge.peer.remote_description import only_sha256
from support.patience import PATIENCE
from support.proving import Page

pytestmark = pytest.mark.asyncio


async def test_places_are_limited_in_all_and_per_source(robot, monkeypatch):
    for _ in range(2):
        await (await robot.page()).challenge()
    with pytest.raises(SignalingError, match='too many others'):
        await robot.page()
    monkeypatch.setattr(unproven_sessions, 'MAX_UNPROVEN', 4)
    # One host has many addresses of IPv6.
    for source in ('2001:db8:1:2::1', '2001:db8:1:2:3::1'):
        page = await robot.page(source=source)
        await page.challenge()
    monkeypatch.setattr(unproven_sessions, 'MAX_UNPROVEN', 8)
    with pytest.raises(SignalingError, match='too many others'):
        await robot.page(source='2001:db8:1:2::2')
    monkeypatch.setattr(unproven_sessions, 'MAX_UNPROVEN', 4)
    with pytest.raises(SignalingError, match='too many others'):
        await robot.page(source='10.0.0.4')
    # Another way in has places of its own.
    other = Page()
    robot.pages.append(other)
    await other.connect(LocalRobotLink(robot.sessions, 'server'), source='10.0.0.4')
    await other.challenge()
    # Who has proved something makes room.
    page.prove(await page.challenge(), robot.invite())
    await page.until(lambda: page.got('control', 'hello'))
    await robot.page(source='10.0.0.4')


@pytest.mark.parametrize('source', ['127.0.0.1', '::1', '::ffff:127.0.0.1', None])
async def test_sources_behind_a_tunnel_are_not_one_client(robot, monkeypatch, source):
    """Nor are those whose relay tells no addresses; the places in all are as few."""
    monkeypatch.setattr(unproven_sessions, 'MAX_UNPROVEN', 4)
    for _ in range(4):
        await (await robot.page(source=source)).challenge()
    with pytest.raises(SignalingError, match='too many others'):
        await robot.page(source=source)


async def test_the_oldest_session_that_is_not_connected_makes_room(robot):
    """Eight offers that never connect kept out everybody for 15 s."""
    connected = await robot.page()
    await connected.challenge()
    silent = []
    for number in range(8):
        page = Page()
        robot.pages.append(page)
        silent.append(page.id)
        await robot.link.answer(Offer(page.id, only_sha256(await page.offer()), 'v1',
                                      source=f'10.0.1.{number}'))
    assert connected.id in robot.sessions.sessions
    assert [name in robot.sessions.sessions for name in silent] == [False] + 7 * [True]
    page = await robot.page(source='10.0.2.1')
    page.prove(await page.challenge(), robot.invite())
    await page.until(lambda: page.got('control', 'hello'))


async def test_offers_of_strangers_wait_for_each_other_only(robot, monkeypatch):
    monkeypatch.setattr(unproven_sessions, 'TURN_TIMEOUT_S', 0.1)
    monkeypatch.setattr(unproven_sessions, 'MAX_WAITING', 1)
    held, go_on = asyncio.Event(), asyncio.Event()
    negotiate = AnsweringSession._negotiate

    async def wait(self, offer):
        held.set()
        await go_on.wait()
        return await negotiate(self, offer)

    monkeypatch.setattr(AnsweringSession, '_negotiate', wait)
    first = asyncio.create_task(robot.page())
    await held.wait()
    with pytest.raises(SignalingError, match='too many others'):
        await robot.page(source='10.0.0.2')
    monkeypatch.setattr(unproven_sessions, 'TURN_TIMEOUT_S', PATIENCE)
    monkeypatch.setattr(AnsweringSession, '_negotiate', negotiate)
    robot.sessions.robot.access._anonymous = 'view'
    page = Page()
    robot.pages.append(page)
    await page.connect(LocalRobotLink(robot.sessions, 'server'))
    await page.until(lambda: page.got('control', 'hello'))
    go_on.set()
    await (await first).challenge()
    await (await robot.page(source='10.0.0.2')).challenge()
