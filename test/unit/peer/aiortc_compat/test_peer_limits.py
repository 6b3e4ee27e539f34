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

"""Whether an exception on input of a peer is a refusal or a failure."""

import pytest
from rtc_bridge.core.limits.sctp_limits import tsns_ahead
from support.proving import InviteRobot
from support.viewer import until

pytestmark = pytest.mark.asyncio


async def break_at(page, robot, monkeypatch, where):
    """Let a robot's code fail at a peer's next ping, below aiortc or in code of ours."""
    association = robot.sessions.sessions[page.id]._pc.sctp
    exec(compile("async def fail(*args):\n    raise KeyError('injected')", 'aiortc', 'exec'),
         {'__name__': 'aiortc.fake'}, names := {})
    if where == 'ours':
        monkeypatch.setattr(association.peer_limits.sctp, 'allow_packet',
                            lambda data, trusted: tsns_ahead(None, None))
    else:
        monkeypatch.setattr(association, '_receive_chunk', names['fail'])
    page.send('control', type='ping', id=1)
    await until(lambda: page.id not in robot.sessions.sessions)


@pytest.mark.parametrize('who, where, failed', [
    ('stranger', 'aiortc', False), ('stranger', 'ours', True), ('driver', 'aiortc', True),
    ('driver', 'ours', True)])
async def test_errors_of_ours_and_on_trusted_input_are_failures(
        tmp_path, caplog, monkeypatch, noted, who, where, failed):
    robot = InviteRobot(tmp_path)
    failures, refusals = noted
    try:
        page = await getattr(robot, who)()
        await break_at(page, robot, monkeypatch, where)
    finally:
        await robot.close()
    assert ('SCTP' in failures.counts) == failed and ('SCTP' in refusals.by_reason) != failed
    assert caplog.text.count('Traceback') == failed
