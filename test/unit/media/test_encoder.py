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
from rtc_bridge.core.errors import ParameterError
from rtc_bridge.core.video.video_codecs import (
    check_h264_encoder, choose_h264_encoder, CODECS, EncoderSettings, EncoderType, first_fill,
    h264_candidates, H264_ENCODERS, HARDWARE, KEYFRAME_S, SOFTWARE, worth_reopening,
)
from rtc_bridge.media.encoder import (
    Encoder, h264_encoders, nal_types, probe, use_h264_encoder,
)
from support.frames import i420, texture


@pytest.fixture
def software():
    """Leave libx264 for the other tests."""
    yield
    use_h264_encoder('libx264', {})


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


def test_auto_chooses_the_first_hardware_that_works():
    probed = []

    def fake(encoder):
        probed.append(encoder)
        return '' if encoder is HARDWARE[1] else f'no {encoder.name} here'

    assert choose_h264_encoder('auto', fake) == (
        HARDWARE[1], [('h264_nvenc', 'no h264_nvenc here')])
    assert probed == list(HARDWARE[:2])


def test_without_hardware_libx264_is_chosen():
    chosen, refused = choose_h264_encoder('auto', lambda encoder: 'no device')
    assert chosen is SOFTWARE['h264']
    assert [name for name, _ in refused] == [encoder.name for encoder in HARDWARE]


def test_a_named_encoder_is_the_only_one_tried():
    assert choose_h264_encoder('h264_qsv', lambda encoder: '') == (HARDWARE[1], [])
    assert choose_h264_encoder('h264_qsv', lambda encoder: 'no') == (
        SOFTWARE['h264'], [('h264_qsv', 'no')])
    assert choose_h264_encoder('libx264', lambda encoder: pytest.fail(encoder.name)) == (
        SOFTWARE['h264'], [])


def test_refused_encoders_are_logged_with_the_reason(caplog, software):
    faults = {encoder.name: f'{encoder.name} sleeps' for encoder in HARDWARE}
    with caplog.at_level(logging.INFO):
        assert use_h264_encoder('auto', faults) == 'libx264'
        assert use_h264_encoder('h264_nvenc', faults) == 'libx264'
    first, second = caplog.records
    assert first.levelname == 'INFO' and all(
        f'{encoder.name} sleeps' in first.message for encoder in HARDWARE)
    assert second.levelname == 'WARNING' and 'h264_nvenc sleeps' in second.message


def test_another_encoder_of_ffmpeg_can_be_named():
    present = h264_encoders()
    assert 'libx264' in present and 'libx265' not in present and 'h264' not in present
    for name in (*H264_ENCODERS, *present):
        check_h264_encoder(name, present)
    for name in ('h264_nvnec', 'libx265', 'h264', ''):
        with pytest.raises(ParameterError, match='allowed are auto and .*libx264') as error:
            check_h264_encoder(name, present)
        assert f"video.h264_encoder is '{name}'" in str(error.value)
    (kind,) = h264_candidates('h264_rkmpp')
    assert kind.name == 'h264_rkmpp' and not kind.live_bitrate
    assert choose_h264_encoder('h264_rkmpp', lambda encoder: '')[0].name == 'h264_rkmpp'


def test_probes_encode_for_real():
    assert probe(SOFTWARE['h264']) == ''
    unknown = EncoderType('h264_of_nobody', lambda settings, bitrate: {})
    assert probe(unknown) == 'PyAV was built without it'


@pytest.mark.parametrize('wanted', H264_ENCODERS)
def test_every_choice_leads_to_an_encoder_that_works(wanted, software):
    use_h264_encoder(wanted, {kind.name: probe(kind) for kind in h264_candidates(wanted)})
    encoder = Encoder(EncoderSettings('h264', 320, 240, 1_000_000), 500_000)
    assert {5, 7, 8} <= nal_types(bytes(encoder.encode(scene(320, 240), 0, True)))


