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

"""What bridges and guards tell each other, as JSON."""

import json

import pytest
from rtc_bridge.core.driving.guard_messages import BridgeId, EngagedStop, GuardState, StopState
from rtc_bridge.core.errors import ProtocolError

ONE, TWO = BridgeId('1a', '/one'), BridgeId('2b', '/two')
TWIST = 'geometry_msgs/msg/Twist'


def state(guard='g', name='/cmd_vel_guard', **changes):
    """Return what a guard tells of itself."""
    return GuardState(**{'guard': guard, 'name': name, 'where': 'process 7 on host',
                         'topic': '/cmd_vel', 'kind': TWIST, 'auto': True, **changes})


def test_messages_are_read_as_they_were_written():
    for stop, released in (('x', None), (None, 'y'), (None, None)):
        for folder in ('', 'f0'):
            told = StopState(ONE, stop, released, folder)
            assert StopState.parse(told.dump()) == told
    # An earlier version does not tell its folder.
    obj = json.loads(StopState(ONE, 'x', None).dump())
    del obj['folder']
    assert StopState.parse(json.dumps(obj)) == StopState(ONE, 'x', None)
    for told in (state(), state(holder=TWO, auto=False, stops=(
            EngagedStop('1a', '/one', True), EngagedStop('2a', '/one', True, 'f0'))),
            state(version='1.0', warnings=('a', 'b'), clock='c')):
        assert GuardState.parse(told.dump()) == told
    # Neither does one that tells no version.
    obj = json.loads(state().dump())
    del obj['version'], obj['warnings'], obj['clock']
    assert GuardState.parse(json.dumps(obj)) == state()
    many = GuardState.parse(state(warnings=('x' * 1000,) * 9).dump()).warnings
    assert len(many) == 4 and len(many[0]) < 700
    assert BridgeId.parse(str(ONE)) == ONE
    assert BridgeId.parse('') == BridgeId('', 'a node that gives no name')
    assert BridgeId.new('/one').process != BridgeId.new('/one').process


def test_a_name_breaks_no_log_line():
    assert BridgeId.parse('a /x\n[ERROR] all is lost').name == r'/x\n[ERROR] all is lost'
    forged = state(name='/x\ny', holder=BridgeId('1', '/z\r'))
    read = GuardState.parse(forged.dump())
    assert read.name.isprintable() and read.holder.name.isprintable()


@pytest.mark.parametrize('text', [
    '', '[]', '{}', '{"bridge":1}', '{"bridge":{},"stop":"x"}',
    '{"bridge":{"process":"1","name":"/a"},"stop":7}', 'x' * 20_000,
    '{"guard":"g","name":"/g","where":"","topic":"/c","kind":"t","auto":true,"stops":[1]}'])
def test_other_texts_are_refused(text):
    for kind in (StopState, GuardState):
        with pytest.raises(ProtocolError):
            kind.parse(text)
