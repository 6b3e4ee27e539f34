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

"""Where frames are in each other, worked out by hand."""

import math

import pytest
from rtc_bridge.core.cameras.camera_mount import CameraMount
from rtc_bridge.core.cameras.frame_tree import FrameTree, Place

STRAIGHT = (0.0, 0.0, 0.0, 1.0)
# A quarter turn to the left.
LEFT = (0.0, 0.0, 1.0, 1.0)
# From a frame with x ahead and z up to an optical one (REP 103).
OPTICAL = (-0.5, 0.5, -0.5, 0.5)


def tree_of(*frames):
    """Return a tree of frames."""
    tree = FrameTree()
    for frame in frames:
        tree.add(*frame)
    return tree


def test_places_are_followed_up_and_down_the_tree():
    tree = tree_of(('base', 'arm', (1.0, 0.0, 0.0), LEFT),
                   ('arm', 'hand', (2.0, 0.0, 0.0), STRAIGHT),
                   ('base', 'foot', (0.0, 0.0, -0.5), STRAIGHT))
    assert tree.place('hand', 'base').position == pytest.approx((1.0, 2.0, 0.0))
    # What is ahead of the hand is to the left of the base.
    assert tree.place('hand', 'base').turn((1.0, 0.0, 0.0)) == pytest.approx((0.0, 1.0, 0.0))
    assert tree.place('hand', 'foot').position == pytest.approx((1.0, 2.0, 0.5))
    assert tree.place('base', 'hand').position == pytest.approx((-2.0, 1.0, 0.0))
    assert tree.place('base', 'base') == Place()
    # As ROS 1 wrote them.
    assert tree.place('/hand', '/foot') == tree.place('hand', 'foot')


def test_what_is_not_known_has_no_place():
    tree = tree_of(('base', 'arm', (1.0, 0.0, 0.0), STRAIGHT),
                   ('island', 'tree', (0.0,) * 3, STRAIGHT))
    for frame, base in (('tree', 'base'), ('arm', 'none'), ('', 'base')):
        assert tree.place(frame, base) is None


@pytest.mark.parametrize('position, rotation', [
    ((math.nan, 0.0, 0.0), STRAIGHT), ((0.0, math.inf, 0.0), STRAIGHT), ((0.0,) * 3, (0.0,) * 4),
    ((0.0,) * 3, (math.nan, 0.0, 0.0, 1.0))])
def test_no_place_is_left_out(position, rotation):
    tree = tree_of(('base', 'arm', (1.0, 0.0, 0.0), STRAIGHT), ('base', 'arm', position, rotation))
    assert tree.place('arm', 'base').position[0] == 1.0


def test_frames_in_a_circle_end():
    tree = tree_of(('a', 'b', (1.0, 0.0, 0.0), STRAIGHT), ('b', 'a', (1.0, 0.0, 0.0), STRAIGHT),
                   ('self', 'self', (1.0, 0.0, 0.0), STRAIGHT))
    assert tree.place('self', 'a') is None
    assert tree.place('b', 'a') is not None


def test_frames_are_bounded(monkeypatch):
    monkeypatch.setattr('rtc_bridge.core.cameras.frame_tree._MAX_FRAMES', 2)
    tree = tree_of(*(('base', f'frame{i}', (float(i), 0.0, 0.0), STRAIGHT) for i in range(3)))
    assert tree.place('frame1', 'base') is not None and tree.place('frame2', 'base') is None
    tree.add('base', 'frame1', (7.0, 0.0, 0.0), STRAIGHT)
    assert tree.place('frame1', 'base').position[0] == 7.0


def about(axis, angle):
    """Return a rotation about an axis, in rad."""
    return tuple(math.sin(angle / 2) * (i == 'xyz'.index(axis)) for i in range(3)) + (
        math.cos(angle / 2),)


@pytest.mark.parametrize('axis, angle, rotate, flip, expected', [
    ('y', 0.3, 0, 'none', {'pitch': 0.3}), ('z', 0.7, 0, 'none', {'yaw': 0.7}),
    ('x', 0.2, 0, 'none', {'roll': 0.2}),
    # Mounted upside down, or leaning on its right side, and shown upright.
    ('x', math.pi, 180, 'none', {}), ('x', -math.pi, 180, 'none', {}),
    ('x', math.pi, 0, 'both', {}), ('x', math.pi / 2, 90, 'none', {}),
    ('x', math.pi / 2 + 0.1, 90, 'none', {'roll': 0.1}), ('x', -math.pi / 2, 270, 'none', {})])
def test_a_mount_is_that_of_the_picture_which_is_shown(axis, angle, rotate, flip, expected):
    tree = tree_of(('ground', 'mount', (0.2, 0.1, 0.6), about(axis, angle)),
                   ('mount', 'lens', (0.0, 0.0, 0.0), OPTICAL))
    mount = CameraMount.of_place(tree.place('lens', 'ground'), rotate, flip)
    found = vars(mount)
    assert found == pytest.approx({**vars(CameraMount(0.6, 0.2, 0.1)), **expected}, abs=1e-9)


@pytest.mark.parametrize('height', [0.0, -0.1])
def test_a_camera_that_is_not_above_the_ground_has_no_mount(height):
    tree = tree_of(('ground', 'lens', (0.2, 0.1, height), OPTICAL))
    assert CameraMount.of_place(tree.place('lens', 'ground'), 0, 'none') is None
