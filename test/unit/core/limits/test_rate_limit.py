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

"""Rate limiter and throttle."""

from rtc_bridge.core.limits.rate_limit import RateLimiter


def test_spending_returns_the_pause_until_the_bucket_is_level(clock):
    limit = RateLimiter(rate=100, burst=50, clock=clock)
    assert limit.spend(50) == 0
    assert limit.spend(100) == 1.0
    clock.now += 1.5
    assert limit.spend(50) == 0
    clock.now += 1000
    # No more than the burst is saved up.
    assert limit.spend(150) == 1.0