def test_hardware_that_fails_later_is_replaced_by_software(caplog, monkeypatch):
    """As when all its sessions are taken; only the choice is made up here."""
    missing = next((encoder for encoder in HARDWARE if probe(encoder)), None)
    if missing is None:
        pytest.skip('this machine has every kind of hardware')
    monkeypatch.setattr('rtc_bridge.media.encoder._h264_encoder', missing)
    encoder = Encoder(EncoderSettings('h264', 320, 240, 1_000_000), 500_000)
    assert encoder.encode(scene(320, 240), 0, True).is_keyframe
    assert f'320x240 is encoded by libx264, as {missing.name}' in caplog.text


@pytest.mark.parametrize('profile, idc', (('h264', 66), ('h264-main', 77)))
def test_the_profile_is_in_the_stream(profile, idc):
    encoder = Encoder(EncoderSettings(profile, 320, 240, 1_000_000), 500_000)
    data = bytes(encoder.encode(scene(320, 240), 0, True))
    sps = data[data.index(b'\0\0\1\x67') + 4:]
    assert sps[0] == idc
    # Constrained Baseline: set1 (RFC 6184, section 8.1).
    assert profile == 'h264-main' or sps[1] & 0x40


def test_threads_encode_slices_of_one_picture():
    """Slices, not pictures in turn: each picture comes out at once."""
    encoder = Encoder(EncoderSettings('h264', 320, 240, 1_000_000, threads=2), 500_000)
    for number in range(3):
        packet = encoder.encode(scene(320, 240, number), number * 3000, False)
        slices = [part for part in bytes(packet).split(b'\0\0\1')[1:] if part[0] & 31 in (1, 5)]
        assert packet.pts == number * 3000 and len(slices) == 2


@pytest.mark.parametrize('codec', CODECS)
@pytest.mark.parametrize('size', ((2, 2), (16, 2), (2, 16), (6, 6), (18, 10), (482, 270)))
def test_every_even_size_keeps_its_pixels(codec, size):
    width, height = size
    encoder = Encoder(EncoderSettings(codec, width, height, 2_000_000), 1_000_000)
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
    encoder = Encoder(EncoderSettings(codec, 640, 480, 2_500_000), live)
    keyframes = []
    for number in range(16):
        packet = encoder.encode(rough(640, 480, number), number * 3000, keyframe=number == 12)
        if packet.is_keyframe:
            keyframes.append((number, packet.size * 8 / live))
    assert [number for number, _ in keyframes] == [0, 12]
    # In seconds of the link. Without a limit they are up to 1.5 s.
    assert all(seconds < 0.35 for _, seconds in keyframes), keyframes


def test_the_first_fill_follows_the_bitrate():
    assert first_fill(2_500_000, 625_000) == 0.9
    fill = first_fill(300_000, 625_000)
    assert fill * 625_000 / 1.5 == pytest.approx(300_000 * KEYFRAME_S)


def test_an_encoder_is_reopened_only_for_large_changes():
    assert not worth_reopening(1_000_000, 900_000, 60.0)
    assert not worth_reopening(1_000_000, 1_300_000, 60.0)
    # Down soon, deep down at once, up with patience; never one after the other.
    assert worth_reopening(1_000_000, 800_000, 1.0)
    assert not worth_reopening(1_000_000, 800_000, 0.5)
    assert worth_reopening(1_000_000, 400_000, 0.3)
    assert not worth_reopening(1_000_000, 400_000, 0.1)
    assert worth_reopening(1_000_000, 1_500_000, 2.0)
    assert not worth_reopening(1_000_000, 3_000_000, 1.0)


