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

"""Codecs and limits that change under a real page, by itself and by ROS parameters."""

import pytest
from rcl_interfaces.msg import Parameter, ParameterValue
from rcl_interfaces.srv import DescribeParameters, GetParameters, SetParametersAtomically
from rcl_interfaces.srv import SetParameters
from support.stack import ColourCamera, Robot

# A window of which little has to be drawn.
SMALL = {'width': 640, 'height': 360}
BOOL, INTEGER, DOUBLE, STRING = 1, 2, 3, 4
# Between network and decoder every H.264 frame becomes rubbish; VP8 goes through.
BROKEN_H264 = """
const worker = `onrtctransform = ({transformer: {readable, writable}}) => readable
  .pipeThrough(new TransformStream({transform(frame, controller) {
    if (/h264/i.test(frame.getMetadata().mimeType)) {
      frame.data = new ArrayBuffer(frame.data.byteLength);
    }
    controller.enqueue(frame);
  }})).pipeTo(writable)`;
const add = RTCPeerConnection.prototype.addTransceiver;
RTCPeerConnection.prototype.addTransceiver = function (...words) {
  const transceiver = add.apply(this, words);
  transceiver.receiver.transform = new RTCRtpScriptTransform(new Worker(
    'data:text/javascript,' + encodeURIComponent(worker)), {});
  return transceiver;
};
window.said = [];
const info = console.info;
console.info = (...words) => { window.said.push(words.join(' ')); info(...words); };
"""


@pytest.fixture(scope='module')
def robot():
    """Run a robot with one configured camera."""
    robot = Robot(relay=False, guard=None, **{'cameras.names': ['front']})
    yield robot
    robot.close()


@pytest.fixture(scope='module')
def camera(robot):
    """Publish a red picture, wide and low."""
    return ColourCamera(robot.probe, 'front/image_raw', (0, 0, 200))


def break_h264(page):
    """Let a page decode no H.264; it needs a worker, which our own pages have no leave for."""
    page.evaluate_on_load(BROKEN_H264)
    return page


def codec(page):
    """Return the codec that a page shows, as its statistics tell."""
    return page.evaluate('window.rtcBridge?.stats?.slots[0]?.codec')


def wait_codec(page, name):
    """Wait until a page decodes frames of a codec."""
    page.wait(f"""(() => {{ const slot = window.rtcBridge?.stats?.slots[0];
        return slot?.codec === '{name}' && slot.fps > 0; }})()""")


def test_a_browser_that_cannot_decode_h264_gets_vp8(robot, camera, chromium):
    page = break_h264(chromium.page(bypass_csp=True, viewport=SMALL))
    page.load(robot.url)
    wait_codec(page, 'VP8')
    blue, _, red = page.grab().mean(axis=(0, 1))
    assert red > 150 and blue < 60
    said = page.evaluate('window.said')
    assert any('H264' in text for text in said), said
    values = robot.diagnostics('viewers', lambda values, message: any(
        key.endswith('.failed_codecs') and value == 'h264' for key, value in values.items()))
    assert [v for k, v in values.items() if k.endswith('.codec')] == ['vp8']
    page.leave()


def test_a_whole_browser_keeps_h264_and_one_that_is_not_looked_at(robot, camera, chromium):
    page = break_h264(chromium.page(bypass_csp=True, viewport=SMALL))
    page.load(robot.url)
    # Pictures go on to a page that does not hear of it, as with a video in a window of its own.
    page.wait('!!window.rtcBridge?.viewerStats')
    page.evaluate("Object.defineProperty(document, 'hidden', {get: () => true}); 0")
    whole = chromium.page(viewport=SMALL)
    whole.load(robot.url)
    wait_codec(whole, 'H264')
    page.wait('window.rtcBridge?.stats?.slots[0]?.kbps > 0')
    # As long as it takes one that is looked at.
    broken = break_h264(chromium.page(bypass_csp=True, viewport=SMALL))
    broken.load(robot.url)
    wait_codec(broken, 'VP8')
    broken.leave()
    assert codec(page) == codec(whole) == 'H264'
    page.leave()
    whole.leave()


def test_firefox_shows_what_it_decodes(robot, camera, firefox):
    """Here it has no decoder for H.264, and says so."""
    firefox.load(robot.url)
    blue, _, red = firefox.grab().mean(axis=(0, 1))
    assert red > 150 and blue < 60


