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

"""A cv_bridge that fails, at import or in use: one line in the log, and no image is lost."""

import logging
import sys

import numpy as np
import pytest
from rtc_bridge.ros.cameras import images
from rtc_bridge.ros.cameras.cv_bridge_reader import cv_bridge_reader, CvBridgeReader
from rtc_bridge.ros.cameras.images import image_to_array
from sensor_msgs.msg import Image


def message(encoding='bgr8', width=4, height=2):
    step = width * (1 if encoding == 'mono8' else 3)
    return Image(height=height, width=width, encoding=encoding, step=step,
                 data=bytes(range(step * height)))


def pixels(msg):
    """Return what a message holds."""
    shape = (msg.height, msg.width) if msg.encoding == 'mono8' else (msg.height, msg.width, 3)
    return np.frombuffer(bytes(msg.data), np.uint8).reshape(shape)


@pytest.fixture
def warnings(caplog):
    caplog.set_level(logging.WARNING)
    return lambda: [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize('encoding', ['bgr8', 'rgb8', 'mono8'])
def test_the_one_that_is_installed_reads_plain_images(encoding, warnings):
    msg = message(encoding)
    assert np.array_equal(CvBridgeReader().read(msg), pixels(msg))
    assert not warnings()


@pytest.mark.parametrize('members', [
    {'step': 13}, {'is_bigendian': 1}, {'encoding': 'bgra8'}, {'height': 3}, {'height': 0}])
def test_it_is_not_asked_for_others(members):
    msg = message()
    for name, value in members.items():
        setattr(msg, name, value)
    assert CvBridgeReader(lambda: lambda msg: 1 / 0).read(msg) is None


@pytest.mark.parametrize('error, remedy', [
    (ImportError('libGL.so.1: cannot open shared object file'), 'sudo apt install libgl1'),
    (ModuleNotFoundError("No module named 'cv_bridge'"), 'apt install ros-jazzy-cv-bridge'),
    (ImportError('numpy.core.multiarray failed to import'), '"numpy<2"'),
    (AttributeError('_ARRAY_API not found'), '"numpy<2"'),
    (SystemError('initialization of cv_bridge_boost raised\n unreported exception'), 'Reinstall'),
    (SystemExit('no display'), 'Reinstall'), (RuntimeError('module ' * 100), 'Reinstall')])
def test_one_that_cannot_be_imported_costs_one_line(error, remedy, warnings, monkeypatch):
    monkeypatch.delenv('ROS_DISTRO', raising=False)

    def load():
        raise error
    reader = CvBridgeReader(load)
    assert reader.read(message()) is None and reader.read(message()) is None
    line, = warnings()
    assert line.startswith('cv_bridge cannot be used') and remedy in line
    assert '\n' not in line and len(line) < 450


@pytest.mark.parametrize('fault', [
    lambda msg: 1 / 0, lambda msg: None, lambda msg: np.zeros((1, 1, 3), np.uint8),
    lambda msg: np.zeros((2, 4, 3), np.uint16), lambda msg: sys.exit(1)])
def test_one_that_fails_in_use_is_used_no_more(fault, warnings, monkeypatch):
    reader = CvBridgeReader(lambda: fault)
    monkeypatch.setattr(images, 'cv_bridge_reader', lambda: reader)
    for _ in range(3):
        found, name = image_to_array(message())
        assert name == 'bgr8' and np.array_equal(found, pixels(message()))
    line, = warnings()
    assert line.startswith('cv_bridge failed')


def test_what_it_prints_at_import_is_left_out(tmp_path, monkeypatch, capfd, warnings):
    package = tmp_path / 'cv_bridge'
    package.mkdir()
    (package / '__init__.py').write_text(
        'import sys\nsys.stderr.write("A module that was compiled using NumPy 1.x\\n" * 30)\n'
        'raise ImportError("numpy.core.multiarray failed to import")\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name.partition('.')[0] == 'cv_bridge']:
        monkeypatch.delitem(sys.modules, name)
    assert CvBridgeReader().read(message()) is None
    assert len(warnings()) == 1 and not capfd.readouterr().err.count('compiled')


def test_the_process_has_one():
    assert cv_bridge_reader() is cv_bridge_reader()
