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
"""Links with invites in a real browser: at a real robot, and at servers that lie."""

from pathlib import Path
import re
import subprocess
import sys

from aiohttp import web
import pytest
from rtc_bridge.core.access.invite import Invite, invite_text, parse_payload
from rtc_bridge.core.access.policy import AccessPolicy, VerifiedInvite
from rtc_bridge.core.errors import REFUSED
from rtc_bridge.peer.local_robot_link import LocalRobotLink
from rtc_bridge.relay.app import create_app
from rtc_bridge.relay.directory.registry import Registry
from rtc_bridge.system.files.key_store import KeyStore
from support.browsers import Loop, PATIENCE, until
from support.pages import fresh_page
from support.stack import ColourCamera, Robot
from support.viewer import make_sessions, TestCamera

NOTHING_SHOWN = "[...document.querySelectorAll('video')].every((video) => !video.srcObject)"


@pytest.fixture(scope='module')
def robot(tmp_path_factory):
    """Run a robot that lets nobody in without an invite, with a camera."""
    robot = Robot(**{
        'access.anonymous': 'none', 'access.anonymous_via_relay': 'none',
        'access.directory': str(tmp_path_factory.mktemp('keys')),
        # Nobody may have set this machine's clock.
        'access.require_synchronized_clock': False})
    robot.directory = robot._parameters['access.directory']
    camera = ColourCamera(robot.probe, 'front/image_raw', (255, 0, 0))
    yield robot
    camera.close()
    robot.close()


@pytest.fixture
def page(chromium):
    page = chromium.page()
    yield page
    page.leave()


