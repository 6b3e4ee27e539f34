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

"""Several cameras in the stage, zoom, turning, quality and snapshots, in real browsers."""

from datetime import datetime
import struct
import zlib

import av
from nav_msgs.msg import Odometry
import numpy as np
import pytest
from support.accessibility import faults, out_of_reach
from support.browsers import until
from support.pages import fresh_page, PHONE, spot
from support.stack import ColourCamera, Robot

NAMES = ['front', 'rear', 'arm', 'left']
# Blue, green, red.
COLOURS = {'front': (0, 0, 200), 'rear': (200, 0, 0), 'arm': (0, 150, 0), 'left': (0, 150, 200)}
SIZES = {'desktop': (1440, 900), 'laptop': (1024, 640), 'tablet': (820, 1180), 'phone': (390, 844),
         'phone-side': (844, 390)}
# Called with a layout, as by a person in the list; the section need not be open.
CHOOSE = """(layout) => {
  const list = document.getElementById('layout');
  list.value = layout;
  list.dispatchEvent(new Event('change'));
}"""
# Called with the number of a place and a camera.
PUT = """([place, camera]) => {
  const list = document.querySelectorAll('#picture .row select')[place];
  list.value = camera;
  list.dispatchEvent(new Event('change'));
}"""
# The places as shares of the stage: left, top, right, bottom, in percent.
PLACES = """(() => {
  const stage = document.getElementById('stage').getBoundingClientRect();
  return [document.getElementById('place'), ...document.querySelectorAll('#tiles .thumb')].filter(
    (one) => one.getClientRects().length).map((one) => {
    const { left, top, right, bottom } = one.getBoundingClientRect();
    return [(left - stage.left) / stage.width, (top - stage.top) / stage.height,
      (right - stage.left) / stage.width, (bottom - stage.top) / stage.height].map(
      (share) => Math.round(share * 100));
  });
})()"""
# Where the main video is drawn in its place, after all transforms: left, top, right, bottom, px.
DRAWN = """(() => {
  const place = document.getElementById('place').getBoundingClientRect();
  const one = document.getElementById('video0').getBoundingClientRect();
  return [one.left - place.left, one.top - place.top, one.right - place.right,
    one.bottom - place.bottom].map(Math.round);
})()"""
# Called with the wheel's deltaY, where the pointer is (shares of the place), and Ctrl or not.
WHEEL = """([deltaY, x, y, ctrlKey]) => {
  const { left, top, width, height } = document.getElementById('place').getBoundingClientRect();
  return !document.getElementById('view').dispatchEvent(new WheelEvent('wheel', { deltaY, ctrlKey,
    clientX: left + x * width, clientY: top + y * height, bubbles: true, cancelable: true }));
}"""
# Called with points, px from the middle of the place: presses there, drags, and lets go.
DRAG = """(points) => {
  const { left, top, width, height } = document.getElementById('place').getBoundingClientRect();
  points.forEach(([x, y], i) => {
    const options = { pointerId: 9, button: 0, buttons: 1, bubbles: true, cancelable: true,
      clientX: left + width / 2 + x, clientY: top + height / 2 + y };
    const view = document.getElementById('view');
    if (i === 0) view.dispatchEvent(new PointerEvent('pointerdown', options));
    view.dispatchEvent(new PointerEvent('pointermove', options));
    if (i === points.length - 1) view.dispatchEvent(new PointerEvent('pointerup', options));
  });
}"""
ZOOM = "document.getElementById('zoom')"
ZOOMED = f'!{ZOOM}.hidden && parseFloat({ZOOM}.textContent)'
# Keeps the receivers of all sessions.
RECEIVERS = """
  window.receivers = [];
  const add = RTCPeerConnection.prototype.addTransceiver;
  RTCPeerConnection.prototype.addTransceiver = function (...words) {
    const made = add.apply(this, words);
    receivers.push([this, made.receiver]);
    return made;
  };
"""
# Names of pictures that something else covers.
HIDDEN_NAMES = """(() => {
  const boxes = (selector) => [...document.querySelectorAll(selector)].filter(
    (one) => one.checkVisibility()).map((one) => one.getBoundingClientRect());
  const others = boxes('#hud .plate, #obstaclering, #cameras button');
  return boxes('#mainlabel, #tiles .name').filter((name) => others.some((one) => (
    name.left < one.right && name.right > one.left && name.top < one.bottom
      && name.bottom > one.top))).length;
})()"""
TARGETS = """[...new Set(receivers.filter(([pc, { track }]) => track.kind === 'video'
  && pc.connectionState === 'connected').map(([, one]) => one.jitterBufferTarget))]"""

