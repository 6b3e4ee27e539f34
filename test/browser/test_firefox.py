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

"""The page's statistics, telemetry, cameras and files in a real Firefox."""

import csv
import json

import numpy as np
import pytest
from support.browsers import until
from support.drawn import check_delays, WATCH
from support.pages import (
    foreign_pictures, RED, SAVE_STATS, TELEMETRY, wait_stats, WATCH_PICTURES,
)
from support.saved_pictures import check_snapshot_and_recording
from support.stack import ColourCamera, Robot

GREEN, SIM = (0, 150, 0), 'sim/image_raw'
SIZE = '320 × 240 VP8'
# How many of the plot's pixels have each of two curves' colours.
PLOT = """() => {
  const canvas = document.querySelector('#stats canvas');
  const style = getComputedStyle(canvas);
  const { data } = canvas.getContext('2d').getImageData(0, 30, canvas.width, canvas.height - 30);
  const probe = document.createElement('canvas').getContext('2d');
  return ['--ok', '--wait'].map((name) => {
    probe.fillStyle = style.getPropertyValue(name).trim();
    const [r, g, b] = probe.fillStyle.match(/[0-9a-f]{2}/g).map((hex) => parseInt(hex, 16));
    let count = 0;
    for (let i = 0; i < data.length; i += 4) {
      count += data[i] === r && data[i + 1] === g && data[i + 2] === b && data[i + 3] > 200;
    }
    return count;
  });
}"""


@pytest.fixture(scope='module')
def robot():
    """Run a simulated robot that draws the time into its picture, with two more cameras."""
    robot = Robot(relay=False, guard={'teleop.timeout': 3.0}, **{
        'teleop.timeout': 3.0, 'teleop.max_age': 3.0, 'teleop.max_frame_age': 5.0,
        'telemetry.topics': ['sim_robot/bumper'],
        'actions.services': ['sim_robot/lamp', 'sim_robot/get_parameters']})
    cameras = []
    try:
        robot.start('sim_robot', camera='sim', draw_stamp=True, width=448, height=336)
        cameras += [ColourCamera(robot.probe, f'{name}/image_raw', colour)
                    for name, colour in (('front', RED), ('rear', GREEN))]
        yield robot
    finally:
        for camera in cameras:
            camera.close()
        robot.close()


@pytest.fixture
def page(robot, firefox):
    """Open the page with the main camera of one colour; errors fail the test."""
    firefox.load(f'{robot.url}?camera=front/image_raw')
    firefox.wait_state('live')
    firefox.wait('rtcBridge.cameras.length === 3')
    yield firefox
    assert firefox.errors == []


def show_panels(page):
    """Open the panels with statistics and telemetry, if they are not open."""
    page.wait("!document.getElementById('more').hidden")
    if page.evaluate("document.getElementById('panels').hidden"):
        page.click('#more')


def shows(page, colour, selector='#video0'):
    """Wait until a video shows one colour."""
    until(lambda: np.abs(page.grab(selector).mean(axis=(0, 1)) - colour).max() < 40,
          f'{selector} shows {colour}')


def test_statistics_are_shown_drawn_reported_and_saved(page, robot, tmp_path):
    show_panels(page)
    page.arm()
    # Not of a second in which a busy host painted no picture.
    driven = """rtcBridge.statsHistory.find(
      (row) => row.command_ms !== null && row.delay_ms > 0 && row.fps > 0)"""

    def drive():
        page.up('w')
        page.down('w')
        return page.evaluate(f'!!{driven}')
    until(drive, 'a command', period=1.5)
    page.up('w')
    row = page.evaluate(driven)
    # Firefox rounds its clock to 1 ms, so that a round trip on one host may be none.
    assert row['command_ms'] >= 0 and row['clock_error_ms'] > 0 and row['round_trip_ms'] >= 0
    assert row['delay_ms'] > 0 and row['fps'] > 0 and row['kbit_per_s'] > 0
    # A busy host loses packets.
    assert 0 <= row['lost_percent'] <= 100 and row['route'] == 'direct'
    shown = wait_stats(page, SIZE)
    assert shown['Path'] == 'direct' and shown['Lost'].endswith(' %')
    assert shown['Frames'].endswith(' a second') and shown['Rate'].endswith(' kbit/s')
    page.wait(f'({PLOT})().every((count) => count > 5)')

    # The robot knows it, too, of each viewer.
    values = robot.diagnostics('viewers', lambda values, _: any(
        key.endswith('page_codec') and value == 'VP8' for key, value in values.items()))
    session = next(key for key in values if key.endswith('page_codec')).split('.')[0]
    assert float(values[f'{session}.page_fps']) > 0
    assert float(values[f'{session}.page_delay_ms']) > 0

    file = page.download(lambda: page.evaluate(SAVE_STATS, 'json'), tmp_path)
    report = json.loads(file.read_text())
    assert file.name.startswith('testbot-2') and 'Firefox' in report['browser']
    assert report['summary']['delay_ms']['seconds'] > 0
    assert {row['codec'] for row in report['rows'] if row['width']} == {'VP8'}
    file = page.download(lambda: page.click('#save-csv'), tmp_path)
    with file.open(newline='') as lines:
        table = list(csv.DictReader(lines))
    assert file.suffix == '.csv' and any(float(row['delay_ms'] or 0) > 0 for row in table)


