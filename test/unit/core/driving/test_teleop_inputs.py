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

"""What people drive with, as shares of the limits and as sensor_msgs/Joy."""

import pytest
from rtc_bridge.core.driving.teleop_inputs import gamepad_to_joy, RTCBotControls

# Gamepads: the order of game_controller_node, left and up positive


def test_sticks_and_triggers():
    buttons = [0.0] * 17
    buttons[6], buttons[7] = 0.25, 1.0
    axes, _ = gamepad_to_joy([1.0, -1.0, 0.5, 2.0], buttons)
    assert axes == [-1.0, 1.0, -0.5, -1.0, 0.25, 1.0]


def test_a_gamepad_at_rest_is_plain_zero():
    axes, buttons = gamepad_to_joy([0.0] * 4, [0.0] * 17)
    assert [str(a) for a in axes] == ['0.0'] * 6 and buttons == [0] * 15
    assert gamepad_to_joy([], []) == (axes, buttons)


@pytest.mark.parametrize('w3c, ros', [
    (0, 0), (1, 1), (2, 2), (3, 3), (8, 4), (16, 5), (9, 6), (10, 7), (11, 8), (4, 9), (5, 10),
    (12, 11), (13, 12), (14, 13), (15, 14)])
def test_each_button_has_its_place(w3c, ros):
    pressed = [0.0] * 17
    pressed[w3c] = 1.0
    assert gamepad_to_joy([0.0] * 4, pressed)[1] == [int(i == ros) for i in range(15)]


# RTCBot's messages


def totals(*messages):
    """Return what a client wants after each message, ``None`` for one about other things."""
    controls = RTCBotControls()
    return [controls.total if controls.update(message) else None for message in messages]


def test_keys_add_up_and_end():
    def down(key):
        return {'type': 'keydown', 'key': key}

    assert totals(down('w'), down('A'), down('s'), {'type': 'keyup', 'key': 'w'},
                  {'type': 'keyup', 'key': 's'}, {'type': 'keyup', 'key': 'a'}) == [
        (1, 0), (1, 1), (0, 1), (-1, 1), (0, 1), (0, 0)]
    assert totals(down('ArrowRight')) == [(0, -1)]


def test_keys_that_cancel_out_are_held_all_the_same():
    controls, neutral = RTCBotControls(), []
    for kind, key in (('keydown', 'w'), ('keydown', 's'), ('keyup', 'w'), ('keyup', 's')):
        neutral.append(controls.is_neutral)
        controls.update({'type': kind, 'key': key})
    assert neutral == [True, False, False, False] and controls.is_neutral


def test_the_state_of_the_tutorial():
    assert totals({'forward': 1, 'leftright': 0}, {'forward': 0.5, 'leftright': 1},
                  {'leftright': -2}, {'forward': 0}) == [(1, 0), (0.5, -1), (0, 1), (0, 0)]


def test_sticks_of_the_browser_and_of_python():
    assert totals({'type': 'axis1', 'value': -0.5}, {'type': 'axis0', 'value': 0.05}) == [
        (0.5, 0), (0.5, 0)]
    python = {'timestamp': 1, 'code': 'ABS_Y', 'state': -32768, 'event': 'Absolute'}
    assert totals(python) == [(1, 0)]


@pytest.mark.parametrize('message', [
    'w', 1, None, [], {}, {'type': 'keydown'}, {'type': 'keydown', 'key': 'q'},
    {'type': 'keydown', 'key': ['w']}, {'type': 'btn0', 'value': True}, {'hello': 1},
    {'forward': float('nan')}, {'forward': '1'}, {'forward': True}, {'forward': 10 ** 400},
    {'type': 'axis1', 'value': float('inf')}, {'type': ['axis1'], 'value': 1},
    {'event': 'Absolute', 'code': None, 'state': 5}])
def test_messages_about_something_else_move_nothing(message):
    assert totals({'forward': 1}, message, {'type': 'keydown', 'key': 'w'}) == [
        (1, 0), None, (1, 0)]