# How long frames are to wait since the last call, ms; null without frames, or where the browser
# does not tell.
WAITS = """(async () => {
  const [pc] = receivers.findLast(([one]) => one.connectionState === 'connected');
  const one = [...(await pc.getStats()).values()].find(
    ({ type, kind, framesDecoded: frames }) => type === 'inbound-rtp' && kind === 'video'
      && frames);
  const now = [one.jitterBufferTargetDelay, one.jitterBufferEmittedCount];
  const [delay, count] = window.waited ?? now;
  window.waited = now;
  return now[1] > count ? (now[0] - delay) / (now[1] - count) * 1000 : null;
})()"""


@pytest.fixture(scope='module')
def robot():
    """Run a robot with four cameras, of which one is not for driving, and with two tiers."""
    robot = Robot(relay=False, guard={'teleop.timeout': 3.0}, **{
        'teleop.timeout': 3.0, 'teleop.max_age': 3.0, 'teleop.max_frame_age': 5.0,
        'video.tiers': ['1/1', '1/2'], 'cameras.default.max_bitrate': 400_000,
        'cameras.names': NAMES, 'cameras.arm.drive': False,
        **{f'cameras.{name}.topic': f'{name}/image_raw' for name in NAMES}})
    cameras = [ColourCamera(robot.probe, f'{name}/image_raw', COLOURS[name]) for name in NAMES]
    yield robot
    for camera in cameras:
        camera.close()
    robot.close()


@pytest.fixture
def page(browser):
    """Open a browser that has never seen this robot."""
    with fresh_page(browser) as page:
        yield page


def load(page, robot, query='camera=front'):
    """Load the page, and wait until all is there."""
    page.load(f'{robot.url}?{query}')
    page.wait_state('live')
    page.wait("rtcBridge.cameras.length === 4 && document.getElementById('layout')?.value"
              " && !document.getElementById('pictures').disabled")


def shows(page, *names):
    """Wait until the slots show these cameras."""
    for slot, name in enumerate(names):
        def right(slot=slot, name=name):
            mean = page.grab(f'#video{slot}').mean(axis=(0, 1))
            return np.abs(mean - COLOURS[name]).max() < 60
        until(right, lambda slot=slot, name=name: f'{name} in slot {slot}')


def test_layouts_are_kept_and_in_the_url(robot, page):
    load(page, robot, 'camera=front&x=a%2Fb')
    assert page.evaluate("document.getElementById('layout').options.length") == 4
    assert page.evaluate(PLACES) == [[0, 0, 100, 100]]
    page.evaluate(CHOOSE, 'two')
    page.wait(f'{PLACES}.length === 2')
    assert page.evaluate(PLACES) == [[0, 0, 50, 100], [50, 0, 100, 100]]
    shows(page, 'front', 'rear')
    assert page.evaluate('location.search') == '?camera=front&x=a%2Fb&layout=two:rear'
    # Another camera in a place; one that is shown already changes places.
    page.evaluate(PUT, [1, 'left'])
    shows(page, 'front', 'left')
    page.evaluate(PUT, [0, 'left'])
    shows(page, 'left', 'front')
    assert page.evaluate('location.search').endswith('layout=two:front')
    page.evaluate(CHOOSE, 'grid')
    page.wait(f'{PLACES}.length === 4')
    assert page.evaluate(PLACES) == [
        [0, 0, 50, 50], [50, 0, 100, 50], [0, 50, 50, 100], [50, 50, 100, 100]]
    shows(page, 'left', 'front', 'rear', 'arm')
    assert page.evaluate("document.getElementById('thumbs').hidden")
    assert page.evaluate('location.search').endswith('layout=grid:front,rear,arm')
    # A picture that is pressed becomes the main one.
    page.click('#tiles .thumb:nth-child(1)')
    shows(page, 'front', 'left', 'rear', 'arm')
    page.wait("location.search.endsWith('layout=grid:left,rear,arm')")
    # For this robot the browser keeps it.
    load(page, robot)
    page.wait(f'{PLACES}.length === 4')
    shows(page, 'front', 'left', 'rear', 'arm')
    assert page.evaluate('location.search') == '?camera=front'
    # But the URL wins.
    load(page, robot, 'camera=front&layout=inset:arm')
    page.wait(f'{PLACES}.length === 2')
    shows(page, 'front', 'arm')
    page.evaluate(CHOOSE, 'one')
    page.wait(f'{PLACES}.length === 1')
    # Nobody watches the others any more.
    page.wait("document.querySelectorAll('#cameras .thumb:not([hidden])').length === 0")
    page.click('#thumbs')
    page.wait("document.querySelectorAll('#cameras .thumb:not([hidden])').length === 3")


