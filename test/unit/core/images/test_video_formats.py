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

"""What a camera's parameter may say its images are."""

import pytest
from rtc_bridge.core.images.encoding_names import ENCODING_NAMES
from rtc_bridge.core.images.video_formats import CODEC_TITLES, format_text


@pytest.mark.parametrize('value', [
    '', *sorted(ENCODING_NAMES), *CODEC_TITLES, 'RGB8', 'YUY2', 'jpeg', 'image/png', 'MJPEG',
    'video/h265', 'avc1', '16UC1; compressedDepth png'])
def test_known_formats_are_kept(value):
    assert format_text(f' {value}\n') == value


@pytest.mark.parametrize('value', ['bgr9', 'yuv', '8UC2', 'raw', 5, True, None, ['bgr8'], 'jpegs'])
def test_others_are_refused(value):
    with pytest.raises(ValueError):
        format_text(value)
