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

"""`rtc-bridge forward`: programs on the robot, reached from another computer through a relay."""

import asyncio
from functools import partial
import hashlib
from http.client import HTTPConnection
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
import os
import signal
import socket
import subprocess
import sys
import threading

import pytest
from rtc_bridge.core.access.invite import Invite, invite_text
from rtc_bridge.system.files.key_store import KeyStore
from support.patience import PATIENCE
from support.processes import Process
from support.stack import finish, ROBOT, Robot

COMMAND = [sys.executable, '-m', 'rtc_bridge.nodes.forward']


class Echo:
    """A program on the robot: sends back what comes, and ends with it."""

    def __init__(self):
        """Listen in a thread."""
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, '127.0.0.1'))
        self.port = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    async def _serve(self, reader, writer):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    def close(self):
        """End it."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()


class Pages(SimpleHTTPRequestHandler):
    """Serves files without a word."""

    protocol_version = 'HTTP/1.1'

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture(scope='module')
def robot(tmp_path_factory):
    """Run a robot with an echo as a service for drivers, one for supervisors, and a web site."""
    folder, echo = tmp_path_factory.mktemp('keys'), Echo()
    pages = tmp_path_factory.mktemp('web')
    (pages / 'index.html').write_text('<h1>the robot</h1>' + 'x' * 300_000)
    web = ThreadingHTTPServer(('127.0.0.1', 0), partial(Pages, directory=str(pages)))
    threading.Thread(target=web.serve_forever, daemon=True).start()
    url = f'tcp://127.0.0.1:{echo.port}'
    robot = Robot(guard=None, **{
        'teleop.enabled': False, 'access.anonymous': 'none', 'access.anonymous_via_relay': 'none',
        'access.directory': str(folder), 'access.require_synchronized_clock': False,
        'services.names': ['echo', 'shell', 'web', 'words'], 'services.echo.url': url,
        'services.echo.role': 'drive', 'services.shell.url': url,
        'services.web.url': f'http://127.0.0.1:{web.server_port}',
        'services.words.url': 'ws://127.0.0.1:9'})
    robot.link = lambda role: f'{robot.url}#' + invite_text(
        KeyStore(folder).secret, Invite(ROBOT, role, role, 'Ada', 0, 9_999_999_999))
    yield robot
    robot.close()
    echo.close()
    web.shutdown()
    web.server_close()


@pytest.fixture
def forward(tmp_path):
    """Return a function that forwards a service, and gives the process and its port."""
    started = []

    def start(link, name):
        file = tmp_path / 'link'
        file.write_text(link)
        process = Process([*COMMAND, f'@{file}', name])
        started.append(process)
        return process, int(process.wait_line(r'^127.0.0.1:(\d+)$', PATIENCE)[1])
    yield start
    for process in started:
        finish(process)


def exchange(port, data):
    """Send data to a port, and end; return what came back until its end."""
    with socket.create_connection(('127.0.0.1', port), PATIENCE) as connection:
        connection.settimeout(PATIENCE)
        sender = threading.Thread(target=lambda: (
            connection.sendall(data), connection.shutdown(socket.SHUT_WR)))
        sender.start()
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
        sender.join()
    return b''.join(parts)


def test_a_port_here_leads_to_the_program_there(robot, forward):
    _, port = forward(robot.link('drive'), 'echo')
    data = os.urandom(1_000_000)
    assert hashlib.sha256(exchange(port, data)).digest() == hashlib.sha256(data).digest()
    # By the same session.
    assert exchange(port, b'again') == b'again'


def test_an_interrupt_ends_it_whatever_is_open(robot, forward):
    process, port = forward(robot.link('drive'), 'echo')
    with socket.create_connection(('127.0.0.1', port), PATIENCE) as connection:
        connection.settimeout(PATIENCE)
        connection.sendall(b'x')
        assert connection.recv(1) == b'x'
        process.send(signal.SIGINT)
        assert process.wait() == 0, process.text


def test_standard_input_and_output(robot, tmp_path):
    result = subprocess.run([*COMMAND, robot.link('supervise'), 'shell', '-'], input=b'x' * 50_000,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE)
    assert (result.returncode, result.stdout) == (0, b'x' * 50_000), result.stderr


def test_a_web_site_of_the_robot_opens_here(robot, forward):
    """Over several connections, of which each serves several requests."""
    _, port = forward(robot.link('drive'), 'web')
    connections = [HTTPConnection('127.0.0.1', port, timeout=PATIENCE) for _ in range(3)]
    for _ in range(2):
        for connection in connections:
            connection.request('GET', '/')
        for connection in connections:
            page = connection.getresponse().read()
            assert page.startswith(b'<h1>the robot</h1>') and len(page) > 300_000
    for connection in connections:
        connection.close()


def test_nothing_as_standard_input(robot):
    result = subprocess.run([*COMMAND, robot.link('supervise'), 'shell', '-'],
                            stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE)
    assert (result.returncode, result.stdout) == (0, b''), result.stderr


def test_files_as_standard_input_and_output(robot, tmp_path):
    data, out = os.urandom(40_000), tmp_path / 'out'
    (tmp_path / 'in').write_bytes(data)
    with (tmp_path / 'in').open('rb') as given, out.open('wb') as taken:
        result = subprocess.run([*COMMAND, robot.link('supervise'), 'shell', '-'], stdin=given,
                                stdout=taken, stderr=subprocess.PIPE, timeout=PATIENCE)
    assert (result.returncode, out.read_bytes()) == (0, data), result.stderr


def test_a_reader_that_goes_ends_it_without_a_word(robot):
    with subprocess.Popen([*COMMAND, robot.link('supervise'), 'shell', '-'],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          bufsize=0) as process:
        process.stdin.write(b'x')
        assert process.stdout.read(1) == b'x'
        process.stdout.close()
        process.stdin.write(b'y')
        assert process.wait(PATIENCE) == 1
        assert process.stderr.read() == b''


@pytest.mark.parametrize('role, name, said', [
    ('drive', 'shell', 'takes the role supervise, this session has drive'),
    ('drive', 'other', "there is no service 'other'; there are: echo, web, words"),
    ('drive', 'words', 'takes no connection'),
    ('view', 'echo', 'takes the role drive')])
def test_what_is_refused_is_told(robot, role, name, said):
    result = subprocess.run([*COMMAND, robot.link(role), name, '-'], input=b'', text=False,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE)
    assert result.returncode == 1 and said in result.stderr.decode()


def test_a_link_of_another_key_is_refused(robot):
    link = robot.url + '#' + invite_text(
        b'x' * 32, Invite(ROBOT, 'x', 'drive', 'Eve', 0, 9_999_999_999))
    result = subprocess.run([*COMMAND, link, 'echo', '-'], input=b'', stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, timeout=PATIENCE)
    assert result.returncode == 1 and b'the robot ends the session' in result.stderr