def test_only_the_main_picture_is_for_driving(robot, page, cmd_vel):
    load(page, robot, 'camera=front&layout=two:arm')
    shows(page, 'front', 'arm')
    page.arm()
    page.wait("document.getElementById('mainlabel').textContent === 'front · for driving'")
    page.wait("document.querySelector('#hud .foot .plate').checkVisibility()")
    assert page.evaluate(HIDDEN_NAMES) == 0
    page.evaluate("document.getElementById('stage').focus()")
    page.down('w')
    cmd_vel.wait_motion(cmd_vel.mark())
    page.up('w')
    page.click('#tiles .thumb')
    page.wait("document.getElementById('mainlabel').textContent === 'arm · not for driving'")
    shows(page, 'arm', 'front')
    page.wait("!document.getElementById('drivecamera').hidden")
    page.evaluate("document.getElementById('stage').focus()")
    since = cmd_vel.wait_zero(cmd_vel.mark() - 1)
    page.down('w')
    page.wait("document.getElementById('why').textContent.includes('camera')"
              " || document.getElementById('toast').textContent.includes('camera')")
    assert cmd_vel.motions(since) == []
    page.up('w')
    # Names can be switched off; people who only watch read no mark.
    page.evaluate("""(() => [...document.querySelectorAll('#picture input[type=checkbox]')].find(
        (one) => one.closest('label').textContent.includes('Names')).click())()""")
    page.wait("""document.getElementById('mainlabel').hidden
      && !document.querySelector('#tiles .name').checkVisibility()""")


def test_the_inset_is_moved_and_sized(robot, page):
    load(page, robot, 'camera=front&layout=inset:arm')
    shows(page, 'front', 'arm')

    def box():
        left, top, right, bottom = page.evaluate(PLACES)[1]
        return left, top, right - left
    page.wait(f'{PLACES}.length === 2')
    assert box() == (70, 0, 30)
    drag = """(points) => points.forEach(([selector, x, y], i) => {
      const one = document.querySelector(selector);
      const { left, top } = document.getElementById('stage').getBoundingClientRect();
      const { clientWidth, clientHeight } = document.getElementById('stage');
      const type = i === 0 ? 'pointerdown' : i === points.length - 1 ? 'pointerup' : 'pointermove';
      one.dispatchEvent(new PointerEvent(type, { pointerId: 3, button: 0, buttons: 1,
        bubbles: true, clientX: left + x * clientWidth,
        clientY: top + y * clientHeight }));
      if (type === 'pointerup') one.dispatchEvent(new MouseEvent('click', { bubbles: true,
        detail: 1, cancelable: true }));
    })"""
    page.evaluate(drag, [['#tiles .thumb', 0.8, 0.1], ['#tiles .thumb', 0.4, 0.3],
                         ['#tiles .thumb', 0.4, 0.3]])
    assert box() == (30, 20, 30)
    # It was no press.
    shows(page, 'front', 'arm')
    page.evaluate(drag, [['#inset', 0.6, 0.5], ['#inset', 0.65, 0.5], ['#inset', 0.65, 0.5]])
    assert box() == (30, 20, 35)
    page.evaluate("document.getElementById('inset').focus()")
    for key in ('ArrowLeft', '-'):
        page.down(key)
        page.up(key)
    left, top, width = box()
    assert left < 30 and top == 20 and width < 35
    assert page.evaluate("rtcBridge.settings.get('speed')") == 0.3, 'the speed changed'
    load(page, robot)
    page.wait(f'{PLACES}.length === 2')
    assert box() == (left, top, width)


