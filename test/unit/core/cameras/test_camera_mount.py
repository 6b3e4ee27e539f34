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

"""What pages are told of a camera's place and lens, by numbers that were worked out by hand."""

import math

import pytest
from rtc_bridge.core.cameras.camera_mount import CameraMount, Intrinsics

# Of images of 640 x 480.
K = (400.0, 0.0, 319.5, 0.0, 300.0, 191.5, 0.0, 0.0, 1.0)
SEEN = Intrinsics(0.625, 0.625, 0.5, 0.4)


def test_a_matrix_is_told_in_shares_of_the_picture():
    assert Intrinsics.of_matrix(K, 3, 640, 480) == SEEN
    p = (*K[:3], 9.0, *K[3:6], 9.0, *K[6:], 9.0)
    assert Intrinsics.of_matrix(p, 4, 640, 480) == SEEN
    # The right lower quarter of the sensor.
    assert Intrinsics.of_matrix(K, 3, 320, 240, (320, 240)) == Intrinsics(1.25, 1.25, 0.0, -0.2)


@pytest.mark.parametrize('change, size', [
    ({0: 0.0}, (640, 480)), ({4: -1.0}, (640, 480)), ({2: math.nan}, (640, 480)), ({}, (0, 480)),
    ({}, (640, 0)), (dict.fromkeys(range(9), 0.0), (640, 480))])
def test_a_camera_that_is_not_calibrated_tells_nothing(change, size):
    matrix = [change.get(i, value) for i, value in enumerate(K)]
    assert Intrinsics.of_matrix(matrix, 3, *size) is None


def test_a_turned_picture_has_its_optical_axis_elsewhere():
    # Unlike in both directions, and 0.3 to the right, 0.4 down.
    image = Intrinsics(0.5, 0.75, 0.3, 0.4)
    assert image.rotated(0) == image
    # What was at the left edge is at the top then, what was below is on the left.
    assert image.rotated(90) == Intrinsics(0.75, 0.5, 0.6, 0.3)
    assert image.rotated(180) == Intrinsics(0.5, 0.75, 0.7, 0.6)
    assert image.rotated(270) == Intrinsics(0.75, 0.5, 0.4, 0.7)
    for degrees in (90, 180, 270):
        turned = image.rotated(degrees).rotated(360 - degrees)
        assert vars(turned) == pytest.approx(vars(image))


def test_a_mirrored_picture_has_left_and_right_exchanged():
    image = Intrinsics(0.5, 0.75, 0.3, 0.4)
    assert image.flipped('none') == image
    assert image.flipped('horizontal') == Intrinsics(-0.5, 0.75, 0.7, 0.4)
    assert image.flipped('vertical') == Intrinsics(0.5, 0.75, 0.3, 0.6)
    assert image.flipped('both') == image.rotated(180)


def test_pages_are_told_what_they_can_draw_by():
    mount = CameraMount(0.32, 0.1, -0.05, 0.2, 0.3)
    place = {'x': 0.1, 'y': -0.05, 'z': 0.32, 'pitch': 0.2, 'yaw': 0.3, 'roll': 0.0}
    assert mount.needs_camera_info and mount.members(None, 0, 'none') is None
    assert mount.members(SEEN, 0, 'none') == {
        **place, 'fx': 0.625, 'fy': 0.625, 'cx': 0.5, 'cy': 0.4}
    assert mount.members(SEEN, 180, 'horizontal') == {
        **place, 'fx': -0.625, 'fy': 0.625, 'cx': 0.5, 'cy': 0.6}
    assert CameraMount().members(SEEN, 0, 'none') is None
    assert not CameraMount(0.0, fov=1.0).needs_camera_info


def test_a_field_of_view_counts_before_what_the_camera_tells():
    mount = CameraMount(1.0, fov=math.pi / 2)
    assert not mount.needs_camera_info
    place = {'x': 0.0, 'y': 0.0, 'z': 1.0, 'pitch': 0.0, 'yaw': 0.0, 'roll': 0.0}
    assert mount.members(SEEN, 90, 'none') == {**place, 'fx': 0.5, 'cx': 0.5, 'cy': 0.5}
    assert mount.members(None, 0, 'horizontal') == {**place, 'fx': -0.5, 'cx': 0.5, 'cy': 0.5}
