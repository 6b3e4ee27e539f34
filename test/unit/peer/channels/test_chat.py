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

"""K-Scale's chat channel."""

import json

import pytest
from support.viewer import make_sessions, TestCamera, until

pytestmark = pytest.mark.asyncio


async def test_an_app_that_may_only_watch_is_told_once(answerer):
    sessions = make_sessions(TestCamera('front', 60), role='view')
    viewer = answerer(sessions)
    await viewer.connect()
    await until(lambda: viewer.chat is not None)
    for _ in range(3):
        viewer.chat.send('boxing')
    await until(lambda: viewer.heard)
    assert json.loads(viewer.heard[0])['error'] == 'this session may only watch'
    sessions.send_message('end')
    await viewer.hears('end')
    assert len(viewer.heard) == 2 and not sessions.received