def invite(robot, *options):
    """Make a link, or revoke, as people do; return what is for programs and what is for people."""
    done = subprocess.run(
        [sys.executable, '-m', 'rtc_bridge.cli', 'invite', '--directory', robot.directory,
         *options], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip(), done.stderr


def test_the_console_s_link_drives(robot, page):
    link = robot.bridge.wait_line(r'link to drive.*: (http\S+)', PATIENCE)[1]
    assert link.startswith(f'{robot.url}#v1.')
    page.load(link)
    page.wait_state('live')
    assert page.evaluate('rtcBridge.hello.role') == 'drive'
    page.grab()
    assert page.errors == []


def test_an_invite_to_view_and_its_end(robot, page):
    link, words = invite(robot, '--role', 'view', '--name', 'Ada', '--ttl', '1h')
    page.load(link)
    page.wait_state('live')
    assert page.evaluate('rtcBridge.hello.role') == 'view'
    assert 'Watching only' in page.texts()
    viewers = robot.diagnostics('viewers', lambda v, _: 'Ada' in v.values())
    assert 'view' in viewers.values()
    invite(robot, re.search(r'--revoke=\S+', words)[0])
    assert page.wait_state('revoked') == 'Link withdrawn'
    assert page.evaluate(NOTHING_SHOWN)
    # The page has forgotten it.
    page.refresh()
    page.wait_state('invite')


def test_a_link_is_taken_back_by_itself(robot, page):
    link, _ = invite(robot, '--ttl', '1h')
    page.load(link)
    page.wait_state('live')
    _, words = invite(robot, '--revoke', link)
    assert words.startswith("Taken back: the link with id '")
    page.wait_state('revoked')


@pytest.mark.parametrize('what, fault', [
    (['--revoke', 'http://bot/x'], "'http://bot/x' is neither the id of a link nor a link"),
    (['--revoke', ''], "'' is neither"),
    (['--revoke', 'abc'], 'no robot was started'),
    (['--revoke-name', 'Ada'], 'no robot was started'),
    (['--revoke-name', ''], '--revoke-name: whose?'),
], ids=['page', 'empty', 'id', 'name', 'no name'])
def test_what_takes_no_link_back_says_so(tmp_path, what, fault):
    done = subprocess.run(
        [sys.executable, '-m', 'rtc_bridge.cli', 'invite', '--directory', tmp_path, *what],
        capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == REFUSED
    assert fault in done.stderr


def loaded_anew(page, state, action='location.reload()'):
    """Wait until the page has come again after something that makes it."""
    page.evaluate(f'window.before = true; {action}; 0')
    page.wait(f"!window.before && window.rtcBridge?.state === '{state}'")


@pytest.fixture
def any_page(browser):
    """Open an empty page in each browser."""
    with fresh_page(browser, may_fail=True) as page:
        yield page


def test_the_key_leaves_the_address_and_a_reload_needs_it_no_more(robot, any_page):
    page = any_page
    link, _ = invite(robot, '--role', 'drive', '--ttl', '1h')
    other, words = invite(robot, '--role', 'view', '--ttl', '1h')
    key = link.rpartition('.')[2]
    address, _, fragment = link.partition('#')
    page.load(f'{address}?slots=2#{fragment}')
    page.wait_state('live')
    assert page.evaluate('location.href') == f'{address}?slots=2'
    assert page.evaluate('document.documentElement.outerHTML.includes("' + key + '")') is False
    loaded_anew(page, 'live')
    assert page.evaluate('rtcBridge.hello.role') == 'drive'
    # Away and back.
    page.load('about:blank')
    page.evaluate('history.back()')
    page.wait_state('live')
    assert page.evaluate('[rtcBridge.hello.role, location.hash]') == ['drive', '']
    # Another link, pasted into the address, is another one.
    loaded_anew(page, 'live', f"location.hash = '{other.partition('#')[2]}'")
    assert page.evaluate('[rtcBridge.hello.role, location.hash]') == ['view', '']
    invite(robot, re.search(r'--revoke=\S+', words)[0])
    page.wait_state('revoked')
    assert page.evaluate('sessionStorage.length') == 0
    loaded_anew(page, 'invite')


@pytest.mark.parametrize('script', [
    """Object.defineProperty(window, 'sessionStorage',
      { get() { throw new DOMException('no', 'SecurityError'); } });""",
    """Storage.prototype.setItem = () => {
      throw new DOMException('full', 'QuotaExceededError'); };""",
], ids=['forbidden', 'full'])
def test_a_browser_that_keeps_nothing_leaves_the_link_in_the_address(robot, chromium, script):
    link, _ = invite(robot, '--role', 'view', '--ttl', '1h')
    page = chromium.page()
    page.evaluate_on_load(script)
    page.load(link)
    page.wait_state('live')
    assert page.evaluate('location.href') == link
    loaded_anew(page, 'live')
    assert page.errors == []
    page.leave()


def test_without_a_link_nothing_is_shown(robot, page):
    page.load(robot.url)
    assert page.wait_state('invite') == 'Link needed'
    assert page.evaluate(NOTHING_SHOWN)


def test_an_expired_link_says_so(robot, page):
    secret = KeyStore(Path(robot.directory)).secret
    page.load(f'{robot.url}#{invite_text(secret, Invite("testbot", "x", "view", "", 0, 1))}')
    assert page.wait_state('expired') == 'Link expired'


def test_a_damaged_link_says_so_and_a_whole_one_mends_it(robot, page):
    link, _ = invite(robot, '--ttl', '60s')
    page.load(link[:-1])
    assert page.wait_state('bad-invite') == 'Link damaged'
    # Another fragment alone is no navigation.
    page.load('about:blank')
    page.load(link)
    page.wait_state('live')


def test_a_link_of_another_robot_is_denied(robot, page):
    other = invite_text(b'x' * 32, Invite('testbot', 'x', 'drive', '', 0, 9_999_999_999))
    page.load(f'{robot.url}#{other}')
    assert page.wait_state('denied') == 'Not allowed'


class Liar:
    """A server with a robot of its own behind the page's address."""

    def __init__(self, folder, link=LocalRobotLink, access=AccessPolicy):
        self.loop = Loop()
        self.store = KeyStore(folder)
        self.camera = TestCamera('front', 60)
        self.url = self.loop.run(self._serve(link, access))
        self.page_url = f'{self.url}#' + invite_text(
            self.store.secret, Invite('robot', 'x', 'drive', '', 0, 9_999_999_999))

    async def _serve(self, link, access):
        self.sessions = make_sessions(self.camera, access=access('robot', store=self.store))
        registry = Registry()
        registry.add('robot', link(self.sessions, 'relay'))
        self.runner = web.AppRunner(create_app(registry))
        await self.runner.setup()
        site = web.TCPSite(self.runner, '127.0.0.1', 0)
        await site.start()
        return f'http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/robot'

    def close(self):
        async def end():
            await self.sessions.close('test ends')
            await self.runner.cleanup()
        self.loop.run(end())
        self.camera.stop()
        self.loop.close()


class BelievesAll(AccessPolicy):
    """A robot that takes every proof, and has no key for one of its own."""

    def verify_proof(self, transcript, mac):
        return VerifiedInvite(parse_payload(transcript.payload), b'\0' * 32, console=True)


class TwoFingerprints(LocalRobotLink):
    """A relay that adds a fingerprint: browsers take the last one, robots' checks the first."""

    async def answer(self, offer):
        sdp = await super().answer(offer)
        return re.sub(r'(a=fingerprint:sha-256 ).*\r\n',
                      lambda m: f'{m[0]}{m[1]}{":".join(["66"] * 32)}\r\n', sdp)


class NoBundle(LocalRobotLink):
    """A relay that drops the bundle, so that sections could have connections of their own."""

    async def answer(self, offer):
        return re.sub(r'a=group:BUNDLE.*\r\n', '', await super().answer(offer))


class UnsetClock(AccessPolicy):
    """A robot whose clock a test sets."""

    is_set = False

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options, synchronized=lambda: UnsetClock.is_set)


@pytest.fixture
def liar(tmp_path):
    made = []

    def make(**options):
        made.append(Liar(tmp_path, **options))
        return made[-1]
    yield make
    for one in made:
        one.close()


def test_the_same_server_without_lies(liar, page):
    page.load(liar().page_url)
    page.wait_state('live')


def test_a_robot_that_cannot_tell_the_time_yet_is_asked_again(liar, page):
    UnsetClock.is_set = False
    page.load(liar(access=UnsetClock).page_url)
    assert page.wait_state('clock') == 'Robot’s clock not set'
    assert page.evaluate("document.getElementById('retry').hidden")
    assert page.evaluate(NOTHING_SHOWN)
    UnsetClock.is_set = True
    page.wait_state('live')
    # A page that is shown ends, too, and comes back.
    UnsetClock.is_set = False
    page.wait_state('clock')
    assert page.evaluate(f"{NOTHING_SHOWN} && document.getElementById('last').hidden")
    UnsetClock.is_set = True
    page.wait_state('live')


@pytest.mark.parametrize('lie, state', [
    ({'access': BelievesAll}, 'impostor'), ({'link': TwoFingerprints}, 'bad-sdp'),
    ({'link': NoBundle}, 'bad-sdp')])
def test_nothing_of_a_liar_is_shown(liar, page, lie, state):
    one = liar(**lie)
    # Whatever is shown for however short a time is noted.
    page.evaluate_on_load("""
        window.shown = 0;
        const { set } = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, 'srcObject');
        Object.defineProperty(HTMLMediaElement.prototype, 'srcObject', {
          configurable: true, get() { return null; },
          set(stream) { window.shown += !!stream; set.call(this, stream); } });""")
    page.load(one.page_url)
    page.wait_state(state)
    assert page.evaluate('window.shown') == 0
    assert page.evaluate('rtcBridge.hello') is None
    until(lambda: not one.sessions.sessions, 'the sessions are over')
