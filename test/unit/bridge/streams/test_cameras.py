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

"""The cameras of a robot: configured ones, and those that are found in the graph."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from rclpy.node import Node
from rclpy.parameter import Parameter
from rtc_bridge.bridge.streams.cameras import Cameras
from rtc_bridge.core.errors import ParameterError
from rtc_bridge.core.video.tiers import Scale
from rtc_bridge.ros.cameras import camera_info
from rtc_bridge.ros.executor_thread import ExecutorThread
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from support.patience import PATIENCE
from support.ros_probe import RosProbe


@pytest.fixture
def probe():
    with RosProbe() as probe:
        yield probe


class Robot:
    """The cameras of a robot, in an event loop."""

    def __init__(self, robot, names):
        self.found = {}
        self.changes = 0
        self.cameras = Cameras(robot, names, (Scale(1),), self.found, self._changed,
                               threads=2)

    def _changed(self):
        self.changes += 1

    async def until(self, names):
        async with asyncio.timeout(PATIENCE):
            while set(self.found) != set(names):
                await asyncio.sleep(0.01)


@pytest.mark.asyncio
async def test_cameras_are_found_while_running_and_lost(probe):
    with RosProbe('unused') as other:
        robot = Node('robot', context=other.context, use_global_arguments=False)
        robot_cameras = Robot(robot, ['*'])
        failed = []
        ros = ExecutorThread(robot, failed.append)
        robot_cameras.cameras.start(ros)
        task = asyncio.create_task(robot_cameras.cameras.run())
        try:
            front = probe.publisher(Image, 'front/image_raw')
            await robot_cameras.until({'front/image_raw'})
            probe.publisher(CompressedImage, 'rear/compressed')
            await robot_cameras.until({'front/image_raw', 'rear'})
            probe.node.destroy_publisher(front)
            await robot_cameras.until({'rear'})
            # It comes back as the same camera.
            probe.publisher(Image, 'front/image_raw')
            await robot_cameras.until({'front/image_raw', 'rear'})
            assert robot_cameras.changes == 4 and not failed
            assert robot_cameras.found['rear'].settings.threads == 2
        finally:
            task.cancel()
            ros.close()
            robot.destroy_node()


@pytest.mark.asyncio
async def test_the_list_has_one_order(probe):
    """That of cameras.names; what one pattern has found is sorted by name."""
    with RosProbe('unused') as other:
        robot = Node('robot', context=other.context, use_global_arguments=False,
                     parameter_overrides=[Parameter('cameras.clip.drive', value=False)])
        robot_cameras = Robot(robot, ['rear', '*', 'front'])
        ros = ExecutorThread(robot, pytest.fail)
        robot_cameras.cameras.start(ros)
        task = asyncio.create_task(robot_cameras.cameras.run())
        try:
            names = ['rear', 'front']
            for name in ('top', 'arm', 'mast', 'clip'):
                probe.publisher(Image, name)
                names.append(name)
                await robot_cameras.until(names)
                assert list(robot_cameras.found) == ['rear', *sorted(names[2:]), 'front']
            for_watching = [c.name for c in robot_cameras.found.values() if not c.settings.drive]
            assert for_watching == ['clip']
            changes = robot_cameras.changes
            # Viewers hear of a camera that becomes one for driving as of one that has come.
            ros.call('parameters', robot.set_parameters,
                     [Parameter('cameras.clip.drive', value=True)])
            async with asyncio.timeout(PATIENCE):
                while robot_cameras.changes == changes:
                    await asyncio.sleep(0.01)
            assert robot_cameras.found['clip'].settings.drive
        finally:
            task.cancel()
            ros.close()
            robot.destroy_node()


@asynccontextmanager
async def running(robot, names):
    """Run the cameras of a node."""
    robot_cameras = Robot(robot, names)
    ros = ExecutorThread(robot, pytest.fail)
    robot_cameras.cameras.start(ros)
    task = asyncio.create_task(robot_cameras.cameras.run())
    try:
        yield robot_cameras, ros
    finally:
        task.cancel()
        ros.close()
        robot.destroy_node()


def robot_node(other, namespace=None, arguments=(), **parameters):
    """Return a bridge's node in the context of a probe."""
    return Node('robot', namespace=namespace, context=other.context, use_global_arguments=False,
                cli_args=['--ros-args', *arguments], parameter_overrides=[
                    Parameter(name, value=value) for name, value in parameters.items()])


