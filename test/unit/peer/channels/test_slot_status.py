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
from rtc_bridge.core.cameras.picture_monitor import SourceFacts
from rtc_bridge.core.clock import boot_time
from rtc_bridge.core.errors import ImageError
from rtc_bridge.core.video.video_codecs import codec_of
from support.viewer import make_sessions, TestCamera, until

pytestmark = pytest.mark.asyncio


async def test_a_silent_camera_is_reported(connect):
    front = TestCamera('front', 60)
    sessions = make_sessions(front)
    viewer = await connect(sessions)
    # A few images tell how often they come.
    await viewer.until(lambda: viewer.shows(0, 60) and front.camera.frames_in > 9)
    front.stop()
    await viewer.until(lambda: viewer.newest('control', 'slot').get('state') == 'lost')
    # One who comes now still gets the last picture.
    second = await connect(sessions)
    await second.until(lambda: second.got('control', 'slot'))
    await until(lambda: sessions.sessions[second.id].slots[0].track.bytes_sent)


async def test_a_page_is_told_from_which_frame_on_it_sees_the_camera_that_it_chose(connect):
    viewer = await connect(make_sessions(TestCamera('front', 60), TestCamera('rear', 180)))
    receiver, = viewer.pc.getReceivers()
    take, came = receiver._handle_rtp_packet, []

    async def note(packet, **more):
        came.append(packet.timestamp)
        await take(packet, **more)
    receiver._handle_rtp_packet = note
    await viewer.until(lambda: viewer.newest('control', 'slot').get('first_rtp') is not None)
    front = viewer.newest('control', 'slot')['first_rtp']
    await viewer.until(lambda: viewer.shows(0, 60))
    viewer.send('control', type='select', slot=0, camera='rear')
    await viewer.until(lambda: viewer.shows(0, 180))

    def told():
        return [m['first_rtp'] for m in viewer.got('control', 'slot') if m['camera'] == 'rear']
    await viewer.until(lambda: any(told()))
    # In this order, so that no frame of one camera is taken for the other's.
    assert told()[0] is None and viewer.newest('control', 'slot')['camera'] == 'rear'
    rear = told()[-1]
    assert rear in came and 0 < (rear - front) % 2 ** 32 < 2 ** 31
    # It waits for an answer to each choice, also to one that changes nothing.
    before = len(viewer.got('control', 'slot'))
    viewer.send('control', type='select', slot=0, camera='rear')
    await viewer.until(lambda: len(viewer.got('control', 'slot')) > before)
    assert viewer.newest('control', 'slot')['first_rtp'] == rear


async def test_a_page_is_told_why_it_sees_nothing(connect):
    def unknown():
        raise ImageError("unknown encoding 'RGB8'", 'unknown-encoding', {'encoding': 'RGB8'})

    camera = TestCamera('rear', 60)
    camera.load = unknown
    camera.camera.monitor.source = SourceFacts('/rear/image_raw')
    sessions = make_sessions(camera)
    viewer = await connect(sessions)
    await viewer.until(lambda: 'reason' in viewer.newest('control', 'slot'))
    slot = viewer.newest('control', 'slot')
    assert (slot['state'], slot['first_rtp']) == ('waiting', None)
    assert slot['reason'] == camera.camera.reason().members()
    assert slot['reason']['values'] == {'topic': '/rear/image_raw', 'encoding': 'RGB8'}
    camera.load = None
    await viewer.until(lambda: viewer.shows(0, 60))
    await viewer.until(lambda: viewer.newest('control', 'slot')['state'] == 'live')
    assert 'reason' not in viewer.newest('control', 'slot')
    # A viewer that shows nothing of any codec hears of that, whatever the camera does.
    slot, = sessions.sessions[viewer.id].slots
    slot._failed.update(codec_of(profile) for profile in slot._profiles)
    slot._decode_monitor.restart()
    assert slot.reason().code == 'viewer-decodes-nothing'


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
