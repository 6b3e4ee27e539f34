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

from glob import glob
import os
from xml.etree import ElementTree

from setuptools import find_packages, setup

package_name = 'rtc_bridge'
# Version, maintainer and description stand in package.xml, and only there.
manifest = ElementTree.parse(os.path.join(os.path.dirname(os.path.realpath(__file__)),
                                          'package.xml')).getroot()
share = os.path.join('share', package_name)

setup(
    name=package_name,
    version=manifest.findtext('version'),
    packages=find_packages(include=[package_name, package_name + '.*']),
    package_data={package_name: ['web/*', 'web/**/*']},
    data_files=[
        ('share/ament_index/resource_index/packages', ['resource/' + package_name]),
        (share, ['package.xml']),
        (os.path.join(share, 'launch'), glob('launch/*launch.[pxy][yma]*')),
        (os.path.join(share, 'config'), glob('config/*')),
    ],
    python_requires='>=3.11',
    # aiortc's bounds are the versions that peer/aiortc_compat/ knows; av comes with aiortc, at
    # the version that aiortc allows.
    install_requires=[
        'setuptools',
        'aiohttp>=3.9',
        'aiortc>=1.14,<2',
        'av',
        'cryptography>=42',
        'numpy',
        'packaging',
        'prometheus-client',
        'qrcode',
        'websockets>=13',
    ],
    # ROS installations bring rclpy, messages, cv_bridge and OpenCV; a machine without ROS gets
    # them from PyPI. ros-rclpy is one name for all distributions, hence its exact version.
    extras_require={
        'ros-jazzy': [
            'cv-bridge==1.13.0.post0',
            # The wheels up to Python 3.12 are made for numpy 1, the later ones for 2; cv_bridge
            # writes messages with what numpy 2.3 dropped.
            'numpy<2; python_version < "3.13"',
            'numpy<2.3; python_version == "3.13"',
            'opencv-python-headless<4.12',
            'ros-jazzy-diagnostic-msgs',
            'ros-jazzy-nav-msgs',
            'ros-jazzy-rclpy',
            'ros-jazzy-sensor-msgs',
            'ros-jazzy-std-srvs',
            'ros-rclpy[fastrtps]==7.1.6',
        ],
        'ros-kilted': [
            'cv-bridge==1.13.0.post0',
            'numpy<2; python_version < "3.13"',
            'numpy<2.3; python_version == "3.13"',
            'opencv-python-headless<4.12',
            'ros-kilted-diagnostic-msgs',
            'ros-kilted-nav-msgs',
            'ros-kilted-rclpy',
            'ros-kilted-sensor-msgs',
            'ros-kilted-std-srvs',
            'ros-rclpy[fastrtps]==9.1.2',
        ],
        # audio.echo_cancel: webrtc.
        'echo': ['pywebrtc-audio>=0.2'],
        # A relay that shares its robots with others.
        'redis': ['redis>=5'],
        'test': [
            'colcon-common-extensions',
            'flake8',
            'flake8-builtins',
            'flake8-comprehensions',
            'flake8-docstrings',
            'flake8-import-order',
            'flake8-quotes',
            'hypothesis',
            'mypy',
            'playwright',
            'pytest',
            'pytest-asyncio',
            'pytest-timeout',
            'pytest-xdist>=3.3',
            'pywebrtc-audio>=0.2',
            'redis>=5',
        ],
    },
    # The page is served as files.
    zip_safe=False,
    maintainer=manifest.findtext('maintainer'),
    maintainer_email=manifest.find('maintainer').get('email'),
    description=manifest.findtext('description'),
    license='Apache-2.0',
    entry_points={
        'console_scripts': [
            # ros2 run and ros2 launch. They go through cli, which looks at the dependencies
            # before anything imports them.
            'bridge = rtc_bridge.cli:bridge',
            'cmd_vel_guard = rtc_bridge.cli:cmd_vel_guard',
            'doctor = rtc_bridge.cli:doctor',
            'play_video = rtc_bridge.cli:play_video',
            'relay = rtc_bridge.cli:relay',
            'sim_robot = rtc_bridge.cli:sim_robot',
            # Shells.
            'rtc-bridge = rtc_bridge.cli:main',
        ],
    },
)
