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

"""Sessions against an aiortc client: slots, codecs, channels, and how they end."""

import asyncio
from dataclasses import replace
import json
import re

from aiortc import RTCRtpSender
from aiortc.sdp import SessionDescription
import pytest
import pytest_asyncio
from rtc_bridge.core.clock import boot_time
from rtc_bridge.core.driving.velocity import Velocity, ZERO
from rtc_bridge.core.errors import SignalingError
from rtc_bridge.core.limits.sctp_limits import MAX_UNFINISHED_BYTES
from rtc_bridge.core.protocol.ice import Candidate
from rtc_bridge.core.protocol.signaling_messages import Offer
from rtc_bridge.peer import aiortc_compat
from rtc_bridge.peer.local_robot_link import LocalRobotLink
from rtc_bridge.peer.remote_description import read_offer
from rtc_bridge.peer.session import Session
from rtc_bridge.peer.session_stats import session_stats
from support.patience import PATIENCE
from support.viewer import all_closed, make_sessions, TestCamera, until, Viewer

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def watch():
    """Connect viewers to sessions; everything is closed in the end, and must be."""
    async with all_closed() as (viewers, robots):
        async def connect(sessions, door='v1', camera=None, via='server',
                          change=lambda sdp: sdp, **options):
            viewer = Viewer(**options)
            viewers.append(viewer)
            robots.append(sessions)
            await viewer.connect(LocalRobotLink(sessions, via), door, camera, change)
            return viewer

        yield connect


def near(viewer, slot, luma):
    return viewer.lumas[slot] and abs(viewer.lumas[slot][-1] - luma) < 12


@pytest.mark.parametrize('codec', ['h264', 'vp8'])
async def test_a_viewer_sees_the_first_camera(watch, codec):
    """Over either codec, whichever the viewer decodes."""
    front, rear = TestCamera('front', 60), TestCamera('rear', 180)
    viewer = await watch(make_sessions(front, rear), codec=codec)
    await viewer.until(lambda: near(viewer, 0, 60))
    assert viewer.sizes[0] == {(320, 240)}
    assert front.camera.streams[codec].viewers == 1
    assert not rear.camera.watched


async def test_the_named_camera_is_shown(watch):
    viewer = await watch(make_sessions(TestCamera('front', 60), TestCamera('rear', 180)),
                         camera='rear', door='rtcbot', labels=('default',))
    await viewer.until(lambda: near(viewer, 0, 180))


async def test_a_camera_is_encoded_once_for_all(watch):
    front = TestCamera('front', 60)
    sessions = make_sessions(front)
    viewers = [await watch(sessions) for _ in range(3)]
    for viewer in viewers:
        await viewer.until(lambda: near(viewer, 0, 60))
    stream = front.camera.streams['h264']
    assert stream.viewers == 3
    # Three encoders would have made three times the pictures that came in.
    assert stream.stats.frames <= front.camera.frames_in + 3
    assert front.watched_changes == [True]
    await viewers[0].close()
    await sessions.sessions[viewers[1].id].close('test')
    await sessions.sessions[viewers[2].id].close('test')
    await sessions.close('test')
    assert front.watched_changes == [True, False]


async def test_slots_switch_cameras_without_negotiation(watch):
    sessions = make_sessions(TestCamera('front', 60), TestCamera('rear', 180))
    viewer = await watch(sessions, slots=2)
    await viewer.until(lambda: near(viewer, 0, 60))
    viewer.send('control', type='select', slot=1, camera='rear')
    await viewer.until(lambda: near(viewer, 1, 180))
    viewer.send('control', type='select', slot=0, camera='rear')
    viewer.send('control', type='select', slot=1, camera='front')
    await viewer.until(lambda: near(viewer, 0, 180) and near(viewer, 1, 60))
    viewer.send('control', type='select', slot=1, camera=None)
    await viewer.until(lambda: [s for s in viewer.got('control', 'slot')
                                if s['slot'] == 1][-1]['state'] == 'off')
    assert not sessions.robot.cameras['front'].watched