@pytest.mark.asyncio
async def test_names_in_a_namespace(probe):
    """Relative ones, full ones with and without slash, one's own, remapped ones, patterns."""
    for topic in ('/r1/front/image_raw', '/r1/arm/image_raw', '/r2/arm/image_raw', '/x',
                  '/r1/robot/own', '/r1/debug/image_raw'):
        probe.publisher(Image, topic)
    with RosProbe('unused') as other:
        robot = robot_node(other, '/r1', ['-r', 'rear/image_raw:=/x'],
                           **{'cameras.rear.topic': 'rear/image_raw'})
        names = ['rear', '~/own', 'r1/front/image_raw', '/r2/arm/image_raw', 'a*', '!*debug*']
        async with running(robot, names) as (cameras, ros):
            await cameras.until({'rear', 'r1/robot/own', 'r1/front/image_raw',
                                 'r2/arm/image_raw', 'r1/arm/image_raw'})
            assert list(cameras.found) == ['rear', 'r1/robot/own', 'r1/front/image_raw',
                                           'r2/arm/image_raw', 'r1/arm/image_raw']
            topics = {name: topic.topics for name, topic in cameras.cameras._topics.items()}
            assert topics['rear'] == ('/x',) and topics['r1/robot/own'][0] == '/r1/robot/own'
            assert '/r1/front/image_raw' in topics['r1/front/image_raw']
            assert topics['r1/arm/image_raw'] == ('/r1/arm/image_raw',)


@pytest.mark.asyncio
async def test_parameters_of_all_cameras_are_overridden_and_change(probe):
    probe.publisher(Image, 'front/image_raw')
    probe.publisher(Image, 'default')
    with RosProbe('unused') as other:
        robot = robot_node(other, **{
            'cameras.default.max_fps': 7.0, 'cameras.default.type': 'raw',
            'cameras.rear.max_fps': 20.0, 'cameras./front/image_raw.rotate': 90})
        async with running(robot, ['rear', '*']) as (cameras, ros):
            await cameras.until({'rear', 'front/image_raw'})

            def settings():
                return {name: (camera.settings.max_fps, camera.settings.render.rotate)
                        for name, camera in cameras.found.items()}
            assert settings() == {'rear': (20.0, 0), 'front/image_raw': (7.0, 90)}
            assert robot.get_parameter('cameras.front.image_raw.type').value == 'raw'

            async def change(**values):
                before = settings()
                ros.call('parameters', robot.set_parameters, [
                    Parameter(f'cameras.{name}'.replace('__', '.'), value=value)
                    for name, value in values.items()])
                async with asyncio.timeout(PATIENCE):
                    while settings() == before:
                        await asyncio.sleep(0.01)
            await change(default__max_fps=5.0)
            assert settings() == {'rear': (20.0, 0), 'front/image_raw': (5.0, 90)}
            assert robot.get_parameter('cameras.front.image_raw.max_fps').value == 5.0
            await change(default__rotate=180)
            assert settings() == {'rear': (20.0, 180), 'front/image_raw': (5.0, 90)}
            # A camera whose own value changes follows no more.
            await change(front__image_raw__max_fps=9.0)
            await change(default__max_fps=6.0, rear__rotate=0)
            await change(default__rotate=270, rear__max_fps=8.0)
            assert settings() == {'rear': (8.0, 0), 'front/image_raw': (9.0, 90)}
            # Its name is taken: that is said, and the others are shown.
            async with asyncio.timeout(PATIENCE):
                while not any('cameras.default.*' in text
                              for text in cameras.cameras.findings):
                    await asyncio.sleep(0.01)


