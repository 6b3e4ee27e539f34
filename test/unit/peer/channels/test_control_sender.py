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

"""States that the path does not take at once."""

from types import SimpleNamespace

import pytest
from rtc_bridge.peer.channels.control import ControlChannel
from support.stuck_channel import StuckChannel
from support.viewer import make_sessions, TestCamera


class OneSlot:
    """What a control channel looks at of a slot."""

    failed_codecs = ()
    camera = None
    track = SimpleNamespace(times=SimpleNamespace(newest=None, first=None))

    @staticmethod
    def reason():
        return None


def control(channel, role='drive'):
    """Return a control channel of a session with one slot."""
    robot = make_sessions().robot
    session = SimpleNamespace(session_id='abc', role=role, robot=robot, slots=[OneSlot()],
                              sound=None, selected=False, viewer_stats=None,
                              media=SimpleNamespace(voice=None, pictures=None),
                              fail=pytest.fail, end=pytest.fail,
                              authorization=SimpleNamespace(nonce=bytes(32), has_invite=True))
    return ControlChannel(channel, session), session


def test_unsent_states_are_sent_later_in_their_newest_form():
    stuck = StuckChannel()
    channel, session = control(stuck)
    stuck.types()
    stuck.bufferedAmount = 1 << 20
    teleop = session.robot.teleop
    teleop.engage_emergency_stop('Ada')
    channel.stop_changed()
    channel.lease_changed()
    session.slots[0].camera = TestCamera('front', 30).camera
    channel.watch()
    assert stuck.types() == []
    # Another state by now: only that one is told, and once.
    teleop.release_emergency_stop(teleop.emergency_stop.id, 'Ada')
    stuck.bufferedAmount = 0
    channel.watch()
    sent = {message['type']: message for message in stuck.sent}
    assert sent['stop']['latched'] is False and sent['slot']['camera'] == 'front'
    assert sorted(set(stuck.types()) - {'stamps'}) == ['lease', 'slot', 'stop']
    channel.watch()
    assert set(stuck.types()) <= {'stamps'}


def test_hello_is_sent_first():
    stuck = StuckChannel()
    stuck.bufferedAmount = 1 << 20
    channel, _ = control(stuck)
    channel.cameras_changed()
    stuck.bufferedAmount = 0
    channel.watch()
    assert stuck.types()[0] == 'hello'