async def test_cameras_come_and_go(watch):
    sessions = make_sessions()
    viewer = await watch(sessions)
    await viewer.until(lambda: viewer.got('control', 'hello'))
    assert viewer.got('control', 'hello')[0]['cameras'] == []
    late = TestCamera('late', 100)
    sessions.robot.cameras['late'] = late.camera
    sessions.cameras_changed()
    await viewer.until(lambda: near(viewer, 0, 100))
    assert viewer.got('control', 'cameras')[-1]['cameras'] == [
        {'name': 'late', 'drive': True}]
    del sessions.robot.cameras['late']
    sessions.cameras_changed()
    await viewer.until(lambda: viewer.got('control', 'slot')[-1]['state'] == 'off')


async def test_a_silent_camera_is_told(watch):
    front = TestCamera('front', 60)
    sessions = make_sessions(front)
    viewer = await watch(sessions)
    await viewer.until(lambda: near(viewer, 0, 60))
    front.stop()
    await viewer.until(lambda: viewer.got('control', 'slot')[-1]['state'] == 'lost')
    # One who comes now still gets the last picture.
    second = await watch(sessions)
    await second.until(lambda: second.got('control', 'slot'))
    await until(lambda: sessions.sessions[second.id].slots[0].track.bytes_sent)


async def test_hello_tells_limits_and_role(watch):
    viewer = await watch(make_sessions(TestCamera('front', 60), role='view'), slots=2)
    await viewer.until(lambda: viewer.got('control', 'lease'))
    hello = viewer.got('control', 'hello')[0]
    assert hello['robot_id'] == 'robot' and hello['role'] == 'view' and hello['slots'] == 2
    assert hello['session'] == viewer.id
    assert hello['teleop'] == {
        'enabled': False, 'joy': False, 'max_linear_x': 1.0, 'max_linear_y': 0.0,
        'max_angular_z': 2.0, 'max_age': 0.5, 'timeout': 0.3}
    viewer.send('control', type='want', lease=True)
    await viewer.until(lambda: viewer.got('control', 'error'))
    assert viewer.got('control', 'error')[0]['code'] == 'denied'


async def test_driving_over_the_channels(watch):
    sent = []
    sessions = make_sessions(TestCamera('front', 60), publish=sent.append)
    viewer, other = await watch(sessions), await watch(sessions)
    await viewer.until(lambda: viewer.got('control', 'lease'))
    await other.until(lambda: other.got('control', 'lease'))
    viewer.send('control', type='want', lease=True)
    await viewer.until(lambda: viewer.got('teleop', 'tick'))
    epoch = viewer.got('control', 'lease')[-1]['epoch']
    await other.until(lambda: other.got('control', 'lease')[-1]['driver'])
    assert other.got('control', 'lease')[-1]['epoch'] is None

    def drive(who, seq, speed):
        who.send('teleop', type='drive', epoch=epoch, seq=seq, linear_x=speed, angular_z=0,
                 tick=viewer.got('teleop', 'tick')[-1]['tick'])

    drive(other, 1, 0)
    await other.until(lambda: other.got('teleop', 'refused'))
    assert other.got('teleop', 'refused')[0]['reason'] == 'epoch'
    drive(viewer, 1, 0)
    drive(viewer, 2, 0.5)
    await until(lambda: any(v.linear_x for v in sent))
    await sessions.sessions[viewer.id].close('test')
    assert sent[-1] == ZERO
    await other.until(lambda: not other.got('control', 'lease')[-1]['driver'])


