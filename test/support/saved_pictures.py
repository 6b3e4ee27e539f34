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

"""What a page saves of the picture that it shows, read by another program."""

import av
import numpy as np


def check_snapshot_and_recording(page, colour, folder):
    """
    Save a snapshot and two seconds of the camera, and check their names, size and colour.

    :param colour: of the camera's images of 320x240: blue, green, red
    """
    picture = page.download(lambda: page.click('#snapshot'), folder)
    assert picture.name.startswith('testbot_front-image_raw_20') and picture.suffix == '.png'
    with av.open(str(picture)) as file:
        image = next(file.decode(video=0)).to_ndarray(format='bgr24')
    assert image.shape == (240, 320, 3)
    assert np.abs(image.mean(axis=(0, 1)) - colour).max() < 40
    page.click('#record')
    page.wait("document.getElementById('recorded').textContent >= '0:02'")
    film = page.download(lambda: page.click('#record'), folder)
    assert film.name.startswith('testbot_front-image_raw_20') and film.suffix == '.webm'
    with av.open(str(film)) as file:
        frames = [frame.to_ndarray(format='bgr24') for frame in file.decode(video=0)]
    assert frames and frames[0].shape == (240, 320, 3)
    assert np.abs(frames[-1].mean(axis=(0, 1)) - colour).max() < 40
