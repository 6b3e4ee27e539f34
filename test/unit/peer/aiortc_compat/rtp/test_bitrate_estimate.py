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

"""The estimate of incoming video is aiortc's own, only later."""

from aiortc import rate, rtcrtpreceiver
import rtc_bridge.peer.aiortc_compat  # noqa: F401


def test_it_estimates_what_aiortc_estimates(monkeypatch):
    made = []

    class Noted(rate.RemoteBitrateEstimator):
        def __init__(self):
            super().__init__()
            made.append(self)
    monkeypatch.setattr('rtc_bridge.peer.aiortc_compat.rtp.bitrate_estimate._estimator_class',
                        Noted)
    late, plain = rtcrtpreceiver.RemoteBitrateEstimator(), rate.RemoteBitrateEstimator()
    assert made == []
    results = []
    for estimator in (late, plain):
        # 1.2 Mbit/s; the abs-send-time is in seconds, 6.18 fixed point.
        results.append([estimator.add(arrival_time_ms=5 * number, payload_size=750, ssrc=1,
                                      abs_send_time=int(0.005 * number * (1 << 18)) & 0xffffff)
                        for number in range(1000)])
    assert results[0] == results[1] and any(results[0])
    assert len(made) == 1
