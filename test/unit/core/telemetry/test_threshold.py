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

"""Thresholds of values."""

import pytest
from rtc_bridge.core.telemetry.threshold import Threshold, threshold_text


@pytest.mark.parametrize('text, met, not_met', [
    ('< 20', [19.9, -3], [20, 21, True, '1', None]), ('<=20', [20], [20.1]),
    ('> 70', [71], [70, False]), ('>= -70.5', [-70.5, 0], [-71]), ('> 1e3', [1001], [1000]),
    ('== true', [True], [False, 1, 'true']), ('!= False', [True], [False, 0]),
    ('== OK', ['OK'], ['ok', None]), ('!= in service', ['off'], ['in service', 3]),
    ('== 3', [3, 3.0], [2, True])])
def test_comparisons(text, met, not_met):
    threshold = Threshold(text)
    assert all(threshold.is_met(value) for value in met)
    assert not any(threshold.is_met(value) for value in not_met)


@pytest.mark.parametrize('value', ['20', '<', '< warm', '< true', '=> 3', '= 3', '<> 3', 20, None,
                                   '== ' + 'x' * 65, '< nan', '> inf'])
def test_what_is_no_comparison_is_refused(value):
    with pytest.raises(ValueError):
        threshold_text(value)
    assert threshold_text('') == '' and threshold_text('< 3') == '< 3'
