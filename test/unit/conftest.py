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

"""Fixtures of the unit tests."""

import pytest
from rtc_bridge.core import failure_log, supervision


@pytest.fixture
def failures(monkeypatch) -> failure_log.FailureLog:
    """Give this test a failure log of its own, and restarts without pauses."""
    log = failure_log.FailureLog()
    monkeypatch.setattr(supervision, 'failures', log)
    monkeypatch.setattr(failure_log, 'failures', log)
    monkeypatch.setattr(supervision, 'FIRST_PAUSE_S', 0.0)
    return log
