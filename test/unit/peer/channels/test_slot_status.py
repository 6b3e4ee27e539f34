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

"""What a page is told of its slots."""

import pytest
from rtc_bridge.core.clock import boot_time
from support.viewer import make_sessions, TestCamera, until

pytestmark = pytest.mark.asyncio


async def test_a_silent_camera_is_reported(connect):
    front = TestCamera('front', 60)
    sessions = make_sessions(front)
    viewer = await connect(sessions)
    await viewer.until(lambda: viewer.shows(0, 60))
    front.stop()
    await viewer.until(lambda: viewer.newest('control', 'slot').get('state') == 'lost')
    # One who comes now still gets the last picture.
    second = await connect(sessions)
    await second.until(lambda: second.got('control', 'slot'))
    await until(lambda: sessions.sessions[second.id].slots[0].track.bytes_sent)


async def test_stamps_tell_when_frames_were_captured(connect):
    camera, began, came = TestCamera('front', 60), boot_time(), set()
    viewer = await connect(make_sessions(camera))
    receiver, = viewer.pc.getReceivers()
    take = receiver._handle_rtp_packet

    async def note(packet, **more):
        came.add(packet.timestamp)
        await take(packet, **more)
    receiver._handle_rtp_packet = note
    await viewer.until(lambda: any(m['rtp'] in came for m in viewer.got('control', 'stamps')))
    first = next(m for m in viewer.got('control', 'stamps') if m['rtp'] in came)
    assert (first['slot'], first['by']) == (0, 'arrival')
    assert began <= first['time'] <= boot_time()
    camera.age = 0.5
    await viewer.until(lambda: viewer.newest('control', 'stamps').get('by') == 'camera')
    second = viewer.newest('control', 'stamps')
    assert began - 0.5 <= second['time'] <= boot_time() - 0.5
    await viewer.until(lambda: second['rtp'] in came)
    # One clock runs through both, at 90 kHz.
    assert (second['rtp'] - first['rtp']) % 2 ** 32 / 90000 == pytest.approx(
        second['time'] + 0.5 - first['time'], abs=1e-3)
