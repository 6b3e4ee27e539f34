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

"""Sessions in which the robot offers, against an aiortc client that answers."""

import asyncio
import re

import pytest
from rtc_bridge.core.errors import SignalingError
from rtc_bridge.core.protocol.ice import Candidate
from rtc_bridge.core.protocol.signaling_messages import OfferRequest
from rtc_bridge.peer.local_robot_link import LocalRobotLink
from rtc_bridge.peer.session_stats import session_stats
from support.viewer import make_sessions, TestCamera, TIMEOUT_S, until

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize('trickle', [False, True])
async def test_the_first_camera_is_seen_and_texts_go_both_ways(answerer, trickle):
    sessions = make_sessions(TestCamera('front', 60), TestCamera('rear', 180))
    viewer = answerer(sessions)
    await viewer.connect(trickle)
    await viewer.sees(0, 60)
    await until(lambda: viewer.chat is not None)
    assert (viewer.chat.label, viewer.chat.ordered) == ('chat', True)
    viewer.chat.send('{"x":0.5,"y":1,"z":0}')
    viewer.chat.send('salute')
    await until(lambda: len(sessions.received) == 2)
    assert sessions.received == ['{"x":0.5,"y":1,"z":0}', 'salute']
    sessions.send_message('a text')
    sessions.send_message({'battery': 0.5})
    await viewer.hears('a text')
    await viewer.hears('{"battery": 0.5}')
    # Nobody drives by this.
    assert sessions.robot.teleop.lease.holder is None


async def test_the_offer_has_the_form_that_k_scales_programs_read(answerer):
    sessions = make_sessions(TestCamera('front', 60), codecs=('h264', 'vp8'))
    viewer = answerer(sessions)
    await viewer.connect()
    formats = re.search(r'm=video \d+ UDP/TLS/RTP/SAVPF (\d+)', viewer.offer)
    assert f'a=rtpmap:{formats[1]} VP8/90000' in viewer.offer
    assert 'a=sendonly' in viewer.offer and 'm=application' in viewer.offer
    assert set(re.findall(r'a=fingerprint:(\S+)', viewer.offer)) == {'sha-256'}
    assert 'a=setup:actpass' in viewer.offer and 'a=candidate:' in viewer.offer
    await viewer.sees(0, 60)
    assert sessions.sessions['s'].slots[0].profile == 'vp8'
    assert session_stats(sessions.sessions['s'])['protocol'] == 'kscale'


async def test_cameras_by_number_and_name(answerer):
    cameras = [TestCamera('front', 60), TestCamera('rear', 180)]
    sessions = make_sessions(*cameras)
    viewer = answerer(sessions, cameras=(1, 'front'))
    await viewer.connect()
    await viewer.sees(0, 180)
    await viewer.sees(1, 60)
    # One that goes and comes back is shown again.
    rear = sessions.robot.cameras.pop('rear')
    sessions.cameras_changed()
    assert sessions.sessions['s'].slots[0].camera is None
    cameras[1].luma = 120
    sessions.robot.cameras['rear'] = rear
    sessions.cameras_changed()
    await viewer.sees(0, 120)


async def test_a_missing_camera_is_refused_unless_it_is_the_first(answerer):
    sessions = make_sessions(TestCamera('front', 60), max_slots=2)
    for cameras, code, named in (((1,), 'no-camera', 'front'), (('rear',), 'no-camera', 'rear'),
                                 ((0, 0, 0), 'bad-message', 'at most 2')):
        with pytest.raises(SignalingError, match=named) as error:
            await LocalRobotLink(sessions, 'server').offer(OfferRequest('s', cameras=cameras))
        assert error.value.code == code and not sessions.sessions
    # Before there is any, the first one is waited for.
    camera = sessions.robot.cameras.pop('front')
    viewer = answerer(sessions)
    await viewer.connect()
    sessions.robot.cameras['front'] = camera
    sessions.cameras_changed()
    await viewer.sees(0, 60)


async def test_sessions_share_the_encoder(answerer):
    front = TestCamera('front', 60)
    sessions = make_sessions(front)
    first, second = [answerer(sessions, session=name) for name in 'ab']
    await first.connect()
    await second.connect()
    await first.sees(0, 60)
    await second.sees(0, 60)
    assert front.camera.streams['vp8'].viewers == 2


