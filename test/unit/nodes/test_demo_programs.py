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

"""What the demo starts."""

import pytest
from rtc_bridge.core.settings.robot_settings import camera_prefix
from rtc_bridge.nodes.demo import _parser, _programs

DRIVE = f'{camera_prefix("video/image_raw")}drive'


@pytest.mark.parametrize('options', [[], ['--video', __file__]])
def test_nobody_drives_by_the_clip_which_shows_another_place(options):
    """And without a clip nothing is said of its camera, which is not there."""
    programs = _programs(_parser().parse_args(options), 8080)
    assert (f'{DRIVE}:=false' in programs['bridge']) == bool(options) == ('play_video' in programs)
