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

"""Sessions in which the robot answers: slots, codecs, refused offers."""

import re

from aiortc.sdp import SessionDescription
import pytest
from rtc_bridge.core.access.policy import AccessPolicy
from rtc_bridge.core.errors import SignalingError
from rtc_bridge.core.protocol.signaling_messages import Offer
from rtc_bridge.peer.answering_session import AnsweringSession
from rtc_bridge.peer.local_robot_link import LocalRobotLink
from rtc_bridge.peer.remote_description import only_sha256, read_offer
from rtc_bridge.system.files.key_store import KeyStore
from support.viewer import make_sessions, TestCamera, until, Viewer

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize('codec', ['h264', 'vp8'])
async def test_a_viewer_sees_the_first_camera(connect, codec):
    """Over either codec, whichever the viewer decodes."""
    front, rear = TestCamera('front', 60), TestCamera('rear', 180)
    viewer = await connect(make_sessions(front, rear), codec=codec)
    await viewer.until(lambda: viewer.shows(0, 60))
    assert viewer.sizes[0] == {(320, 240)}
    assert front.camera.streams[codec].viewers == 1
    assert not rear.camera.watched


async def test_the_named_camera_is_shown(connect):
    viewer = await connect(make_sessions(TestCamera('front', 60), TestCamera('rear', 180)),
                           camera='rear', protocol='rtcbot', labels=('default',))
    await viewer.until(lambda: viewer.shows(0, 180))


@pytest.mark.parametrize('sdp', ['', 'v=0', 'hello', 'v=0\r\nm=video', 'm=video 9 X 96\r\n' * 5,
                                 'v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96\r\n',
                                 'x' * 200000, 'v=0\r\na=group:BUNDLE\r\nm=audio 9 a 0\r\n'])
async def test_unreadable_offers_are_refused(sdp):
    sessions = make_sessions(TestCamera('front', 60))
    with pytest.raises(SignalingError) as error:
        await LocalRobotLink(sessions, 'server').answer(Offer('x', sdp))
    assert error.value.code == 'bad-offer'
    assert not sessions.sessions


async def test_an_offer_without_bundle_gets_several_connections(connect):
    """Each section has a connection of its own then; nothing can be proved over several."""
    sessions = make_sessions(TestCamera('front', 60))
    def alone(sdp): return re.sub('a=group:BUNDLE.*\r\n', '', sdp)
    viewer = await connect(sessions, change=alone)
    assert 'BUNDLE' not in viewer.pc.remoteDescription.sdp
    await until(lambda: viewer.shows(0, 60))
    await until(lambda: viewer.channels['control'].readyState == 'open')
    assert read_offer(alone(viewer.pc.localDescription.sdp)).fingerprint is None


async def test_an_unknown_camera_is_refused_with_the_names_of_the_others():
    sessions = make_sessions(TestCamera('front', 60))
    viewer = Viewer()
    with pytest.raises(SignalingError, match='front') as error:
        await viewer.connect(LocalRobotLink(sessions, 'server'), camera='rear')
    assert error.value.code == 'no-camera'
    await viewer.close()


@pytest.mark.parametrize('order', [('h264', 'vp8'), ('vp8', 'h264')])
async def test_the_answer_has_all_common_codecs_in_the_robots_order(connect, order):
    front = TestCamera('front', 60)
    sessions = make_sessions(front, codecs=order)
    viewer = await connect(sessions)
    video = next(m for m in SessionDescription.parse(viewer.pc.remoteDescription.sdp).media
                 if m.kind == 'video')
    names = [c.mimeType.lower().removeprefix('video/') for c in video.rtp.codecs]
    assert tuple(dict.fromkeys(n for n in names if n != 'rtx')) == order
    assert names.count('rtx') == len(names) / 2
    await viewer.until(lambda: viewer.shows(0, 60))
    assert front.camera.streams[order[0]].watched and not front.camera.streams[order[1]].watched


@pytest.mark.parametrize('profile, taken, label', [
    ('baseline', 'main', 'h264'), ('main', 'main', 'h264-main'), ('main', 'baseline', 'h264')])
async def test_h264_main_is_sent_to_viewers_that_decode_it(connect, profile, taken, label):
    front = TestCamera('front', 60)
    viewer = await connect(make_sessions(front, h264_profile=profile),
                           h264='4d001f' if taken == 'main' else '42e01f')
    await viewer.until(lambda: viewer.shows(0, 60))
    assert front.camera.streams[label].viewers == 1


async def test_no_common_codec_is_refused():
    sessions = make_sessions(TestCamera('front', 60), codecs=('h264',))
    viewer = Viewer(codec='vp8')
    with pytest.raises(SignalingError) as error:
        await viewer.connect(LocalRobotLink(sessions, 'server'))
    assert error.value.code == 'no-codec'
    await viewer.close()


async def test_more_slots_than_allowed_stay_empty(connect):
    sessions = make_sessions(TestCamera('front', 60), max_slots=1)
    viewer = await connect(sessions, slots=3)
    await viewer.until(lambda: viewer.shows(0, 60))
    assert viewer.got('control', 'hello')[0]['slots'] == 1
    assert not viewer.lumas[1] and not viewer.lumas[2]


async def test_an_offer_without_video_is_answered(connect):
    viewer = await connect(make_sessions(TestCamera('front', 60)), slots=0)
    await viewer.until(lambda: viewer.got('control', 'hello'))


@pytest.mark.parametrize('audio', ['recvonly', 'sendrecv'])
async def test_audio_that_is_offered_is_declined(connect, audio):
    """Pages of RTCBot may ask for it, or send it."""
    viewer = await connect(make_sessions(TestCamera('front', 60)), audio=audio)
    await viewer.until(lambda: viewer.shows(0, 60))
    assert [t.currentDirection for t in viewer.pc.getTransceivers()] == ['inactive', 'recvonly']


@pytest.mark.parametrize('role, expected', [('view', True), ('none', False)])
async def test_a_camera_gets_images_while_a_viewer_with_a_role_is_answered(
        connect, monkeypatch, tmp_path, role, expected):
    front, watched = TestCamera('front', 60), []
    negotiate = AnsweringSession._negotiate

    async def note(self, offer):
        watched.append(front.camera.watched)
        return await negotiate(self, offer)
    monkeypatch.setattr(AnsweringSession, '_negotiate', note)
    access = AccessPolicy('robot', role, 'none', KeyStore(tmp_path))
    await connect(make_sessions(front, access=access), change=only_sha256)
    assert watched == [expected]
    assert front.watched_changes == [True] * expected