async def test_rtcbots_messages_drive_and_reach_the_application(watch):
    sent = []
    sessions = make_sessions(TestCamera('front', 60), publish=sent.append)
    viewer = await watch(sessions, door='rtcbot', labels=('default',))
    channel = viewer.channels['default']
    await viewer.until(lambda: near(viewer, 0, 60))
    channel.send('Button Clicked!')
    channel.send(json.dumps({'forward': 1, 'leftright': -0.5}))
    await until(lambda: len(sent) >= 2)
    assert sent == [ZERO, Velocity(1.0, 0.0, 1.0)]
    assert sessions.received[0] == 'Button Clicked!'
    sessions.send_message({'data': 'pong'})
    sessions.send_message('text')
    await viewer.until(lambda: len(viewer.messages['default']) == 2)
    assert viewer.messages['default'] == ['{"data": "pong"}', '"text"']


async def test_who_may_only_watch_reaches_no_application(watch):
    sessions = make_sessions(TestCamera('front', 60), role='view')
    viewer, old = await watch(sessions), await watch(sessions, door='rtcbot', labels=('default',))
    await viewer.until(lambda: viewer.got('control', 'hello'))
    await old.until(lambda: near(old, 0, 60))
    viewer.send('control', type='message', data='open the door')
    old.channels['default'].send('open the door')
    await viewer.until(lambda: viewer.got('control', 'error'))
    assert viewer.got('control', 'error')[0]['code'] == 'denied'
    old.channels['default'].send('{"forward": 1}')
    viewer.send('control', type='ping', id=1)
    await viewer.until(lambda: viewer.got('control', 'pong'))
    assert sessions.received == []
    assert sessions.robot.teleop.lease.holder is None


async def test_a_session_has_one_way_to_drive(watch):
    """What RTCBot beside ours says is not listened to."""
    sessions = make_sessions(TestCamera('front', 60))
    viewer = await watch(sessions, labels=('control', 'teleop', 'default'))
    await viewer.until(lambda: near(viewer, 0, 60))
    viewer.channels['default'].send('{"forward": 1}')
    viewer.send('control', type='ping', id=1)
    await viewer.until(lambda: viewer.got('control', 'pong'))
    assert sessions.robot.teleop.lease.holder is None


async def test_a_session_that_ends_does_not_take_the_lease_again(watch):
    sessions = make_sessions(TestCamera('front', 60))
    viewer = await watch(sessions)
    await viewer.until(lambda: near(viewer, 0, 60))
    viewer.send('control', type='bye', reason='test')
    for _ in range(50):
        viewer.send('control', type='want', lease=True)
    await until(lambda: not sessions.sessions)
    await sessions.close('test')
    assert sessions.robot.teleop.lease.holder is None


async def test_messages_both_ways(watch):
    sessions = make_sessions()
    viewer = await watch(sessions)
    await viewer.until(lambda: viewer.got('control', 'hello'))
    viewer.send('control', type='message', data={'a': 1})
    viewer.send('control', type='ping', id=7)
    await viewer.until(lambda: viewer.got('control', 'pong'))
    pong, = viewer.got('control', 'pong')
    assert pong['id'] == 7.0 and 0 < pong['time'] <= boot_time()
    assert sessions.received == ['{"a": 1}']
    sessions.send_message(None)
    await viewer.until(lambda: viewer.got('control', 'message'))
    assert viewer.got('control', 'message') == [{'type': 'message', 'data': None}]


async def test_stamps_tell_when_the_pictures_that_are_sent_were_taken(watch):
    camera, began, came = TestCamera('front', 60), boot_time(), set()
    viewer = await watch(make_sessions(camera))
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
    await viewer.until(lambda: viewer.got('control', 'stamps')[-1]['by'] == 'camera')
    second = viewer.got('control', 'stamps')[-1]
    assert began - 0.5 <= second['time'] <= boot_time() - 0.5
    await viewer.until(lambda: second['rtp'] in came)
    # One clock runs through both, at 90 kHz.
    assert (second['rtp'] - first['rtp']) % 2 ** 32 / 90000 == pytest.approx(
        second['time'] + 0.5 - first['time'], abs=1e-3)


