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

"""Pictures of a viewer's camera: decoded, and refused before that."""

import pytest
from rtc_bridge.media.operator_camera import OperatorCamera
from support.operator_pictures import picture, Screen, VP8Frames
from support.patience import PATIENCE


@pytest.fixture
def camera():
    """Return a camera whose pictures are taken as fast as they come."""
    camera = OperatorCamera(max_fps=1000.0)
    camera.sink = Screen()
    yield camera
    camera.end()


def test_pictures_are_decoded_from_a_keyframe_on(camera):
    frames = VP8Frames()
    first, second = frames.frame(60), frames.frame(60)
    camera.put(second)
    assert camera.needs_keyframe
    camera.put(first)
    camera.put(second)
    camera.sink.wait(60, PATIENCE)
    assert camera.sink.shapes == {(240, 320, 3)} and not camera.needs_keyframe


@pytest.mark.parametrize('size, taken', [
    ((640, 480), True), ((480, 640), True), ((656, 480), False), ((640, 496), False)])
def test_a_picture_that_is_too_large_is_not_decoded(camera, size, taken):
    frames = VP8Frames(size)
    camera.put(frames.frame(90))
    assert camera.needs_keyframe is not taken
    if taken:
        camera.sink.wait(90, PATIENCE)
        return
    assert camera.reason == f'pictures of {size[0]}x{size[1]} are larger than 640x480'
    # What follows it belongs to it.
    camera.put(frames.frame(90))
    assert camera._decoder is None


def test_a_damaged_frame_is_mended_by_a_keyframe(camera):
    frame = VP8Frames().frame(60)
    camera.put(frame)
    camera.sink.wait(60, PATIENCE)
    for damaged in (b'', frame[:12], frame[:10] + b'\xff' * 400, b'\x01\x02\x03'):
        camera.put(damaged)
    camera.put(VP8Frames().frame(120))
    camera.sink.wait(120, PATIENCE)


def test_who_comes_next_begins_with_a_keyframe(camera):
    frames = VP8Frames()
    camera.put(frames.frame(60))
    camera.sink.wait(60, PATIENCE)
    decoder = camera._decoder
    camera.end()
    decoder.join(PATIENCE)
    assert not decoder.is_alive() and camera.needs_keyframe
    camera.put(VP8Frames().frame(120))
    camera.sink.wait(120, PATIENCE)


def test_more_frames_than_can_be_decoded_are_left_out(camera):
    frames = VP8Frames()
    # Nobody decodes.
    camera._decoder = object()
    for _ in range(9):
        camera.put(frames.frame(60))
    assert camera.needs_keyframe and not camera._frames


def test_no_more_pictures_than_are_wanted_are_handed_on():
    now = [0.0]
    camera = OperatorCamera(max_fps=10.0, clock=lambda: now[0])
    camera.sink = Screen()
    for number in range(20):
        now[0] = number / 20
        camera._hand_on(picture(60), camera._decoder)
    assert 9 <= camera.pictures == len(camera.sink.lumas) <= 11
