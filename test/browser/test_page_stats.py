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

"""What the page measures of delays, rates and loss, beside what is true."""

import csv
import json
import time

import pytest
from support.browsers import PATIENCE
from support.drawn import check_delays, WATCH
from support.pages import SAVE_STATS, wait_stats
from support.stack import ColourCamera, finish, Robot
from support.viewers import Viewer

# Age of a camera's stamps, in seconds: far more than the delay of a picture, and below the age
# from which the bridge takes a stamp for one of another clock.
AGE_S = 5.0


@pytest.fixture(scope='module')
def robot():
    """Run a robot without a relay."""
    robot = Robot(relay=False, **{'teleop.max_age': 1.0})
    yield robot
    robot.close()


def rows(page, condition, count=3):
    """Wait for so many rows for which an expression of ``row`` is true; return them."""
    code = f'rtcBridge.statsHistory.filter((row) => {condition})'
    page.wait(f'{code}.length >= {count}')
    return page.evaluate(code)


def stamped(robot, name, age):
    """Return a camera whose pictures say that they are so old, in seconds."""
    camera = ColourCamera(robot.probe, name, (0, 90, 0))
    publish = camera.publisher.publish

    def send(image):
        now = time.time() - age
        image.header.stamp.sec, image.header.stamp.nanosec = int(now), int(now % 1 * 1e9)
        publish(image)
    camera.publisher = type('Publisher', (), {'publish': staticmethod(send)})
    return camera


def test_delay_is_that_of_the_picture_itself(robot, chromium):
    simulator = robot.start('sim_robot', camera='sim', draw_stamp=True)
    page = chromium.show(f'{robot.url}?camera=sim/image_raw')
    try:
        page.wait_state('live')
        page.evaluate(WATCH)
        page.wait('drawn.length > 30')
        page.evaluate('rtcBridge.statsHistory.length = drawn.length = 0')
        measured = rows(page, "row.delay_ms !== null && row.from === 'camera'", 5)
        # The same frames by two ways: nothing in common but the frame's time on the screen.
        check_delays(measured, page.evaluate('drawn.map(({ delay }) => delay)'))
        assert page.errors == []
    finally:
        page.leave()
        finish(simulator)


def test_delay_counts_from_the_stamp_or_says_that_it_does_not(robot, chromium):
    old = stamped(robot, 'old/image_raw', AGE_S)
    plain = ColourCamera(robot.probe, 'plain/image_raw', (90, 0, 0))
    page = chromium.show(f'{robot.url}?camera=old/image_raw')
    try:
        page.wait_state('live')
        late = rows(page, "row.from === 'camera' && row.delay_ms !== null")
        # The clocks may be wrong by so much, and no more.
        assert [row for row in late
                if row['delay_ms'] + row['clock_error_ms'] <= 1000 * AGE_S] == []
        page.evaluate("rtcBridge.select(0, 'plain/image_raw')")
        page.evaluate('rtcBridge.statsHistory.length = 0')
        from_arrival = rows(page, """row.from === 'arrival' && row.delay_ms !== null
          && row.camera === 'plain/image_raw'""")
        assert 0 <= from_arrival[-1]['delay_ms'] < 1000 * AGE_S
        # A picture that stands still has no delay.
        plain.pause()
        page.wait_state('camera-lost')
        page.evaluate('rtcBridge.statsHistory.length = 0')
        assert rows(page, 'true', 2)[-1]['delay_ms'] is None
    finally:
        page.leave()
        old._node.destroy_timer(old._timer)
        plain.close()


