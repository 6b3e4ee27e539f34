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

"""Fixtures of the tests of what peers send: a robot that must not fail at it."""

import logging

import pytest
import pytest_asyncio
from rtc_bridge.core.failure_log import FailureLog
from rtc_bridge.core.limits.refusals import Refusals
from rtc_bridge.peer import authorization
from rtc_bridge.peer.aiortc_compat import peer_limits
from support.patience import PATIENCE
from support.proving import InviteRobot


@pytest_asyncio.fixture
async def robot(tmp_path, caplog, monkeypatch):
    """Return a robot; nothing that comes from a peer may be logged as an error."""
    caplog.set_level(logging.ERROR)
    # A busy host may be slow to connect.
    monkeypatch.setattr(authorization, 'PROOF_TIMEOUT_S', PATIENCE)
    made = InviteRobot(tmp_path)
    yield made
    await made.close()
    assert not [record.getMessage() for record in caplog.records]


@pytest.fixture
def noted(monkeypatch):
    """Return the logs of failures and refusals, which begin empty."""
    logs = FailureLog(), Refusals()
    monkeypatch.setattr(peer_limits, 'failures', logs[0])
    monkeypatch.setattr(peer_limits, 'refusals', logs[1])
    return logs
