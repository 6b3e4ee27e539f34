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

"""Real Chromium tells when packets arrive, and the robot goes by that."""

import asyncio
import threading

import pytest
from rtc_bridge.core.congestion.delay_based_control import DelayBasedController
from rtc_bridge.core.protocol.signaling_messages import Offer
from rtc_bridge.peer.local_robot_link import LocalRobotLink
from support.capture_transport_feedback import ANSWER, OFFER
from support.patience import PATIENCE
from support.viewer import make_sessions, NoisyCamera, until


@pytest.fixture
def run():
    """Return a function that runs coroutines in an event loop of a robot."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield lambda coroutine: asyncio.run_coroutine_threadsafe(coroutine, loop).result(2 * PATIENCE)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_chromium_is_steered_by_arrival_times(chromium, run):
    async def start():
        return make_sessions(NoisyCamera('front'))
    sessions = run(start())
    page = chromium.page()
    page.load('about:blank')
    answer = run(LocalRobotLink(sessions, 'server').answer(
        Offer('browser', page.evaluate(OFFER), 'whep', camera=None)))
    assert 'transport-cc' in answer
    page.evaluate(ANSWER, answer)
    path = sessions.sessions['browser'].path
    run(until(lambda: isinstance(path.congestion, DelayBasedController)))
    # What is sent is told of soon, again and again.
    for _ in range(3):
        waits = path.sent_packets.waits_since or 0.0
        run(until(lambda waits=waits: (path.sent_packets.waits_since or 0.0) > waits))
    page.leave()
    run(sessions.close('test ends'))
