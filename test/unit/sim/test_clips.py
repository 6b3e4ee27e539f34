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

"""Videos and image folders as sequences of pictures."""

from fractions import Fraction
from itertools import islice

import av
import cv2
import numpy as np
import pytest
from rtc_bridge.core.errors import ImageError
from rtc_bridge.media.images.image_encodings import to_i420
from rtc_bridge.sim import clips
from rtc_bridge.sim.clips import open_source, play
from support.pictures import picture

COUNT = 12


def numbered(index, size=(64, 48)):
    """Return a picture whose brightness tells its number."""
    return (picture(*size) // 4 + index * 12).astype(np.uint8)


@pytest.fixture
def video(tmp_path):
    """Return the path of a short video at 24 Hz."""
    path = tmp_path / 'clip.mp4'
    with av.open(str(path), 'w') as container:
        stream = container.add_stream('libx264', rate=24, options={'crf': '4'})
        stream.width, stream.height, stream.pix_fmt = 64, 48, 'yuv420p'
        for index in range(COUNT):
            frame = av.VideoFrame.from_ndarray(numbered(index), 'bgr24')
            frame.pts, frame.time_base = index, Fraction(1, 24)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture
def folder(tmp_path):
    """Return a folder of images whose alphabetical order is wrong."""
    path = tmp_path / 'images'
    path.mkdir()
    for index in range(COUNT):
        cv2.imwrite(str(path / f'frame{index}.png'), numbered(index))
    (path / 'readme.txt').write_text('no image')
    return path


def numbers(pictures, size=(64, 48)):
    """Return the numbers of pictures."""
    base = float((picture(*size) // 4).mean())
    return [round((image.mean() - base) / 12) for image in pictures]


def test_video(video):
    source = open_source(video)
    assert source.rate == pytest.approx(24) and source.size == (64, 48)
    pictures = list(source.images())
    assert numbers(pictures) == list(range(COUNT))
    assert np.abs(pictures[5].astype(int) - numbered(5)).mean() < 3


def test_folder_is_in_the_order_of_its_numbers(folder):
    source = open_source(folder)
    assert source.rate == 10 and source.size == (64, 48)
    pictures = list(source.images())
    assert all(np.array_equal(image, numbered(i)) for i, image in enumerate(pictures))
    assert len(pictures) == COUNT


def test_broken_and_odd_images_of_a_folder(folder):
    (folder / 'frame3.png').write_bytes(b'broken')
    cv2.imwrite(str(folder / 'frame4.png'), numbered(4, (128, 96)))
    pictures = list(open_source(folder).images())
    assert [image.shape for image in pictures] == [(48, 64, 3)] * (COUNT - 1)
    assert numbers(pictures) == [0, 1, 2, *range(4, COUNT)]


@pytest.mark.parametrize('wanted, size', [
    ((0, 0), (64, 48)), ((32, 0), (32, 24)), ((0, 96), (128, 96)), ((50, 50), (50, 50))])
def test_scaling(video, folder, wanted, size):
    for path in (video, folder):
        source = open_source(path, wanted)
        assert source.size == size
        pictures = list(source.images())
        assert {image.shape for image in pictures} == {(size[1], size[0], 3)}
        assert numbers(pictures, size) == list(range(COUNT))


# Room for all pictures, for all as I420 only, and for a few only.
@pytest.mark.parametrize('memory', [10 ** 6, COUNT * 64 * 48 * 2, 20000])
@pytest.mark.parametrize('wanted', [(0, 0), (63, 47)])
def test_rounds(video, folder, memory, wanted):
    for path in (video, folder):
        source = open_source(path, wanted)
        pictures = list(islice(play(source, memory=memory), 3 * COUNT - 2))
        assert numbers(pictures, source.size) == (list(range(COUNT)) * 3)[:-2]
        assert {image.shape for image in pictures} == {(source.size[1], source.size[0], 3)}
        error = pictures[COUNT + 5].astype(int) - pictures[5]
        assert np.abs(error).mean() < 3


def test_room_is_made_little_by_little(folder, monkeypatch):
    made = []
    monkeypatch.setattr(clips, 'to_i420', lambda image, encoding: made.append(encoding)
                        or to_i420(image, encoding))
    pictures = play(open_source(folder), memory=8 * 64 * 48 * 3)
    counts = []
    for _ in range(2 * COUNT):
        next(pictures)
        counts.append(len(made))
    # All twelve are packed, a few at each picture.
    assert counts[-1] == COUNT
    assert max(b - a for a, b in zip([0, *counts], counts)) < COUNT / 2


def test_later_rounds_come_from_memory(folder):
    pictures = play(open_source(folder))
    first = list(islice(pictures, COUNT + 1))
    for path in folder.iterdir():
        path.unlink()
    assert np.array_equal(list(islice(pictures, COUNT))[-1], first[0])


def test_pictures_may_be_drawn_into(folder):
    pictures = play(open_source(folder))
    for image in islice(pictures, 2 * COUNT):
        image[:] = 0
    assert numbers(islice(pictures, COUNT)) == list(range(COUNT))


def test_one_round(video):
    assert len(list(play(open_source(video), loop=False))) == COUNT


def test_a_file_cut_short_ends_early(video, tmp_path):
    # Matroska can be read from its beginning, MP4 has its index at the end.
    path = tmp_path / 'cut.mkv'
    with av.open(str(video)) as source, av.open(str(path), 'w') as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    data = path.read_bytes()
    path.write_bytes(data[:int(len(data) * 0.7)])
    assert 0 < len(list(open_source(path).images())) < COUNT


def test_what_cannot_be_played_is_named(tmp_path, video):
    with pytest.raises(ImageError, match='there is no .*missing.mp4'):
        open_source(tmp_path / 'missing.mp4')
    (tmp_path / 'empty').mkdir()
    with pytest.raises(ImageError, match='empty has no images'):
        open_source(tmp_path / 'empty')
    (tmp_path / 'text.mp4').write_text('no video' * 100)
    with pytest.raises(ImageError, match='text.mp4 cannot be played'):
        open_source(tmp_path / 'text.mp4')
    (tmp_path / 'cut.mp4').write_bytes(video.read_bytes()[:200])
    with pytest.raises(ImageError, match='cut.mp4 cannot be played'):
        open_source(tmp_path / 'cut.mp4')
    with av.open(str(tmp_path / 'sound.wav'), 'w') as container:
        stream = container.add_stream('pcm_s16le', rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), 's16', 'mono')
        frame.rate = 8000
        container.mux(stream.encode(frame))
    with pytest.raises(ImageError, match='sound.wav has no video'):
        open_source(tmp_path / 'sound.wav')
