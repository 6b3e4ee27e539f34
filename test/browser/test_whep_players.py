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

"""WHEP players as published, in Chromium, at the bridge and through a relay."""

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
import threading

import pytest
from support.browsers import PATIENCE, until
from support.firefox import node_modules
from support.stack import ColourCamera, Robot

BLUE, GREEN = (200, 40, 30), (30, 190, 40)
VIDEO = """const video = document.body.appendChild(document.createElement('video'));
  video.id = 'video'; video.muted = video.autoplay = true;"""
# Offers before it has candidates and trickles them.
WHIP_WHEP = f"""async (url) => {{
  const {{WHEPClient}} = await import('/whip-whep/whep.js');
  {VIDEO}
  const pc = new RTCPeerConnection();
  pc.addTransceiver('audio', {{direction: 'recvonly'}});
  pc.addTransceiver('video', {{direction: 'recvonly'}});
  pc.ontrack = (event) => {{ if (event.streams[0]) video.srcObject = event.streams[0]; }};
  const player = new WHEPClient();
  window.stopPlayer = () => player.stop();
  await player.view(pc, url, 'any.bearer');
}}"""
# Offers with all candidates. It is made for bundlers; what it uses for advertisements only is
# left out.
EYEVINN = f"""async (url) => {{
  const load = async (path, others) => {{
    const text = await (await fetch(path)).text();
    const module = {{exports: {{}}}};
    new Function('module', 'exports', 'require', text)(
      module, module.exports, (name) => others[name]);
    return module.exports;
  }};
  const {{WebRTCPlayer}} = await load('/@eyevinn/webrtc-player/dist/main.js', {{
    events: await load('/events/events.js', {{}}),
    '@eyevinn/csai-manager': {{}}, '@eyevinn/whpp-client': {{}}}});
  {VIDEO}
  const player = new WebRTCPlayer({{video, type: 'whep', iceServers: []}});
  window.stopPlayer = () => player.unload();
  await player.load(new URL(url));
}}"""


class Quiet(SimpleHTTPRequestHandler):
    """A file server that says nothing."""

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture(scope='module')
def robot():
    """Return a robot with a blue camera, found by itself, and a green one with a name."""
    # The players' pages are at another address.
    robot = Robot(**{'cameras.names': ['*', 'rear'], 'access.whep_via_relay': True,
                     'access.origins': ['*']})
    cameras = [ColourCamera(robot.probe, 'front/image_raw', BLUE),
               ColourCamera(robot.probe, 'rear/image_raw', GREEN)]
    robot.bridge.wait_line('camera front/image_raw found', PATIENCE)
    yield robot
    for camera in cameras:
        camera.close()
    robot.close()


@pytest.fixture(scope='module')
def page(chromium):
    """Return a page of another origin than the robot's and the relay's."""
    folder = node_modules('whip-whep', '@eyevinn/webrtc-player', 'events')
    server = ThreadingHTTPServer(('127.0.0.1', 0), partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = chromium.page()
    page.url = f'http://127.0.0.1:{server.server_port}/whip-whep/'
    yield page
    page.leave()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize('way', ['bridge', 'relay'])
@pytest.mark.parametrize('player, camera, colour', [
    (WHIP_WHEP, 'front/image_raw', BLUE), (EYEVINN, 'rear', GREEN)], ids=['whip-whep', 'eyevinn'])
def test_published_players_play(robot, page, player, camera, colour, way):
    """And their end is the session's end."""
    base = robot.own_url if way == 'bridge' else robot.url.rpartition('/')[0]
    page.load(page.url)
    page.evaluate(player, f'{base}/whep/testbot/{camera}')

    def shown():
        return abs(page.grab('#video').mean((0, 1)) - colour).max() < 30
    until(shown, f'the colour {colour}', PATIENCE)
    values = robot.diagnostics('viewers', lambda values, message: values['count'] == '1')
    assert {key.partition('.')[2]: value for key, value in values.items()}['protocol'] == 'whep'
    page.evaluate('stopPlayer()')
    robot.diagnostics('viewers', lambda values, message: values['count'] == '0')


def test_a_player_of_another_origin_is_told_what_is_wrong(robot, page):
    page.load(page.url)
    told = page.evaluate(f"""async (url) => {{
      try {{ await ({WHIP_WHEP})(url); }} catch (error) {{ return error.message; }}
    }}""", f'{robot.own_url}/whep/testbot/none')
    assert told == 'Request rejected with status 404'