class Parameters:
    """The bridge's parameters over DDS, as ``ros2 param`` uses them."""

    def __init__(self, probe):
        """Make the clients."""
        self._probe = probe
        self._clients = {}

    def call(self, kind, name, request):
        """Call a service; return the response."""
        if kind not in self._clients:
            self._clients[kind] = self._probe.node.create_client(kind, f'/rtc_bridge/{name}')
        client = self._clients[kind]
        self._probe.wait_for(client.service_is_ready)
        future = client.call_async(request)
        self._probe.wait_for(future.done)
        return future.result()

    def change(self, **values):
        """Set parameters of the camera, all at once; return the result."""
        request = SetParametersAtomically.Request(parameters=[
            Parameter(name=f'cameras.front.{n}', value=message(v)) for n, v in values.items()])
        return self.call(SetParametersAtomically, 'set_parameters_atomically', request).result

    def set_one(self, name, value):
        """Set one parameter, as the command line does; return the result."""
        request = SetParameters.Request(parameters=[Parameter(name=name, value=message(value))])
        return self.call(SetParameters, 'set_parameters', request).results[0]

    def get(self, name):
        """Return the value of a camera's parameter."""
        value = self.call(GetParameters, 'get_parameters', GetParameters.Request(
            names=[f'cameras.front.{name}'])).values[0]
        return {BOOL: value.bool_value, INTEGER: value.integer_value, DOUBLE: value.double_value,
                STRING: value.string_value}[value.type]

    def describe(self, name):
        """Return a parameter's descriptor."""
        return self.call(DescribeParameters, 'describe_parameters', DescribeParameters.Request(
            names=[name])).descriptors[0]


def message(value):
    """Return a value as a ROS message."""
    kind = {bool: 'bool', int: 'integer', float: 'double', str: 'string'}[type(value)]
    return ParameterValue(type={'bool': BOOL, 'integer': INTEGER, 'double': DOUBLE,
                                'string': STRING}[kind], **{f'{kind}_value': value})


@pytest.fixture(scope='module')
def parameters(robot):
    """Return the bridge's parameters."""
    return Parameters(robot.probe)


def test_parameters_change_under_a_viewer(robot, camera, parameters, chromium):
    page = chromium.page(viewport=SMALL)
    page.load(robot.url)
    wait_codec(page, 'H264')
    page.wait('document.getElementById("video0").videoWidth === 320')
    page.evaluate('() => { window.first = window.rtcBridge.hello.session; }')
    assert parameters.set_one('cameras.front.max_width', 160).successful
    page.wait('document.getElementById("video0").videoWidth === 160')
    assert parameters.change(max_width=0, rotate=90).successful
    page.wait('document.getElementById("video0").videoWidth === 240')
    page.wait('document.getElementById("video0").videoHeight === 320')
    assert parameters.set_one('cameras.front.codec', 'vp8').successful
    wait_codec(page, 'VP8')
    assert parameters.set_one('cameras.front.codec', 'h264').successful
    wait_codec(page, 'H264')
    # An integer is a number, too.
    assert parameters.set_one('cameras.front.max_fps', 2).successful
    page.wait('window.rtcBridge.stats.slots[0].fps < 3 && window.rtcBridge.stats.slots[0].fps > 1')
    # All in the one session.
    assert page.evaluate('window.first === window.rtcBridge.hello.session')
    assert parameters.change(max_fps=30.0, rotate=0, codec='auto').successful
    page.leave()


@pytest.mark.parametrize('values, words', [
    ({'max_fps': 500.0}, ('max_fps', '500', '0.1', '120')),
    ({'max_fps': float('nan')}, ('max_fps', 'nan', '0.1', '120')),
    ({'max_fps': 'fast'}, ('max_fps', 'fast', '0.1', '120')),
    ({'max_bitrate': 5}, ('max_bitrate', '5', '100000', '50000000')),
    ({'max_bitrate': 1e6}, ('max_bitrate', '1000000.0', 'an integer')),
    ({'max_width': -2}, ('max_width', '-2', '0', '7680')),
    ({'rotate': 45}, ('rotate', '45', '0, 90, 180, 270')),
    ({'codec': 'av1'}, ('codec', 'av1', 'auto, h264, vp8')),
    ({'depth_max': 0.2}, ('depth_max', '0.2', 'depth_min', '0.3')),
    ({'max_width': 64, 'max_fps': 500.0}, ('max_fps', '500')),
    ({'max_width': 64, 'depth_min': 20.0}, ('depth_max', 'depth_min', '20')),
    ({'topic': 'other'}, ('topic', 'read-only')),
])
def test_bad_values_are_refused_and_nothing_changes(parameters, values, words):
    names = ('max_fps', 'max_bitrate', 'max_width', 'rotate', 'codec', 'depth_min', 'depth_max',
             'topic')
    before = {name: parameters.get(name) for name in names}
    result = parameters.change(**values)
    assert not result.successful
    assert all(word in result.reason for word in words), result.reason
    assert {name: parameters.get(name) for name in names} == before


def test_parameters_describe_themselves(parameters):
    fps = parameters.describe('cameras.front.max_fps')
    assert 'frame rate' in fps.description and not fps.read_only
    assert (fps.floating_point_range[0].from_value,
            fps.floating_point_range[0].to_value) == (0.1, 120.0)
    bitrate = parameters.describe('cameras.front.max_bitrate')
    assert bitrate.integer_range[0].to_value == 50_000_000
    assert 'auto, h264, vp8' in parameters.describe('cameras.front.codec').additional_constraints
    codecs = parameters.describe('video.codecs')
    assert codecs.read_only and 'restart' in codecs.description