@pytest.mark.parametrize('text', ['', 'x', '{}', '{"type":"select","slot":9}',
                                  '{"type":"select","slot":0,"camera":"nowhere"}'])
async def test_bad_control_messages_get_an_error_and_end_nothing(watch, text):
    viewer = await watch(make_sessions(TestCamera('front', 60)))
    await viewer.until(lambda: viewer.got('control', 'hello'))
    viewer.channels['control'].send(text)
    await viewer.until(lambda: viewer.got('control', 'error'))
    await viewer.until(lambda: near(viewer, 0, 60))


# Doors


async def test_who_has_no_role_gets_nothing():
    sessions, viewer = make_sessions(TestCamera('front', 60)), Viewer()
    with pytest.raises(SignalingError) as error:
        await viewer.connect(LocalRobotLink(sessions, 'relay'))
    assert error.value.code == 'denied'
    await viewer.close()


@pytest.mark.parametrize('sdp', ['', 'v=0', 'hello', 'v=0\r\nm=video', 'm=video 9 X 96\r\n' * 5,
                                 'v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96\r\n',
                                 'x' * 200000, 'v=0\r\na=group:BUNDLE\r\nm=audio 9 a 0\r\n'])
async def test_what_is_no_offer_is_refused(sdp):
    sessions = make_sessions(TestCamera('front', 60))
    with pytest.raises(SignalingError) as error:
        await LocalRobotLink(sessions, 'server').answer(Offer('x', sdp))
    assert error.value.code == 'bad-offer'
    assert not sessions.sessions


async def test_a_player_may_know_no_bundles(watch):
    """Each section has a connection of its own then; nothing can be proved over several."""
    sessions = make_sessions(TestCamera('front', 60))
    def alone(sdp): return re.sub('a=group:BUNDLE.*\r\n', '', sdp)
    viewer = await watch(sessions, change=alone)
    assert 'BUNDLE' not in viewer.pc.remoteDescription.sdp
    await until(lambda: near(viewer, 0, 60))
    await until(lambda: viewer.channels['control'].readyState == 'open')
    assert read_offer(alone(viewer.pc.localDescription.sdp)).fingerprint is None


async def test_an_unknown_camera_is_refused_with_those_there_are():
    sessions = make_sessions(TestCamera('front', 60))
    viewer = Viewer()
    with pytest.raises(SignalingError, match='front') as error:
        await viewer.connect(LocalRobotLink(sessions, 'server'), camera='rear')
    assert error.value.code == 'no-camera'
    await viewer.close()


@pytest.mark.parametrize('order', [('h264', 'vp8'), ('vp8', 'h264')])
async def test_the_answer_has_all_common_codecs_in_our_order(watch, order):
    front = TestCamera('front', 60)
    sessions = make_sessions(front, codecs=order)
    viewer = await watch(sessions)
    video = next(m for m in SessionDescription.parse(viewer.pc.remoteDescription.sdp).media
                 if m.kind == 'video')
    names = [c.mimeType.lower().removeprefix('video/') for c in video.rtp.codecs]
    assert tuple(dict.fromkeys(n for n in names if n != 'rtx')) == order
    assert names.count('rtx') == len(names) / 2
    await viewer.until(lambda: near(viewer, 0, 60))
    assert front.camera.streams[order[0]].watched and not front.camera.streams[order[1]].watched


def streams_of(camera, codec):
    """Return a camera's streams in a codec, of all tiers."""
    return [stream for label, stream in camera.streams.items() if label.split('/')[0] == codec]


def keyframes(camera, codec):
    """Return how many keyframes there were in a codec."""
    return sum(stream.stats.keyframes for stream in streams_of(camera, codec))


