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

"""When the link of the console comes: not before its role can be used, and in any case."""

import contextlib
import re

import pytest
from support.browsers import PATIENCE, until
from support.processes import free_port, node
from support.stack import finish, start
from support.viewers import Driver

LINK = 'link to (drive|view), as long as'
MISSING = 'Nothing can be driven: '
# A busy host may be slow to answer.
TIMEOUT = {'teleop.timeout': 3.0}


@pytest.fixture
def run(tmp_path):
    """Return what starts a program, which ends with the test."""
    with contextlib.ExitStack() as stack:
        def run(module, name, **parameters):
            process = start(node(module, remap=[f'__ns:=/{name}'], **TIMEOUT, **parameters))
            stack.callback(finish, process)
            return process

        def run_bridge(name, **parameters):
            port = free_port()
            bridge = run('bridge', name, **{
                'robot_id': name, 'server.port': port, 'teleop.max_frame_age': 0.0,
                'access.anonymous': 'drive', 'access.directory': str(tmp_path / name),
                **parameters})
            bridge.wait_line('page: http://', PATIENCE)
            bridge.url = f'http://127.0.0.1:{port}/connect'
            return bridge

        run.bridge = run_bridge
        yield run


def first(bridge, pattern):
    """Wait for a line; return the number of the first one like it."""
    bridge.wait_line(pattern, PATIENCE)
    return next(number for number, line in enumerate(bridge.lines) if re.search(pattern, line))


def test_drive_pressed_as_soon_as_the_link_is_there_is_not_refused_for_the_guard(run):
    bridge = run.bridge('late')
    # Once a viewer is in, the bridge has long said where its page is.
    driver = Driver(bridge.url)
    try:
        # Of a guard that is given up, as on a busy host, it tells first.
        assert not re.search(LINK, bridge.text.partition(MISSING)[0])
        run('cmd_vel_guard', 'late')
        bridge.wait_line(LINK, PATIENCE)
        before, given_up, _ = bridge.text.partition(MISSING)
        if given_up:
            assert not re.search(LINK, before)
            return
        heard, moves = driver.viewer.heard['teleop'], []

        def answered():
            driver.send(0)
            moves.append(driver.send(0.2))
            return any(m.get('seq') in moves or m.get('reason') == 'guard' for m in list(heard))

        until(answered, lambda: list(heard))
        assert not any(m.get('reason') == 'guard' for m in heard)
    finally:
        driver.close()


def test_without_a_guard_the_link_follows_what_is_missing(run):
    """And a link to view, which needs no guard, does not wait."""
    driven = run.bridge('driven')
    watched = run.bridge('watched', **{'access.console_link': 'view'})
    assert first(driven, MISSING) < first(driven, LINK)
    assert first(watched, LINK) < first(watched, MISSING)
