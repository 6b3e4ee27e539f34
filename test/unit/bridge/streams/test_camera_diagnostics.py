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

"""What the bridge tells of a camera in /diagnostics."""

from types import SimpleNamespace

from diagnostic_msgs.msg import DiagnosticStatus
import pytest
from rtc_bridge.bridge.streams.camera_diagnostics import CameraDiagnostics
from rtc_bridge.core.cameras.picture_reason import no_publisher


class FakeCamera:
    """A camera with one stream, whose counts the test sets."""

    name = 'front'
    frames_in = 0
    viewers = 1
    transport = {}
    topic_reason = None
    mount_problem = ''

    def __init__(self):
        self.stats = SimpleNamespace(frames=0, bytes_out=0, superseded=0, errors=0, keyframes=0,
                                     encode_s=0.0, size=(640, 480), last_error='')
        self.streams = {'h264': SimpleNamespace(stats=self.stats, watched=True)}
        self.encoded = SimpleNamespace(skipped=0)
        self.source = SimpleNamespace(active=False, encoded_because='')
        self.shown = 'live', 0.0
        self.why = None
        self.monitor = SimpleNamespace(log=lambda reason: None)

    def reason(self):
        return self.why

    def state(self):
        return self.shown


@pytest.fixture
def camera():
    return FakeCamera()


@pytest.fixture
def diagnostics(camera, clock):
    return CameraDiagnostics(camera, clock)


def values(status):
    return {pair.key: pair.value for pair in status.values}


def test_counts_become_rates_since_the_last_call(camera, diagnostics, clock):
    for frames in (30, 45):
        camera.frames_in += frames
        camera.stats.frames += frames
        camera.stats.bytes_out += 125 * frames
        camera.stats.encode_s += 0.002 * frames
        clock.now += 1.5
        found = values(diagnostics.status())
        assert found['fps_in'] == found['h264.fps_out'] == f'{frames / 1.5:.1f}'
        assert found['h264.kbit_per_s'] == f'{frames / 1.5:.0f}'
        assert found['h264.encode_ms'] == '2.0' and found['h264.size'] == '640x480'


@pytest.mark.parametrize('shown, viewers, level, message', [
    (('live', 0.0), 1, DiagnosticStatus.OK, 'live'),
    (('live', 0.0), 0, DiagnosticStatus.OK, 'not watched'),
    (('still', 7.4), 1, DiagnosticStatus.OK, 'still, no new picture for 7 s'),
    (('lost', 2.5), 1, DiagnosticStatus.WARN, 'no picture for 2.5 s'),
    (('lost', 2.5), 0, DiagnosticStatus.OK, 'not watched')])
def test_silence_is_a_warning_only_while_somebody_watches(
        camera, diagnostics, shown, viewers, level, message):
    camera.shown, camera.viewers = shown, viewers
    status = diagnostics.status()
    assert (status.name, status.level, status.message) == (
        'rtc_bridge: camera front', level, message)


def test_a_reason_is_a_warning_with_its_values(camera, diagnostics):
    camera.shown, camera.why = ('waiting', 6.0), no_publisher('/rear/image_raw')
    status = diagnostics.status()
    assert (status.level, status.message) == (DiagnosticStatus.WARN, camera.why.text)
    found = values(status)
    assert (found['reason'], found['reason_text']) == ('no-publisher', camera.why.text)
    assert found['reason.topic'] == '/rear/image_raw'


def test_malformed_images_are_a_warning_while_they_come(camera, diagnostics):
    camera.stats.errors, camera.stats.last_error = 3, 'step is 10'
    status = diagnostics.status()
    assert (status.level, status.message) == (
        DiagnosticStatus.WARN, 'malformed images: step is 10')
    status = diagnostics.status()
    assert status.level == DiagnosticStatus.OK
    assert values(status)['dropped_malformed'] == '3'
    assert values(status)['last_error'] == 'step is 10'


def test_a_camera_with_h264_of_its_own_tells_why_it_is_encoded_anew(camera, diagnostics):
    assert 'passthrough' not in values(diagnostics.status())
    camera.source.active = True
    assert values(diagnostics.status())['passthrough'] == 'yes'
    camera.source.encoded_because = 'B frames'
    assert values(diagnostics.status())['passthrough'] == 'B frames'
