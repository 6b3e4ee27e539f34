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

import pytest
from rclpy.node import Node
from rclpy.parameter import Parameter
from rtc_bridge.bridge.cameras import Cameras
from rtc_bridge.core.errors import ParameterError
from rtc_bridge.core.video.tiers import Scale
from rtc_bridge.ros.executor_thread import ExecutorThread
from sensor_msgs.msg import CompressedImage, Image
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
        self.cameras = Cameras(robot, names, (Scale(1),), self.found, self._changed)

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
        finally:
            task.cancel()
            ros.close()


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


@pytest.mark.parametrize('names', [[], ['front', 'front'], ['']])
def test_invalid_camera_names_are_refused(probe, names):
    with pytest.raises(ParameterError, match='cameras.names'):
        Robot(probe.node, names)