def test_the_picture_zooms_and_the_page_does_not(robot, page):
    load(page, robot)
    whole = page.evaluate(DRAWN)
    assert page.evaluate(f'{ZOOM}.hidden')
    # The point under the pointer stays; the wheel is not the page's.
    assert page.evaluate(WHEEL, [-400, 0.5, 0.5, False])
    assert page.evaluate(ZOOMED) == 2
    assert page.evaluate('visualViewport.scale') == 1
    left, top, right, bottom = page.evaluate(DRAWN)
    assert left < whole[0] and right > whole[2] and abs(left + right) <= 2
    assert page.evaluate(WHEEL, [-100, 0.5, 0.5, True])
    assert page.evaluate(ZOOMED) == 4
    for _ in range(4):
        page.evaluate(WHEEL, [-400, 0.1, 0.9, False])
    assert page.evaluate(ZOOMED) == 8
    # Dragged as far as it goes: no edge of the picture is within the place.
    for way in (-1, 1):
        page.evaluate(DRAG, [[0, 0], [way * 3000, way * 3000]] * 3)
        page.evaluate(DRAG, [[0, 0], [way * 9000, way * 9000]])
        seen = page.evaluate("""(() => {
          const video = document.getElementById('video0');
          const box = video.getBoundingClientRect();
          const place = document.getElementById('place').getBoundingClientRect();
          const scale = Math.min(box.width / video.videoWidth, box.height / video.videoHeight);
          const [w, h] = [video.videoWidth * scale / 2, video.videoHeight * scale / 2];
          const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
          return [x - w - place.left, y - h - place.top, place.right - x - w,
            place.bottom - y - h];
        })()""")
        assert max(seen) < 1, seen
        assert max(seen) > -1, f'the edge is not reached: {seen}'
    # A double press, the button and a key show all of it again.
    page.evaluate(DRAG, [[0, 0]])
    page.evaluate(DRAG, [[3, 0]])
    page.wait(f'{ZOOM}.hidden')
    assert page.evaluate(DRAWN) == whole
    page.evaluate(WHEEL, [-400, 0.2, 0.2, False])
    page.click('#zoom')
    page.wait(f'{ZOOM}.hidden')
    page.evaluate(WHEEL, [-400, 0.2, 0.2, False])
    page.down('0')
    page.up('0')
    page.wait(f'{ZOOM}.hidden')
    # For a driver + and - are for the speed.
    page.evaluate("document.getElementById('stage').focus()")
    page.down('+')
    page.up('+')
    assert page.evaluate(f'{ZOOM}.hidden')
    assert page.evaluate("rtcBridge.settings.get('speed')") == 0.4
    # Another camera is seen whole.
    page.evaluate(WHEEL, [-400, 0.2, 0.2, False])
    page.evaluate(PUT, [0, 'rear'])
    page.wait(f'{ZOOM}.hidden')
    assert page.evaluate(PLACES) == [[0, 0, 100, 100]]


