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

"""The track that gives encoded frames to aiortc."""

import pytest
from support.viewer import make_sessions, NoisyCamera, TestCamera, until

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures('steady_path')]


async def test_a_pause_ends_with_a_keyframe(watch):
    camera = NoisyCamera('front')
    viewer, slot, _ = await watch(make_sessions(camera))
    stats = camera.camera.streams['h264'].stats
    slot.track.pause(0.3)
    sent, frames, keyframes = slot.track.bytes_sent, stats.frames, stats.keyframes
    await until(lambda: slot.track.bytes_sent > sent)
    # Pictures were made meanwhile, and the first that was sent again was whole.
    assert stats.frames - frames >= 3 and stats.keyframes > keyframes
    seen = len(viewer.lumas[0])
    await viewer.until(lambda: len(viewer.lumas[0]) > seen)


async def test_a_frame_that_came_in_a_pause_is_made_up_for(watch):
    """It may be the last one that comes."""
    camera = TestCamera('front', 60)
    viewer, slot, _ = await watch(make_sessions(camera))
    slot.track.pause(0.5)
    camera.luma = 180
    frames = camera.camera.streams['h264'].stats.frames
    await until(lambda: camera.camera.streams['h264'].stats.frames > frames + 1)
    camera.stop()
    assert slot.track._paused_until is not None
    sent = slot.track.bytes_sent
    await until(lambda: slot.track.bytes_sent > sent)
