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

"""The demo as a newcomer starts it: real processes, a link, a clean end."""

import os
from pathlib import Path
import re
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import cv2
import numpy
import pytest
from support.patience import PATIENCE

pytest.importorskip('rclpy')

PROGRAMS = ['relay', 'sim_robot', 'cmd_vel_guard', 'bridge']
COMMAND = [sys.executable, '-m', 'rtc_bridge.cli', 'demo']
LINK = re.compile(r'http://127\.0\.0\.1:\d+/demo')


def environment():
    """Return an environment in which the demo chooses its own ROS domain."""
    return {name: value for name, value in os.environ.items() if name != 'ROS_DOMAIN_ID'}


def children(parent):
    """Return the process ids of the demo's programs by module."""
    found = {}
    for folder in Path('/proc').glob('[0-9]*'):
        try:
            status = (folder / 'status').read_text()
            words = (folder / 'cmdline').read_bytes().split(b'\0')
        except OSError:
            continue
        if f'\nPPid:\t{parent}\n' in status and b'-m' in words:
            module = words[words.index(b'-m') + 1].decode()
            found[module.removeprefix('rtc_bridge.nodes.')] = int(folder.name)
    return found


def pidfds(processes):
    """Return descriptors that become readable when these processes end."""
    return [os.pidfd_open(pid) for pid in processes]


def wait_for_end(descriptors, timeout=PATIENCE):
    """Wait until all these processes have ended."""
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    left = set(descriptors)
    while left:
        events = poll.poll(timeout * 1000)
        assert events, f'{len(left)} processes still run'
        for descriptor, _ in events:
            poll.unregister(descriptor)
            os.close(descriptor)
            left.discard(descriptor)


def start():
    """Start the demo; return it once its link is there, with the link and the lines before it."""
    process = subprocess.Popen([*COMMAND, '--port', '0'], env=environment(), text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    lines = []
    try:
        for line in process.stdout:
            lines.append(line)
            if LINK.search(line):
                return process, LINK.search(line)[0], lines
        pytest.fail('no link:\n' + ''.join(lines))
    except BaseException:
        kill(process)
        raise


def kill(process):
    """End the demo in case that it still runs."""
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.fixture(scope='module')
def untouched():
    """Return a list for demos that a test has looked at only: the next one takes them."""
    demos = []
    yield demos
    for process, _, _ in demos:
        kill(process)


@pytest.fixture
def demo(untouched):
    """Return a demo whose link is there, with the link and the lines before it."""
    demo = untouched.pop() if untouched else start()
    yield demo
    kill(demo[0])


def test_link_and_page(untouched):
    demo = process, link, _ = start()
    try:
        assert sorted(children(process.pid)) == sorted(PROGRAMS)
        with urllib.request.urlopen(link, timeout=PATIENCE) as page:
            assert page.status == 200
            assert b'<!doctype html>' in page.read().lower()
    except BaseException:
        kill(process)
        raise
    untouched.append(demo)


@pytest.fixture(scope='module')
def pictures(tmp_path_factory):
    """Return a folder of two numbered pictures."""
    folder = tmp_path_factory.mktemp('pictures')
    for number in range(2):
        cv2.imwrite(str(folder / f'{number:03}.png'), numpy.full((48, 64, 3), 90, numpy.uint8))
    return folder


def test_video_is_a_second_camera(pictures):
    process = subprocess.Popen(
        [*COMMAND, '--port', '0', '--video', pictures, '--verbose'], env=environment(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        assert any('[play_video]' in line and '64x48' in line for line in process.stdout)
    finally:
        process.kill()
        process.communicate()


def said_before(line, moment):
    """Tell whether a line carries a ROS time before a moment, in seconds since 1970."""
    stamp = re.search(r'\[(\d{10}\.\d+)\]', line)
    return stamp is not None and float(stamp[1]) < moment


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_stops_quietly_and_leaves_nothing(demo, number):
    process, _, _ = demo
    descriptors = pidfds(children(process.pid).values())
    assert len(descriptors) == len(PROGRAMS)
    asked = time.time()
    process.send_signal(number)
    # A busy host may find the simulated robot late: what was said of that is on its way.
    rest = '\n'.join(line for line in process.stdout.read().splitlines()
                     if not said_before(line, asked))
    assert process.wait(timeout=PATIENCE) == 0
    assert not re.search('Traceback|WARN|ERROR|ended with status', rest), rest
    wait_for_end(descriptors, timeout=0)


def test_killed_demo_leaves_nothing(demo):
    process, _, _ = demo
    descriptors = pidfds(children(process.pid).values())
    assert len(descriptors) == len(PROGRAMS)
    process.kill()
    wait_for_end(descriptors)


def test_a_program_that_dies_ends_the_demo_with_its_name(demo):
    process, _, _ = demo
    found = children(process.pid)
    descriptors = pidfds(found.values())
    os.kill(found['bridge'], signal.SIGKILL)
    rest = process.stdout.read()
    assert process.wait(timeout=PATIENCE) == 1
    assert 'bridge ended with status -9' in rest
    wait_for_end(descriptors, timeout=0)


def test_taken_port_is_named():
    with socket.create_server(('127.0.0.1', 0)) as server:
        port = server.getsockname()[1]
        done = subprocess.run([*COMMAND, '--port', str(port)], env=environment(), text=True,
                              capture_output=True, timeout=PATIENCE)
    assert done.returncode == 1
    assert done.stdout == ''
    assert len(done.stderr.splitlines()) == 1
    assert f'port {port} is taken; choose another: rtc-bridge demo --port' in done.stderr


@pytest.mark.parametrize('arguments, fault', [
    (['--host', '192.0.2.1'], 'cannot listen on 192.0.2.1'),
    (['--port', '70000'], 'port 70000 is out of range'),
    (['--video', '/nowhere.mp4'], 'there is no /nowhere.mp4'),
])
def test_wrong_options_are_named(arguments, fault):
    done = subprocess.run([*COMMAND, *arguments], env=environment(), text=True,
                          capture_output=True, timeout=PATIENCE)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert fault in done.stderr
