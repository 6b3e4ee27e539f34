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

"""K-Scale's app, and its robot, as GStreamer programs: pictures and texts through our relay."""

from contextlib import closing, ExitStack
import json
from pathlib import Path

import pytest
from std_msgs.msg import String
from support.browsers import PATIENCE, until
from support.loudspeaker import Loudspeaker
from support.microphone import FREQUENCY, Microphone, PARAMETERS
from support.processes import node, Process
from support.stack import ColourCamera, finish, ROBOT, Robot, start

SYSTEM = '/usr/bin/python3'
PEERS = str(Path(__file__).parents[1] / 'support' / 'kscale_peers.py')
BLUE, GREEN, RED = (200, 40, 40), (40, 160, 40), (0, 0, 253)
TOKEN = 'a-token-of-an-app'


@pytest.fixture(scope='module', autouse=True)
def gstreamer():
    """Skip where a part is missing."""
    check = Process(['env', '-u', 'LD_LIBRARY_PATH', SYSTEM, PEERS, '--check'])
    if check.wait(PATIENCE):
        pytest.skip(check.text)


class Peer:
    """A program of ``kscale_peers.py``."""

    def __init__(self, *words):
        """Start it."""
        self.process = start([SYSTEM, PEERS, *words], SYSTEM)

    def events(self, kind):
        """Return what happened of one kind."""
        found = []
        for line in self.process.lines:
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if event['event'] == kind:
                found.append(event)
        return found

    def wait(self, kind, condition=lambda event: True):
        """Wait for an event that fulfils a condition; return it."""
        return until(lambda: next(filter(condition, self.events(kind)), None),
                     f'{kind}; it said: {self.process.text[-1500:]}', PATIENCE)

    def sees(self, bgr, number=0):
        """Wait for a picture of a colour, decoded, later than a number."""
        return self.wait('frame', lambda event: event['number'] > number and all(
            abs(a - b) < 30 for a, b in zip(event['colour'], reversed(bgr))))

    def close(self):
        """End it."""
        finish(self.process)


@pytest.fixture
def peer():
    """Start programs that end with the test."""
    started = []

    def begin(*words):
        started.append(Peer(*words))
        return started[-1]
    yield begin
    for each in started:
        each.close()


@pytest.fixture
def relay_url():
    """Run a relay."""
    process = start(node('relay') + ['--host', '127.0.0.1', '--port', '0', '--open'])
    yield 'ws' + process.wait_line(r'listens on http(://\S+)', PATIENCE)[1] + '/'
    finish(process)


def test_k_scales_own_meet_at_our_relay(relay_url, peer):
    """Token, offer, trickled candidates, answer, picture and chat pass as they are."""
    robot = peer('robot', relay_url, 'kbot', '--token', TOKEN, '--say', 'from the robot')
    first = peer('app', relay_url, 'nobody')
    assert first.wait('message')['message'] == {'type': 'error', 'error': 'Robot is not available'}
    first.wait('closed')
    app = until(lambda: _available(peer, relay_url), 'the robot is there')
    app.sees(RED, 10)
    app.wait('heard', lambda event: event['text'] == 'from the robot')
    robot.wait('heard', lambda event: event['text'] == '{"x": 0.5, "y": 1, "z": 0}')
    second = peer('app', relay_url, 'kbot', '--token', TOKEN)
    assert second.wait('message')['message']['error'] == 'Robot connected to different app'
    app.close()
    robot.wait('left')
    third = peer('app', relay_url, 'kbot', '--token', TOKEN)
    third.sees(RED)
    robot.close()
    third.wait('message', lambda event: event['message'].get('error') == 'Robot disconnected')


def _available(peer, relay_url):
    app = peer('app', relay_url, 'kbot', '--token', TOKEN, '--service', 'video',
               '--say', '{"x": 0.5, "y": 1, "z": 0}')
    message = app.wait('message')['message']
    return app if message['type'] == 'robot_available' else None


class Site:
    """A robot of ours with a relay, and a blue and a green camera."""

    def __init__(self, **parameters):
        """Start all of it."""
        self.robot = Robot(**{'cameras.names': ['front', 'rear'], **parameters})
        self.cameras = [ColourCamera(self.robot.probe, f'{name}/image_raw', colour)
                        for name, colour in (('front', BLUE), ('rear', GREEN))]
        self.relay = f'ws{self.robot.url.removeprefix("http").removesuffix(ROBOT)}'
        self.own = f'ws{self.robot.own_url.removeprefix("http")}/'

    def close(self):
        """End all of it."""
        for camera in self.cameras:
            camera.close()
        self.robot.close()