@pytest.mark.parametrize('codec', CODECS)
@pytest.mark.parametrize('fps', [30, 25, 15, 8])
def test_the_bitrate_is_spent_at_any_frame_rate(codec, fps, software, clock):
    """Of what is not spent the path proves nothing, and the rate would not grow."""
    wanted = 600_000
    encoder = Encoder(EncoderSettings(codec, 320, 240, 2_500_000, 30.0), wanted, clock=clock)
    pictures = [rough(320, 240, 5 * number) for number in range(16)]
    bits = 0
    for number in range(12 * fps):
        encoder.set_bitrate(wanted)
        packet = encoder.encode(pictures[number % 16], number * 90000 // fps, number == 0)
        clock.now += 1 / fps
        if number >= 6 * fps:
            bits += 8 * packet.size
    assert 0.75 < bits / 6 / wanted < 1.2


@pytest.mark.parametrize('keyframes', [False, True])
def test_a_small_buffer_leaves_little_of_the_bitrate(software, clock, keyframes):
    # x264 alone leaves a fifth of it.
    wanted = 900_000
    encoder = Encoder(EncoderSettings('h264', 320, 240, 1_000_000, 30.0, 1 / 16), wanted,
                      clock=clock)
    pictures = [rough(320, 240, 5 * number) for number in range(16)]
    bits = 0
    for number in range(360):
        encoder.set_bitrate(wanted)
        packet = encoder.encode(pictures[number % 16], number * 3000,
                                keyframes and number % 60 == 0)
        clock.now += 1 / 30
        if number >= 120:
            bits += 8 * packet.size
    assert 0.87 < bits / 8 / wanted < 1.05


def test_frames_after_a_pause_are_no_larger(software, clock):
    encoder = Encoder(EncoderSettings('h264', 320, 240, 2_500_000), 600_000, clock=clock)
    pictures = [rough(320, 240, 5 * number) for number in range(16)]
    sizes = []
    for number in range(120):
        clock.now += 1 / 30 + (number == 90)
        encoder.set_bitrate(600_000)
        sizes.append(encoder.encode(pictures[number % 16], round(clock.now * 90000), False).size)
    assert max(sizes[90:]) < 1.5 * max(sizes[60:90])


@pytest.mark.parametrize('codec', CODECS)
def test_encoded_images_look_like_their_source(codec):
    encoder = Encoder(EncoderSettings(codec, 320, 240, 1_000_000), 800_000)
    decoder = av.CodecContext.create(codec, 'r')
    source = None
    for number in range(20):
        source = i420(texture(320, 240, number))
        packet = encoder.encode(source, number * 3000, keyframe=number == 10)
        assert packet.pts == number * 3000
        assert packet.is_keyframe == (number in (0, 10))
        frame = decoder.decode(packet)[0]
    decoded = frame.to_ndarray(format='yuv420p')
    error = np.mean((decoded[:240].astype(float) - source[:240]) ** 2)
    assert 10 * np.log10(255 ** 2 / error) > 30


def test_h264_is_annex_b_with_parameter_sets_at_each_keyframe():
    encoder = Encoder(EncoderSettings('h264', 64, 64, 300_000), 300_000)
    for number in range(3):
        data = bytes(encoder.encode(i420(texture(64, 64)), number * 3000, keyframe=number == 2))
        kinds = {data[i + 4] & 31 for i in range(len(data) - 4) if data[i:i + 4] == b'\0\0\0\1'}
        assert ({7, 8} <= kinds) == (number != 1)


@pytest.mark.parametrize('codec', CODECS)
def test_the_bitrate_changes_while_running(codec):
    """H.264 without a keyframe."""
    rng = np.random.default_rng(1)
    noise = [i420(rng.integers(0, 255, (240, 320, 3), np.uint8)) for _ in range(10)]
    number = 0
    encoder = Encoder(EncoderSettings(codec, 320, 240, 3_000_000), 400_000,
                      clock=lambda: number / 30)
    sizes, keyframes = [], 0
    for number in range(120):
        if number >= 60:
            encoder.set_bitrate(2_000_000)
        packet = encoder.encode(noise[number % 10], number * 3000, keyframe=False)
        sizes.append(packet.size)
        keyframes += packet.is_keyframe
    # Thirty pictures are a second.
    before, after = sum(sizes[30:60]) * 8, sum(sizes[90:]) * 8
    assert before < 1_000_000 and 1_200_000 < after < 3_000_000
    assert keyframes == (1 if codec == 'h264' else 2)


def test_a_picture_that_is_sent_again_is_no_lower_frame_rate():
    encoder = Encoder(EncoderSettings('h264', 64, 48, 1_000_000), 300_000)
    picture = i420(texture(64, 48))
    for number in range(30):
        encoder.encode(picture, 3000 * number, not number)
    interval, pts = encoder._interval, 3000 * 30
    for _ in range(10):
        pts += 9000
        encoder.encode(picture, pts, False, repeated=True)
    assert encoder._interval == interval
    encoder.encode(picture, pts + 3000, False)
    assert encoder._interval == pytest.approx(interval, rel=0.01)
