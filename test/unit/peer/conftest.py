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

"""Fixtures of the tests of sessions: a robot, and aiortc clients that connect to it."""

import pytest
import pytest_asyncio
from rtc_bridge.core.clock import boot_time
from rtc_bridge.peer import aiortc_compat, authorization, session
from rtc_bridge.peer.local_robot_link import LocalRobotLink
from support.answering_viewer import Answerer
from support.patience import PATIENCE
from support.proving import InviteRobot
from support.viewer import all_closed, Viewer


@pytest_asyncio.fixture
async def connect():
    """Return a function that connects viewers; in the end everything is closed, and must be."""
    async with all_closed() as (viewers, robots):
        async def connect_viewer(sessions, viewer=None, *, protocol='v1', camera=None,
                                 via='server', change=lambda sdp: sdp, **options):
            viewer = viewer or Viewer(**options)
            viewers.append(viewer)
            robots.append(sessions)
            await viewer.connect(LocalRobotLink(sessions, via), protocol, camera, change)
            return viewer

        yield connect_viewer


@pytest_asyncio.fixture
async def greet(connect):
    """Return a function that connects viewers, and waits until the robot greets them."""
    async def connect_and_wait(sessions, **options):
        viewer = await connect(sessions, **options)
        await viewer.until(lambda: viewer.got('control', 'hello'))
        return viewer

    return connect_and_wait


@pytest_asyncio.fixture
async def robot(tmp_path, monkeypatch):
    """Return a robot that asks for an invite, and waits for it on a busy host."""
    monkeypatch.setattr(authorization, 'PROOF_TIMEOUT_S', PATIENCE)
    made = InviteRobot(tmp_path)
    yield made
    await made.close()


@pytest_asyncio.fixture
async def answerer():
    """Return a function that makes viewers which answer; in the end everything is closed."""
    async with all_closed() as (viewers, robots):
        def make(sessions, via='server', **options):
            viewer = Answerer(LocalRobotLink(sessions, via), **options)
            viewers.append(viewer)
            robots.append(sessions)
            return viewer

        yield make


@pytest_asyncio.fixture
async def watch(connect):
    """Return a function that connects viewers; it returns a viewer, its slot 0 and its path."""
    async def connect_and_see(sessions, **options):
        viewer = await connect(sessions, codec='h264', **options)
        await viewer.until(lambda: viewer.lumas[0])
        made = sessions.sessions[viewer.id]
        return viewer, made.slots[0], made.path.congestion

    return connect_and_see


@pytest.fixture
def steady_path(monkeypatch):
    """Answer checks evenly, and for ever: those of a busy machine are late, or even too late."""
    monkeypatch.setattr(aiortc_compat, 'round_trip', lambda pc: (boot_time(), 0.01))
    monkeypatch.setattr(session, 'DEAD_AFTER_S', PATIENCE)
