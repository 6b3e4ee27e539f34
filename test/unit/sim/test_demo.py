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

"""How the demo waits for its link."""

import asyncio

from rtc_bridge.sim.demo import Demo
from support.patience import PATIENCE


async def nothing():
    """Find the robot at once."""


def test_a_demo_that_waits_for_the_link_can_be_stopped():
    """The bridge prints it after it has gone to the relay."""
    async def main():
        demo = Demo({}, {}, verbose=False)
        running = asyncio.create_task(demo.run(nothing()))
        for _ in range(10):
            await asyncio.sleep(0)
        assert not running.done()
        demo._stop.set()
        return await running

    async def bounded():
        return await asyncio.wait_for(main(), PATIENCE)

    assert asyncio.run(bounded()) == 0