def test_statistics_are_shown_reported_and_saved(robot, chromium, tmp_path):
    camera = ColourCamera(robot.probe, 'front/image_raw', (0, 0, 90))
    page = chromium.show(f'{robot.url}?camera=front/image_raw')
    try:
        page.wait_state('live')
        assert rows(page, 'row.fps > 0')[0]['command_ms'] is None
        page.arm()
        page.down('w')
        driven = rows(page, 'row.command_ms !== null && row.delay_ms > 0 && row.fps > 0', 1)[0]
        page.up('w')
        assert 0 <= driven['command_ms'] < PATIENCE * 1000
        assert 0 <= driven['clock_error_ms'] < PATIENCE * 1000
        assert (driven['width'], driven['height'], driven['codec']) == (320, 240, 'H264')
        assert (driven['route'], driven['camera']) == ('direct', 'front/image_raw')

        def told(values, _):
            return any(key.endswith('page_delay_ms') for key in values)
        values = robot.diagnostics('viewers', told)
        session = next(key for key in values if key.endswith('page_delay_ms')).split('.')[0]
        assert values[f'{session}.page_width'] == '320'
        assert values[f'{session}.page_route'] == 'direct'
        assert float(values[f'{session}.page_fps']) > 0

        page.evaluate("document.getElementById('more').click()")
        assert wait_stats(page, '320 × 240 H264')['Path'] == 'direct'
        file = page.download(lambda: page.evaluate(SAVE_STATS, 'json'), tmp_path)
        report = json.loads(file.read_text())
        assert file.name.startswith('testbot-') and file.suffix == '.json'
        assert report['robot'] == 'testbot' and 'Chrome' in report['browser']
        assert report['page'] == robot.url
        assert report['summary']['delay_ms']['seconds'] > 0
        assert {row['codec'] for row in report['rows'] if row['width']} == {'H264'}
        file = page.download(lambda: page.evaluate(SAVE_STATS, 'csv'), tmp_path)
        with file.open(newline='') as lines:
            table = list(csv.DictReader(lines))
        assert file.suffix == '.csv' and len(table) >= len(report['rows'])
        assert table[-1]['robot'] == 'testbot' and 'Chrome' in table[-1]['browser']
        assert any(float(row['delay_ms'] or 0) > 0 for row in table)
        assert page.errors == []
    finally:
        page.leave()
        camera.close()


def test_invalid_statistics_are_refused_and_nothing_else_happens(robot):
    viewer = Viewer(f'{robot.own_url}/connect')
    try:
        viewer.wait('control', lambda m: m['type'] == 'hello')
        viewer.send('control', {'type': 'figures', 'delay_ms': 'soon'})
        viewer.wait('control', lambda m: m['type'] == 'error' and 'delay_ms' in m['message'])
        viewer.send('control', {'type': 'figures', 'delay_ms': 4242})
        robot.diagnostics('viewers', lambda values, _: '4242.0' in values.values())
        viewer.send('control', {'type': 'ping', 'id': 1})
        pong = viewer.wait('control', lambda m: m['type'] == 'pong')
        assert pong['id'] == 1 and abs(pong['time'] - time.clock_gettime(
            time.CLOCK_BOOTTIME)) < PATIENCE
    finally:
        viewer.close()


def test_diagnostics_have_the_statistics_of_each_viewer(robot):
    stats = {'delay_ms': 12.5, 'command_ms': 3.5, 'clock_error_ms': 0.5, 'round_trip_ms': 1.5,
             'fps': 29.5, 'kbit_per_s': 800.0, 'lost_percent': 0.5, 'width': 640, 'height': 480,
             'codec': 'VP8', 'route': 'relay'}
    viewers = [Viewer(f'{robot.own_url}/connect') for _ in range(2)]
    try:
        wanted = {}
        for number, viewer in enumerate(viewers):
            hello = viewer.wait('control', lambda m: m['type'] == 'hello')
            own = {**stats, 'delay_ms': 1000.5 + number}
            viewer.send('control', {'type': 'figures', **own})
            # Whole session ids are secrets of their viewers.
            wanted |= {f'{hello["session"][:8]}.page_{name}': str(value)
                       for name, value in own.items()}
        values = robot.diagnostics('viewers', lambda values, _: wanted.keys() <= values.keys())
        assert {key: values[key] for key in wanted} == wanted
    finally:
        for viewer in viewers:
            viewer.close()


def test_the_browser_is_checked_where_the_page_has_its_details(robot, chromium):
    camera = ColourCamera(robot.probe, 'green', (0, 90, 0))
    page = chromium.show(f'{robot.url}?camera=green')
    try:
        page.wait_state('live')
        page.wait("document.querySelector('#checks details')")
        page.evaluate("document.querySelector('#more').click()")
        page.evaluate("document.querySelector('#checks summary').click()")
        checks = """Object.fromEntries([...document.querySelectorAll('#checks dt')].map(
          (name) => [name.textContent, name.nextElementSibling.textContent]))"""
        page.wait(f"({checks}).Path?.includes('host here')")
        found = page.evaluate(checks)
        assert found['Signaling'] == 'WebSocket' and found['WebRTC'] == 'yes'
        assert 'VP8' in found['Video codecs'] and 'rtc_bridge' in found['Robot']
        # The failures of a page that cannot connect are in its notice.
        assert page.evaluate('document.getElementById("noticechecks").offsetHeight') == 0
        assert page.errors == []
    finally:
        page.leave()
        camera.close()
