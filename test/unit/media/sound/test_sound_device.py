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

"""A microphone: stand-ins for devices that are silent, or fail."""

import threading

import av
import numpy as np
import pytest
from rtc_bridge.media.sound import sound_device
from rtc_bridge.media.sound.sound_device import SoundDevice
from rtc_bridge.media.sound.sound_stream import SoundStream
from support.browsers import until


class Device:
    """A container that hands over a block whenever the test lets it."""

    def __init__(self, fault=None):
        self.opened = 0
        self.fault = fault
        self.waits = threading.Event()
        self.ready = threading.Semaphore(0)
        self.closed = False

    def __call__(self, kind, name, mode, options):
        self.opened += 1
        if self.fault is not None and self.opened == 1:
            raise self.fault
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closed = True

    def decode(self, audio):
        while True:
            self.waits.set()
            self.ready.acquire()
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 480), np.int16), 's16', 'mono')
            frame.sample_rate = 48_000
            yield frame


def make(monkeypatch, device):
    """Return the stream of a device, and what reads it."""
    monkeypatch.setattr(sound_device, 'open_device', device)
    monkeypatch.setattr(sound_device, '_RETRY_S', 0.0)
    stream = SoundStream(1, 32_000)
    return stream, SoundDevice('alsa', 'default', stream)


def test_a_device_that_is_stuck_is_read_on_and_not_opened_twice(monkeypatch):
    device = Device()
    stream, reader = make(monkeypatch, device)
    reader.update(True)
    until(device.waits.is_set, 'it is read')
    reader.update(False)
    reader.update(True)
    device.ready.release()
    until(lambda: stream.stats.blocks == 1, 'its sound')
    assert device.opened == 1
    reader.update(False)
    device.ready.release()
    until(lambda: reader._thread is None, 'the end of the thread')
    assert device.closed and stream.stats.blocks == 1


@pytest.mark.parametrize('fault', [OSError('busy'), RuntimeError('odd')])
def test_a_device_that_fails_is_opened_again_and_told(monkeypatch, caplog, fault):
    device = Device(fault)
    stream, reader = make(monkeypatch, device)
    reader.update(True)
    until(device.waits.is_set, 'it is opened again')
    assert device.opened == 2 and stream.source_reason == ''
    assert 'the device alsa:default cannot be read: ' in caplog.text and str(fault) in caplog.text
    reader.update(False)
    device.ready.release()
    until(lambda: reader._thread is None, 'the end of the thread')