def test_a_pinch_zooms_while_a_thumb_drives(robot, chromium, cmd_vel):
    page = chromium.page(viewport={'width': 390, 'height': 844}, **PHONE)
    load(page, robot)
    page.arm()
    stick = spot(page, 'stick2', 0, -0.8)
    left, top, width, height = page.evaluate("""(() => {
      const place = document.getElementById('place').getBoundingClientRect();
      return [place.left, place.top, place.width, place.height];
    })()""")
    x, y = left + width / 2, top + height / 2
    # A stick begins where the finger lands.
    page.touch(spot(page, 'stick2', 0, 0))
    page.touch(stick)
    cmd_vel.wait_motion(cmd_vel.mark())
    page.touch(stick, (x - 30, y))
    page.touch(stick, (x - 30, y), (x + 30, y))
    held = """['stick2', 'stick'].map((id) => [document.getElementById(id).className,
      document.getElementById(id).style.cssText])"""
    before = page.evaluate(held)
    assert 'held' in before[0][0]
    page.touch(stick, (x - 60, y), (x + 60, y))
    page.touch(stick, (x - 90, y), (x + 90, y))
    page.wait(f'{ZOOMED} === 3')
    assert page.evaluate('visualViewport.scale') == 1
    page.touch(stick, None, None)
    # The robot goes on as it did.
    assert page.evaluate(held) == before
    cmd_vel.wait_motion(cmd_vel.mark())
    # A finger alone moves the picture.
    before = page.evaluate(DRAWN)
    page.touch(stick, (x, y))
    page.touch(stick, (x + 40, y))
    page.wait(f'{DRAWN}[0] === {before[0] + 40}')
    page.touch()
    cmd_vel.wait_zero(cmd_vel.mark() - 1)
    # Two taps show all of it.
    for _ in range(2):
        page.touch((x, y))
        page.touch()
    page.wait(f'{ZOOM}.hidden')
    assert page.errors == []
    page.leave()


def texts_of(path):
    """Return the texts of a PNG by keyword; check all of its chunks."""
    data, at, texts = path.read_bytes(), 8, {}
    assert data[:8] == b'\x89PNG\r\n\x1a\n'
    while at < len(data):
        size, kind = struct.unpack_from('>I4s', data, at)
        content = data[at + 8:at + 8 + size]
        crc, = struct.unpack_from('>I', data, at + 8 + size)
        assert crc == zlib.crc32(kind + content)
        if kind == b'iTXt':
            keyword, text = content.split(b'\0\0\0\0\0', 1)
            texts[keyword.decode()] = text.decode()
        at += 12 + size
    return texts


def test_a_snapshot_is_turned_and_tells_what_it_shows(robot, page, tmp_path):
    publisher = robot.probe.publisher(Odometry, 'odom')
    message = Odometry()
    message.pose.pose.position.x, message.pose.pose.position.y = 1.25, -0.5
    message.pose.pose.orientation.z = message.pose.pose.orientation.w = 0.5 ** 0.5
    timer = robot.probe.node.create_timer(0.1, lambda: publisher.publish(message))
    load(page, robot)
    page.click('#pictures')
    page.wait("document.getElementById('telemetry').textContent.includes('90°')")
    page.wait('rtcBridge.statsHistory.at(-1)?.delay_ms > 0')
    turn = '#picture .row button[title^=Turn]'
    page.wait(f"document.querySelector('{turn}').checkVisibility()")
    page.click(turn)
    page.wait("document.getElementById('view').style.transform.includes('rotate(90deg)')")
    # Width and height have changed places, and it still fills its place.
    page.wait("""(() => {
      const { width, height } = document.getElementById('view').getBoundingClientRect();
      const { clientWidth, clientHeight } = document.getElementById('place');
      return Math.abs(width - clientWidth) < 1 && Math.abs(height - clientHeight) < 1;
    })()""")
    picture = page.download(lambda: page.click('#snapshot'), tmp_path)
    with av.open(str(picture)) as file:
        image = next(file.decode(video=0)).to_ndarray(format='bgr24')
    # A busy host may have made it smaller.
    assert image.shape in ((320, 240, 3), (160, 120, 3))
    assert np.abs(image.mean(axis=(0, 1)) - COLOURS['front']).max() < 60
    texts = texts_of(picture)
    assert texts['Robot'] == 'testbot' and texts['Camera'] == 'front'
    assert (texts['Pose x m'], texts['Pose y m']) == ('1.25', '-0.5')
    assert float(texts['Pose yaw rad']) == pytest.approx(np.pi / 2, abs=1e-4)
    seen, captured = (datetime.fromisoformat(texts[name])
                      for name in ('Creation Time', 'Capture Time'))
    assert (seen - captured).total_seconds() * 1000 == pytest.approx(
        float(texts['Delay ms']), abs=1.1)
    assert texts['Software'].startswith('rtc_bridge ')
    assert page.evaluate('rtcBridge.hello.version') in texts['Software']
    # Kept for this camera, and seen in the small picture, too.
    load(page, robot, 'camera=rear&layout=two:front')
    page.wait("document.getElementById('video1').dataset.turn === '90'")
    assert page.evaluate("document.getElementById('view').style.transform") == ''
    robot.probe.node.destroy_timer(timer)
    robot.probe.node.destroy_publisher(publisher)