@pytest.fixture(scope='module')
def site():
    """Return a robot that is open to all."""
    site = Site()
    yield site
    site.close()


def test_k_scales_app_sees_our_robot_through_the_relay(site, peer):
    """It asks as at K-Scale's gateway, and texts go to the application's topics and back."""
    heard = site.robot.probe.subscribe(String, '/rtc_bridge/received', lambda m: m.data)
    sending = site.robot.probe.node.create_publisher(String, '/rtc_bridge/send', 10)
    app = peer('app', site.relay, ROBOT, '--token', 'any', '--service', 'video', '--say', 'salute')
    app.sees(BLUE, 30)
    kinds = [event['message']['type'] for event in app.events('message')]
    assert kinds == ['robot_available', 'auth_success']
    assert app.wait('channel')['label'] == 'chat'
    site.robot.probe.wait_for(lambda: 'salute' in heard, PATIENCE)
    sending.publish(String(data='well done'))
    app.wait('heard', lambda event: event['text'] == 'well done')
    values = site.robot.diagnostics(
        'viewers', lambda values, _: any(v == 'kscale' for v in values.values()))
    assert 'vp8' in [value for key, value in values.items() if key.endswith('.codec')]
    # Another one at the same time, for the other camera, by its name.
    other = peer('app', site.relay, ROBOT, '--service', 'video/rear')
    other.sees(GREEN, 10)
    app.sees(BLUE, app.events('frame')[-1]['number'] + 10)
    app.close()
    other.close()
    site.robot.diagnostics('viewers', lambda values, _: values['count'] == '0')


def test_sound_both_ways(peer, tmp_path):
    with ExitStack() as parts:
        loudspeaker = parts.enter_context(closing(Loudspeaker(tmp_path)))
        # Without a relay: the other robot's diagnostics say that it has one.
        site = parts.enter_context(closing(Site(relay=False, **PARAMETERS, **{
            'audio.talk': 'role', 'audio.talk_device': loudspeaker.device})))
        parts.enter_context(closing(Microphone(site.robot.probe)))
        app = peer('app', site.own, '--audio')
        app.sees(BLUE)
        # In bands of 100 Hz.
        app.wait('tone', lambda event: abs(event['frequency'] - FREQUENCY) < 100)
        loudspeaker.wait_tone(880)
        app.close()


def test_k_scales_app_at_the_robots_own_server(site, peer):
    """Without signaling, as in a LAN; two cameras by their numbers are two videos."""
    app = peer('app', site.own, '--cameras', '[0, 1]', '--deaf')
    app.sees(BLUE)
    app.sees(GREEN)
    assert app.wait('offer')['sdp'].count('m=video') == 2


@pytest.mark.parametrize('words, named', [
    (('--service', 'policy'), "no service 'policy'"), (('--cameras', '[7]'), 'no camera 7')])
def test_what_is_not_there_is_said(site, peer, words, named):
    app = peer('app', site.relay, ROBOT, *words)
    app.wait('message', lambda event: named in event['message'].get('error', ''))


def test_who_is_let_in(peer):
    """By default nobody through the relay; at the robot's own server who has its token."""
    site = Site(**{'access.anonymous_via_relay': 'none', 'access.anonymous': 'view'})
    try:
        for words in ((), ('--token', TOKEN)):
            app = peer('app', site.relay, ROBOT, *words)
            app.wait('message', lambda event: 'nobody in without an invite' in (
                event['message'].get('error', '')))
            assert not app.events('offer')
        app = peer('app', site.own, '--token', 'any', '--say', 'boxing')
        app.sees(BLUE)
        app.wait('heard', lambda event: 'may only watch' in event['text'])
    finally:
        site.close()


def test_a_token_that_the_robot_asks_for(peer, monkeypatch):
    monkeypatch.setenv('RTC_BRIDGE_KSCALE_TOKEN', TOKEN)
    site = Site(relay=False)
    try:
        app = peer('app', site.own, '--token', 'wrong')
        app.wait('message', lambda event: event['message'].get('message') == (
            'Invalid authentication token'))
        app.wait('closed')
        app = peer('app', site.own)
        app.wait('message', lambda event: 'token is needed' in event['message'].get('error', ''))
        app = peer('app', site.own, '--token', TOKEN)
        app.sees(BLUE)
    finally:
        site.close()
    assert TOKEN not in site.robot.bridge.text and 'wrong' not in site.robot.bridge.text