async def test_the_codec_changes_while_watched(watch):
    """Without negotiation, and lost packets are repeated under the right payload type."""
    front = TestCamera('front', 60)
    sessions = make_sessions(front)
    viewer = await watch(sessions)
    await viewer.until(lambda: near(viewer, 0, 60))
    sender = sessions.sessions[viewer.id]._pc.getSenders()[0]
    video = next(m for m in SessionDescription.parse(viewer.pc.remoteDescription.sdp).media
                 if m.kind == 'video')
    codecs = {c.payloadType: c for c in video.rtp.codecs}
    for codec in ('vp8', 'h264'):
        # On a busy host the path may be found too narrow for the full picture, hence all tiers.
        before = keyframes(front.camera, codec)
        front.camera.configure(replace(front.camera.settings, codec=codec))
        await until(lambda: keyframes(front.camera, codec) > before)
        # Whatever shows the next colour is of the new codec.
        front.stop()
        front.luma += 60
        front.resume()
        await viewer.until(lambda: near(viewer, 0, front.luma))
        assert sum(stream.viewers for stream in streams_of(front.camera, codec)) == 1
        assert sessions.sessions[viewer.id].slots[0].profile == codec
        packet = list(sender._RTCRtpSender__rtp_history.values())[-1]
        assert codecs[packet.payload_type].mimeType.lower() == f'video/{codec}'
        rtx = codecs[sender._RTCRtpSender__rtx_payload_type]
        assert rtx.parameters['apt'] == packet.payload_type
    assert not any(stream.watched for stream in streams_of(front.camera, 'vp8'))


async def test_a_viewer_that_reports_no_frames_gets_the_other_codec(watch):
    front = TestCamera('front', 60)
    sessions = make_sessions(front, TestCamera('rear', 180))
    viewer = await watch(sessions, slots=2)
    await viewer.until(lambda: viewer.got('control', 'hello'))
    viewer.send('control', type='select', slot=1, camera='rear')
    await viewer.until(lambda: near(viewer, 0, 60) and near(viewer, 1, 180))
    packets = 0
    async with asyncio.timeout(PATIENCE):
        while sessions.sessions[viewer.id].slots[0].profile != 'vp8':
            packets += 1
            viewer.send('control', type='shown', slot=0, frames=0, packets=packets)
            await asyncio.sleep(0.1)
    # In whichever tier; a decoder that fails, fails for all the slots.
    await until(lambda: all(any(s.stats.frames for s in streams_of(camera, 'vp8'))
                            for camera in sessions.robot.cameras.values()))
    assert not any(s.watched for camera in sessions.robot.cameras.values()
                   for s in streams_of(camera, 'h264'))
    assert session_stats(sessions.sessions[viewer.id])['failed_codecs'] == 'h264'
    await viewer.until(lambda: {s['slot'] for s in viewer.got('control', 'slot')
                                if s.get('failed_codecs') == ['h264']} == {0, 1})
    seen = len(viewer.lumas[0])
    await viewer.until(lambda: len(viewer.lumas[0]) > seen + 20)


@pytest.mark.parametrize('slot, frames', [(7, 1), (0, -1), (0, 'a')])
async def test_reports_that_cannot_be(watch, slot, frames):
    viewer = await watch(make_sessions(TestCamera('front', 60)))
    await viewer.until(lambda: viewer.got('control', 'hello'))
    viewer.send('control', type='shown', slot=slot, frames=frames, packets=1)
    await viewer.until(lambda: viewer.got('control', 'error'))


@pytest.mark.parametrize('profile, taken, label', [
    ('baseline', 'main', 'h264'), ('main', 'main', 'h264-main'), ('main', 'baseline', 'h264')])
async def test_main_goes_to_viewers_that_take_it(watch, profile, taken, label):
    front = TestCamera('front', 60)
    viewer = await watch(make_sessions(front, h264_profile=profile),
                         h264='4d001f' if taken == 'main' else '42e01f')
    await viewer.until(lambda: near(viewer, 0, 60))
    assert front.camera.streams[label].viewers == 1


async def test_no_common_codec_is_refused():
    sessions = make_sessions(TestCamera('front', 60), codecs=('h264',))
    viewer = Viewer(codec='vp8')
    with pytest.raises(SignalingError) as error:
        await viewer.connect(LocalRobotLink(sessions, 'server'))
    assert error.value.code == 'no-codec'
    await viewer.close()