def test_delay_is_that_of_the_picture_itself(page):
    page.evaluate(f"rtcBridge.select(0, '{SIM}')")
    page.wait("document.getElementById('video0').videoWidth === 448")
    page.evaluate(f'({WATCH})()')
    page.wait('drawn.length > 20')
    page.evaluate('rtcBridge.statsHistory.length = drawn.length = 0')
    good = "rtcBridge.statsHistory.filter((row) => row.delay_ms !== null && row.from === 'camera')"
    page.wait(f'{good}.length >= 5')
    measured = page.evaluate(good)
    check_delays(measured, page.evaluate('drawn.map(({ delay }) => delay)'))


def test_telemetry_and_actions(page):
    show_panels(page)
    page.wait(f"({TELEMETRY})['/sim_robot/bumper'] === 'false'")
    page.wait(f"({TELEMETRY}).Battery?.endsWith(' V') && ({TELEMETRY}).Speed === '0.00 m/s'")
    assert page.evaluate(TELEMETRY)['Heading'].endswith('°')
    if page.evaluate("document.getElementById('actions').hidden"):
        page.click('#actionsopen')
    button = '#actions button[aria-label="sim_robot/lamp {}"]'
    for word in ('off', 'on'):
        page.wait(f"!!document.querySelector('{button.format(word)}:enabled')")
        page.click(button.format(word))
        page.wait("document.querySelector('#actions .result').textContent === "
                  f"'✓ the light is {word}'")
    # A form from the definition of the service's type, in a browser with other controls.
    row = """[...document.querySelectorAll('#actions .group')].find(
      (one) => one.textContent.includes('get_parameters'))"""
    page.wait(f"!!{row} && !{row}.querySelector('button').disabled")
    page.evaluate(f"{row}.querySelector('button').click()")
    page.evaluate(f"""(() => {{
      const [add] = {row}.querySelectorAll('fieldset button');
      add.click();
      {row}.querySelector('input').value = 'rate';
      {row}.querySelector('form').requestSubmit();
    }})()""")
    page.wait(f"""{row}.querySelector('.result').textContent.includes('"double_value":30')""")


def test_cameras_in_small_swap_with_the_main_one(page):
    session = page.evaluate('rtcBridge.hello.session')
    if page.evaluate("document.getElementById('thumbs').ariaPressed") != 'true':
        page.click('#thumbs')
    small = """[...document.querySelectorAll('.thumb')].find(
      (one) => one.title === 'rear/image_raw')"""
    page.wait(f'!!{small} && !{small}.hidden')
    selector = f"#{page.evaluate(f'{small}.firstElementChild.id')}"
    shows(page, GREEN, selector)
    shows(page, RED)
    page.evaluate(WATCH_PICTURES, 0)
    page.click(selector)
    shows(page, GREEN)
    shows(page, RED, selector)
    page.wait_state('live')
    assert foreign_pictures(page) == []
    assert page.evaluate('rtcBridge.hello.session') == session
    page.click('#thumbs')


def test_snapshots_and_recordings_can_be_read(page, tmp_path):
    page.wait('rtcBridge.stats?.slots[0]?.fps > 2')
    check_snapshot_and_recording(page, RED, tmp_path)


def test_full_screen_and_picture_in_picture(page):
    page.click('#fullscreen')
    page.wait('document.fullscreenElement !== null')
    page.click('#fullscreen')
    page.wait('document.fullscreenElement === null')
    # Some versions have it, and some have it only in a menu of their own.
    hidden = page.evaluate("document.getElementById('pip').hidden")
    assert hidden is not page.evaluate('!!document.pictureInPictureEnabled')
    if not hidden:
        page.click('#pip')
        page.wait("document.pictureInPictureElement?.id === 'video0'")
        page.click('#pip')
        page.wait('document.pictureInPictureElement === null')


def test_a_fresh_page_knows_nothing_of_the_one_before(robot, firefox):
    kept = '[window.loaded ?? null, localStorage.kept ?? null, sessionStorage.kept ?? null, ' \
        'document.cookie]'
    # Any page of this origin has them.
    url = f'{robot.own_url}/no/such/page'
    firefox.evaluate_on_load('window.loaded = true')
    firefox.load(url)
    firefox.evaluate("""(() => {
      localStorage.kept = sessionStorage.kept = 'yes';
      document.cookie = 'kept=yes; max-age=1000';
    })()""")
    firefox.load(url)
    assert firefox.evaluate(kept) == [True, 'yes', 'yes', 'kept=yes']
    firefox.fresh()
    # Once more: it is fresh already.
    firefox.fresh()
    firefox.load(url)
    assert firefox.evaluate(kept) == [None, None, None, '']
