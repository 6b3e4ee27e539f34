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

"""Candidates that a viewer sends after its offer."""

import re

import pytest
from rtc_bridge.core.access.policy import AccessPolicy
from rtc_bridge.core.limits.log_limits import LogSampler
from rtc_bridge.core.protocol.ice import Candidate
from rtc_bridge.core.protocol.signaling_messages import Offer
from rtc_bridge.peer import session
from rtc_bridge.peer.local_robot_link import LocalRobotLink
from support.viewer import make_sessions, until, Viewer

pytestmark = pytest.mark.asyncio


async def test_unreadable_candidates_are_left_out(connect):
    sessions = make_sessions()
    viewer = await connect(sessions)
    link = LocalRobotLink(sessions, 'server')
    for text in ('candidate:', 'hello', 'candidate:1 1 udp x y z typ host'):
        await link.add_candidate(viewer.id, Candidate(text, '0', 0))
    await link.add_candidate('unknown', Candidate('x'))
    await link.add_candidate(viewer.id, None)
    await viewer.until(lambda: viewer.got('control', 'hello'))


# What a browser with mDNS sends instead of its addresses.
HIDDEN = re.compile(r'^(a=candidate:\S+ 1 udp \d+) \S+ (\d+ typ host)', re.M)


async def offer_hidden(source, is_direct, *, trickle, via='server'):
    """Let a viewer that hides its addresses offer; return the sessions and what aioice got."""
    sessions, viewer = make_sessions(), Viewer()
    sessions.robot.access = AccessPolicy(anonymous='view', anonymous_via_relay='view')
    link = LocalRobotLink(sessions, via)
    offer = HIDDEN.sub(r'\1 6f1c.local \2', await viewer.offer())
    hidden = re.findall(r'^a=(candidate:.*\.local.*)\r$', offer, re.M)
    if trickle:
        offer = re.sub(r'^a=(candidate:.*|end-of-candidates)\r\n', '', offer, flags=re.M)
    await link.answer(Offer('x', offer, trickle=trickle, source=source, is_direct=is_direct))
    made = sessions.sessions['x']
    if trickle:
        for candidate in hidden:
            await link.add_candidate('x', Candidate(candidate, '0', 0))
    return sessions, viewer, made, {line.split()[5] for line in hidden}


@pytest.mark.parametrize('trickle', [False, True])
@pytest.mark.parametrize('source, is_direct, address', [
    ('192.0.2.77', True, '192.0.2.77'), ('::ffff:192.0.2.77', True, '192.0.2.77'),
    ('192.0.2.77', False, None), ('127.0.0.1', True, None), ('fe80::1%eth0', True, None),
    (None, True, None)])
async def test_the_viewers_own_address_stands_for_names_that_hide_it(source, is_direct, address,
                                                                     trickle, monkeypatch):
    tried = []
    monkeypatch.setattr('rtc_bridge.core.limits.ice_check_limits.IceCheckLimits.allow_address',
                        lambda self, host, port, **_: tried.append((host, str(port))) or False)
    sessions, viewer, made, ports = await offer_hidden(source, is_direct, trickle=trickle)
    # The limits of addresses decide on each of them.
    assert {host for host, _ in tried if not host.endswith('.local')} == (
        {address} if address else set())
    if address:
        # Sections of one group share the first one's.
        assert {port for host, port in tried if host == address} <= ports
    assert made._candidates.counts.kinds['mDNS'] == len(ports)
    await sessions.close('test')
    await viewer.close()


@pytest.mark.parametrize('source, address', [('192.168.7.2', '192.168.7.2'), ('8.8.8.8', None)])
async def test_a_relay_is_believed_of_addresses_in_its_own_network(source, address, monkeypatch):
    tried = []
    monkeypatch.setattr('rtc_bridge.core.limits.ice_check_limits.IceCheckLimits.allow_address',
                        lambda self, host, port, **_: tried.append(host) or False)
    sessions, viewer, *_ = await offer_hidden(source, True, trickle=False, via='relay')
    assert set(tried) == ({address} if address else set())
    await sessions.close('test')
    await viewer.close()


async def test_a_session_without_a_path_says_what_was_tried(caplog, monkeypatch):
    monkeypatch.setattr(session, 'CONNECT_TIMEOUT_S', 0.5)
    monkeypatch.setattr(session, '_MIN_TRIED_S', 0.1)
    monkeypatch.setattr('rtc_bridge.peer.path_report._reports', LogSampler())
    # TEST-NET-1 (RFC 5737): nobody answers there. The log has it once, however often it is tried.
    for _ in range(2):
        sessions, viewer, made, _ = await offer_hidden('192.0.2.77', True, trickle=True)
        await until(lambda: not sessions.sessions)
        assert sessions.robot.no_paths.count == 1
        await viewer.close()
    lines = [record.getMessage() for record in caplog.records if 'no path' in record.getMessage()]
    assert len(lines) == 1 and re.search(
        r'192\.0\.2\.77 found no path: the robot offered \d+ host.*; the viewer \d+ mDNS; '
        r'\d+ checks sent, 0 answered.*--network host', lines[0]), lines