async def test_more_slots_than_allowed_stay_empty(watch):
    sessions = make_sessions(TestCamera('front', 60), max_slots=1)
    viewer = await watch(sessions, slots=3)
    await viewer.until(lambda: near(viewer, 0, 60))
    assert viewer.got('control', 'hello')[0]['slots'] == 1
    assert not viewer.lumas[1] and not viewer.lumas[2]


async def test_an_offer_without_video_is_answered(watch):
    viewer = await watch(make_sessions(TestCamera('front', 60)), slots=0)
    await viewer.until(lambda: viewer.got('control', 'hello'))


@pytest.mark.parametrize('audio', ['recvonly', 'sendrecv'])
async def test_audio_that_is_offered_is_declined(watch, audio):
    """Pages of RTCBot may ask for it, or send it."""
    viewer = await watch(make_sessions(TestCamera('front', 60)), audio=audio)
    await viewer.until(lambda: near(viewer, 0, 60))
    assert [t.currentDirection for t in viewer.pc.getTransceivers()] == ['inactive', 'recvonly']


async def test_mdns_candidates_and_the_end_are_taken_out():
    viewer = Viewer()
    sdp = await viewer.offer()
    line = 'a=candidate:1 1 udp 2 d1b4.local 5 typ host\r\n'
    marked = sdp.replace('a=ice-ufrag', line + 'a=end-of-candidates\r\na=ice-ufrag', 1)
    assert '.local' not in read_offer(marked).sdp
    assert 'end-of-candidates' not in read_offer(marked).sdp
    assert read_offer(sdp).sdp == sdp
    await viewer.close()


async def test_candidates_that_are_none_end_nothing(watch):
    sessions = make_sessions()
    viewer = await watch(sessions)
    link = LocalRobotLink(sessions, 'server')
    for text in ('candidate:', 'hello', 'candidate:1 1 udp x y z typ host'):
        await link.add_candidate(viewer.id, Candidate(text, '0', 0))
    await link.add_candidate('unknown', Candidate('x'))
    await link.add_candidate(viewer.id, None)
    await viewer.until(lambda: viewer.got('control', 'hello'))


async def test_a_session_that_never_connects_ends(monkeypatch):
    monkeypatch.setattr('rtc_bridge.peer.session.CONNECT_TIMEOUT_S', 0.3)
    front = TestCamera('front', 60)
    sessions = make_sessions(front)
    viewer = Viewer()
    await LocalRobotLink(sessions, 'server').answer(Offer('x', await viewer.offer()))
    assert front.camera.watched
    await until(lambda: not sessions.sessions)
    assert not front.camera.watched
    await viewer.close()


async def test_bye_ends_the_session(watch):
    sessions = make_sessions(TestCamera('front', 60))
    viewer = await watch(sessions)
    await viewer.until(lambda: viewer.got('control', 'hello'))
    viewer.send('control', type='bye', reason='test')
    await until(lambda: not sessions.sessions)


# Hooks into aiortc


async def test_all_hooks_are_there():
    assert aiortc_compat.missing == []


async def test_playout_delay_is_negotiated_and_sent(monkeypatch):
    from aiortc.rtp import HeaderExtensions, HeaderExtensionsMap, unpack_header_extensions
    from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters, RTCRtpParameters
    offered = [e.uri for e in RTCRtpSender.getCapabilities('video').headerExtensions]
    assert aiortc_compat.PLAYOUT_DELAY_URI in offered
    header_map = HeaderExtensionsMap()
    header_map.configure(RTCRtpParameters(headerExtensions=[
        RTCRtpHeaderExtensionParameters(3, 'urn:ietf:params:rtp-hdrext:sdes:mid'),
        RTCRtpHeaderExtensionParameters(5, aiortc_compat.PLAYOUT_DELAY_URI)]))
    profile, data = header_map.set(HeaderExtensions(mid='0'))
    assert len(data) % 4 == 0
    assert dict(unpack_header_extensions(profile, data)) == {3: b'0', 5: b'\0\0\0'}
    plain = HeaderExtensionsMap()
    plain.configure(RTCRtpParameters())
    assert plain.set(HeaderExtensions()) == (0, b'')


