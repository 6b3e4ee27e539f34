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

"""Requests of pages for the lease, and for the end of an emergency stop."""

import logging

import pytest
from rtc_bridge.core.driving.velocity import ZERO
from support.viewer import freeze_budgets, make_sessions

pytestmark = pytest.mark.asyncio
EMPTY = {'epoch': None, 'driver': False, 'name': None, 'asks': None, 'request': None,
         'asked': False}


async def test_the_lease_is_requested_refused_and_handed_over(connect):
    published = []
    sessions = make_sessions(publish=published.append)
    one, two = await connect(sessions), await connect(sessions)
    sessions.robot.name_of = {two.id: 'Grace'}.get
    await one.until(lambda: one.lease == EMPTY)
    await two.until(lambda: two.lease == EMPTY)
    one.send('control', type='want', lease=True)
    await one.until(lambda: one.lease == EMPTY | {'driver': True, 'epoch': 1})
    await two.until(lambda: two.lease == EMPTY | {'driver': True})
    two.send('control', type='want', lease=True)
    await one.until(lambda: one.lease['asks'] == 'Grace')
    await two.until(lambda: two.lease['asked'])
    # Only the driver answers.
    two.send('control', type='yield')
    two.send('control', type='ping', id=1)
    await two.until(lambda: two.got('control', 'pong'))
    assert two.lease['epoch'] is None
    one.send('control', type='refuse')
    await two.until(lambda: two.lease == EMPTY | {'driver': True})
    two.send('control', type='want', lease=True)
    await one.until(lambda: one.lease['asks'] == 'Grace')
    published.clear()
    one.send('control', type='yield')
    await two.until(lambda: two.lease == EMPTY | {'driver': True, 'name': 'Grace', 'epoch': 2})
    await one.until(lambda: one.lease == EMPTY | {'driver': True, 'name': 'Grace'})
    assert published == [ZERO]


async def test_only_supervisors_take_the_lease(connect):
    sessions = make_sessions()
    one, two = await connect(sessions), await connect(sessions)
    await one.until(lambda: one.lease == EMPTY)
    await two.until(lambda: two.lease == EMPTY)
    one.send('control', type='want', lease=True)
    await two.until(lambda: two.lease['driver'])
    two.send('control', type='want', lease=True, take=True)
    await two.until(lambda: two.got('control', 'error'))
    assert two.got('control', 'error')[0]['code'] == 'denied'
    assert sessions.robot.teleop.lease.holder == one.id
    sessions.sessions[two.id].authorization.role = 'supervise'
    two.send('control', type='want', lease=True, take=True)
    await two.until(lambda: two.lease['epoch'] == 2)
    await one.until(lambda: one.lease['epoch'] is None)
    # Nameless, the first driver asks for it back, and gets it when the other one is gone.
    one.send('control', type='want', lease=True)
    await two.until(lambda: two.lease['asks'] == 'somebody')
    two.send('control', type='bye', reason='test')
    await one.until(lambda: one.lease['epoch'] == 3)


async def test_a_page_that_may_only_watch_is_denied_the_lease(connect):
    sessions = make_sessions(role='view')
    viewer = await connect(sessions)
    await viewer.until(lambda: viewer.lease == EMPTY)
    viewer.send('control', type='want', lease=True)
    await viewer.until(lambda: viewer.got('control', 'error'))
    assert viewer.got('control', 'error')[0]['code'] == 'denied'
    assert sessions.robot.teleop.lease.holder is None


async def test_every_driver_stops_and_releases(connect):
    published = []
    sessions = make_sessions(publish=published.append)
    one, two = await connect(sessions), await connect(sessions)
    sessions.robot.name_of = {two.id: 'Grace'}.get
    none = {'type': 'stop', 'latched': False, 'id': None, 'by': ''}
    await one.until(lambda: one.got('control', 'stop') == [none])
    await two.until(lambda: two.got('control', 'stop') == [none])
    await two.until(lambda: two.channels['teleop'].readyState == 'open')
    two.send('teleop', type='stop', request=5)
    # All are told, and the request is confirmed.
    await two.until(lambda: len(two.got('control', 'stop')) == 3)
    await one.until(lambda: len(one.got('control', 'stop')) == 2)
    latched = one.got('control', 'stop')[1]
    assert latched == {'type': 'stop', 'latched': True, 'id': latched['id'], 'by': 'Grace'}
    assert two.got('control', 'stop')[1:] == [latched, latched | {'request': 5}]
    assert published == [ZERO]
    late = await connect(sessions)
    await late.until(lambda: late.got('control', 'stop') == [latched])
    one.send('control', type='release', id='00')
    await one.until(lambda: one.got('control', 'error'))
    assert one.got('control', 'error')[0]['code'] == 'no-stop'
    sessions.sessions[late.id].authorization.role = 'view'
    late.send('control', type='release', id=latched['id'])
    await late.until(lambda: late.got('control', 'error'))
    assert sessions.robot.teleop.emergency_stop.engaged
    one.send('control', type='release', id=latched['id'])
    for viewer in (one, two, late):
        await viewer.until(lambda viewer=viewer: viewer.newest('control', 'stop') == none)
    late.send('teleop', type='stop', request=6)
    await late.until(lambda: late.got('teleop', 'refused'))
    assert late.got('teleop', 'refused')[0]['reason'] == 'role'
    assert not sessions.robot.teleop.emergency_stop.engaged


async def test_requests_for_the_lease_are_limited(greet, caplog):
    sessions = make_sessions()
    rude, honest = await greet(sessions), await greet(sessions)
    freeze_budgets(sessions.sessions[rude.id])
    caplog.set_level(logging.INFO, 'rtc_bridge.core.driving.teleop_controller')
    told = len(honest.got('control', 'lease'))
    for _ in range(60):
        rude.send('control', type='want', lease=True)
        rude.send('control', type='want', lease=False)
    await rude.until(lambda: rude.got('control', 'error'))
    await rude.ping()
    await honest.ping()
    assert len(honest.got('control', 'lease')) - told <= 24
    assert len([r for r in caplog.records if r.getMessage().startswith('driver')]) <= 24
    assert sessions.robot.teleop.lease.holder is None


async def test_releases_are_limited(greet):
    sessions = make_sessions()
    rude = await greet(sessions)
    freeze_budgets(sessions.sessions[rude.id])
    for _ in range(50):
        rude.send('control', type='release', id='x')
    await rude.until(lambda: any(m['code'] == 'busy' for m in rude.got('control', 'error')))
    assert len([m for m in rude.got('control', 'error') if m['code'] == 'no-stop']) == 30