@pytest.mark.asyncio
async def test_what_a_camera_sees_is_read_while_it_is_watched_and_its_mount_is_known(probe):
    info = CameraInfo(width=640, height=480)
    info.k = [320.0, 0.0, 319.5, 0.0, 320.0, 191.5, 0.0, 0.0, 1.0]
    publishers = {name: probe.publisher(CameraInfo, f'{name}/camera_info')
                  for name in ('front', 'rear')}
    probe.node.create_timer(0.05, lambda: [one.publish(info) for one in publishers.values()])
    with RosProbe('unused') as other:
        robot = robot_node(other, **{'cameras.front.mount_height': 0.5})
        async with running(robot, ['front', 'rear']) as (cameras, ros):
            front, rear = cameras.found.values()
            changes = cameras.changes

            async def until(condition):
                async with asyncio.timeout(PATIENCE):
                    while not condition():
                        await asyncio.sleep(0.01)
            for camera in (front, rear):
                camera.subscribe('h264', lambda frame: True)
            await until(lambda: cameras.changes == changes + 1)
            assert front.mount_members == {
                'x': 0.0, 'y': 0.0, 'z': 0.5, 'roll': 0.0, 'pitch': 0.0, 'yaw': 0.0,
                'fx': 0.5, 'fy': round(320 / 480, 5), 'cx': 0.5, 'cy': 0.4}
            assert rear.mount_members is rear.intrinsics is None
            # Pages hear of a change, and of a camera that gets a mount.
            ros.call('parameters', robot.set_parameters, [
                Parameter('cameras.front.mount_pitch', value=0.1),
                Parameter('cameras.rear.mount_height', value=1.0)])
            await until(lambda: rear.mount_members and front.mount_members['pitch'] == 0.1)
            assert cameras.changes == changes + 3
            ros.call('parameters', robot.set_parameters, [
                Parameter('cameras.rear.mount_height', value=0.0)])
            await until(lambda: rear.mount_members is None)


@pytest.mark.asyncio
async def test_viewers_are_told_that_what_a_camera_sees_is_not_known(probe, monkeypatch):
    monkeypatch.setattr(camera_info, '_MISSING_AFTER_S', 0.0)
    with RosProbe('unused') as other:
        robot = robot_node(other, **{'cameras.front.mount_height': 0.5})
        async with running(robot, ['front']) as (cameras, ros):
            front, = cameras.found.values()

            async def until(condition):
                async with asyncio.timeout(PATIENCE):
                    while not condition():
                        await asyncio.sleep(0.01)
            changes = cameras.changes
            viewer = front.subscribe('h264', lambda frame: True)
            await until(lambda: cameras.changes == changes + 1)
            assert '/front/camera_info sends no message' in front.mount_problem
            front.unsubscribe(viewer)
            await until(lambda: cameras.changes == changes + 2)
            assert not front.mount_problem


@pytest.mark.asyncio
async def test_a_topic_that_a_name_means_is_no_camera_besides(probe):
    for topic in ('front/image_raw', 'a/b/image_raw', 'other'):
        probe.publisher(Image, topic)
    probe.publisher(CompressedImage, 'rear/image_raw/compressed')
    with RosProbe('unused') as other:
        names = ['/front', 'a.b', '/rear/image_raw/compressed', '*']
        async with running(robot_node(other), names) as (cameras, ros):
            await cameras.until({'front', 'a.b', 'rear/image_raw/compressed', 'other'})
            assert cameras.changes == 1


def test_what_a_dump_of_the_parameters_has_can_be_read_again():
    names = ['front', '/rear/image_raw', '*', '!*/debug/*']
    with RosProbe('unused') as other:
        def start(given):
            robot = robot_node(other, **given)
            Robot(robot, names)
            values = {name: parameter.value for name, parameter
                      in robot.get_parameters_by_prefix('cameras').items()}
            robot.destroy_node()
            return values
        first = start({'cameras.default.max_width': 640, 'cameras.front.label': 'Mast'})
        assert start({f'cameras.{name}': value for name, value in first.items()}) == first
        assert first['rear.image_raw.max_width'] == 640 and first['front.label'] == 'Mast'


@pytest.mark.asyncio
async def test_many_cameras_come_go_and_come_back_in_their_order(probe):
    with RosProbe('unused') as other:
        robot = robot_node(other, **{'cameras.cam7.image_raw.order': -5})
        async with running(robot, ['/cam1*', '*']) as (cameras, ros):
            publishers = [probe.publisher(Image, f'cam{number}/image_raw')
                          for number in range(20)]
            names = [f'cam{number}/image_raw' for number in range(20)]
            await cameras.until(names)
            order = ['cam7/image_raw', *sorted(name for name in names if name.startswith('cam1')),
                     *sorted(name for name in names if not name.startswith(('cam1', 'cam7')))]
            assert list(cameras.found) == order
            for publisher in publishers[10:]:
                probe.node.destroy_publisher(publisher)
            await cameras.until(names[:10])
            for name in names[10:]:
                probe.publisher(Image, name)
            await cameras.until(names)
            assert list(cameras.found) == order


@pytest.mark.parametrize('names', [[], ['front', 'front'], ['']])
def test_invalid_camera_names_are_refused(probe, names):
    with pytest.raises(ParameterError, match='cameras.names'):
        Robot(probe.node, names)