async def brings_a_keyframe(camera, viewer, complain):
    """Complain as a viewer, by RTCP, until its camera makes another keyframe."""
    stats = camera.camera.streams['h264'].stats
    before = stats.keyframes
    receiver = viewer.pc.getReceivers()[0]
    ssrc = next(iter(receiver._RTCRtpReceiver__remote_streams))
    async with asyncio.timeout(PATIENCE):
        while stats.keyframes == before:
            await complain(receiver, ssrc)
            await asyncio.sleep(0.05)


async def test_a_lost_picture_brings_a_keyframe(watch):
    """The viewer's PLI reaches the encoder."""
    front = TestCamera('front', 60)
    sessions = make_sessions(front)
    viewer = await watch(sessions)
    await viewer.until(lambda: near(viewer, 0, 60))
    await brings_a_keyframe(front, viewer, lambda receiver, ssrc: receiver._send_rtcp_pli(ssrc))


async def test_more_losses_than_can_be_repeated_bring_a_keyframe(watch):
    front = TestCamera('front', 60)
    viewer = await watch(make_sessions(front))
    await viewer.until(lambda: near(viewer, 0, 60))
    await brings_a_keyframe(front, viewer, lambda receiver, ssrc: receiver._send_rtcp_nack(
        ssrc, list(range(100, 300))))


async def test_the_path_is_measured(watch):
    sessions = make_sessions(TestCamera('front', 60))
    viewer = await watch(sessions)
    await viewer.until(lambda: near(viewer, 0, 60))
    session: Session = sessions.sessions[viewer.id]
    await until(lambda: session.path.congestion.rtt and session.path.congestion.send_rate())
    assert session.path.congestion.rtt < 5 and not session.path.congestion.stale


async def test_messages_without_an_end_end_the_session(watch):
    sessions = make_sessions()
    viewer = await watch(sessions)
    await viewer.until(lambda: viewer.got('control', 'hello'))
    # aiortc's own limit for what it sends is not in the way of others.
    await viewer.pc.sctp._send(viewer.channels['control'].id, 51,
                               b'x' * (MAX_UNFINISHED_BYTES + 10_000))
    await until(lambda: not sessions.sessions)


async def test_answered_checks_are_signs_of_life(watch):
    viewer = await watch(make_sessions())
    await viewer.until(lambda: viewer.got('control', 'hello'))
    first = aiortc_compat.last_answer(viewer.pc)
    assert first is not None
    await until(lambda: aiortc_compat.last_answer(viewer.pc) != first)


async def test_telemetry_waits_while_the_path_is_full(watch):
    """What a page must know goes before it, and it comes later in its newest state."""
    sessions = make_sessions()
    viewer = await watch(sessions)
    await viewer.until(lambda: viewer.got('control', 'lease'))
    channel = sessions.sessions[viewer.id].channels['control']._channel
    # As aiortc does with what it cannot send yet.
    channel._addBufferedAmount(20_000)
    sessions.send_telemetry({'battery': 1})
    sessions.send_telemetry({'battery': 2, 'map': 'm'})
    viewer.send('control', type='want', lease=True)
    await viewer.until(lambda: viewer.got('control', 'lease')[-1]['epoch'] == 1)
    assert viewer.got('control', 'telemetry') == []
    channel._addBufferedAmount(-20_000)
    await viewer.until(lambda: viewer.got('control', 'telemetry'))
    assert [m['values'] for m in viewer.got('control', 'telemetry')] == [
        {'battery': 2, 'map': 'm'}]
