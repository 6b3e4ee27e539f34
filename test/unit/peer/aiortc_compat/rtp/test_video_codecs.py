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

"""The video codecs that are known to aiortc."""

import pytest
from rtc_bridge.core.video.video_codecs import Profile, PROFILES
from rtc_bridge.peer.aiortc_compat import preferences
from rtc_bridge.peer.aiortc_compat.rtp import video_codecs


def test_each_profile_is_preferred_as_it_is_wanted():
    wanted = ['vp8', *(profile for profile in PROFILES if profile != 'vp8')]
    *codecs, rtx = preferences(wanted)
    assert list(dict.fromkeys(map(video_codecs.profile_of, codecs))) == wanted
    assert rtx.mimeType.lower() == 'video/rtx'


def test_a_codec_that_aiortc_does_not_know_is_named(monkeypatch):
    monkeypatch.setattr(video_codecs, 'PROFILES', {
        **PROFILES, 'av2': Profile('av2', 'av2', 'video/AV2')})
    with pytest.raises(LookupError, match='aiortc knows no video/AV2, which profile av2 needs'):
        video_codecs._install_profiles()
