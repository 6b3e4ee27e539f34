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

"""Consent checks as signs of life."""

import pytest
from rtc_bridge.peer import aiortc_compat
from support.viewer import make_sessions, until

pytestmark = pytest.mark.asyncio


async def test_answered_checks_are_signs_of_life(connect):
    viewer = await connect(make_sessions())
    await viewer.until(lambda: viewer.got('control', 'hello'))
    first = aiortc_compat.last_answer(viewer.pc)
    assert first is not None
    await until(lambda: aiortc_compat.last_answer(viewer.pc) != first)
