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
"""Encoders: which one is taken, what they make of any size, how large their keyframes are."""

import logging

import av
import numpy as np
import pytest
from rtc_bridge.core.video.encoder_settings import (
    choose, first_fill, H264_ENCODERS, HARDWARE, KEYFRAME_S, worth_opening,
)
from rtc_bridge.media.encoder import CODECS, Encoder, nal_types, probe, use_h264_encoder


@pytest.fixture
def software():
    """Leave libx264 for the other tests."""
    yield
    use_h264_encoder('libx264')


def scene(width, height, shift=0):
    """Return I420 of shape (height * 3 / 2, width): a texture that moves, each plane its own."""
    y, x = np.mgrid[:height, :width]
    luma = 120 + 50 * np.sin((x + 3 * shift) / 9) + 40 * np.cos((y + x) / 7)
    chroma = width // 2 * (height // 2)
    return np.concatenate([luma.ravel(), np.full(chroma, 90), np.full(chroma, 170)]).astype(
        np.uint8).reshape(-1, width)


def rough(width, height, shift):
    """Return I420 that is hard to encode."""
    noise = np.random.default_rng(5).normal(0, 8, (height // 2, width // 2)).repeat(2, 0).repeat(
        2, 1)
    picture = scene(width, height, shift)
    picture[:height] = np.clip(picture[:height] + np.roll(noise, 2 * shift, 1), 0, 255)
    return picture


def test_auto_takes_the_first_that_works():
    probed = []

    def fake(name):
        probed.append(name)
        return '' if name == HARDWARE[1] else f'no {name} here'

    assert choose('auto', fake) == (HARDWARE[1], [(HARDWARE[0], f'no {HARDWARE[0]} here')])
    assert probed == list(HARDWARE[:2])


def test_without_hardware_it_is_libx264():
    chosen, refused = choose('auto', lambda name: 'no device')
    assert chosen == 'libx264' and [name for name, _ in refused] == list(HARDWARE)


def test_a_named_encoder_is_the_only_one_tried():
    assert choose('h264_qsv', lambda name: '') == ('h264_qsv', [])
    assert choose('h264_qsv', lambda name: 'no') == ('libx264', [('h264_qsv', 'no')])
    assert choose('libx264', lambda name: pytest.fail(name)) == ('libx264', [])


def test_what_fell_out_is_logged_with_the_reason(caplog, monkeypatch, software):
    monkeypatch.setattr('rtc_bridge.media.encoder.probe', lambda name: f'{name} sleeps')
    with caplog.at_level(logging.INFO):
        assert use_h264_encoder('auto') == 'libx264'
        assert use_h264_encoder('h264_nvenc') == 'libx264'
    first, second = caplog.records
    assert first.levelname == 'INFO' and all(f'{n} sleeps' in first.message for n in HARDWARE)
    assert second.levelname == 'WARNING' and 'h264_nvenc sleeps' in second.message


def test_probes_encode_for_real():
    assert probe('libx264') == ''
    assert probe('h264_of_nobody') == 'this PyAV has none'


@pytest.mark.parametrize('wanted', H264_ENCODERS)
def test_every_choice_ends_in_an_encoder_that_works(wanted, software):
    use_h264_encoder(wanted)
    encoder = Encoder('h264', 320, 240, bitrate=500_000, max_bitrate=1_000_000)
    assert {5, 7, 8} <= nal_types(bytes(encoder.encode(scene(320, 240), 0, True)))


def test_hardware_that_refuses_later_is_replaced(caplog, monkeypatch):
    """As when all its sessions are taken; only the choice is made up here."""
    missing = next((name for name in HARDWARE if probe(name)), None)
    if missing is None:
        pytest.skip('this machine has every kind of hardware')
    monkeypatch.setattr('rtc_bridge.media.encoder._chosen', missing)
    encoder = Encoder('h264', 320, 240, bitrate=500_000, max_bitrate=1_000_000)
    assert encoder.encode(scene(320, 240), 0, True).is_keyframe
    assert f'320x240 is encoded by libx264, as {missing}' in caplog.text


@pytest.mark.parametrize('profile, idc', (('Baseline', 66), ('Main', 77)))
def test_the_profile_is_in_the_stream(profile, idc):
    encoder = Encoder('h264', 320, 240, bitrate=500_000, max_bitrate=1_000_000, profile=profile)
    data = bytes(encoder.encode(scene(320, 240), 0, True))
    sps = data[data.index(b'\0\0\1\x67') + 4:]
    assert sps[0] == idc
    # Constrained Baseline: set1 (RFC 6184, section 8.1).
    assert profile == 'Main' or sps[1] & 0x40


@pytest.mark.parametrize('codec', CODECS)
@pytest.mark.parametrize('size', ((2, 2), (16, 2), (2, 16), (6, 6), (18, 10), (482, 270)))
def test_every_even_size_keeps_picture_and_colours(codec, size):
    width, height = size
    encoder = Encoder(codec, width, height, bitrate=1_000_000, max_bitrate=2_000_000)
    decoder = av.CodecContext.create(codec, 'r')
    for number in range(3):
        source = scene(width, height)
        frame = decoder.decode(encoder.encode(source, number * 3000, False))[0]
    shown = frame.to_ndarray(format='yuv420p').reshape(-1).astype(float)
    assert (frame.width, frame.height) == size
    source = source.reshape(-1)
    assert np.abs(shown - source)[:width * height].mean() < 12
    assert np.abs(shown - source)[width * height:].max() < 12


@pytest.mark.parametrize('codec', CODECS)
@pytest.mark.parametrize('live', (300_000, 600_000, 1_100_000, 2_500_000))
def test_keyframes_do_not_choke_the_link(codec, live):
    encoder = Encoder(codec, 640, 480, bitrate=live, max_bitrate=2_500_000)
    keyframes = []
    for number in range(16):
        packet = encoder.encode(rough(640, 480, number), number * 3000, keyframe=number == 12)
        if packet.is_keyframe:
            keyframes.append((number, packet.size * 8 / live))
    assert [number for number, _ in keyframes] == [0, 12]
    # In seconds of the link. Without a limit they are up to 1.5 s.
    assert all(seconds < 0.35 for _, seconds in keyframes), keyframes


def test_the_first_fill_follows_the_rate():
    assert first_fill(2_500_000, 625_000) == 0.9
    fill = first_fill(300_000, 625_000)
    assert fill * 625_000 / 1.5 == pytest.approx(300_000 * KEYFRAME_S)


def test_a_keyframe_is_paid_only_for_changes_that_are_worth_it():
    assert not worth_opening(1_000_000, 900_000, 60.0)
    assert not worth_opening(1_000_000, 1_300_000, 60.0)
    # Down soon, deep down at once, up with patience; never one after the other.
    assert worth_opening(1_000_000, 800_000, 1.0)
    assert not worth_opening(1_000_000, 800_000, 0.5)
    assert worth_opening(1_000_000, 400_000, 0.3)
    assert not worth_opening(1_000_000, 400_000, 0.1)
    assert worth_opening(1_000_000, 1_500_000, 2.0)
    assert not worth_opening(1_000_000, 3_000_000, 1.0)


@pytest.mark.parametrize('codec', CODECS)
@pytest.mark.parametrize('fps', [30, 25, 15, 8])
def test_the_bitrate_is_spent_at_any_frame_rate(codec, fps, software, clock):
    """Of what is not spent the path proves nothing, and the rate would not grow."""
    wanted = 600_000
    encoder = Encoder(codec, 320, 240, bitrate=wanted, max_bitrate=2_500_000, fps=30.0,
                      clock=clock)
    pictures = [rough(320, 240, 5 * number) for number in range(16)]
    bits = 0
    for number in range(12 * fps):
        encoder.set_bitrate(wanted)
        packet = encoder.encode(pictures[number % 16], number * 90000 // fps, number == 0)
        clock.now += 1 / fps
        if number >= 6 * fps:
            bits += 8 * packet.size
    assert 0.75 < bits / 6 / wanted < 1.2


def test_after_a_pause_pictures_are_no_larger(software, clock):
    encoder = Encoder('h264', 320, 240, bitrate=600_000, max_bitrate=2_500_000, clock=clock)
    pictures = [rough(320, 240, 5 * number) for number in range(16)]
    sizes = []
    for number in range(120):
        clock.now += 1 / 30 + (number == 90)
        encoder.set_bitrate(600_000)
        sizes.append(encoder.encode(pictures[number % 16], round(clock.now * 90000), False).size)
    assert max(sizes[90:]) < 1.5 * max(sizes[60:90])
