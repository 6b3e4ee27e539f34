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

"""Messages that are declared as dataclasses."""

from dataclasses import dataclass
import json
from typing import Annotated

import pytest
from rtc_bridge.core.errors import ProtocolError
from rtc_bridge.core.protocol import json_messages
from rtc_bridge.core.protocol.control_messages import ControlMessage
from rtc_bridge.core.protocol.json_messages import (
    check_texts, Counter, decode, encode, JsonMember, Message,
)
from rtc_bridge.core.protocol.signaling_messages import SignalingMessage
from rtc_bridge.core.protocol.teleop_messages import TeleopMessage


class Family(Message):
    """Messages of these tests."""

    MAX_BYTES = 1000


@dataclass(frozen=True)
class Point:
    """An object inside a message."""

    x: float
    y: float = 0.0


@dataclass(frozen=True)
class Example(Family):
    """One member of each kind."""

    TYPE = 'example'
    session: str
    count: Counter
    flag: bool
    size: Annotated[float, JsonMember('theSize')]
    camera: str | None = None
    number: int = 7
    place: Point | None = None
    spread: Annotated[Point, JsonMember(spread=True)] = Point(0.0)


LEAST = {'session': 's', 'count': 0, 'flag': True, 'theSize': 1, 'x': 2}


def test_members_are_read_by_their_annotations():
    assert decode(Example, LEAST) == Example('s', 0, True, 1.0, spread=Point(2.0))
    assert decode(Example, {**LEAST, 'camera': 'c', 'number': 1, 'place': {'x': 1, 'y': 2}}) == (
        Example('s', 0, True, 1.0, 'c', 1, Point(1.0, 2.0), Point(2.0)))
    assert decode(Example, {**LEAST, 'camera': None, 'place': None, 'else': 1}).camera is None


@pytest.mark.parametrize('members, error', [
    ({'session': 1}, 'member "session" must be a string, got 1'),
    ({'session': 'x' * 129}, 'member "session" has 129 characters, at most 128 are allowed'),
    ({'count': -1}, 'member "count" must be from 0 to 2\\*\\*53, got -1'),
    ({'count': True}, 'member "count" must be an integer, got True'),
    ({'flag': 1}, 'member "flag" must be true or false, got 1'),
    ({'theSize': 'x'}, 'member "theSize" must be a number'),
    ({'theSize': 10 ** 400}, 'member "theSize" must be a number'),
    ({'number': None}, 'member "number" must be an integer, got None'),
    ({'place': 1}, 'member "place" must be an object, got 1'),
    ({'place': {}}, 'member "x" is missing'),
    ({'x': None}, 'member "x" must be a number, got None')])
def test_what_is_wrong_is_named(members, error):
    with pytest.raises(ProtocolError, match=error):
        decode(Example, LEAST | members)


@pytest.mark.parametrize('name', LEAST)
def test_what_is_missing_is_named(name):
    with pytest.raises(ProtocolError, match=f'member "{name}" is missing'):
        decode(Example, {n: v for n, v in LEAST.items() if n != name})


def test_messages_are_written_as_they_are_read():
    message = Example('s', 1, False, 0.5, place=Point(1.0))
    obj = {'session': 's', 'count': 1, 'flag': False, 'theSize': 0.5, 'number': 7,
           'place': {'x': 1.0, 'y': 0.0}, 'x': 0.0, 'y': 0.0}
    assert encode(message) == obj and decode(Example, obj) == message
    assert Family.parse(json.dumps({'type': 'example', **obj})) == message
    with pytest.raises(ProtocolError, match='at most 1000 are allowed'):
        Family.parse(' ' * 1001)


def test_texts_can_be_checked_without_json():
    check_texts(Example('s' * 128, 0, True, 1.0, 'c' * 256))
    for wrong in (Example('s' * 129, 0, True, 1.0), Example('s', 0, True, 1.0, '\n')):
        with pytest.raises(ProtocolError):
            check_texts(wrong)


def test_a_type_belongs_to_one_message_of_a_family():
    with pytest.raises(TypeError, match='another message has the type example'):
        type('Second', (Family,), {'TYPE': 'example'})
    assert type('Other', (Message,), {}).kinds == {}


@pytest.mark.parametrize('annotation, error', [
    ('str', 'Wrong.surprise: no bound for texts of the kind surprise'),
    ('str | int', 'Wrong.surprise: no way to read'), ('list[str]', 'no way to read')])
def test_a_member_without_a_bound_cannot_be_declared(annotation, error):
    wrong = dataclass(type('Wrong', (), {'__annotations__': {'surprise': annotation}}))
    with pytest.raises(TypeError, match=error):
        decode(wrong, {})


@pytest.mark.parametrize('family', [SignalingMessage, ControlMessage, TeleopMessage])
def test_all_messages_can_be_read(family):
    for message in family.kinds.values():
        assert json_messages._members[message] is not None
