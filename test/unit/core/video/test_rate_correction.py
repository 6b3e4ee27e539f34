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
"""An encoder that leaves some of its bitrate is asked for more."""

import pytest
from rtc_bridge.core.video.rate_correction import MAX_CORRECTION, RateCorrection


def encode(correction, left, frames=300, wanted=1e6, fps=30):
    """Let an encoder leave a share of what it is asked for; return its share in the end."""
    made = 0.0
    for _ in range(frames):
        bits = (1 - left) * correction.factor * wanted / fps
        correction.add(bits, wanted, 1 / fps)
        made = bits * fps / wanted
    return made


@pytest.mark.parametrize('fps', [5, 30, 90])
def test_what_an_encoder_leaves_is_made_up_for(fps):
    assert encode(RateCorrection(), 0.1, 20 * fps, fps=fps) == pytest.approx(1, abs=0.02)
    assert encode(RateCorrection(), 0.0, 20 * fps, fps=fps) == pytest.approx(1)
    # Up to a bound.
    assert encode(RateCorrection(), 0.2, 20 * fps, fps=fps) == pytest.approx(0.8 * MAX_CORRECTION)


def test_too_much_is_not_asked_for():
    correction = RateCorrection()
    encode(correction, -0.2)
    assert correction.factor == 1


def test_what_gets_busy_is_corrected_soon():
    correction = RateCorrection()
    encode(correction, 0.17)
    assert correction.factor > 1.1
    encode(correction, 0.0, 20)
    assert correction.factor < 1.1
    # Keyframes count, up to a bound: the bits are those of the frames after them.
    correction = RateCorrection()
    encode(correction, 0.1)
    correction.add(5e6, 1e6, 1 / 30)
    assert correction.factor == 1
    encode(correction, 0.1)
    assert correction.factor > 1.05


def test_a_still_scene_is_not_made_up_for():
    correction = RateCorrection()
    encode(correction, 0.1)
    assert correction.factor > 1.05
    encode(correction, 0.9)
    # What moves again is not too large.
    assert correction.factor == pytest.approx(1, abs=0.01)