def test_one_saves_data_and_the_other_sees_the_same_as_before(robot, page, chromium):
    other = chromium.show(robot.url)
    other.wait_state('live')
    page.evaluate_on_load(RECEIVERS)
    load(page, robot)
    page.wait("document.getElementById('video0').videoWidth === 320")
    page.evaluate("""(() => {
      const list = document.getElementById('quality');
      list.value = 'save';
      list.dispatchEvent(new Event('change'));
      const cap = document.getElementById('cap');
      cap.value = 150;
      cap.dispatchEvent(new Event('change'));
    })()""")
    page.wait("document.getElementById('video0').videoWidth === 160")
    other.wait('rtcBridge.statsHistory.at(-1).width === 320')
    assert page.evaluate("""(() => ['cap', 'capmb'].map(
        (id) => Number(document.getElementById(id).value)))()""") == [150, 68]
    page.wait("/^[0-9.]+ MB$/.test(document.querySelector('#received dd').textContent)")
    # A browser that comes again asks for the same.
    load(page, robot)
    page.wait("document.getElementById('video0').videoWidth === 160")
    page.evaluate("""(() => {
      const list = document.getElementById('quality');
      list.value = 'auto';
      list.dispatchEvent(new Event('change'));
    })()""")
    page.wait("document.getElementById('video0').videoWidth === 320")
    # Evenly is for those who watch: the driver sees each frame at once.
    if page.evaluate("!document.getElementById('smooth').closest('label').hidden"):
        assert page.evaluate(TARGETS) == [0]
        page.evaluate("document.getElementById('smooth').click()")
        page.wait(f'({TARGETS}).join() === "100"')
        # Chromium heeds the robot's word more than the page's.
        tells = page.evaluate("navigator.userAgent.includes('Chrome/')")
        if tells:
            until(lambda: (page.evaluate(WAITS) or 0) > 80, 'frames wait')
        page.arm()
        page.wait(f'({TARGETS}).join() === "0"')
        if tells:
            until(lambda: (page.evaluate(WAITS) or 99) < 60, 'frames do not wait')
        page.evaluate('rtcBridge.release()')
        page.wait(f'({TARGETS}).join() === "100"')
    other.leave()


@pytest.mark.parametrize('size', SIZES)
def test_all_is_in_reach_in_each_layout(robot, chromium, cmd_vel, size):
    width, height = SIZES[size]
    page = chromium.page(viewport={'width': width, 'height': height},
                         **(PHONE if width < 1000 else {}))
    try:
        load(page, robot)
        page.arm()
        for layout, count in (('two', 2), ('grid', 4), ('inset', 2)):
            page.evaluate(CHOOSE, layout)
            page.wait(f'{PLACES}.length === {count}')
            page.wait("!document.getElementById('stage').innerText.includes('No picture yet')")
            # axe does not see that the stage cuts off what is zoomed.
            assert faults(page) == []
            page.evaluate(WHEEL, [-200, 0.5, 0.5, False])
            page.wait(f'!{ZOOM}.hidden')
            # Tablets, and phones on their side, have controls over the pictures, which are pressed
            # beside them.
            assert [fault for fault in out_of_reach(page) if size not in ('phone-side', 'tablet')
                    or not fault.startswith(tuple(f'{name} is under' for name in NAMES))] == []
            page.evaluate(f'{ZOOM}.click()')
        if size == 'phone-side':
            # There the section is over the pictures.
            page.evaluate(CHOOSE, 'one')
        page.click('#pictures')
        page.wait("document.getElementById('layout').checkVisibility()")
        assert faults(page) == [] and out_of_reach(page) == []
        assert page.evaluate('document.documentElement.scrollWidth') <= width
        assert page.errors == []
    finally:
        page.leave()
