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

"""The cameras of viewers on the robot: whose is shown, and what of it."""

import pytest
from rtc_bridge.core.access.floor import Floor
from rtc_bridge.media.operator_camera import OperatorCamera
from support.operator_pictures import Lens, Screen
from support.viewer import make_sessions, TestCamera, until, Viewer

pytestmark = pytest.mark.asyncio


@pytest.fixture
def robot():
    """Return the sessions of a robot that shows cameras."""
    sessions = make_sessions(TestCamera('front', 60), camera_floor=Floor('role'),
                             operator_camera=OperatorCamera(max_fps=60.0))
    sessions.robot.operator_camera.sink = Screen()
    yield sessions
    sessions.robot.operator_camera.end()


def with_camera(luma, way='sendonly', **options):
    """Return a viewer with a camera of this brightness."""
    viewer = Viewer(**options)
    if way == 'sendonly':
        transceiver = viewer.pc.addTransceiver('video', way)
    else:
        transceiver, = (one for one in viewer.pc.getTransceivers() if one.kind == 'video')
        transceiver.direction = way
    viewer.lens = Lens(luma)
    transceiver.sender.replaceTrack(viewer.lens)
    return viewer


async def test_whose_camera_is_shown_and_all_are_told(greet, robot):
    ada, bob = [await greet(robot, viewer=with_camera(luma)) for luma in (60, 180)]
    screen = robot.robot.operator_camera.sink
    assert ada.got('control', 'hello')[0]['operator_camera'] == {
        'max_width': 640, 'max_height': 480, 'max_fps': 60.0}
    ada.send('control', type='show_camera', on=True)
    await until(lambda: screen.shows(60))
    await bob.until(lambda: bob.newest('control', 'operator_camera').get('somebody'))
    assert bob.newest('control', 'operator_camera')['you'] is False
    bob.send('control', type='show_camera', on=True)
    await bob.until(lambda: bob.got('control', 'error'))
    assert bob.newest('control', 'error')['code'] == 'no-camera-shown'
    ada.send('control', type='show_camera', on=False)
    await bob.until(lambda: not bob.newest('control', 'operator_camera').get('somebody'))
    bob.send('control', type='show_camera', on=True)
    await until(lambda: screen.shows(180))
    # The pictures of the robot go on.
    await bob.until(lambda: bob.shows(0, 60))


async def test_nothing_is_decoded_unless_somebody_takes_it(greet, robot):
    camera, screen = robot.robot.operator_camera, robot.robot.operator_camera.sink
    screen.watched = False
    ada = await greet(robot, viewer=with_camera(60))
    ada.send('control', type='show_camera', on=True)
    await ada.until(lambda: ada.newest('control', 'operator_camera').get('you'))
    assert ada.newest('control', 'operator_camera')['watched'] is False
    receiver = robot.sessions[ada.id].media.pictures
    await until(lambda: receiver._ssrc is not None)
    assert camera._decoder is None
    screen.watched = True
    await until(lambda: screen.shows(60))
    await ada.until(lambda: ada.newest('control', 'operator_camera').get('watched'))


async def test_without_the_floor_and_after_its_holder_has_gone_nothing_is_shown(greet, robot):
    screen = robot.robot.operator_camera.sink
    ada = await greet(robot, viewer=with_camera(60))
    await ada.ping()
    assert screen.lumas == []
    ada.send('control', type='show_camera', on=True)
    await until(lambda: screen.shows(60))
    await ada.close()
    await until(lambda: robot.robot.camera_floor.holder is None)
    assert robot.robot.operator_camera._decoder is None


async def test_a_client_that_cannot_ask_is_shown_as_long_as_it_sends(connect, robot):
    bot = with_camera(60, 'sendrecv', codec='vp8')
    await connect(robot, bot, protocol='rtcbot')
    await until(lambda: robot.robot.operator_camera.sink.shows(60))
    await bot.until(lambda: bot.shows(0, 60))
    bot.lens.stop()
    await until(lambda: robot.robot.camera_floor.holder is None)


async def test_a_k_scale_app_with_a_camera_is_shown(answerer, robot):
    app = answerer(robot)
    app.lens = Lens(120)
    await app.connect()
    await app.sees(0, 60)
    await until(lambda: robot.robot.operator_camera.sink.shows(120))


async def test_a_robot_that_takes_no_pictures_says_so(greet):
    sessions = make_sessions(TestCamera('front', 60))
    viewer = await greet(sessions, viewer=with_camera(60))
    assert viewer.got('control', 'hello')[0].get('operator_camera') is None
    viewer.send('control', type='show_camera', on=True)
    await viewer.until(lambda: viewer.got('control', 'error'))
    assert viewer.newest('control', 'error')['code'] == 'no-camera-shown'


async def test_sections_keep_their_places_whatever_their_order(greet, robot):
    viewer = Viewer(slots=0)
    sends = viewer.pc.addTransceiver('video', 'sendonly')
    sends.sender.replaceTrack(Lens(120))
    receives = viewer.pc.addTransceiver('video', 'recvonly')
    await greet(robot, viewer=viewer)
    frame = await receives.receiver.track.recv()
    assert abs(frame.to_ndarray(format='gray').mean() - 60) < 12
    viewer.send('control', type='show_camera', on=True)
    await until(lambda: robot.robot.operator_camera.sink.shows(120))


async def test_what_is_no_picture_hurts_nobody(greet, robot):
    ada = await greet(robot, viewer=with_camera(60))
    screen = robot.robot.operator_camera.sink
    ada.send('control', type='show_camera', on=True)
    await until(lambda: screen.shows(60))
    receiver = robot.sessions[ada.id].media.pictures
    header = bytes([0x80, 96]) + bytes(6) + receiver._ssrc.to_bytes(4, 'big')
    for data in (b'', b'\x80' * 8, b'\xff' * 1200, header, header + b'\x90',
                 header[:2] + b'\x7f\xff' + header[4:] + b'\x10' * 900):
        receiver.take(data)
    ada.lens.luma = 180
    await until(lambda: screen.shows(180))