async def test_channels_of_the_app_are_not_used(answerer):
    """An app cannot open what pages have."""
    sessions = make_sessions(TestCamera('front', 60))
    viewer = answerer(sessions)
    control = None
    sdp = await viewer.answer()
    control = viewer.pc.createDataChannel('control')
    await viewer.link.accept('s', sdp)
    await viewer.sees(0, 60)
    await until(lambda: control.readyState == 'open')
    assert list(sessions.sessions['s'].channels) == ['chat']


@pytest.mark.parametrize('change, named', [
    (lambda sdp: 'nonsense', 'no line'), (lambda sdp: 'v=0\r\n', 'no media'),
    (lambda sdp: 'v=0\r\n' + 'a' * 200_000, 'at most'),
    (lambda sdp: sdp.replace('a=recvonly', 'a=sendrecv'), 'sendrecv'),
    (lambda sdp: re.sub(r'a=ice-ufrag:.*\r\n', '', sdp), 'ICE'),
    (lambda sdp: re.sub(r'a=fingerprint:.*\r\n', '', sdp), 'fingerprint'),
    (lambda sdp: re.sub(r'm=application.*', '', sdp, flags=re.S).replace(
        'BUNDLE 0 1', 'BUNDLE 0'), 'do not match'),
    (lambda sdp: re.sub(r'm=video.*?(?=m=)', '', sdp, flags=re.S).replace(
        'BUNDLE 0 1', 'BUNDLE 1'), '1 video'),
    (lambda sdp: re.sub('VP8|H264', 'AV1', sdp), 'vp8'),
    (lambda sdp: sdp.replace('a=setup:active', 'a=setup:actpass'), 'setup'),
    (lambda sdp: sdp.replace('BUNDLE 0 1', 'BUNDLE 0 7'), 'BUNDLE')])
async def test_unusable_answers_are_refused(answerer, change, named):
    sessions = make_sessions(TestCamera('front', 60))
    viewer = answerer(sessions)
    sdp = await viewer.answer()
    with pytest.raises(SignalingError, match=named) as error:
        await viewer.link.accept('s', change(sdp))
    assert error.value.code == 'bad-answer' and not sessions.sessions
    with pytest.raises(SignalingError, match='no offer waits'):
        await viewer.link.accept('s', sdp)


@pytest.mark.parametrize('attributes', [
    'a=inactive\r\n', 'a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=setup:active\r\n'
    f'a=fingerprint:sha-256 {":".join(["66"] * 32)}\r\na=sctp-port:5000\r\n'])
async def test_an_answer_may_reject_the_data_section(answerer, attributes):
    """Its section has port 0 then, no place in the group, and may lack the rest."""
    sessions = make_sessions(TestCamera('front', 60))
    viewer = answerer(sessions)
    sdp = re.sub(r'm=application.*', 'm=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n'
                 f'c=IN IP4 0.0.0.0\r\na=mid:1\r\n{attributes}', await viewer.answer(), flags=re.S)
    await viewer.link.accept('s', sdp.replace('BUNDLE 0 1', 'BUNDLE 0'))
    await viewer.sees(0, 60)
    assert sessions.sessions['s'].state == 'connected'


async def test_a_second_answer_ends_the_session(answerer):
    sessions = make_sessions(TestCamera('front', 60))
    viewer = answerer(sessions)
    sdp = await viewer.answer()
    with pytest.raises(SignalingError, match='has had'):
        await viewer.link.offer(viewer.call)
    await viewer.link.accept('s', sdp)
    with pytest.raises(SignalingError, match='no offer waits'):
        await viewer.link.accept('s', sdp)
    assert not sessions.sessions


async def test_an_offer_without_an_answer_ends(answerer, monkeypatch):
    monkeypatch.setattr('rtc_bridge.peer.session.CONNECT_TIMEOUT_S', 0.3)
    sessions = make_sessions(TestCamera('front', 60))
    viewer, ended = answerer(sessions), asyncio.Event()
    await viewer.answer()
    sessions.on_end['s'] = ended.set
    await asyncio.wait_for(ended.wait(), TIMEOUT_S)
    for _ in range(100):
        await viewer.link.add_candidate('s', Candidate('candidate:x', None, 0))


async def test_the_session_ends_with_its_viewer(answerer):
    sessions = make_sessions(TestCamera('front', 60))
    viewer = answerer(sessions)
    await viewer.connect()
    await viewer.sees(0, 60)
    await viewer.close()
    await until(lambda: not sessions.sessions)
