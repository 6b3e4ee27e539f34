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

"""A browser at the robot's own server over TLS, with a certificate that the robot signs itself."""

import hashlib
import ssl

import pytest
from rtc_bridge.signaling.network_changes import reachable
from support.browsers import PATIENCE, until
from support.needs import need_address
from support.stack import ColourCamera, Robot


@pytest.fixture(scope='module')
def robot(tmp_path_factory):
    """Run a robot with a certificate of its own, at an address that is not loopback."""
    host = need_address()
    robot = Robot(relay=False, host=host, **{
        'server.tls': 'self', 'access.anonymous': 'none',
        'access.directory': str(tmp_path_factory.mktemp('keys')),
        'access.require_synchronized_clock': False})
    camera = ColourCamera(robot.probe, 'front/image_raw', (255, 0, 0))
    yield robot
    camera.close()
    robot.close()


def test_the_console_shows_the_fingerprint_of_the_certificate(robot):
    shown = robot.bridge.wait_line('fingerprint: ([0-9A-F:]{95})$')[1]
    served = ssl.get_server_certificate((robot.own_url.split('/')[2].split(':')[0], robot.port))
    der = ssl.PEM_cert_to_DER_cert(served)
    assert shown.replace(':', '').lower() == hashlib.sha256(der).hexdigest()


def test_https_gives_the_page_gamepads(robot, chromium):
    link = robot.bridge.wait_line(r'link to drive.*: (https://\S+)', PATIENCE)[1]
    page = chromium.page(ignore_https_errors=True)
    page.load(link)
    page.wait_state('live')
    assert page.evaluate('location.protocol + isSecureContext') == 'https:true'
    assert page.evaluate('"getGamepads" in navigator && "mediaDevices" in navigator')
    assert page.evaluate('rtcBridge.hello.role') == 'drive'
    assert page.errors == []
    page.leave()


def test_plain_http_gives_the_page_none(chromium):
    """Or there would be no need for all this."""
    robot = Robot(relay=False, host=reachable('0.0.0.0'), guard=None)
    try:
        page = chromium.show(robot.url)
        until(lambda: page.evaluate('!!rtcBridge.hello'), 'hello')
        assert page.evaluate('isSecureContext || "mediaDevices" in navigator') is False
        page.leave()
    finally:
        robot.close()
